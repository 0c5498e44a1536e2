//! How many records of each partition are there and not yet done with. librdkafka's own figure ignores
//! offsets that are committed in transactions, so it is worked out here.

use std::collections::HashMap;
use std::sync::Arc;

use rdkafka::{Statistics, TopicPartitionList};

use crate::kafka::stage::batch::Positions;
use crate::kafka::stage::observe::{Observe, StageEvent};

/// What is known of our partitions.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    taken: HashMap<(Arc<str>, i32), i64>,
    done: HashMap<(Arc<str>, i32), i64>,
}

impl Lag {
    /// A record was fetched; `next` is the offset after it.
    pub(crate) fn taken(&mut self, topic: &Arc<str>, partition: i32, next: i64) {
        self.taken.insert((Arc::clone(topic), partition), next);
    }

    /// A batch was committed.
    pub(crate) fn committed(&mut self, positions: Positions) {
        self.done.extend(positions);
    }

    /// What was fetched and not committed comes again.
    pub(crate) fn rewound(&mut self) {
        self.taken.clone_from(&self.done);
    }

    /// The partition is somebody else's.
    pub(crate) fn gone(&mut self, topic: &str, partition: i32, observer: &dyn Observe) {
        let key = (Arc::from(topic), partition);
        self.taken.remove(&key);
        self.done.remove(&key);
        observer.observe(StageEvent::Lag { topic, partition, records: None });
    }

    /// Tells the lag of each partition that is fetched. Gives those that are read to their end.
    pub(crate) fn report(&self, statistics: &Statistics, observer: &dyn Observe) -> Vec<(Arc<str>, i32)> {
        let mut ended = Vec::new();
        for (topic, known) in &statistics.topics {
            for (partition, fetch) in known.partitions.iter().filter(|(_, fetch)| fetch.fetch_state == "active") {
                let key: (Arc<str>, i32) = (Arc::from(topic.as_str()), *partition);
                let (end, next) = (fetch.ls_offset.max(0), fetch.next_offset.max(0));
                let (taken, done) = (self.taken.get(&key), self.done.get(&key));
                // The end may lie behind markers of transactions, which are nobody's records.
                let idle = taken == done && fetch.fetchq_cnt == 0 && next >= end;
                let from = done.copied().unwrap_or(fetch.committed_offset.max(fetch.lo_offset).max(0));
                let records = if idle { 0 } else { (end - from).max(0) };
                observer.observe(StageEvent::Lag { topic, partition: *partition, records: Some(records) });
                // Of a broker that is away the end is not known, nor before it has answered once.
                if idle && fetch.ls_offset >= 0 && is_up(statistics, fetch.broker) {
                    ended.push(key);
                }
            }
        }
        ended
    }
}

fn is_up(statistics: &Statistics, node: i32) -> bool {
    statistics.brokers.values().any(|broker| broker.nodeid == node && broker.state == "UP")
}

/// A partition of the assignment that is not fetched, where there is one: it waits for its committed offset,
/// which the broker does not give while a transaction on it is open.
pub(crate) fn unfetched(statistics: &Statistics, assignment: &TopicPartitionList) -> Option<String> {
    let fetched = |topic: &str, partition: i32| {
        let known = statistics.topics.get(topic).and_then(|topic| topic.partitions.get(&partition));
        known.is_some_and(|fetch| fetch.fetch_state == "active")
    };
    let partitions = assignment.elements();
    let waiting = partitions.iter().find(|partition| !fetched(partition.topic(), partition.partition()))?;
    Some(format!("{}/{}", waiting.topic(), waiting.partition()))
}
