//! What goes from the thread that polls to the thread that owns the transaction, and back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

use crate::kafka::stage::fetched::Fetched;
use crate::kafka::stage::observe::Done;
use crate::kafka::stage::restoration::Restoration;
use crate::pipeline::processed::Produce;

/// The next offset of each partition.
pub(crate) type Positions = BTreeMap<(Arc<str>, i32), i64>;

/// A run of records for a worker, and where its results go.
pub(crate) struct Job {
    pub(crate) records: Vec<Fetched>,
    pub(crate) results: Sender<Vec<Done>>,
}

/// A run of records of a batch: with a worker, or to be processed in order by the transaction's thread.
pub(crate) enum Chunk {
    /// The results come.
    Pending(Receiver<Vec<Done>>),
    /// Nothing was done yet.
    Raw(Vec<Fetched>),
}

/// Records that are committed together.
pub(crate) struct Batch {
    /// Of the assignment under which the records were fetched; a stale one is dropped.
    pub(crate) epoch: u64,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) positions: Positions,
    /// To be produced besides what comes of the records.
    pub(crate) produce: Option<Produce>,
    pub(crate) records: usize,
    pub(crate) bytes: usize,
    pub(crate) opened: Instant,
    /// As it was when the batch was closed.
    pub(crate) group: Option<ConsumerGroupMetadata>,
}

impl Batch {
    pub(crate) fn open(epoch: u64) -> Self {
        Self {
            epoch,
            chunks: Vec::new(),
            positions: Positions::new(),
            produce: None,
            records: 0,
            bytes: 0,
            opened: Instant::now(),
            group: None,
        }
    }
}

/// For the transaction's thread, in this order.
pub(crate) enum Order {
    /// Process, produce, commit.
    End(Box<Batch>),
    /// These partitions are somebody else's now.
    Release(Vec<i32>),
    /// Forget what is kept of a partition, and read it back.
    Restore(Arc<Restoration>),
}

/// The answer to an order, and what came of reading state back.
pub(crate) enum Report {
    /// What became of a batch. Sent only when nothing of it is under way any more.
    Ended(Ended),
    /// The state of a partition is there.
    Restored(Arc<Restoration>),
    /// It cannot be read, and why.
    Unreadable(Arc<Restoration>, String),
}

/// The end of a batch.
pub(crate) struct Ended {
    pub(crate) bytes: usize,
    pub(crate) how: How,
}

/// How a batch ended.
pub(crate) enum How {
    /// Results and offsets are in.
    Committed(Positions),
    /// Neither is.
    Aborted,
    /// Not known, or neither is: what is kept in memory is not what is committed.
    Doubtful,
    /// There were too many bad records in it; neither is.
    Tripped,
}

/// As librdkafka wants it.
pub(crate) fn offsets(positions: &Positions) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(positions.len());
    for ((topic, partition), next) in positions {
        list.add_partition_offset(topic, *partition, Offset::Offset(*next))?;
    }
    Ok(list)
}
