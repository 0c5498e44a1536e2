//! Matches to alerts. Knows nothing of Kafka, tokio, metrics, files or the clock: time comes in with the match.
//!
//! [`Stories`] is the state of one partition of the matches topic. What its alerts say, and when, is a function of
//! the records and their order alone: not of how they are cut into batches, of restarts, or of the time of day.
//! What leads to what is told in `life`.
//!
//! # Time
//!
//! Event time is the record's timestamp; timers run by the watermark (`clock`). An event that comes behind the
//! watermark is never dropped: its windows are told by its own time, what it sets timers and throttles for runs
//! from the watermark, so that copies that come late are still told as one.

mod clock;
mod compose;
mod group;
mod known;
mod life;
mod memory;
pub mod outcome;
mod shared;
pub mod similar;
mod sorted;
pub mod state;
mod turn;

use std::time::Duration;

use jiff::Timestamp;

use crate::message::matched::MatchMessage;
use crate::message::sketch::SIMILARITY;
use memory::Memory;
pub use outcome::{AlertAccount, Phase, StoryAccount, StoryOutcome, StoryOutput, SuppressReason, Why};
use state::{Part, Restoring};
pub use state::{StateRecord, StateValue, UnreadableState};
use turn::Turn;

/// How far a partition's memory goes: whichever is reached first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// At most this many stories. Beyond, the watchlist that has the most of them loses the one that was untouched
    /// for the longest, whose alert is closed.
    pub stories: usize,
    /// How long, on event time, a story takes in copies after the last one.
    pub window: Duration,
    /// The share of the shorter text that the other must hold for two to be copies, from 0 to 1.
    pub similarity: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { stories: 100_000, window: Duration::from_secs(72 * 3600), similarity: SIMILARITY }
    }
}

/// Where and when a record of the matches topic is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Must not be lower than that of an earlier call, and higher than what was committed.
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
    restoring: Restoring,
}

impl Stories {
    /// No stories yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, memory: Memory::default(), restoring: Restoring::default() }
    }

    /// What one record of the matches topic leads to: the timers that are due by what it tells of time, then what
    /// it says itself.
    pub fn apply(&mut self, message: &MatchMessage, at: At) -> StoryOutput {
        let partition = self.memory.partition_mut(at.batch);
        partition.offset = at.offset;
        let clock = &mut partition.clock;
        let time = match message {
            MatchMessage::Match(matched) => clock.of_match(matched, at.timestamp),
            MatchMessage::Notice(_) => clock.of_notice(at.timestamp),
            MatchMessage::Progress(progress) => clock.of_progress(progress),
        };
        let mut turn = Turn::new(&mut self.memory, self.limits, at, time);
        turn.run_timers();
        match message {
            MatchMessage::Match(matched) => turn.take_match(matched),
            MatchMessage::Notice(notice) => turn.take_notice(notice),
            MatchMessage::Progress(_) => {}
        }
        turn.end()
    }

    /// What changed since the last call, one record a key, in a stable order. To be called once for each
    /// batch, when it is closed.
    pub fn changes(&mut self) -> Vec<StateRecord> {
        let dirty = self.memory.take_dirty();
        let records =
            dirty.into_iter().map(|part| (matches!(part, Part::Story(..)), state::record(&part, &self.memory)));
        // Where a crash leaves only the first of them, as without transactions it may, no story lacks a part.
        let (stories, parts): (Vec<_>, Vec<_>) =
            records.partition(|(is_story, record)| *is_story && record.value.is_some());
        parts.into_iter().chain(stories).map(|(_, record)| record).collect()
    }

    /// Takes in one record of the stories topic; records come in the order of their offsets, and
    /// [`restored`](Self::restored) follows the last.
    ///
    /// # Errors
    /// A record that this version cannot read: the partition must not be worked on.
    pub fn restore(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), UnreadableState> {
        self.restoring.take_in(key, value)
    }

    /// Puts what was restored together.
    ///
    /// # Errors
    /// Records that do not make a whole: the partition must not be worked on.
    pub fn restored(&mut self) -> Result<(), UnreadableState> {
        self.memory = std::mem::take(&mut self.restoring).put_together()?;
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

    /// The offset of the last record that was applied.
    pub fn reached(&self) -> i64 {
        self.memory.partition().offset
    }

    /// How many alerts are open, provisional ones included.
    pub fn open(&self) -> usize {
        self.memory.open().map(|(_, open)| open).sum()
    }

    /// How many alerts are open, of each watchlist that has stories.
    pub fn open_by_watchlist(&self) -> impl Iterator<Item = (&str, usize)> {
        self.memory.open()
    }
}

#[cfg(test)]
mod tests;
