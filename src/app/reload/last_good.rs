//! Which files are in force, and what is in force next: what is right of what was read now, and of each
//! file with a mistake what it said when it was last right. Opens no file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::app::files::{Compiled, Files};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::matching::engine::Engine;
use crate::matching::reading::Kind;

/// The files in force, each as it was when it was last right.
#[derive(Debug, Default)]
pub struct LastGood(Vec<(Kind, Arc<SourceFile>)>);

/// What came of files that were read again.
pub struct Next {
    /// What is in force now; none where nothing changes.
    pub engine: Option<Engine>,
    /// All errors in what was read.
    pub errors: Vec<Diagnostic>,
    /// The names of the files that say something else than what is in force.
    pub stale: Vec<String>,
}

impl LastGood {
    /// Those of the files in which no error was found.
    pub fn of(read: &Files, diagnostics: &[Diagnostic]) -> Self {
        let broken = Broken::new(diagnostics);
        Self(read.definitions.iter().filter(|(_, file)| !broken.has(file)).cloned().collect())
    }

    /// Takes what is right of the files as they were read now. Nothing changes where that does not go
    /// together with what the others said last.
    pub fn renew(&mut self, read: &Files) -> Next {
        let Compiled { engine, mut diagnostics, .. } = read.compile();
        diagnostics.retain(Diagnostic::is_error);
        let engine = if diagnostics.is_empty() {
            self.0.clone_from(&read.definitions);
            Some(engine)
        } else {
            self.mend(read, &diagnostics)
        };
        Next { engine, errors: diagnostics, stale: self.stale(read) }
    }

    fn mend(&mut self, read: &Files, errors: &[Diagnostic]) -> Option<Engine> {
        let Self(mut mended) = Self::of(read, errors);
        let broken = Broken::new(errors);
        mended.extend(self.0.iter().filter(|(_, file)| broken.has(file)).cloned());
        // The order in which they would have been read, for the revision depends on it.
        mended.sort_by(|(_, one), (_, other)| Path::new(&one.name).cmp(Path::new(&other.name)));
        let Compiled { engine, diagnostics, .. } = Compiled::new(&mended);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        self.0 = mended;
        Some(engine)
    }

    /// The names of the files that say something else than what is in force.
    pub fn stale(&self, read: &Files) -> Vec<String> {
        let unreadable = read.diagnostics.iter().map(|found| &found.file);
        let now: BTreeSet<_> = read.definitions.iter().map(|(_, file)| file).chain(unreadable).collect();
        let in_force = self.0.iter().map(|(_, file)| file).collect();
        let names: BTreeSet<_> = now.symmetric_difference(&in_force).map(|file| file.name.clone()).collect();
        names.into_iter().collect()
    }
}

/// The names of files and folders with errors.
struct Broken<'d>(BTreeSet<&'d Path>);

impl<'d> Broken<'d> {
    fn new(diagnostics: &'d [Diagnostic]) -> Self {
        Self(diagnostics.iter().filter(|found| found.is_error()).map(|found| Path::new(&found.file.name)).collect())
    }

