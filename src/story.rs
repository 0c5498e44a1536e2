//! Matches to alerts. Knows nothing of Kafka, tokio, metrics, files or the clock: time comes in with the match.
//!
//! [`Stories`] is the state of one partition of the matches topic. Each event that matches a watchlist
//! is one story of its own: it opens one alert, its corrections update it, its withdrawal retracts it.

mod compose;
mod memory;
pub mod outcome;
pub mod similar;
pub mod state;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::message::alert::{Action, Alert, Reason};
use crate::message::event::Status;
use crate::message::evidence::EventReference;
use crate::message::matched::{Match, MatchMessage, Notice, WatchlistStatus};
use compose::Telling;
use memory::{Key, Known, Memory};
pub use outcome::{StoryOutcome, StoryOutput, SuppressReason};
pub use state::{StateRecord, UnreadableState};

/// How far a partition's memory goes: whichever is reached first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// At most this many stories of one watchlist.
    pub stories: usize,
    /// How long, on event time, a story takes in copies after the last one.
    pub window: Duration,
    /// The share of the shorter text that the other must hold for two to be copies, from 0 to 1.
    pub similarity: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { stories: 100_000, window: Duration::from_secs(72 * 3600), similarity: 0.7 }
    }
}

/// Where and when a record of the matches topic is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Must not be lower than that of an earlier call.
    pub batch: u64,
    /// The record's offset.
    pub offset: i64,
    /// The record's timestamp: event time.
    pub timestamp: Timestamp,
    /// Written on the alerts as the time at which they were emitted; decides nothing.
    pub now: Timestamp,
}

/// The stories of one partition of the matches topic.
///
/// Every change belongs to a batch and stays provisional until [`commit`](Self::commit) of that batch or
/// a later one, so that the next batch can be applied while the former one commits;
/// [`rollback`](Self::rollback) undoes all that is still provisional.
#[derive(Debug)]
pub struct Stories {
    limits: Limits,
    memory: Memory,
}

