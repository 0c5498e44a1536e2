//! How a stage's clients are made, and how seldom they complain of the same thing.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

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
