//! What the match stage tells the story stage: a match, a notice of a correction or a withdrawal,
//! or how far it has read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::evidence::{EntityReference, EventReference, Hit, Severity};
use crate::message::policy::AlertPolicy;

/// One record of the matches topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant, reason = "one is read, used and dropped at a time")]
pub enum MatchMessage {
    /// An event matched a watchlist. Keyed by the watchlist's id.
    Match(Box<Match>),
    /// An event has a version above 1 or is not usable. Sent to every partition: who knows the event acts.
    Notice(Notice),
    /// How far the events were read. Sent to every partition every few seconds: timers run by it.
    Progress(Progress),
}

/// All that the story stage needs to know of an event that matched a watchlist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Match {
    /// The form's version; the minor grows.
    pub schema_version: String,
    /// A hash of event id, version and watchlist.
    pub id: String,
    /// Which event.
    pub event: EventReference,
    /// The watchlist as it was when it matched.
    pub watchlist: MatchedWatchlist,
    /// The evidence.
    pub hits: Vec<Hit>,
    /// How many more hits there were.
    pub hits_truncated: u32,
    /// The canonical entities found.
    pub entities: Vec<EntityReference>,
    /// The text's sketch for near-duplicates, as base64; empty where the text has none.
    pub sketch: String,
    /// When.
    pub times: MatchTimes,
    /// The trace that the event came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// A watchlist as it was when it matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MatchedWatchlist {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// A hash of its compiled meaning.
    pub revision: String,
    /// Who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The names of the queries that matched.
    pub queries: Vec<String>,
    /// How much it matters.
    pub severity: Severity,
    /// Carried on the alert.
    pub labels: BTreeMap<String, String>,
    /// Whether it publishes.
    pub status: WatchlistStatus,
    /// When matches become alerts.
    pub alert: AlertPolicy,
}

/// Whether a watchlist publishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WatchlistStatus {
    /// It does.
    #[default]
    Active,
    /// It matches and counts, and publishes nothing.
    Draft,
}

/// When the event went through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MatchTimes {
    /// As the event says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub published_at: Option<Timestamp>,
    /// The timestamp of the event's record.
    #[schemars(with = "String")]
    pub ingested_at: Timestamp,
    /// The clock of the match stage.
    #[schemars(with = "String")]
    pub matched_at: Timestamp,
}

/// An event that was corrected or withdrawn, announced to all partitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Notice {
    /// The form's version; the minor grows.
    pub schema_version: String,
    /// Which event, with its version and status.
    pub event: EventReference,
    /// The ids of the watchlists that this version matches.
    pub watchlists: Vec<String>,
    /// The timestamp of the event's record.
    #[schemars(with = "String")]
    pub ingested_at: Timestamp,
    /// The trace that the event came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// How far one match process has read, in event time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Progress {
    /// The form's version; the minor grows.
    pub schema_version: String,
    /// The partitions of the events topics that it holds.
    pub partitions: Vec<PartitionProgress>,
    /// The clock of the match process.
    #[schemars(with = "String")]
    pub sent_at: Timestamp,
}

/// How far one partition was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PartitionProgress {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The latest timestamp read; of a partition read to its end, the clock of the match process.
    #[schemars(with = "String")]
    pub time: Timestamp,
}