impl Stories {
    /// No stories yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, memory: Memory::default() }
    }

    /// What one record of the matches topic leads to.
    pub fn apply(&mut self, message: &MatchMessage, at: At) -> StoryOutput {
        let moment = Moment { batch: at.batch, timestamp: at.timestamp, now: at.now };
        let output = match message {
            MatchMessage::Match(matched) => self.apply_match(matched, moment),
            MatchMessage::Notice(notice) => self.apply_notice(notice, moment),
            MatchMessage::Progress(_) => StoryOutput::suppressed(SuppressReason::NothingToChange),
        };
        self.memory.forget_beyond(at.batch, self.limits, at.timestamp.min(at.now));
        output
    }

    /// What changed since the last call, one record a key, in a stable order. To be called once for each
    /// batch, when it is closed.
    pub fn changes(&mut self) -> Vec<StateRecord> {
        Vec::new()
    }

    /// Takes in one record of the stories topic; records come in the order of their offsets, and
    /// [`restored`](Self::restored) follows the last.
    ///
    /// # Errors
    /// A record that this version cannot read: the partition must not be worked on.
    pub fn restore(&mut self, _key: &[u8], _value: Option<&[u8]>) -> Result<(), UnreadableState> {
        Ok(())
    }

    /// Puts what was restored together.
    ///
    /// # Errors
    /// Records that do not make a whole: the partition must not be worked on.
    pub fn restored(&mut self) -> Result<(), UnreadableState> {
        Ok(())
    }

    /// The changes of this batch and of all before it are final.
    pub fn commit(&mut self, batch: u64) {
        self.memory.commit(batch);
    }

    /// Undoes every change that is not final, of all batches.
    pub fn rollback(&mut self) {
        self.memory.rollback();
    }

    /// How many alerts are open, provisional ones included.
    pub fn open(&self) -> usize {
        self.memory.open()
    }

    fn apply_match(&mut self, matched: &Match, moment: Moment) -> StoryOutput {
        if matched.watchlist.status == WatchlistStatus::Draft {
            return StoryOutput::suppressed(SuppressReason::Draft);
        }
        let key = Key::new(&matched.event.id, &matched.watchlist.id);
        let Some(known) = self.memory.get(&key) else {
            return self.open_alert(key, matched, moment);
        };
        let known = known.clone();
        if matched.event.version < known.version {
            return StoryOutput::suppressed(SuppressReason::Superseded);
        }
        if matched.event.status != Status::Usable {
            return match self.retract(key, known, &matched.event, Reason::Retracted, moment) {
                Some(alert) => StoryOutput::alerted(vec![alert]),
                None => StoryOutput::suppressed(SuppressReason::Unusable),
            };
        }
        if matched.event.version == known.version {
            return self.count_duplicate(key, known, moment);
        }
        let corrected = known.corrected(matched, self.memory.intern(&matched.watchlist), moment.timestamp);
        self.tell(key, corrected, Telling::of_match(matched), (Action::Update, Reason::Corrected), moment)
    }

    fn open_alert(&mut self, key: Key, matched: &Match, moment: Moment) -> StoryOutput {
        if matched.event.status != Status::Usable {
            return StoryOutput::suppressed(SuppressReason::Unusable);
        }
        if is_stale(matched, moment.timestamp) {
            return StoryOutput::suppressed(SuppressReason::Stale);
        }
        let known = Known::opened(matched, self.memory.intern(&matched.watchlist), moment.timestamp);
        self.tell(key, known, Telling::of_match(matched), (Action::Open, Reason::FirstMatch), moment)
    }

    fn count_duplicate(&mut self, key: Key, mut known: Known, moment: Moment) -> StoryOutput {
        known.suppressed.duplicates += 1;
        known.suppressed.since.get_or_insert(moment.timestamp);
        self.memory.put(moment.batch, key, known);
        StoryOutput::suppressed(SuppressReason::Duplicate)
    }

    fn tell(
        &mut self,
        key: Key,
        known: Known,
        telling: Telling<'_>,
        step: (Action, Reason),
        moment: Moment,
    ) -> StoryOutput {
        let alert = compose::alert(&known, telling, step, moment.now);
        self.memory.put(moment.batch, key, known.told());
        StoryOutput::alerted(vec![alert])
    }

    /// A match of the same version tells of a correction by itself, so a notice acts only on alerts whose
    /// event is not usable any more, or no longer matches.
    fn apply_notice(&mut self, notice: &Notice, moment: Moment) -> StoryOutput {
        let concerned: Vec<(Key, Known)> = self.memory.of_event(&notice.event.id).collect();
        let mut alerts = Vec::new();
        for (key, known) in concerned {
            let reason = if notice.event.status != Status::Usable && notice.event.version >= known.version {
                Reason::Retracted
            } else if notice.event.version > known.version && !notice.watchlists.contains(&key.watchlist) {
                Reason::Corrected
            } else {
                continue;
            };
            alerts.extend(self.retract(key, known, &notice.event, reason, moment));
        }
        if alerts.is_empty() {
            StoryOutput::suppressed(SuppressReason::NothingToChange)
        } else {
            StoryOutput::alerted(alerts)
        }
    }

    /// Nothing where it was retracted before.
    fn retract(
        &mut self,
        key: Key,
        known: Known,
        event: &EventReference,
        reason: Reason,
        moment: Moment,
    ) -> Option<Alert> {
        if known.retracted {
            return None;
        }
        let known = known.retracted(event.version, moment.timestamp);
        let telling = Telling::of_withdrawal(&known, event, moment.timestamp);
        let alert = compose::alert(&known, telling, (Action::Retract, reason), moment.now);
        self.memory.put(moment.batch, key, known.told());
        Some(alert)
    }
}

/// When, and in which batch, a record is applied.
#[derive(Clone, Copy)]
struct Moment {
    batch: u64,
    timestamp: Timestamp,
    now: Timestamp,
}

/// Whether the event was older than its watchlist allows when it came in. An event that does not say
/// when it was published is not stale.
fn is_stale(matched: &Match, timestamp: Timestamp) -> bool {
    let (Some(max_age), Some(published_at)) = (matched.watchlist.alert.max_age, matched.times.published_at) else {
        return false;
    };
    SignedDuration::try_from(max_age).is_ok_and(|max_age| timestamp.duration_since(published_at) > max_age)
}

#[cfg(test)]
mod tests;
