//! Whether files have changed: a hash of the names and contents of both folders, so that many files that are
//! exchanged at once, as a Kubernetes ConfigMap is, are one change.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::app::files::{Found, folders, walk};
use crate::settings::Settings;

/// The files of the settings at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// As they are now; what cannot be read counts by its reason.
    pub fn of_settings(settings: &Settings) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for (folder, kind) in folders(settings) {
            walk(folder, 0, Some(kind), &mut |path: &Path, found: Found| {
                part(path.as_os_str().as_encoded_bytes());
                match found {
                    Ok((bytes, _)) => part(&bytes),
                    Err(why) => part(why.as_bytes()),
                }
            });
        }
        Self(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn names_and_contents_count_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut settings = Settings::default();
        settings.watchlists.path = at("watchlists");
        settings.vocabulary.path = at("vocabulary");
        let look = || Fingerprint::of_settings(&settings);
        let missing = look();
        std::fs::create_dir(at("watchlists")).unwrap();
        std::fs::create_dir(at("vocabulary")).unwrap();
        let empty = look();
        assert_ne!(empty, missing);
        let write = |name: &str, text: &str| std::fs::write(at(name), text).unwrap();
        write("watchlists/a.toml", "one");
        let one = look();
        assert_ne!(one, empty);
        write("watchlists/a.toml", "one");
        write("watchlists/notes.md", "of no concern");
        write("watchlists/.a.toml.swp", "neither");
        assert_eq!(look(), one, "written again, with files beside it that are not read");
        write("watchlists/a.toml", "two");
        assert_ne!(look(), one);
        std::fs::remove_file(at("watchlists/a.toml")).unwrap();
        write("watchlists/b.toml", "one");
        assert_ne!(look(), one, "under another name");
        std::fs::rename(at("watchlists/b.toml"), at("vocabulary/a.toml")).unwrap();
        assert_ne!(look(), one, "in the other folder");
    }

    #[test]
    fn a_folder_exchanged_behind_a_link_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (version, text) in [("..1", "one"), ("..2", "two")] {
            std::fs::create_dir(at(version)).unwrap();
            std::fs::write(at(version).join("a.toml"), text).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/a.toml", at("a.toml")).unwrap();
        let mut settings = Settings::default();
        settings.watchlists.path = folder.path().to_owned();
        settings.vocabulary.path = folder.path().to_owned();
        let before = Fingerprint::of_settings(&settings);
        symlink("..2", at("..new")).unwrap();
        assert_eq!(Fingerprint::of_settings(&settings), before);
        std::fs::rename(at("..new"), at("..data")).unwrap();
        assert_ne!(Fingerprint::of_settings(&settings), before);
    }
}
