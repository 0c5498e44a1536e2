//! What a match and an alert both carry: the event's reference, the hits, the entities, the severity.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::event::Status;

/// How much an alert matters, set by the watchlist.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For the record.
    Info,
    /// Worth a look some time.
    Low,
    /// Worth a look today.
    #[default]
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody.
    Critical,
}

impl Severity {
    /// All, from the least to the most.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As it is written in watchlists, alerts and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Which event it was: a reference, never the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventReference {
    /// The event's id.
    pub id: String,
    /// From 1.
    pub version: u64,
    /// Whether it may still be used; left out where it is `usable`.
    #[serde(default, skip_serializing_if = "is_usable")]
    pub status: Status,
    /// Where to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// BCP 47: as given, else as detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The source's domain, else its id, else its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub published_at: Option<Timestamp>,
    /// RFC 3339, UTC; a fact carried along, which holds nothing back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub embargoed_until: Option<Timestamp>,
    /// Where its record is.
    pub kafka: Coordinates,
}

fn is_usable(status: &Status) -> bool {
    *status == Status::Usable
}

/// Where a record is in Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Coordinates {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// One place in the text that a query or an entity was found at, with the exact text and its
/// surroundings (the W3C Web Annotation model's text quote and text position selectors).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Hit {
    /// The query's word or phrase, or the vocabulary's name or word, by which it was found.
    pub term: String,
    /// The canonical entity, where the hit is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The language of the vocabulary list it was found by; left out for a bare word of a query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// `title`, `summary` or `body`.
    pub field: String,
    /// Unicode code points from the start of the field's text.
    pub start: u32,
    /// Half open.
    pub end: u32,
    /// The text there.
    pub exact: String,
    /// Up to 32 code points before it.
    pub before: String,
    /// Up to 32 code points after it.
    pub after: String,
}

/// A canonical entity, whatever the language it was found in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EntityReference {
    /// The vocabulary's id.
    pub id: String,
    /// The vocabulary's name.
    pub name: String,
}
