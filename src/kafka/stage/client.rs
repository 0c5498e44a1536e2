//! How clients are made, ours of librdkafka's properties beside those that the site passes through,
//! and what an error means to a person.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::kafka::connection;
use crate::settings::Settings;

/// The largest message that a producer of ours sends, and that our dead-letter topic takes: dead letters
/// hold records of `events.max_bytes` and more.
pub(crate) const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// The properties of a stage's client. `name` tells it apart in the broker's logs and quotas.
pub(crate) fn config<'a>(
    settings: &Settings,
    name: &str,
    ours: impl IntoIterator<Item = (&'a str, String)>,
) -> ClientConfig {
    let shared = [("reconnect.backoff.max.ms", 2000), ("topic.metadata.refresh.interval.ms", 30_000)];
    let shared = shared.map(|(property, value)| (property, value.to_string()));
    let client_id = format!("newswatch-{name}-{}", settings.kafka.instance);
    let mut config = connection::config(&settings.kafka, client_id, shared.into_iter().chain(ours));
    config.set_log_level(RDKafkaLogLevel::Warning);
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

/// How often the same thing is said again.
const AGAIN: Duration = Duration::from_secs(60);

/// Says a thing once, and again only after a minute, also where several things alternate.
#[derive(Debug, Default)]
pub(crate) struct Rarely(Mutex<Vec<(Instant, String)>>);

impl Rarely {
    /// Logs a warning, or not.
    pub(crate) fn warn(&self, stage: &str, message: &str) {
        if self.due(message, Instant::now()) {
            tracing::warn!(stage, "{message}");
        }
    }

    fn due(&self, message: &str, now: Instant) -> bool {
        let mut said = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        said.retain(|(at, _)| now.duration_since(*at) < AGAIN);
        let due = said.iter().all(|(_, known)| known != message);
        if due {
            said.push((now, message.to_owned()));
        }
        due
    }

    /// Forgets what was said. True where there was something.
    pub(crate) fn clear(&self) -> bool {
        !std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_alternates_is_said_once_each_and_again_after_a_minute() {
        let (rarely, now) = (Rarely::default(), Instant::now());
        let due: Vec<bool> = ["down", "slow", "down", "slow"].iter().map(|said| rarely.due(said, now)).collect();
        assert_eq!(due, [true, true, false, false]);
        assert!(rarely.due("down", now + AGAIN));
        assert!(rarely.clear() && !rarely.clear());
        assert!(rarely.due("down", now));
    }
}
