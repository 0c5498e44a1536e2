//! The alerts that this process published last, for who looks on over HTTP. The topic has all of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;

use crate::kafka::stage::observe::StageEvent;
use crate::pipeline::processed::Published;

/// So many are kept, if they are not too large.
const MOST: usize = 200;
const MOST_BYTES: usize = 4 << 20;
/// So many may be published while somebody who listens is slow.
const AHEAD: usize = 256;

/// A published alert.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) watchlist: Arc<str>,
    /// Its `ce_id`.
    pub(super) id: Arc<str>,
    /// Its value.
    pub(super) value: Arc<str>,
}

impl From<&Published> for Told {
    fn from(published: &Published) -> Self {
        let Published { id, value, watchlist, .. } = published;
        Self { watchlist: Arc::from(&**watchlist), id: Arc::clone(id), value: Arc::clone(value) }
    }
}

impl Told {
    /// Whether it is of this watchlist; where none is named, of any.
    pub(super) fn is_of(&self, watchlist: Option<&str>) -> bool {
        watchlist.is_none_or(|watchlist| *self.watchlist == *watchlist)
    }
}

#[derive(Debug)]
pub(super) struct Recent {
    kept: Mutex<Kept>,
    live: broadcast::Sender<Told>,
}

#[derive(Debug, Default)]
struct Kept {
    alerts: VecDeque<Told>,
    bytes: usize,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self { kept: Mutex::default(), live: broadcast::Sender::new(AHEAD) }
    }

    /// Notes the alerts that are committed.
    pub(super) fn observe(&self, event: &StageEvent<'_>) {
        if let StageEvent::Done(done) = event {
            done.iter().flat_map(|done| &done.processed.published).for_each(|published| self.note(&published.into()));
        }
    }

    fn note(&self, told: &Told) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(told.clone());
        // It fails where nobody listens.
        let _ = self.live.send(told.clone());
    }

    /// The last so many, of one watchlist or of all, the newest first.
    pub(super) fn last(&self, most: usize, watchlist: Option<&str>) -> Vec<Told> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.alerts.iter().rev().filter(|told| told.is_of(watchlist)).take(most).cloned().collect()
    }

    /// Those to come.
    pub(super) fn listen(&self) -> broadcast::Receiver<Told> {
        self.live.subscribe()
    }
}

impl Kept {
    fn keep(&mut self, told: Told) {
        self.bytes += told.value.len();
        self.alerts.push_back(told);
        while self.alerts.len() > MOST || (self.bytes > MOST_BYTES && self.alerts.len() > 1) {
            self.bytes -= self.alerts.pop_front().map_or(0, |first| first.value.len());
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As if it were published.
    pub(crate) fn note(recent: &Recent, watchlist: &str, id: &str, value: &str) {
        recent.note(&told(watchlist, id, value));
    }

    fn told(watchlist: &str, id: &str, value: &str) -> Told {
        Told { watchlist: watchlist.into(), id: id.into(), value: value.into() }
    }

    #[test]
    fn the_last_are_kept_within_their_bytes() {
        let mut kept = Kept::default();
        (0..MOST + 7).for_each(|i| kept.keep(told("a", &i.to_string(), "{}")));
        assert_eq!((kept.alerts.len(), &*kept.alerts[0].id, kept.bytes), (MOST, "7", 2 * MOST));
        let large = "x".repeat(MOST_BYTES - 3);
        kept.keep(told("a", "large", &large));
        assert_eq!(kept.alerts.len(), 2);
        kept.keep(told("a", "larger", &large.repeat(2)));
        assert_eq!((kept.alerts.len(), &*kept.alerts[0].id), (1, "larger"));
    }
}
