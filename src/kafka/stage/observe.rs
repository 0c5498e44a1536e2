//! What a stage tells the layer above while it runs: for metrics, readiness and progress.

use std::sync::Arc;
use std::time::Duration;

use crate::pipeline::processed::Processed;

/// How a stage is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// In its group, with a producer that works.
    Ready,
    /// Not able to work at present, and why; it recovers by itself.
    Waiting(String),
    /// Too many bad records: it has stopped consuming until somebody looks, and why.
    Tripped(String),
}

/// A record that is done with: its results and its offset are committed.
#[derive(Debug)]
pub struct Done {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// What came of it.
    pub processed: Processed,
}

/// The end of a transaction, or of a batch where there are no transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionEnd {
    /// Everything is there.
    Committed,
    /// Nothing is.
    Aborted,
}

/// Something that happened in a stage.
#[derive(Debug)]
pub enum StageEvent<'a> {
    /// The stage's condition changed, or part of it did: its consumer's or its producer's.
    Consumer(Condition),
    /// Likewise.
    Producer(Condition),
    /// Likewise: that of the state that goes with its partitions.
    State(Condition),
    /// So many alerts are open now.
    Open(usize),
    /// The state of a partition was read back, in this time.
    Restored(Duration),
    /// The loop went round.
    Ticked,
    /// These records are done with.
    Done(&'a [Done]),
    /// A batch ended.
    Ended(TransactionEnd, Duration),
    /// Partitions came or went.
    Rebalanced,
    /// Records that are there and not yet done with.
    Lag {
        /// The topic.
        topic: &'a str,
        /// The partition.
        partition: i32,
        /// How many; none where the partition is not ours any more.
        records: Option<i64>,
    },
}

/// Told of what happens, on the thread on which it happens: must be quick.
pub trait Observe: Send + Sync {
    /// Something happened.
    fn observe(&self, event: StageEvent<'_>);
}
