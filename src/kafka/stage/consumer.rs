//! The consumer of a stage. Rebalances become events that the loop acts on outside of the callback.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
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
        // Never by itself: to begin anew where a log was cut would read all of it twice.
        ("auto.offset.reset", "error".to_owned()),
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

/// Takes the partitions of a rebalance, each from where the group has got to. Where the broker does not tell in
/// time, librdkafka goes on asking.
pub(crate) fn assign(consumer: &StageConsumer, partitions: &TopicPartitionList, within: Duration) -> KafkaResult<()> {
    match committed(consumer, partitions.clone(), within) {
        Ok(placed) => consumer.incremental_assign(&placed),
        Err(error) => {
            tracing::debug!(%error, "the committed offsets are not known yet");
            consumer.incremental_assign(partitions)
        }
    }
}

/// Goes back to what is committed, on every partition of the assignment.
pub(crate) fn rewind(consumer: &StageConsumer, within: Duration) -> KafkaResult<()> {
    let assignment = consumer.assignment()?;
    if assignment.count() == 0 {
        return Ok(());
    }
    let placed = committed(consumer, assignment, within)?;
    let mut stopped = TopicPartitionList::new();
    for partition in consumer.seek_partitions(placed, within)?.elements() {
        match partition.error() {
            Ok(()) => {}
            Err(KafkaError::OffsetFetch(RDKafkaErrorCode::State)) => {
                stopped.add_partition_offset(partition.topic(), partition.partition(), partition.offset())?;
            }
            Err(error) => return Err(error),
        }
    }
    if stopped.count() > 0 {
        // One that had no offset to go on from was stopped, and is begun anew.
        let placed = committed(consumer, stopped, within)?;
        consumer.incremental_unassign(&placed)?;
        consumer.incremental_assign(&placed)?;
    }
    Ok(())
}

/// The offset to read next of each partition: the committed one, the beginning where there is none.
fn committed(
    consumer: &StageConsumer,
    partitions: TopicPartitionList,
    within: Duration,
) -> KafkaResult<TopicPartitionList> {
    let mut placed = TopicPartitionList::with_capacity(partitions.count());
    for partition in consumer.committed_offsets(partitions, within)?.elements() {
        partition.error()?;
        let (topic, number) = (partition.topic(), partition.partition());
        let offset = match partition.offset() {
            Offset::Offset(next) => {
                let (low, high) = consumer.fetch_watermarks(topic, number, within)?;
                Offset::Offset(within_log(topic, number, next, low..=high))
            }
            _ => Offset::Beginning,
        };
        placed.add_partition_offset(topic, number, offset)?;
    }
    Ok(placed)
}

/// The committed offset, where the log still holds it; else where the log begins, and that is said.
fn within_log(topic: &str, partition: i32, next: i64, log: RangeInclusive<i64>) -> i64 {
    if log.contains(&next) {
        return next;
    }
    let (low, high) = log.into_inner();
    if next < low {
        tracing::error!(topic, partition, lost = low - next, "records were deleted before they were read: retention");
    } else {
        tracing::error!(
            topic,
            partition,
            committed = next,
            end = high,
            "the log was cut or made anew: all of it is read"
        );
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committed_offset_is_kept_unless_the_log_no_longer_holds_it() {
        for (next, log, expected) in [(5, 0..=9, 5), (0, 0..=0, 0), (9, 0..=9, 9), (3, 5..=9, 5), (12, 2..=9, 2)] {
            assert_eq!(within_log("events", 0, next, log.clone()), expected, "{next} in {log:?}");
        }
    }
}
