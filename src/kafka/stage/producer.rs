//! The producer of a stage: it is made, it sends, and its deliveries are awaited.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer};

use crate::kafka::advice;
use crate::kafka::stage::client;
use crate::pipeline::processed::{Destination, Produce};
use crate::settings::{DeliveryMode, Settings};

/// How long a transaction may be open before the broker ends it, and so how long a dead member's may
/// hide later records.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one call to the transaction coordinator may take.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// What the producer's callbacks leave.
#[derive(Default)]
pub(crate) struct Deliveries {
    failed: AtomicU64,
    last: Mutex<Option<KafkaError>>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(?level, facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "{reason}");
        if error.rdkafka_error_code().is_some_and(|code| advice::advice(code).is_some()) {
            *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
        }
    }
}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error.clone());
            self.failed.fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// A stage's producer.
pub(crate) struct StageProducer {
    pub(crate) inner: ThreadedProducer<Deliveries>,
    matches: String,
    alerts: String,
    stories: String,
    dead_letters: String,
    /// Of the matches topic; found out when first needed.
    partitions: Option<i32>,
}

impl StageProducer {
    /// Makes one; where transactions are wanted, takes over the stage's transactional id: whatever was open
    /// under it has ended when this returns.
    pub(crate) fn make(settings: &Settings, stage: &str) -> KafkaResult<Self> {
        let exactly_once = settings.delivery.mode == DeliveryMode::ExactlyOnce;
        let timeout = TRANSACTION_TIMEOUT.as_millis().to_string();
        let mut ours = vec![
            ("enable.idempotence", "true".to_owned()),
            ("acks", "all".to_owned()),
            ("compression.type", "lz4".to_owned()),
            ("linger.ms", "2".to_owned()),
            ("partitioner", "murmur2_random".to_owned()),
            ("message.max.bytes", client::MAX_MESSAGE_BYTES.to_string()),
            ("message.timeout.ms", timeout.clone()),
        ];
        if exactly_once {
            let id = format!("{}.{stage}.{}", settings.kafka.group, settings.kafka.instance);
            ours.extend([("transactional.id", id), ("transaction.timeout.ms", timeout)]);
        }
        let config = client::config(settings, stage, ours);
        let inner: ThreadedProducer<Deliveries> = config.create_with_context(Deliveries::default())?;
        if exactly_once {
            inner.init_transactions(CALL_TIMEOUT).map_err(|error| inner.context().take_last().unwrap_or(error))?;
        } else {
            inner.client().fetch_metadata(Some(&settings.topics.dead_letters), CALL_TIMEOUT)?;
        }
        Ok(Self {
            inner,
            matches: settings.topics.matches.clone(),
            alerts: settings.topics.alerts.clone(),
            stories: settings.topics.stories.clone(),
            dead_letters: settings.topics.dead_letters.clone(),
            partitions: None,
        })
    }

    /// Queues a record.
    pub(crate) fn send(&mut self, record: &Produce) -> KafkaResult<()> {
        match record.to {
            Destination::Matches => self.send_to(&self.matches, None, record),
            Destination::Alerts => self.send_to(&self.alerts, None, record),
            Destination::Stories(partition) => self.send_to(&self.stories, Some(partition), record),
            Destination::DeadLetters => self.send_to(&self.dead_letters, None, record),
            Destination::EveryMatchesPartition => {
                let partitions = self.matches_partitions()?;
                (0..partitions).try_for_each(|partition| self.send_to(&self.matches, Some(partition), record))
            }
        }
    }

    fn matches_partitions(&mut self) -> KafkaResult<i32> {
        if let Some(known) = self.partitions {
            return Ok(known);
        }
        let metadata = self.inner.client().fetch_metadata(Some(&self.matches), CALL_TIMEOUT)?;
        let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
        if partitions == 0 {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition));
        }
        self.partitions = Some(partitions);
        Ok(partitions)
    }

    fn send_to(&self, topic: &str, partition: Option<i32>, record: &Produce) -> KafkaResult<()> {
        let mut message = BaseRecord::<[u8], [u8]>::to(topic);
        message.partition = partition;
        message.key = record.key.as_deref();
        message.payload = record.payload.as_deref();
        message.timestamp = record.timestamp;
        if !record.headers.is_empty() {
            let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
            for (key, value) in &record.headers {
                headers = headers.insert(Header { key, value: value.as_deref() });
            }
            message.headers = Some(headers);
        }
        let until = Instant::now() + TRANSACTION_TIMEOUT;
        loop {
            match self.inner.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) if Instant::now() < until => {
                    message = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    /// Waits until the brokers have answered for everything that was sent. All of it must be there.
    pub(crate) fn delivered(&self) -> KafkaResult<()> {
        let until = Instant::now() + TRANSACTION_TIMEOUT + Duration::from_secs(1);
        while self.inner.in_flight_count() > 0 {
            if Instant::now() >= until {
                return Err(KafkaError::Flush(RDKafkaErrorCode::MessageTimedOut));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        let deliveries = self.inner.context();
        if deliveries.failed.swap(0, Ordering::AcqRel) > 0 {
            return Err(deliveries.take_last().unwrap_or(KafkaError::Flush(RDKafkaErrorCode::Fail)));
        }
        Ok(())
    }

    /// Throws away what was not sent yet; what failed by it is not counted against a later batch.
    pub(crate) fn forget(&self) {
        self.inner.context().failed.store(0, Ordering::Release);
        self.inner.context().take_last();
    }
}

impl Deliveries {
    fn take_last(&self) -> Option<KafkaError> {
        self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}
