//! A stage: the loop that reads, works and writes, exactly once or at least once.
//!
//! A stage is four kinds of threads, which the layer above spawns: the [`Poller`](poller::Poller) polls,
//! [`Worker`](worker::Worker)s do the pure part, the [`Transactor`](transactor::Transactor) produces
//! and commits, and where there is state a [`Restorer`](restorer::Restorer) reads it back. A batch goes from the first to the last over a channel of one, while its records are
//! already with the workers; what became of it comes back.
//!
//! | rule | where it is kept |
//! |---|---|
//! | results and offsets are committed together or not at all | `transactor` |
//! | nothing is committed after a gap: what was queued when a batch failed is stale | the epoch, raised by who finds it, followed by the poller after it has rewound |
//! | the poller rewinds only when nothing is under way | `poller` |
//! | a partition with state is paused until that is read back | `restoration`, held by the poller |
//! | a partition is given up only when nothing of it is in flight, or its epoch is over | `poller` |

mod batch;
mod client;
mod consumer;
pub(crate) mod fetched;
mod lag;
pub mod observe;
mod oversize;
pub mod poller;
mod producer;
mod reached;
mod restoration;
pub mod restorer;
pub mod stop;
pub mod topics;
pub mod transactor;
pub mod worker;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use rdkafka::error::KafkaError;

use crate::kafka::stage::client::Rarely;
use crate::kafka::stage::observe::Observe;
use crate::kafka::stage::oversize::Oversize;
use crate::kafka::stage::poller::{Poller, State};
use crate::kafka::stage::restorer::Restorer;
use crate::kafka::stage::stop::Stop;
use crate::kafka::stage::transactor::Transactor;
use crate::kafka::stage::worker::{MakeWork, Worker};
use crate::message::matched::PartitionProgress;
use crate::pipeline::dead_letter::BadRecordLimits;
use crate::pipeline::processed::Produce;
use crate::settings::Settings;

/// The records over which `dead_letters.max_ratio` is taken.
const BAD_RECORDS_WINDOW: usize = 1000;

/// Why a stage cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A property that librdkafka refuses.
    #[error("librdkafka refuses {property}: {description}; look at kafka.client")]
    Client {
        /// The property.
        property: String,
        /// Why.
        description: String,
    },
    /// The consumer could not be made, or has failed for good.
    #[error("the consumer of the {stage} stage has failed: {reason}")]
    Consumer {
        /// The stage.
        stage: &'static str,
        /// Why.
        reason: String,
    },
    /// Two processes with one name.
    #[error("another process runs the {stage} stage with kafka.instance {instance:?}: every replica needs its own")]
    Fenced {
        /// The stage.
        stage: &'static str,
        /// The name they share.
        instance: String,
    },
    /// The story stage's state lies by partition.
    #[error("{matches} has {of_matches} partitions and {stories} has {of_stories}: they must be equal")]
    Partitions {
        /// The matches topic.
        matches: String,
        /// Its partitions.
        of_matches: usize,
        /// The stories topic.
        stories: String,
        /// Its partitions.
        of_stories: usize,
    },
}

impl StageError {
    /// Of a client that could not be made.
    pub(crate) fn of_client(stage: &'static str, error: KafkaError) -> Self {
        match error {
            KafkaError::ClientConfig(_, description, property, _) => Self::Client { property, description },
            error => Self::Consumer { stage, reason: error.to_string() },
        }
    }
}

/// How a stage's records are processed.
pub enum Processing {
    /// By so many workers at once: in any order, committed in the order of the partitions.
    Parallel(usize),
    /// One after the other.
    InOrder,
}

/// What a stage is.
pub struct StageSpec {
    /// `match` or `story`.
    pub name: &'static str,
    /// The topics that it reads.
    pub topics: Vec<String>,
    /// How.
    pub processing: Processing,
    /// What with.
    pub work: MakeWork,
    /// The topic of its state, by the partitions of the topic that it reads; none where it has no state.
    pub state: Option<String>,
    /// Makes a record of how far the partitions were read, where that is to be told.
    pub progress: Option<TellProgress>,
}

/// Makes the record, and when.
pub type TellProgress = fn(Vec<PartitionProgress>, Timestamp) -> Produce;

/// A stage's threads, not yet running.
pub struct Stage {
    /// Polls.
    pub poller: Poller,
    /// Produces and commits.
    pub transactor: Transactor,
    /// Work, where that is not done in order.
    pub workers: Vec<Worker>,
    /// Reads state back, where there is any.
    pub restorer: Option<Restorer>,
}

/// Makes a stage's parts and subscribes its consumer.
///
/// # Errors
/// librdkafka refuses a property.
pub fn build(
    spec: StageSpec,
    settings: &Arc<Settings>,
    observer: &Arc<dyn Observe>,
    stop: &Arc<Stop>,
) -> Result<Stage, StageError> {
    let consumer = consumer::subscribe(settings, spec.name, &spec.topics)
        .map_err(|error| StageError::of_client(spec.name, error))?;
    let consumer = Arc::new(consumer);
    let epoch = Arc::new(AtomicU64::new(0));
    let (orders_in, orders) = crossbeam_channel::bounded(1);
    let (reports_in, reports) = crossbeam_channel::bounded(64);
    // Far more than a stage has partitions.
    let (restorations, requests) = crossbeam_channel::bounded(65_536);
    let (parts_in, parts) = crossbeam_channel::bounded(4);
    let (jobs, workers, work) = match spec.processing {
        Processing::InOrder => (None, Vec::new(), Some((spec.work)())),
        Processing::Parallel(count) => {
            let (jobs_in, jobs) = crossbeam_channel::bounded(65_536);
            let workers = (0..count.max(1))
                .map(|_| Worker { stage: spec.name, jobs: jobs.clone(), make: Arc::clone(&spec.work) })
                .collect();
            (Some(jobs_in), workers, None)
        }
    };
    let poller = Poller {
        stage: spec.name,
        settings: Arc::clone(settings),
        consumer: Arc::clone(&consumer),
        jobs,
        orders: orders_in,
        reports,
        stateful: spec.state.is_some(),
        progress: spec.progress,
        observer: Arc::clone(observer),
        stop: Arc::clone(stop),
        epoch: Arc::clone(&epoch),
        state: State::default(),
    };
    let transactor = Transactor {
        stage: spec.name,
        settings: Arc::clone(settings),
        orders,
        reports: reports_in,
        restorations,
        parts,
        epoch,
        consumer,
        work,
        make: spec.work,
        poisonous: BTreeSet::new(),
        limits: BadRecordLimits::new(
            settings.dead_letters.max_ratio,
            BAD_RECORDS_WINDOW,
            u64::from(settings.dead_letters.max_consecutive),
        ),
        observer: Arc::clone(observer),
        stop: Arc::clone(stop),
        producer: None,
        fenced: None,
        said: Rarely::default(),
        troubled: false,
        oversize: Oversize::default(),
    };
    let restorer = spec.state.map(|topic| Restorer {
        stage: spec.name,
        settings: Arc::clone(settings),
        topic,
        requests,
        parts: parts_in,
        stop: Arc::clone(stop),
    });
    Ok(Stage { poller, transactor, workers, restorer })
}
