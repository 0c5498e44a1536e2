//! What came of one record: its outcome, the records to produce for it, and what is worth counting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::message::alert::Action;
use crate::message::evidence::Severity;
use crate::pipeline::dead_letter;
use crate::pipeline::reason::{Reason, Rejection};
use crate::pipeline::record::Record;
use crate::story::{StoryAccount, UnreadableState};

/// What a stage makes of records. One record at a time, without I/O; `now` is the only clock.
pub trait Work: Send {
    /// What comes of a record.
    fn process(&mut self, record: &Record<'_>, now: Timestamp) -> Processed;

    /// All that was processed since the last call of this or of [`Work::rollback`] is committed.
    fn commit(&mut self) {}

    /// All that was processed since then is to be forgotten; the records come again.
    fn rollback(&mut self) {}

    /// The records of state that make all that was processed since then last. Called once, after the last record
    /// of a batch and before its commit.
    fn finish(&mut self) -> Vec<Produce> {
        Vec::new()
    }

    /// How many alerts are open, where any are kept.
    fn open(&self) -> Option<usize> {
        None
    }

    /// What is kept of the partition is to be forgotten: it belongs to somebody else now, or is read back.
    fn release(&mut self, _partition: i32) {}

    /// A record of the partition's state as it is read back, in the order in which they were written.
    ///
    /// # Errors
    /// This version cannot read it.
    fn restore(&mut self, _partition: i32, _key: &[u8], _value: Option<&[u8]>) -> Result<(), UnreadableState> {
        Ok(())
    }

    /// All of the partition's state is there.
    ///
    /// # Errors
    /// It makes no whole.
    fn restored(&mut self, _partition: i32) -> Result<(), UnreadableState> {
        Ok(())
    }
}

/// Has a record processed. A panic over it is that record's dead letter, and `work` is made anew.
pub fn process_or_bury<W: Work + ?Sized>(
    work: &mut Box<W>,
    make: impl Fn() -> Box<W>,
    stage: &str,
    record: &Record<'_>,
    now: Timestamp,
) -> Processed {
    catch_unwind(AssertUnwindSafe(|| work.process(record, now))).unwrap_or_else(|_| {
        *work = make();
        Processed::panicked(record, stage, now)
    })
}

/// What a record came to: every record has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// At least one watchlist matched (match stage).
    Matched,
    /// None did (match stage).
    NoMatch,
    /// It led to an alert (story stage).
    Alerted,
    /// It did not, for this reason (story stage).
    Suppressed(&'static str),
    /// It told how far the events were read: no match, and counted as none (story stage).
    Progress,
    /// It could not be used.
    DeadLettered(Reason),
}

impl Outcome {
    /// As it is written in metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::NoMatch => "no_match",
            Self::Alerted => "alerted",
            Self::Suppressed(_) => "suppressed",
            Self::Progress => "progress",
            Self::DeadLettered(_) => "dead_lettered",
        }
    }
}

/// Where a record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The matches topic, to the partition of the key.
    Matches,
    /// Every partition of the matches topic.
    EveryMatchesPartition,
    /// The alerts topic.
    Alerts,
    /// The stories topic, to the partition of this number: that of the matches it comes from.
    Stories(i32),
    /// The dead-letter topic.
    DeadLetters,
}

/// A record to be produced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Produce {
    /// Where.
    pub to: Destination,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; none for a tombstone.
    pub payload: Option<Vec<u8>>,
    /// The headers in their order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Milliseconds since 1970; the broker's or client's clock where none is given.
    pub timestamp: Option<i64>,
}

/// An alert that is published, for the metrics and whoever looks on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its id, as `ce_id` has it.
    pub id: Arc<str>,
    /// Its value, as it is produced.
    pub value: Arc<str>,
    /// Whose.
    pub watchlist: String,
    /// What it does.
    pub action: Action,
    /// How much it matters.
    pub severity: Severity,
    /// When the event was published, as it says.
    pub published_at: Option<Timestamp>,
    /// The timestamp of the event's record.
    pub ingested_at: Timestamp,
    /// The event time of the timer that it is of; none where a record led to it at once.
    pub due: Option<Timestamp>,
}

/// What came of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processed {
    /// Its outcome.
    pub outcome: Outcome,
    /// Why it could not be used, for the log; holds no text of the event.
    pub complaint: Option<String>,
    /// The event's id, as far as it is known.
    pub event_id: Option<String>,
    /// What to produce, in this order.
    pub produce: Vec<Produce>,
    /// The ids of the watchlists that matched.
    pub matched: Vec<String>,
    /// The watchlists and names of the queries that were given up, for they took too much work (match stage).
    pub over_budget: Vec<(String, String)>,
    /// The alerts among what is produced, in the same order.
    pub published: Vec<Published>,
    /// What a match came to in each story that it concerns (story stage).
    pub accounts: Vec<StoryAccount>,
    /// Stories that were forgotten before their time, to make room.
    pub evicted: usize,
    /// How long it took; the stage's loop sets it.
    pub took: Duration,
}

impl Processed {
    /// An outcome with nothing to produce.
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            complaint: None,
            event_id: None,
            produce: Vec::new(),
            matched: Vec::new(),
            over_budget: Vec::new(),
            published: Vec::new(),
            accounts: Vec::new(),
            evicted: 0,
            took: Duration::ZERO,
        }
    }

    /// The record over which there was a panic, for the dead-letter topic.
    pub fn panicked(record: &Record<'_>, stage: &str, now: Timestamp) -> Self {
        let message = "a fault of newswatch; the log has more".into();
        Self::dead_letter(record, stage, Rejection { reason: Reason::Panicked, message }, now)
    }

    /// The record that cannot be used, byte for byte, and why, for the dead-letter topic.
    pub fn dead_letter(record: &Record<'_>, stage: &str, rejection: Rejection, now: Timestamp) -> Self {
        let own = record.headers.iter().map(|(name, value)| ((*name).to_owned(), value.map(<[u8]>::to_vec)));
        let ours = dead_letter::headers(record, stage, &rejection, now).into_iter();
        let letter = Produce {
            to: Destination::DeadLetters,
            key: record.key.map(<[u8]>::to_vec),
            payload: record.payload.map(<[u8]>::to_vec),
            headers: own.chain(ours.map(|(name, value)| (name, Some(value)))).collect(),
            timestamp: record.timestamp,
        };
        Self {
            complaint: Some(rejection.message),
            produce: vec![letter],
            ..Self::new(Outcome::DeadLettered(rejection.reason))
        }
    }
}
