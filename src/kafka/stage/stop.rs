//! The wish to stop, and how long stopping may take. Handed in; shared by the threads of a stage.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Set once.
#[derive(Debug, Default)]
pub struct Stop {
    deadline: OnceLock<Instant>,
}

impl Stop {
    /// Asks to stop within a time. The first request counts.
    pub fn request(&self, within: Duration) {
        self.deadline.get_or_init(|| Instant::now() + within);
    }

    /// Whether stopping was asked for.
    pub fn requested(&self) -> bool {
        self.deadline.get().is_some()
    }

    /// Whether the time for it has run out.
    pub fn expired(&self) -> bool {
        self.deadline.get().is_some_and(|deadline| Instant::now() >= *deadline)
    }

    /// Waits in short steps, less long where stopping is asked for meanwhile.
    pub(crate) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.requested() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }
}
