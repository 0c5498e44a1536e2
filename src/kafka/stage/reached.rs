//! How far our partitions were read, in event time: for those who set timers by it where nothing matches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::message::matched::PartitionProgress;

/// How often it is told: timers go by minutes and hours, and every partition of the matches topic hears it.
pub(crate) const EVERY: Duration = Duration::from_secs(10);
/// How often in a row a partition must have been found at its end: what was known of its end when it was
/// assigned may be older than the assignment.
const ROUNDS: u32 = 2;

type Key = (Arc<str>, i32);

/// What is known of our partitions, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// The timestamp of the last record taken.
    taken: BTreeMap<Key, i64>,
    /// How often in a row a partition was found at its end, and when last.
    ended: BTreeMap<Key, (u32, i64)>,
    told: Option<Instant>,
}

impl Reached {
    /// A record was fetched.
    pub(crate) fn taken(&mut self, topic: &Arc<str>, partition: i32, timestamp: Option<i64>) {
        if let Some(timestamp) = timestamp {
            self.taken.insert((Arc::clone(topic), partition), timestamp);
        }
    }

    /// At this time nothing was left to read of these partitions, and there was of all others.
    pub(crate) fn at_end(&mut self, partitions: Vec<Key>, time: i64) {
        let before = std::mem::take(&mut self.ended);
        let rounds = |key: &Key| before.get(key).map_or(1, |(rounds, _)| rounds.saturating_add(1));
        self.ended = partitions.into_iter().map(|key| (key.clone(), (rounds(&key), time))).collect();
    }

    /// What was fetched and not committed comes again.
    pub(crate) fn rewound(&mut self) {
        self.taken.clear();
        self.ended.clear();
    }

    /// The partition is somebody else's.
    pub(crate) fn gone(&mut self, topic: &str, partition: i32) {
        let key = (Arc::from(topic), partition);
        self.taken.remove(&key);
        self.ended.remove(&key);
    }

    /// Whether it is time to tell, and there is something to.
    pub(crate) fn is_due(&self) -> bool {
        self.told.is_none_or(|told| told.elapsed() >= EVERY) && !(self.taken.is_empty() && self.ended.is_empty())
    }

    /// How far each partition was read, where that is known. No partition is ahead of the clock, whatever a
    /// record's timestamp says.
    pub(crate) fn tell(&mut self, now: Timestamp) -> Vec<PartitionProgress> {
        self.told = Some(Instant::now());
        let ended = self.ended.iter().filter(|(_, (rounds, _))| *rounds >= ROUNDS).map(|(key, (_, time))| (key, *time));
        let mut times = self.taken.clone();
        for (key, time) in ended {
            times.entry(key.clone()).and_modify(|taken| *taken = (*taken).max(time)).or_insert(time);
        }
        let told = times.into_iter().filter_map(|((topic, partition), time)| {
            let time = Timestamp::from_millisecond(time).ok()?.min(now);
            Some(PartitionProgress { topic: topic.to_string(), partition, time })
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(partition: i32) -> Key {
        ("news".into(), partition)
    }

    fn told(reached: &mut Reached, now: i64) -> Vec<(i32, i64)> {
        let told = reached.tell(Timestamp::from_millisecond(now).unwrap());
        told.into_iter().map(|progress| (progress.partition, progress.time.as_millisecond())).collect()
    }

    #[test]
    fn a_partition_is_as_far_as_its_last_record_or_where_it_is_at_its_end_as_the_clock() {
        let mut reached = Reached::default();
        assert!(!reached.is_due(), "there is nothing to tell");
        for (partition, timestamp) in [(0, 100), (1, 200), (1, 150), (2, 9000)] {
            reached.taken(&"news".into(), partition, Some(timestamp));
        }
        assert!(reached.is_due());
        assert_eq!(told(&mut reached, 1000), [(0, 100), (1, 150), (2, 1000)], "not ahead of the clock");
        assert!(!reached.is_due(), "it was told just now");
        reached.at_end(vec![key(0), key(3)], 900);
        assert_eq!(told(&mut reached, 1000), [(0, 100), (1, 150), (2, 1000)], "what is known may be old");
        reached.at_end(vec![key(0), key(3)], 950);
        assert_eq!(told(&mut reached, 1000), [(0, 950), (1, 150), (2, 1000), (3, 950)]);
        reached.taken(&"news".into(), 0, Some(120));
        reached.at_end(vec![key(3)], 960);
        assert_eq!(told(&mut reached, 1000), [(0, 120), (1, 150), (2, 1000), (3, 960)], "there is a backlog again");
    }

    #[test]
    fn what_is_taken_back_or_given_away_is_not_told() {
        let mut reached = Reached::default();
        reached.taken(&"news".into(), 0, Some(100));
        reached.taken(&"news".into(), 1, Some(100));
        reached.gone("news", 1);
        assert_eq!(told(&mut reached, 1000), [(0, 100)]);
        reached.rewound();
        assert_eq!(told(&mut reached, 1000), []);
    }
}
