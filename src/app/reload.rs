//! Watchlists and vocabulary are read again while the daemon runs: when their files change, by SIGHUP or by HTTP.
//! All that can fail is done first, then the engine is exchanged; readiness is not touched.

mod last_good;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::signal::unix::Signal;

use crate::app::files::Files;
use crate::app::files::fingerprint::Fingerprint;
use crate::app::metrics::Metrics;
use crate::diagnostic::{Diagnostic, Finding, Level};
use crate::matching::engine::Engine;
use crate::pipeline::engines::Engines;
use crate::settings::Settings;

pub use self::last_good::LastGood;

/// How often the files are looked at. A change is taken once two looks in a row saw the same, so that a file
/// is not read while it is written.
const LOOK: Duration = Duration::from_secs(2);
/// So many errors are told in the log; all of them are in the answer over HTTP and in `newswatch check`.
const LOGGED: usize = 20;

/// The definitions that were compiled at the start.
#[derive(Debug)]
pub struct Definitions {
    good: LastGood,
    complaints: Complaints,
    seen: Fingerprint,
}

/// What is wrong with files that say something else than what is in force.
#[derive(Clone, Debug, Default)]
struct Complaints {
    /// Their names.
    stale: Vec<String>,
    errors: Vec<Diagnostic>,
}

impl Definitions {
    /// Whether no file had a mistake.
    pub(super) fn are_right(&self) -> bool {
        self.complaints.stale.is_empty()
    }

    /// Reads and compiles those of the settings: the engine, all that is wrong, and what a reload begins with.
    pub fn read(settings: &Settings) -> (Engine, Vec<Diagnostic>, Self) {
        let seen = Fingerprint::of_settings(settings);
        let read = Files::of_settings(settings);
        let compiled = read.compile();
        let good = LastGood::of(&read, &compiled.diagnostics);
        let errors = compiled.diagnostics.iter().filter(|found| found.level == Level::Error).cloned().collect();
        let complaints = Complaints { stale: good.stale(&read), errors };
        (compiled.engine, compiled.diagnostics, Self { good, complaints, seen })
    }
}

/// Reads definitions again and puts them in force. Blocks while it reads and compiles.
pub(super) struct Reloader {
    settings: Arc<Settings>,
    engines: Arc<Engines>,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
    /// Beside the rest, which is held while files are compiled.
    complaints: Mutex<Complaints>,
}

struct State {
    good: LastGood,
    /// The files as they were when they were last read,
    seen: Fingerprint,
    /// and as they were at the last look.
    glimpsed: Fingerprint,
}

/// How a reload went.
#[derive(Debug)]
pub(super) struct Report {
    /// Of what is in force now.
    pub(super) revision: String,
    pub(super) errors: Vec<Diagnostic>,
    /// The names of the files that say something else than what is in force.
    pub(super) stale: Vec<String>,
}

impl Reloader {
    pub(super) fn new(
        settings: &Arc<Settings>,
        engines: &Arc<Engines>,
        metrics: &Arc<Metrics>,
        definitions: Definitions,
    ) -> Self {
        let Definitions { good, complaints, seen } = definitions;
        Self {
            settings: Arc::clone(settings),
            engines: Arc::clone(engines),
            metrics: Arc::clone(metrics),
            state: Mutex::new(State { good, seen, glimpsed: seen }),
            complaints: Mutex::new(complaints),
        }
    }

    /// Reads all files and puts in force what can be.
    pub(super) fn reload(&self, why: &str) -> Report {
        let mut state = lock(&self.state);
        // First, so that a change while they are read is seen at the next look.
        state.seen = Fingerprint::of_settings(&self.settings);
        let next = state.good.renew(&Files::of_settings(&self.settings));
        let changed = next.engine.is_some();
        if let Some(engine) = next.engine {
            // Before, so that no match of a new watchlist comes before its series.
            self.metrics.put_in_force(engine.names(), engine.revision());
            self.engines.put_in_force(Arc::new(engine));
        }
        self.metrics.reloaded(next.errors.is_empty());
        *lock(&self.complaints) = Complaints { stale: next.stale.clone(), errors: next.errors.clone() };
        let revision = self.engines.current().revision().to_owned();
        let report = Report { revision, errors: next.errors, stale: next.stale };
        report.log(why, changed);
        report
    }

    /// Reloads where the files have changed and are the same as at the last look.
    fn look(&self) {
        let now = Fingerprint::of_settings(&self.settings);
        let changed = {
            let mut state = lock(&self.state);
            let stand_still = std::mem::replace(&mut state.glimpsed, now) == now;
            stand_still && state.seen != now
        };
        if changed {
            self.reload("the files have changed");
        }
    }

