//! The consumer of a stage. Rebalances become events that the loop acts on outside of the callback.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};

use crate::kafka::stage::client;
use crate::settings::Settings;

/// How long the group waits for a member that was killed before others, or its own restart, go on with its
/// partitions. librdkafka's 45 s would be a silence that desks notice; `kafka.client` can say otherwise.
const SESSION_TIMEOUT_MS: &str = "10000";

/// A stage's consumer.
pub(crate) type StageConsumer = BaseConsumer<Context>;

/// What the group's coordinator wants.
#[derive(Debug)]
pub(crate) enum Rebalance {
    /// These partitions are ours too.
    Assign(TopicPartitionList),
    /// These are to be given up. The group waits until it is done.
    Revoke(TopicPartitionList),
}

/// What the consumer's callbacks leave for the loop.
#[derive(Default)]
pub(crate) struct Context {
    rebalances: Mutex<VecDeque<Rebalance>>,
    statistics: Mutex<Option<Statistics>>,
    closing: AtomicBool,
}

impl Context {
    /// The oldest rebalance that was not acted on.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop_front()
    }

    /// The newest statistics, once.
    pub(crate) fn take_statistics(&self) -> Option<Statistics> {
        self.statistics.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// From now on a rebalance is answered in the callback: nobody else would.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(?level, facility, "{message}");
    }

    fn stats(&self, statistics: Statistics) {
        *self.statistics.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "{reason}");
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let assign = error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Acquire) {
            // Leaving: what is assigned now is given back at once.
            let answered = if assign {
                consumer.incremental_assign(partitions)
            } else {
                consumer.incremental_unassign(partitions)
            };
            if let Err(error) = answered {
                tracing::debug!(%error, "rebalance while leaving");
            }
            return;
        }
        let rebalance =
            if assign { Rebalance::Assign(partitions.clone()) } else { Rebalance::Revoke(partitions.clone()) };
        self.rebalances.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_back(rebalance);
    }
}

/// A consumer of the group `<kafka.group>.<stage>`, subscribed.
pub(crate) fn subscribe(settings: &Settings, stage: &str, topics: &[String]) -> KafkaResult<StageConsumer> {
    let queued = (settings.delivery.in_flight_bytes / 2048).clamp(1024, 32_768);
    let ours = [
        ("group.id", format!("{}.{stage}", settings.kafka.group)),
        ("enable.auto.commit", "false".to_owned()),
        ("enable.auto.offset.store", "false".to_owned()),
        ("auto.offset.reset", "earliest".to_owned()),
        ("isolation.level", "read_committed".to_owned()),
        ("group.protocol", "classic".to_owned()),
        ("partition.assignment.strategy", "cooperative-sticky".to_owned()),
        ("session.timeout.ms", SESSION_TIMEOUT_MS.to_owned()),
        ("fetch.queue.backoff.ms", "5".to_owned()),
        ("queued.max.messages.kbytes", queued.to_string()),
        ("statistics.interval.ms", "2000".to_owned()),
        // A name of its own for each process, also where two are given one instance (librdkafka#4783).
        ("client.id", format!("newswatch-{stage}-{}-{}", settings.kafka.instance, std::process::id())),
    ];
    let config = client::config(settings, stage, ours);
    let consumer: StageConsumer = config.create_with_context(Context::default())?;
    let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
    consumer.subscribe(&topics)?;
    Ok(consumer)
}

/// Goes back to what is committed, on every partition of the assignment. Where nothing was committed, to the
/// beginning, as `auto.offset.reset` says.
pub(crate) fn rewind(consumer: &StageConsumer, within: Duration) -> KafkaResult<()> {
    let assignment = consumer.assignment()?;
    if assignment.count() == 0 {
        return Ok(());
    }
    let mut committed = TopicPartitionList::with_capacity(assignment.count());
    for partition in consumer.committed_offsets(assignment, within)?.elements() {
        partition.error()?;
        let offset = match partition.offset() {
            Offset::Offset(offset) => Offset::Offset(offset),
            _ => Offset::Beginning,
        };
        committed.add_partition_offset(partition.topic(), partition.partition(), offset)?;
    }
    for partition in consumer.seek_partitions(committed, within)?.elements() {
        partition.error()?;
    }
    Ok(())
}
