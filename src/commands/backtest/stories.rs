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
struct Held {
    at: Timestamp,
    /// The number of the watchlist; none where it is a notice to all.
    watchlist: Option<usize>,
    value: Vec<u8>,
}

/// The story stage and what it is still to be told.
pub(super) struct StoryOrder {
    work: Box<dyn Work>,
    topic: String,
    held: Vec<Held>,
    bytes: usize,
    told: i64,
    parts: u64,
}

impl StoryOrder {
    pub(super) fn new(settings: &Settings) -> Self {
        let topic = settings.topics.matches.clone();
        Self { work: story_work(settings), topic, held: Vec::new(), bytes: 0, told: 0, parts: 0 }
    }

    /// Takes a record of the matches topic. Tells whether there is room for more.
    pub(super) fn hold(&mut self, at: Timestamp, watchlist: Option<usize>, value: Vec<u8>) -> bool {
        self.bytes += value.len();
        self.held.push(Held { at, watchlist, value });
        self.bytes < MOST_HELD
    }

    /// Tells all that is held in order of time; `each` hears what came of each and whose it was.
    pub(super) fn tell(&mut self, mut each: impl FnMut(Option<usize>, &Processed)) {
        self.parts += u64::from(!self.held.is_empty());
        self.held.sort_by_key(|held| held.at);
        for held in std::mem::take(&mut self.held) {
            each(held.watchlist, &self.process(held.at, &held.value));
        }
        self.bytes = 0;
    }

    /// Tells that the events were read up to this time, and nothing more comes: what timers are due have run then.
    pub(super) fn finish(&mut self, last: Timestamp, mut each: impl FnMut(Option<usize>, &Processed)) {
        let read = PartitionProgress { topic: self.topic.clone(), partition: 0, time: last };
        let progress = progress(vec![read], last).payload.unwrap_or_default();
        each(None, &self.process(last, &progress));
    }

    fn process(&mut self, at: Timestamp, value: &[u8]) -> Processed {
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
    pub(super) fn parts(&self) -> u64 {
        self.parts
    }
}
