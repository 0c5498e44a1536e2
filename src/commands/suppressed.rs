//! Matches that led to no alert record, each with the reason.

use jiff::Timestamp;
use serde::Serialize;

use crate::message::evidence::EventReference;
use crate::message::matched::Match;
use crate::story::StoryAccount;

/// A match as it is told of: which event, and by which queries.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MatchedEvent {
    pub(crate) event: EventReference,
    pub(crate) queries: Vec<String>,
}

impl MatchedEvent {
    pub(crate) fn of(matched: &Match) -> Self {
        Self { event: matched.event.clone(), queries: matched.watchlist.queries.clone() }
    }
}

/// A match that led to no alert record when it came.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SuppressedEvent {
    #[serde(flatten)]
    pub(crate) matched: MatchedEvent,
    pub(crate) time: Timestamp,
    /// One for each story that it concerns.
    pub(crate) accounts: Vec<StoryAccount>,
}