    /// Of a folder that cannot be read nobody knows what is in it now.
    fn has(&self, file: &SourceFile) -> bool {
        Path::new(&file.name).ancestors().any(|path| self.0.contains(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use crate::settings::Settings;

    /// Both folders, and what is in force of them.
    struct Desk {
        folder: tempfile::TempDir,
        settings: Settings,
        good: LastGood,
        /// The ids and texts of the queries in force.
        in_force: Vec<String>,
    }

    impl Desk {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut settings = Settings::default();
            settings.watchlists.path = folder.path().join("w");
            settings.vocabulary.path = folder.path().join("v");
            fs::create_dir(&settings.watchlists.path).unwrap();
            fs::create_dir(&settings.vocabulary.path).unwrap();
            let mut desk = Self { folder, settings, good: LastGood::default(), in_force: Vec::new() };
            files.iter().for_each(|(name, text)| desk.write(name, text));
            desk.renew();
            desk
        }

        fn write(&self, name: &str, text: impl AsRef<[u8]>) {
            fs::write(self.folder.path().join(name), text).unwrap();
        }

        fn remove(&self, name: &str) {
            fs::remove_file(self.folder.path().join(name)).unwrap();
        }

        /// The names of the stale files, and whether anything was put in force.
        fn renew(&mut self) -> (Vec<String>, bool) {
            let next = self.good.renew(&Files::of_settings(&self.settings));
            assert!(next.errors.is_empty() || !next.stale.is_empty(), "{:?}", next.errors);
            let short =
                |name: &String| Path::new(name).strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned();
            let renewed = next.engine.is_some();
            if let Some(engine) = next.engine {
                let name = |id: &str, revision: &str| format!("{id} {revision}");
                self.in_force = engine.watchlists().iter().map(|each| name(each.id(), each.revision())).collect();
            }
            (next.stale.iter().map(short).collect(), renewed)
        }

        fn ids(&self) -> Vec<&str> {
            self.in_force.iter().map(|each| each.split(' ').next().unwrap()).collect()
        }
    }

    fn watchlist(id: &str, query: &str) -> String {
        format!("[watchlist]\nid = \"{id}\"\n[[query]]\nname = \"q\"\nmatch = '''{query}'''\n")
    }

    const METAL: &str = "[entity.zinc]\nen = [\"zinc\"]\n";

    fn desk() -> Desk {
        let desk = Desk::new(&[
            ("v/metals.toml", METAL),
            ("w/a.toml", &watchlist("a", "@zinc AND mine")),
            ("w/b.toml", &watchlist("b", "harbour")),
        ]);
        assert_eq!(desk.ids(), ["a", "b"]);
        desk
    }

    #[test]
    fn files_come_change_and_go() {
        let mut desk = desk();
        let before = desk.in_force.clone();
        assert_eq!(desk.renew(), (vec![], true));
        assert_eq!(desk.in_force, before);
        desk.write("w/c.toml", watchlist("c", "rain"));
        desk.write("w/b.toml", watchlist("b", "port"));
        desk.remove("w/a.toml");
        assert_eq!(desk.renew(), (vec![], true));
        assert_eq!(desk.ids(), ["b", "c"]);
        assert_ne!(desk.in_force[0], before[1]);
    }

    #[test]
    fn of_a_broken_file_the_last_good_revision_stays_beside_what_is_new_of_others() {
        for broken in
            [&b"[watchlist"[..], b"", &watchlist("b", "harbour AND (").into_bytes(), b"[watchlist]\nid = '\xff'"]
        {
            let mut desk = desk();
            let before = desk.in_force.clone();
            desk.write("w/b.toml", broken);
            desk.write("w/a.toml", watchlist("a", "@zinc AND smelter"));
            desk.write("w/c.toml", watchlist("c", "rain"));
            assert_eq!(desk.renew(), (vec!["w/b.toml".into()], true));
            assert_eq!(desk.ids(), ["a", "b", "c"]);
            assert_ne!(desk.in_force[0], before[0], "a is new");
            assert_eq!(desk.in_force[1], before[1], "b is as it was");
            desk.write("w/b.toml", watchlist("b", "harbour"));
            assert_eq!(desk.renew(), (vec![], true));
            assert_eq!(desk.in_force[1], before[1]);
        }
    }

    #[test]
    fn a_new_file_with_a_mistake_is_left_out_until_it_is_right() {
        let mut desk = desk();
        desk.write("w/c.toml", watchlist("c", "rain AND"));
        assert_eq!(desk.renew(), (vec!["w/c.toml".into()], true));
        assert_eq!(desk.ids(), ["a", "b"]);
        desk.write("w/c.toml", watchlist("c", "rain"));
        assert_eq!(desk.renew(), (vec![], true));
        assert_eq!(desk.ids(), ["a", "b", "c"]);
    }

    #[test]
    fn vocabulary_with_a_mistake_stays_as_it_was() {
        let mut desk = desk();
        let before = desk.in_force.clone();
        desk.write("v/metals.toml", "[entity.zinc]\nen = [\"zinc\", 7]\n");
        assert_eq!(desk.renew(), (vec!["v/metals.toml".into()], true));
        assert_eq!(desk.in_force, before);
        desk.write("v/metals.toml", "[entity.zinc]\nen = [\"zinc\", \"spelter\"]\n");
        assert_eq!(desk.renew(), (vec![], true));
        assert_ne!(desk.in_force[0], before[0], "its meaning is another");
        assert_eq!(desk.in_force[1], before[1]);
    }

    #[test]
    fn nothing_changes_where_the_new_and_the_old_do_not_go_together() {
        let mut desk = desk();
        let before = desk.in_force.clone();
        // What `a` names is gone, whether by what it says now or by what it said last.
        desk.write("v/metals.toml", METAL.replace("zinc", "tin"));
        desk.write("w/c.toml", watchlist("c", "@tin"));
        let (stale, renewed) = desk.renew();
        assert_eq!((stale, renewed), (vec!["v/metals.toml".into(), "w/c.toml".into()], false));
        assert_eq!(desk.in_force, before);
        desk.write("w/a.toml", watchlist("a", "@tin AND mine"));
        assert_eq!(desk.renew(), (vec![], true));
        assert_eq!(desk.ids(), ["a", "b", "c"]);
    }

    #[test]
    fn two_watchlists_of_one_id_change_nothing() {
        let mut desk = desk();
        let before = desk.in_force.clone();
        desk.write("w/0.toml", watchlist("b", "rain"));
        assert_eq!(desk.renew(), (vec!["w/0.toml".into()], false));
        assert_eq!(desk.in_force, before);
    }

    #[test]
    fn a_folder_that_is_gone_takes_nothing_with_it() {
        let mut desk = desk();
        let before = desk.in_force.clone();
        fs::rename(desk.folder.path().join("w"), desk.folder.path().join("away")).unwrap();
        desk.write("v/metals.toml", METAL.replace("\"zinc\"", "\"zinc\", \"spelter\""));
        assert_eq!(desk.renew(), (vec!["w".into(), "w/a.toml".into(), "w/b.toml".into()], true));
        assert_eq!(desk.ids(), ["a", "b"]);
        assert_ne!(desk.in_force[0], before[0], "the vocabulary is new");
        fs::rename(desk.folder.path().join("away"), desk.folder.path().join("w")).unwrap();
        assert_eq!(desk.renew(), (vec![], true));
    }
}
