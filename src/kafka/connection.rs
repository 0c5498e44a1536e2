//! How the one-shot commands reach Kafka: one attempt of a few seconds, and an error that says what to look at.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext};

use crate::kafka::advice;
use crate::settings::Kafka;

/// How long a one-shot command waits for a broker.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// Why a one-shot command could not do its work on Kafka.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No broker answered, or none let us in.
    #[error("no broker answers at {brokers} within {} s{}", PATIENCE.as_secs(), because(.why))]
    Unavailable {
        /// `kafka.brokers`.
        brokers: String,
        /// What the client last complained of.
        why: Option<String>,
    },
    /// The topic is not there.
    #[error("there is no topic {topic} at {brokers}")]
    NoTopic {
        /// The topic.
        topic: String,
        /// `kafka.brokers`.
        brokers: String,
    },
    /// A record was not taken.
    #[error("{topic} did not take {refused} of {sent} records{}", because(.why))]
    Refused {
        /// The topic.
        topic: String,
        /// How many were not taken.
        refused: u64,
        /// How many were sent.
        sent: u64,
        /// Why the first was not.
        why: Option<String>,
    },
    /// The client could not be made or read from.
    #[error("the Kafka client fails (see [kafka.client] in the settings): {0}")]
    Client(#[from] KafkaError),
}

fn because(why: &Option<String>) -> String {
    why.as_ref().map_or_else(String::new, |why| format!(": {why}"))
}

/// A client's properties: ours, then those of `kafka.client`, which win. The settings refuse the ones that a
/// guarantee rests on.
pub(super) fn config<'a>(
    kafka: &Kafka,
    client_id: String,
    ours: impl IntoIterator<Item = (&'a str, String)>,
) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &kafka.brokers).set("client.id", client_id);
    config.extend(ours.into_iter().map(|(property, value)| (property.to_owned(), value)));
    config.extend(kafka.client.iter().map(|(property, value)| (property.clone(), value.clone())));
    config
}

/// The properties of a one-shot client.
pub(super) fn configure<'a>(
    kafka: &Kafka,
    role: &str,
    ours: impl IntoIterator<Item = (&'a str, String)>,
) -> ClientConfig {
    let mut config = config(kafka, format!("{}.{role}", kafka.group), ours);
    // What matters of it comes by the error callback; the log would say it again and again.
    config.set_log_level(RDKafkaLogLevel::Emerg);
    config
}

/// Keeps what the client complains of and what became of its records. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Witness(Arc<Mutex<Testimony>>);

#[derive(Clone, Debug, Default)]
pub(super) struct Testimony {
    pub(super) complaint: Option<String>,
    pub(super) delivered: u64,
    pub(super) refused: u64,
    pub(super) first_refusal: Option<String>,
}

impl Witness {
    pub(super) fn testimony(&self) -> Testimony {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Testimony)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What it last complained of, once: the next attempt has a word of its own.
    pub(super) fn take_complaint(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).complaint.take()
    }

    /// Lets the consumer say what it complains of: each poll hands out what one event of its queue says.
    pub(super) fn hear(&self, consumer: &BaseConsumer<Self>) {
        let until = Instant::now() + Duration::from_secs(1);
        while self.testimony().complaint.is_none() && Instant::now() < until {
            let _ = consumer.poll(Duration::from_millis(20));
        }
    }

    pub(super) fn unavailable(&self, kafka: &Kafka) -> ConnectionError {
        ConnectionError::Unavailable { brokers: kafka.brokers.clone(), why: self.testimony().complaint }
    }
}

impl ClientContext for Witness {
    fn error(&self, error: KafkaError, reason: &str) {
        // "All brokers down" follows from what was said before it, which says more.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            // What follows is librdkafka's own book-keeping.
            let reason = reason.split(" (after ").next().unwrap_or(reason);
            let advice = error.rdkafka_error_code().and_then(advice::advice);
            let complaint = advice.map_or_else(|| reason.to_owned(), |advice| format!("{reason}: {advice}"));
            self.note(|testimony| testimony.complaint = Some(complaint));
        }
    }
}

impl ConsumerContext for Witness {}

impl ProducerContext for Witness {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        self.note(|testimony| match result {
            Ok(_) => testimony.delivered += 1,
            Err((error, message)) => {
                testimony.refused += 1;
                let size = message.payload_len();
                testimony.first_refusal.get_or_insert_with(|| format!("{error} ({size} bytes)"));
            }
        });
    }
}

/// The numbers of a topic's partitions.
pub(super) fn partitions_for_consumer(
    consumer: &BaseConsumer<Witness>,
    witness: &Witness,
    kafka: &Kafka,
    topic: &str,
) -> Result<Vec<i32>, ConnectionError> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).map_err(|_| {
        witness.hear(consumer);
        witness.unavailable(kafka)
    })?;
    let partitions: Vec<i32> =
        metadata.topics().iter().flat_map(|topic| topic.partitions()).map(|partition| partition.id()).collect();
    if partitions.is_empty() {
        return Err(ConnectionError::NoTopic { topic: topic.to_owned(), brokers: kafka.brokers.clone() });
    }
    Ok(partitions)
}

/// Whether there is a broker, and the topic on it. Asks for all topics, since asking a broker for one may create it.
pub(super) fn probe_for_producer(
    producer: &ThreadedProducer<Witness>,
    witness: &Witness,
    kafka: &Kafka,
    topic: &str,
) -> Result<(), ConnectionError> {
    let metadata = producer.client().fetch_metadata(None, PATIENCE).map_err(|_| witness.unavailable(kafka))?;
    if metadata.topics().iter().any(|known| known.name() == topic) {
        Ok(())
    } else {
        Err(ConnectionError::NoTopic { topic: topic.to_owned(), brokers: kafka.brokers.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_names_the_settings_to_look_at() {
        let witness = Witness::default();
        let error = KafkaError::Global(RDKafkaErrorCode::Authentication);
        witness.error(error, "broker: Invalid username or password (after 5ms in state AUTH_REQ)");
        witness.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        let complaint = witness.testimony().complaint.unwrap();
        let expected = "broker: Invalid username or password: look at kafka.client: sasl.mechanism, sasl.username";
        assert!(complaint.starts_with(expected), "{complaint}");
    }

    #[test]
    fn what_the_site_passes_through_wins_over_ours() {
        let client = [("linger.ms".to_owned(), "50".to_owned())].into();
        let kafka = Kafka { client, ..crate::settings::Settings::default().kafka };
        let config = config(&kafka, "it".into(), [("linger.ms", "2".to_owned()), ("acks", "all".to_owned())]);
        assert_eq!((config.get("linger.ms"), config.get("acks")), (Some("50"), Some("all")));
        assert_eq!((config.get("client.id"), config.get("bootstrap.servers")), (Some("it"), Some("localhost:9092")));
    }
}
