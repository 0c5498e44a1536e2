//! How clients are made, ours of librdkafka's properties beside those that the site passes through,
//! and what an error means to a person.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::settings::Settings;

/// The largest message that a producer of ours sends, and that our dead-letter topic takes: dead letters
/// hold records of `events.max_bytes` and more.
pub(crate) const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// What all clients share. `name` tells them apart in the broker's logs and quotas.
pub(crate) fn base(settings: &Settings, name: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.kafka.brokers)
        .set("reconnect.backoff.max.ms", "2000")
        .set("topic.metadata.refresh.interval.ms", "30000")
        .set_log_level(RDKafkaLogLevel::Warning);
    for (property, value) in &settings.kafka.client {
        config.set(property, value);
    }
    config.set("client.id", format!("newswatch-{name}-{}", settings.kafka.instance));
    config
}

/// A setting that the error points to, where it does.
pub(crate) fn advice(code: RDKafkaErrorCode) -> Option<&'static str> {
    use RDKafkaErrorCode as Code;
    match code {
        Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedSASLMechanism
        | Code::IllegalSASLState => Some("look at kafka.client: sasl.mechanism, sasl.username and sasl.password"),
        Code::SSL => Some("look at kafka.client: security.protocol and the ssl.* properties"),
        Code::TopicAuthorizationFailed => {
            Some("the user lacks a right on a topic: read on topics.events, read and write on ours (topics.*)")
        }
        Code::GroupAuthorizationFailed => Some("the user lacks the right to read with the groups of kafka.group"),
        Code::TransactionalIdAuthorizationFailed => {
            Some("the user lacks the right to write with the transactional ids that start with kafka.group")
        }
        Code::ClusterAuthorizationFailed => {
            Some("the user lacks a right on the cluster; with topics.create, to create topics")
        }
        Code::Resolve | Code::AllBrokersDown | Code::BrokerTransportFailure => {
            Some("look at kafka.brokers, and whether the broker runs")
        }
        _ => None,
    }
}

/// The error with the setting to look at.
pub(crate) fn explain(error: &KafkaError) -> String {
    match error.rdkafka_error_code().and_then(advice) {
        Some(advice) => format!("{error}: {advice}"),
        None => error.to_string(),
    }
}

/// Says a thing once, and again only when it changed or after a minute.
#[derive(Debug, Default)]
pub(crate) struct Rarely(Mutex<Option<(Instant, String)>>);

impl Rarely {
    /// Logs a warning, or not.
    pub(crate) fn warn(&self, stage: &str, message: &str) {
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = last.as_ref().is_some_and(|(at, said)| said == message && at.elapsed() < Duration::from_secs(60));
        if !known {
            tracing::warn!(stage, "{message}");
            *last = Some((Instant::now(), message.to_owned()));
        }
    }

    /// Forgets what was said. True where there was something.
    pub(crate) fn clear(&self) -> bool {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take().is_some()
    }
}
