//! What became of a match message: a closed set, so that each outcome is counted from zero, and the story's
//! side of it for whoever asks why.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::message::alert::{Action, Alert, Reason};
use crate::message::policy::Threshold;

/// What one record of the matches topic led to.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryOutput {
    /// The alert records to publish, in this order: those of timers that were due first. A notice or an event with
    /// several entities may concern several alerts.
    pub alerts: Vec<Alert>,
    /// The record's one outcome.
    pub outcome: StoryOutcome,
    /// What the record itself came to in each story that it concerns; none where it concerns no story.
    pub accounts: Vec<StoryAccount>,
    /// Stories that were forgotten early, for the number of their watchlist's.
    pub evicted: usize,
}

impl StoryOutput {
    /// The record's one outcome: told where it was told in any story.
    pub(super) fn new(alerts: Vec<Alert>, accounts: Vec<StoryAccount>, evicted: usize) -> Self {
        let outcomes = || accounts.iter().map(|account| account.why.outcome());
        let told = outcomes().find(|outcome| matches!(outcome, StoryOutcome::Alerted(_)));
        let outcome = told.or_else(|| outcomes().next());
        let outcome = outcome.unwrap_or(StoryOutcome::Suppressed(SuppressReason::NothingToChange));
        Self { alerts, outcome, accounts, evicted }
    }
}

/// What a record came to in one story.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryAccount {
    /// The watchlist's id.
    pub watchlist: String,
    /// The story's id; none where the event opened none.
    pub story: Option<String>,
    /// The event that the story began with: the one that this is a copy of, where it is a copy.
    pub lead_event_id: String,
    /// The alert's id, where there is or was one.
    pub alert: Option<String>,
    /// What it came to.
    pub why: Why,
}

/// What a record came to in a story, and by what.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// It was told.
    Told(Action, Reason),
    /// Nothing new since the alert's last record: the same event again, or a copy of a story that was told.
    Duplicate,
    /// News, held back until then at the latest.
    Throttled {
        /// When it will be told, in event time.
        until: Timestamp,
    },
    /// Too few so far.
    BelowThreshold {
        /// How many there are within the time.
        counted: u32,
        /// How many it takes.
        threshold: Threshold,
    },
    /// Too old when it came in.
    Stale {
        /// How old.
        age: SignedDuration,
        /// How old it may be.
        max_age: Duration,
    },
    /// The watchlist is a draft.
    Draft,
    /// A later version, or the withdrawal of this one, came before.
    Superseded {
        /// By which version.
        version: u64,
    },
    /// It is withheld or canceled, and nothing was told of it.
    Unusable,
    /// A notice that changes nothing here.
    NothingToChange,
}

impl Why {
    /// As it is counted.
    pub fn outcome(&self) -> StoryOutcome {
        StoryOutcome::Suppressed(match self {
            Self::Told(action, _) => return StoryOutcome::Alerted(*action),
            Self::Duplicate => SuppressReason::Duplicate,
            Self::Throttled { .. } => SuppressReason::Throttled,
            Self::BelowThreshold { .. } => SuppressReason::BelowThreshold,
            Self::Stale { .. } => SuppressReason::Stale,
            Self::Draft => SuppressReason::Draft,
            Self::Superseded { .. } => SuppressReason::Superseded,
            Self::Unusable => SuppressReason::Unusable,
            Self::NothingToChange => SuppressReason::NothingToChange,
        })
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
    /// The same event again, or a copy of a story that was told, within `repeat_after`.
    Duplicate,
    /// News within `repeat_after`: told at its end.
    Throttled,
    /// Fewer events or sources than the watchlist's `threshold`.
    BelowThreshold,
    /// A higher version of the event, or the withdrawal of this one, came before.
    Superseded,
    /// The watchlist is a draft.
    Draft,
    /// The event is older than the watchlist's `max_age`.
    Stale,
    /// The event is withheld or canceled, and nothing was told of it.
    Unusable,
    /// A notice of an event that no story knows, or whose match tells the rest; or no news at all.
    NothingToChange,
}

impl SuppressReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Duplicate,
        Self::Throttled,
        Self::BelowThreshold,
        Self::Superseded,
        Self::Draft,
        Self::Stale,
        Self::Unusable,
        Self::NothingToChange,
    ];

    /// As it is written in logs and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Throttled => "throttled",
            Self::BelowThreshold => "below_threshold",
            Self::Superseded => "superseded",
            Self::Draft => "draft",
            Self::Stale => "stale",
            Self::Unusable => "unusable",
            Self::NothingToChange => "nothing_to_change",
        }
    }
}
