//! What became of a match message: a closed set, so that each outcome is counted from zero.

use crate::message::alert::{Action, Alert};

/// What one record of the matches topic led to.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryOutput {
    /// The alert records to publish, in this order. A notice may concern several alerts.
    pub alerts: Vec<Alert>,
    /// The record's one outcome.
    pub outcome: StoryOutcome,
}

impl StoryOutput {
    pub(super) fn suppressed(reason: SuppressReason) -> Self {
        Self { alerts: Vec::new(), outcome: StoryOutcome::Suppressed(reason) }
    }

    /// `alerts` must not be empty.
    pub(super) fn alerted(alerts: Vec<Alert>) -> Self {
        let outcome = StoryOutcome::Alerted(alerts[0].action);
        Self { alerts, outcome }
    }
}

/// The outcome of a match message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoryOutcome {
    /// It was told; with what the first alert record does.
    Alerted(Action),
    /// It was not.
    Suppressed(SuppressReason),
}

impl StoryOutcome {
    /// The names of all outcomes, without their reasons.
    pub const ALL: [&'static str; 2] = ["alerted", "suppressed"];

    /// As it is written in metric labels, without the reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alerted(_) => Self::ALL[0],
            Self::Suppressed(_) => Self::ALL[1],
        }
    }
}

/// Why a match message led to no alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuppressReason {
    /// The same version of the same event was told before.
    Duplicate,
    /// A higher version of the event was told before.
    Superseded,
    /// The watchlist is a draft.
    Draft,
    /// The event is older than the watchlist's `max_age`.
    Stale,
    /// The event is withheld or canceled, and no alert of it is open.
    Unusable,
    /// A notice of an event of which no alert is open, or whose match tells the rest.
    NothingToChange,
}

impl SuppressReason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Duplicate, Self::Superseded, Self::Draft, Self::Stale, Self::Unusable, Self::NothingToChange];

    /// As it is written in logs and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::Draft => "draft",
            Self::Stale => "stale",
            Self::Unusable => "unusable",
            Self::NothingToChange => "nothing_to_change",
        }
    }
}
