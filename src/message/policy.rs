//! A watchlist's `[alert]` policy, which travels in the match so that the story stage loads no
//! watchlists. Times are seconds in JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::message::evidence::Severity;

/// When matches become alerts, and when an alert says something again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AlertPolicy {
    /// What makes one alert.
    pub group_by: GroupBy,
    /// What it takes to open it.
    pub threshold: Threshold,
    /// An open alert is updated at most this often, unless its severity rises.
    #[serde(with = "seconds")]
    #[schemars(with = "u64")]
    pub repeat_after: Duration,
    /// No news for this long closes it.
    #[serde(with = "seconds")]
    #[schemars(with = "u64")]
    pub quiet_after: Duration,
    /// What raises its severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate: Option<Escalation>,
    /// An older event is counted as stale, not alerted.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_seconds")]
    #[schemars(with = "Option<u64>")]
    pub max_age: Option<Duration>,
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self {
            group_by: GroupBy::Story,
            threshold: Threshold { count: Count::Events(1), within: Duration::from_secs(6 * 3600) },
            repeat_after: Duration::from_secs(24 * 3600),
            quiet_after: Duration::from_secs(72 * 3600),
            escalate: None,
            max_age: None,
        }
    }
}

/// What makes one alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// Copies and rewrites of one story.
    #[default]
    Story,
    /// Each event by itself.
    Event,
    /// All that one source says.
    Source,
    /// All that is said of one entity.
    Entity,
}

/// How many events or sources within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Threshold {
    /// How many of what.
    #[serde(flatten)]
    pub count: Count,
    /// Within this time.
    #[serde(with = "seconds")]
    #[schemars(with = "u64")]
    pub within: Duration,
}

/// How many of what: at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Count {
    /// Events, copies included.
    Events(u32),
    /// Different sources.
    Sources(u32),
}

/// What raises an alert's severity, and to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Escalation {
    /// When.
    #[serde(flatten)]
    pub threshold: Threshold,
    /// To which.
    pub severity: Severity,
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_some(&time.as_secs()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_survives_its_json() {
        let policy = AlertPolicy {
            escalate: Some(Escalation {
                threshold: Threshold { count: Count::Sources(3), within: Duration::from_secs(60) },
                severity: Severity::Critical,
            }),
            ..AlertPolicy::default()
        };
        let json = serde_json::to_string(&policy).unwrap();
        assert!(json.contains(r#""threshold":{"events":1,"within":21600}"#), "{json}");
        assert_eq!(serde_json::from_str::<AlertPolicy>(&json).unwrap(), policy);
    }
}
