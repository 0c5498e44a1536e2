//! The alert: what a person or a service downstream hears about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::evidence::{EntityReference, EventReference, Hit, Severity};

/// One record of the alerts topic: a step in the life of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Alert {
    /// `1.0`; the minor grows.
    pub schema_version: String,
    /// A hash of watchlist id, story key and opening event id.
    pub id: String,
    /// From 1, per id, without gaps.
    pub sequence: u64,
    /// What this record does.
    pub action: Action,
    /// Why it was sent.
    pub reason: Reason,
    /// Whose alert it is.
    pub watchlist: AlertWatchlist,
    /// How much it matters.
    pub severity: Severity,
    /// From the watchlist.
    pub labels: BTreeMap<String, String>,
    /// At most 300 characters.
    pub summary: String,
    /// The evidence.
    pub hits: Vec<Hit>,
    /// How many more hits there were.
    pub hits_truncated: u32,
    /// The canonical entities found.
    pub entities: Vec<EntityReference>,
    /// The event that caused this record.
    pub event: EventReference,
    /// The story it belongs to.
    pub story: StorySummary,
    /// What was not sent since the last record of this alert.
    pub suppressed: Suppressed,
    /// When.
    pub times: AlertTimes,
}

/// What a record does to its alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The first record.
    Open,
    /// There is more.
    Update,
    /// It has gone quiet.
    Close,
    /// What it was about was withdrawn.
    Retract,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Update, Self::Close, Self::Retract];

    /// As it is written in alerts, headers and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Update => "update",
            Self::Close => "close",
            Self::Retract => "retract",
        }
    }
}

/// Why a record was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the contract's own")]
pub enum Reason {
    FirstMatch,
    NewSource,
    NewEntity,
    ThresholdReached,
    Spike,
    SeverityRaised,
    Repeat,
    Quiet,
    Corrected,
    Retracted,
}

impl Reason {
    /// As it is written in alerts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstMatch => "first_match",
            Self::NewSource => "new_source",
            Self::NewEntity => "new_entity",
            Self::ThresholdReached => "threshold_reached",
            Self::Spike => "spike",
            Self::SeverityRaised => "severity_raised",
            Self::Repeat => "repeat",
            Self::Quiet => "quiet",
            Self::Corrected => "corrected",
            Self::Retracted => "retracted",
        }
    }
}

/// Whose alert it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AlertWatchlist {
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
    pub query: Vec<String>,
}

/// What is known of a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StorySummary {
    /// The story's id.
    pub id: String,
    /// The time of its first event.
    #[schemars(with = "String")]
    pub first_seen_at: Timestamp,
    /// The time of its latest event.
    #[schemars(with = "String")]
    pub last_seen_at: Timestamp,
    /// How many events told it.
    pub events: u64,
    /// How many different sources told it.
    pub sources: u64,
    /// In which languages.
    pub languages: Vec<String>,
    /// The event that came first.
    pub lead_event_id: String,
}

/// What was not sent since the last record of an alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Suppressed {
    /// Copies of what had been told.
    pub duplicates: u64,
    /// News held back by `repeat_after`.
    pub throttled: u64,
    /// Since when; left out where nothing was suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
}

/// When the event went through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AlertTimes {
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
    /// The clock of the story stage.
    #[schemars(with = "String")]
    pub emitted_at: Timestamp,
}
