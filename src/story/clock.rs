//! How far event time has come: the watermark that timers run by. A function of the records alone.
//!
//! The watermark is the least of what the partitions of the events topics were read to, as
//! [`Progress`] tells, and never goes back. Before any was told, as in logs and
//! files without it, it is the latest time seen. Nothing is dropped for being behind it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::message::evidence::Coordinates;
use crate::message::matched::{Match, PartitionProgress, Progress};

/// A partition that nobody has told of for so long, by the clocks of the match processes, is nobody's at
/// present, and holds no timers.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Event time in one partition of the matches topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub(super) struct Clock {
    /// The latest clock of a match process: nothing has happened later.
    #[schemars(with = "String")]
    latest: Timestamp,
    /// How far event time has come.
    #[schemars(with = "String")]
    watermark: Timestamp,
    /// Whether a match process has told how far it has read.
    told: bool,
    /// By topic and partition.
    read: Vec<Read>,
}

/// How far a partition of the events was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
struct Read {
    /// Of the events.
    topic: String,
    /// Of the topic.
    partition: i32,
    /// In event time.
    #[schemars(with = "String")]
    to: Timestamp,
    /// When a match process told so.
    #[schemars(with = "String")]
    told_at: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Self { latest: Timestamp::MIN, watermark: Timestamp::MIN, told: false, read: Vec::new() }
    }
}

impl Clock {
    pub(super) fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// The event time of a match: its record's timestamp, but not later than the clock of the match process, so
    /// that one wrong clock upstream does not run all timers.
    pub(super) fn of_match(&mut self, matched: &Match, timestamp: Timestamp) -> Timestamp {
        let time = timestamp.min(matched.times.matched_at);
        self.latest = self.latest.max(matched.times.matched_at);
        if self.told {
            self.reached(&matched.event.kafka, time);
        } else {
            self.watermark = self.watermark.max(time);
        }
        time
    }

    /// The event time of a notice. It carries no clock, so it is held to the latest one seen.
    pub(super) fn of_notice(&self, timestamp: Timestamp) -> Timestamp {
        timestamp.min(self.latest)
    }

    /// Gives the clock of the match process.
    pub(super) fn of_progress(&mut self, progress: &Progress) -> Timestamp {
        self.latest = self.latest.max(progress.sent_at);
        self.told = true;
        for PartitionProgress { topic, partition, time } in &progress.partitions {
            let to = (*time).min(progress.sent_at);
            match self.find(topic, *partition) {
                Ok(place) => {
                    let read = &mut self.read[place];
                    (read.to, read.told_at) = (read.to.max(to), read.told_at.max(progress.sent_at));
                }
                Err(place) => {
                    let (topic, partition, told_at) = (topic.clone(), *partition, progress.sent_at);
                    self.read.insert(place, Read { topic, partition, to, told_at });
                }
            }
        }
        // Among the processes that tell: a match with a wrong clock must not make all of them forgotten.
        if let Some(latest) = self.read.iter().map(|read| read.told_at).max() {
            self.read.retain(|read| latest.duration_since(read.told_at) <= FORGOTTEN_AFTER);
        }
        self.advance();
        progress.sent_at
    }

    fn reached(&mut self, at: &Coordinates, time: Timestamp) {
        if let Ok(place) = self.find(&at.topic, at.partition)
            && self.read[place].to < time
        {
            self.read[place].to = time;
            self.advance();
        }
    }

    fn find(&self, topic: &str, partition: i32) -> Result<usize, usize> {
        self.read.binary_search_by(|read| (&*read.topic, read.partition).cmp(&(topic, partition)))
    }

    fn advance(&mut self) {
        let least = self.read.iter().map(|read| read.to).min();
        self.watermark = self.watermark.max(least.unwrap_or(Timestamp::MIN));
    }
}
