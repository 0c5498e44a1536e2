//! Matches to alerts in the order of event time, through the daemon's story stage. Matching needs no order, so only
//! the matches are held until they can be sorted; beyond a bound they are told in parts, each in order.

use jiff::Timestamp;

use crate::app::story_work;
use crate::message::matched::PartitionProgress;
use crate::pipeline::match_stage::progress;
use crate::pipeline::processed::{Processed, Work};
use crate::pipeline::record::Record;
use crate::settings::Settings;

/// Matches are told once so many bytes of them are held: some 30,000 with their evidence.
const MOST_HELD: usize = 256 << 20;

/// Records to a batch of the story stage.
const BATCH: i64 = 500;

/// A record of the matches topic, not yet told.
struct Held<W> {
    at: Timestamp,
    /// Whose match it is; none where it is a notice to all.
    whose: Option<W>,
    value: Vec<u8>,
}

/// The story stage and what it is still to be told. Of each match the caller knows whose it is by a `W`.
pub(in crate::commands) struct StoryOrder<W> {
    work: Box<dyn Work>,
    topic: String,
    held: Vec<Held<W>>,
    bytes: usize,
    told: i64,
    parts: u64,
}

impl<W> StoryOrder<W> {
    pub(in crate::commands) fn new(settings: &Settings) -> Self {
        let topic = settings.topics.matches.clone();
        Self { work: story_work(settings), topic, held: Vec::new(), bytes: 0, told: 0, parts: 0 }
    }

    /// Takes a record of the matches topic. Tells whether there is room for more.
    pub(in crate::commands) fn hold(&mut self, at: Timestamp, whose: Option<W>, value: Vec<u8>) -> bool {
        self.bytes += value.len();
        self.held.push(Held { at, whose, value });
        self.bytes < MOST_HELD
    }

    /// Tells all that is held in order of time; `each` hears when and whose each was, and what came of it.
    pub(in crate::commands) fn tell(&mut self, each: impl FnMut(Timestamp, Option<W>, &Processed)) {
        self.tell_before(None, each);
    }

    /// Tells what is held from before a time.
    pub(in crate::commands) fn tell_before(
        &mut self,
        end: Option<Timestamp>,
        mut each: impl FnMut(Timestamp, Option<W>, &Processed),
    ) {
        self.held.sort_by_key(|held| held.at);
        let count = end.map_or(self.held.len(), |end| self.held.partition_point(|held| held.at < end));
        self.parts += u64::from(count > 0);
        let later = self.held.split_off(count);
        for held in std::mem::replace(&mut self.held, later) {
            let processed = self.process(held.at, &held.value);
            self.bytes -= held.value.len();
            each(held.at, held.whose, &processed);
        }
    }

    /// Tells that the events were read up to this time, and nothing more comes: what timers are due have run then.
    pub(in crate::commands) fn finish(
        &mut self,
        last: Timestamp,
        mut each: impl FnMut(Timestamp, Option<W>, &Processed),
    ) {
        let read = PartitionProgress { topic: self.topic.clone(), partition: 0, time: last };
        let progress = progress(vec![read], last).payload.unwrap_or_default();
        each(last, None, &self.process(last, &progress));
    }

    /// Tells one record at once, before all that is held.
    pub(in crate::commands) fn process(&mut self, at: Timestamp, value: &[u8]) -> Processed {
        let record = Record {
            topic: &self.topic,
            offset: self.told,
            timestamp: Some(at.as_millisecond()),
            payload: Some(value),
            ..Record::default()
        };
        let processed = self.work.process(&record, at);
        self.told += 1;
        if self.told % BATCH == 0 {
            // The state is written nowhere; to ask for it is what ends a batch.
            self.work.finish();
            self.work.commit();
        }
        processed
    }

    /// How many times [`StoryOrder::tell`] had something to tell: in each the order is that of time.
    pub(in crate::commands) fn parts(&self) -> u64 {
        self.parts
    }
}
