//! The files that people wrote, from disk: watchlists and vocabulary by the settings' folders, or
//! whatever is at some paths. Knows which file is which; what is in them is read elsewhere.

pub mod fingerprint;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, SourceFile};
use crate::matching::definition::Definitions;
use crate::matching::engine::Engine;
use crate::matching::reading::{self, Kind};
use crate::settings::Settings;

/// A file or folder that cannot be read, or is not UTF-8.
const UNREADABLE: &str = "NW0100";
/// Deep enough for `config/watchlists/desk/x.toml`; a link to a parent folder ends here.
const DEPTH: usize = 4;

/// Files by what they are for.
#[derive(Debug, Default)]
pub struct Files {
    /// Settings.
    pub settings: Vec<Arc<SourceFile>>,
    /// Watchlists and vocabulary.
    pub definitions: Vec<(Kind, Arc<SourceFile>)>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// What the files say, compiled.
pub struct Compiled {
    /// All definitions, those with mistakes too.
    pub definitions: Definitions,
    /// The watchlists without mistakes.
    pub engine: Engine,
    /// All that is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compiled {
    /// Reads and compiles definitions.
    pub fn new(files: &[(Kind, Arc<SourceFile>)]) -> Self {
        let (definitions, mut diagnostics) = reading::read(files);
        let (mut engine, mut of_queries) = Engine::compile(&definitions);
        // Of a file that is not TOML only a part was read: that part may be right.
        let broken = |found: &Diagnostic| {
            diagnostics.iter().any(|other| other.code == reading::SYNTAX && Arc::ptr_eq(&other.file, &found.file))
        };
        of_queries.retain(|found| !broken(found));
        if diagnostics.iter().any(Diagnostic::is_error) {
            engine = Engine::compile(&reading::without_broken(definitions.clone(), &diagnostics)).0;
        }
        diagnostics.append(&mut of_queries);
        Self { definitions, engine, diagnostics }
    }
}

impl Files {
    /// All `*.toml` of the two folders that the settings name.
    pub fn of_settings(settings: &Settings) -> Self {
        let mut files = Self::default();
        for (folder, kind) in folders(settings) {
            files.folder(folder, Some(kind));
        }
        files
    }

    /// All `*.toml` of the vocabulary's folder.
    pub fn of_vocabulary(settings: &Settings) -> Self {
        let mut files = Self::default();
        files.folder(&settings.vocabulary.path, Some(Kind::Vocabulary));
        files
    }

    /// These files, and all `*.toml` in these folders and the folders in them. What a file is for is told
    /// by what stands in it; what is neither a watchlist nor vocabulary is settings.
    pub fn at(paths: &[PathBuf]) -> Self {
        let mut files = Self::default();
        for path in paths {
            if path.is_dir() {
                files.folder(path, None);
            } else {
                match read(path) {
                    Ok(bytes) => files.file(path, bytes, None),
                    Err(why) => files.unreadable(path, &why),
                }
            }
        }
        files
    }

    /// Reads and compiles the definitions; what could not be read is among the findings.
    pub fn compile(&self) -> Compiled {
        let mut compiled = Compiled::new(&self.definitions);
        compiled.diagnostics.splice(0..0, self.diagnostics.iter().cloned());
        compiled
    }

    fn folder(&mut self, folder: &Path, kind: Option<Kind>) {
        walk(folder, 0, kind, &mut |path, found| match found {
            Ok((bytes, kind)) => self.file(path, bytes, kind),
            Err(why) => self.unreadable(path, &why),
        });
    }

    fn file(&mut self, path: &Path, bytes: Vec<u8>, folder: Option<Kind>) {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let file = SourceFile::new(path.to_string_lossy(), text);
                let found = Diagnostic::error(UNREADABLE, &file, valid..valid, "the file is not UTF-8 from here on");
                return self.diagnostics.push(found.help("save it as UTF-8"));
            }
        };
        let file = SourceFile::new(path.to_string_lossy(), text);
        match Kind::of(&file).or(folder) {
            Some(kind) => self.definitions.push((kind, file)),
            None => self.settings.push(file),
        }
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        let file = SourceFile::new(path.to_string_lossy(), "");
        self.diagnostics.push(Diagnostic::error(UNREADABLE, &file, 0..0, why));
    }
}

fn folders(settings: &Settings) -> [(&Path, Kind); 2] {
    [(&settings.watchlists.path, Kind::Watchlist), (&settings.vocabulary.path, Kind::Vocabulary)]
}

/// What is there, and what it is for by its folder; or why it cannot be read.
type Found = Result<(Vec<u8>, Option<Kind>), String>;

/// All `*.toml` of a folder and the folders in it, in the order of their paths. Hidden ones are left.
fn walk(folder: &Path, depth: usize, kind: Option<Kind>, take: &mut impl FnMut(&Path, Found)) {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> = match entries {
        Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
        Err(error) => return take(folder, Err(format!("the folder cannot be read: {error}"))),
    };
    paths.sort();
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    for path in paths.into_iter().filter(|path| !hidden(path)) {
        if path.is_dir() {
            let inside = match path.file_name().and_then(|name| name.to_str()) {
                Some("watchlists") => Some(Kind::Watchlist),
                Some("vocabulary") => Some(Kind::Vocabulary),
                _ => kind,
            };
            if depth < DEPTH {
                walk(&path, depth + 1, inside, take);
            }
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            take(&path, read(&path).map(|bytes| (bytes, kind)));
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("the file cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, files: &[(&str, &[u8])]) {
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn files_are_told_apart_sorted_and_hidden_ones_left() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &[
                ("newswatch.toml", b"[log]\nlevel = 'info'\n"),
                ("watchlists/b.toml", b"[watchlist]\nid = 'b'\n"),
                ("watchlists/a.toml", b""),
                ("watchlists/..data/c.toml", b"[watchlist]\n"),
                ("watchlists/notes.md", b"# notes"),
                ("words.toml", b"[term.x]\nen = ['x']\n"),
            ],
        );
        let files = Files::at(&[folder.path().to_owned()]);
        let names: Vec<_> = files
            .definitions
            .iter()
            .map(|(kind, file)| (*kind, Path::new(&file.name).file_name().unwrap().to_str().unwrap()))
            .collect();
        let expected = [(Kind::Watchlist, "a.toml"), (Kind::Watchlist, "b.toml"), (Kind::Vocabulary, "words.toml")];
        assert_eq!(names, expected);
        assert_eq!(files.settings.len(), 1);
        assert!(files.diagnostics.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_said_and_stops_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("a.toml", b"[watchlist]\nid = '\xff'\n"), ("b.toml", b"[watchlist]\nid = 'b'\n")]);
        let files = Files::at(&[folder.path().to_owned(), folder.path().join("none.toml")]);
        let places: Vec<_> =
            files.diagnostics.iter().map(|found| (found.code, found.file.line_column(found.span.start))).collect();
        assert_eq!(places, [("NW0100", (2, 7)), ("NW0100", (1, 1))]);
        assert_eq!(files.definitions.len(), 1);
    }
}