    /// The names of the files that say something else than what is in force.
    pub(super) fn stale(&self) -> Vec<String> {
        lock(&self.complaints).stale.clone()
    }

    /// The same, and what is wrong with them in the form of `newswatch check`.
    pub(super) fn complaints(&self) -> (Vec<String>, Vec<serde_json::Value>) {
        let Complaints { stale, errors } = lock(&self.complaints).clone();
        let written = |found| serde_json::to_value(Finding::from(found)).unwrap_or_default();
        (stale, errors.iter().map(written).collect())
    }
}

impl Report {
    fn log(&self, why: &str, changed: bool) {
        for found in self.errors.iter().take(LOGGED) {
            let Finding { code, file, line, column, message, .. } = Finding::from(found);
            tracing::error!(code, file, line, column, "{message}");
        }
        let (revision, stale, errors) = (&self.revision, &self.stale, self.errors.len());
        if self.errors.is_empty() {
            tracing::info!(revision, "watchlists are reloaded: {why}");
        } else if changed {
            tracing::error!(revision, ?stale, errors, "watchlists are reloaded but for files with mistakes: {why}");
        } else {
            tracing::error!(revision, ?stale, errors, "watchlists stay as they are, for the mistakes in files: {why}");
        }
    }
}

/// Serves signals, and looks at the files where that is asked for, for as long as the daemon runs. Without a
/// reloader a signal is heard and nothing done, rather than that it end the process.
pub(super) async fn serve(reloader: Option<Arc<Reloader>>, watch: bool, mut hangups: Signal) {
    let watch = watch && reloader.is_some();
    loop {
        let signalled = tokio::select! {
            Some(()) = hangups.recv() => true,
            () = tokio::time::sleep(LOOK), if watch => false,
            else => return,
        };
        let Some(reloader) = &reloader else {
            tracing::warn!("SIGHUP: no watchlists can be reloaded here");
            continue;
        };
        let reloader = Arc::clone(reloader);
        let done = tokio::task::spawn_blocking(move || {
            if signalled {
                reloader.reload("SIGHUP");
            } else {
                reloader.look();
            }
        });
        if done.await.is_err() {
            tracing::error!("reading the watchlists has panicked: they stay as they are");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A reloader over a folder, with one watchlist `a`.
    pub(crate) fn reloader(folder: &std::path::Path) -> Reloader {
        let mut settings = Settings::default();
        settings.watchlists.path = folder.join("watchlists");
        settings.vocabulary.path = folder.join("vocabulary");
        std::fs::create_dir(&settings.watchlists.path).unwrap();
        std::fs::create_dir(&settings.vocabulary.path).unwrap();
        write(folder, "a", "rain");
        let (engine, _, definitions) = Definitions::read(&settings);
        let engines = Arc::new(Engines::new(Arc::new(engine)));
        Reloader::new(&Arc::new(settings), &engines, &Metrics::new(Default::default(), "").unwrap(), definitions)
    }

    pub(crate) fn in_force(reloader: &Reloader) -> Arc<Engines> {
        Arc::clone(&reloader.engines)
    }

    pub(crate) fn write(folder: &std::path::Path, id: &str, query: &str) {
        let text = format!("[watchlist]\nid = \"{id}\"\n[[query]]\nname = \"q\"\nmatch = \"{query}\"\n");
        std::fs::write(folder.join(format!("watchlists/{id}.toml")), text).unwrap();
    }

    #[test]
    fn a_change_is_taken_once_it_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let reloader = reloader(folder.path());
        let revision = || reloader.engines.current().revision().to_owned();
        let first = revision();
        reloader.look();
        reloader.look();
        assert_eq!(revision(), first);
        write(folder.path(), "a", "snow");
        reloader.look();
        assert_eq!(revision(), first, "it may be half written");
        write(folder.path(), "b", "hail");
        reloader.look();
        assert_eq!(revision(), first, "there was more to come");
        reloader.look();
        assert_eq!(reloader.engines.current().watchlists().len(), 2);
        let second = reloader.engines.current();
        reloader.look();
        reloader.reload("asked for");
        assert_eq!(revision(), second.revision());
        assert!(!Arc::ptr_eq(&reloader.engines.current(), &second), "whoever asks has it read");
        write(folder.path(), "a", "rain AND (");
        reloader.look();
        reloader.look();
        assert_eq!(reloader.stale(), [folder.path().join("watchlists/a.toml").to_str().unwrap()]);
        assert_eq!(revision(), second.revision());
        let in_force = reloader.engines.current();
        reloader.look();
        assert!(Arc::ptr_eq(&reloader.engines.current(), &in_force), "what is wrong is said once");
        assert!(reloader.metrics.render().unwrap().contains("newswatch_config_last_reload_successful 0"));
    }
}
