//! Partitions that are ours and whose state is not there yet: they are paused, so that no record is processed
//! without it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rdkafka::TopicPartitionList;

use crate::kafka::stage::observe::Condition;

/// A partition's state on its way from its topic to the stage. Shared by the threads that take part.
#[derive(Debug)]
pub(crate) struct Restoration {
    pub(crate) partition: i32,
    pub(crate) begun: Instant,
    cancelled: AtomicBool,
}

impl Restoration {
    /// Nobody wants it any more.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

/// The partitions that are held back.
#[derive(Debug, Default)]
pub(crate) struct Held(BTreeMap<i32, Hold>);

#[derive(Debug)]
struct Hold {
    topic: String,
    restoration: Arc<Restoration>,
    /// Why it stands still.
    fault: Option<String>,
}

impl Held {
    /// Holds a partition of the stage's topic back, anew where it is held already.
    pub(crate) fn hold(&mut self, topic: &str, partition: i32) -> Arc<Restoration> {
        self.drop(partition);
        let restoration = Arc::new(Restoration { partition, begun: Instant::now(), cancelled: AtomicBool::new(false) });
        let hold = Hold { topic: topic.to_owned(), restoration: Arc::clone(&restoration), fault: None };
        self.0.insert(partition, hold);
        restoration
    }

    /// The partition is not ours any more.
    pub(crate) fn drop(&mut self, partition: i32) {
        if let Some(hold) = self.0.remove(&partition) {
            hold.restoration.cancel();
        }
    }

    /// The partition's state is there. True unless it was given up meanwhile.
    pub(crate) fn restored(&mut self, restoration: &Arc<Restoration>) -> bool {
        self.awaited(restoration).is_some() && self.0.remove(&restoration.partition).is_some()
    }

    /// The partition's state cannot be read: it stands still until it is assigned again.
    pub(crate) fn unreadable(&mut self, restoration: &Arc<Restoration>, why: String) {
        if let Some(hold) = self.awaited(restoration) {
            hold.fault = Some(why);
        }
    }

    fn awaited(&mut self, restoration: &Arc<Restoration>) -> Option<&mut Hold> {
        self.0.get_mut(&restoration.partition).filter(|hold| Arc::ptr_eq(&hold.restoration, restoration))
    }

    pub(crate) fn holds(&self, partition: i32) -> bool {
        self.0.contains_key(&partition)
    }

    /// All of them, as librdkafka wants it.
    pub(crate) fn partitions(&self) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(self.0.len());
        for (partition, hold) in &self.0 {
            list.add_partition(&hold.topic, *partition);
        }
        list
    }

    /// For readiness: what stands still first, since that does not mend itself.
    pub(crate) fn condition(&self) -> Condition {
        let fault = self.0.values().find_map(|hold| hold.fault.clone());
        let restoring = || self.0.keys().next().map(|partition| format!("restoring partition {partition}"));
        fault.or_else(restoring).map_or(Condition::Ready, Condition::Waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_was_given_up_and_taken_again_waits_for_its_own_restoration() {
        let mut held = Held::default();
        let first = held.hold("matches", 3);
        held.drop(3);
        let second = held.hold("matches", 3);
        assert!(first.is_cancelled() && !second.is_cancelled());
        assert!(!held.restored(&first) && held.holds(3));
        assert!(held.restored(&second) && !held.holds(3) && !second.is_cancelled());
        assert!(!held.restored(&second), "once");
    }

    #[test]
    fn a_partition_that_cannot_be_restored_is_what_is_told() {
        let mut held = Held::default();
        assert_eq!(held.condition(), Condition::Ready);
        held.hold("matches", 1);
        let broken = held.hold("matches", 2);
        assert_eq!(held.condition(), Condition::Waiting("restoring partition 1".into()));
        held.unreadable(&broken, "partition 2 stands still".into());
        assert_eq!(held.condition(), Condition::Waiting("partition 2 stands still".into()));
        assert_eq!(held.partitions().count(), 2, "it stays paused");
        held.drop(2);
        assert_eq!(held.condition(), Condition::Waiting("restoring partition 1".into()));
    }
}
