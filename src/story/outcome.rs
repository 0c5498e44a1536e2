//! What became of a match message: a closed set, so that each outcome is counted from zero, and the story's
//! side of it for whoever asks why.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::message::alert::{Action, Alert, Reason};
use crate::message::policy::{Count, Threshold};

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

/// For people: what it came to, and by what.
impl fmt::Display for StoryAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lead = &self.lead_event_id;
        match &self.why {
            Why::Told(action, reason) => write!(formatter, "{} ({})", action.as_str(), reason.as_str()),
            Why::Duplicate => write!(formatter, "duplicate of {lead}"),
            Why::Throttled { until } => write!(formatter, "throttled until {until}: news of the story of {lead}"),
            Why::BelowThreshold { counted, threshold } => {
                let (needed, what) = match threshold.count {
                    Count::Events(needed) => (needed, "events"),
                    Count::Sources(needed) => (needed, "sources"),
                };
                write!(formatter, "below the threshold: {counted} of {needed} {what} within {}", Span(threshold.within))
            }
            Why::Stale { age, max_age } => {
                write!(formatter, "stale: {} old, at most {}", Span(age.unsigned_abs()), Span(*max_age))
            }
            Why::Draft => formatter.write_str("the watchlist is a draft"),
            Why::Superseded { version } => write!(formatter, "superseded by version {version}"),
            Why::Unusable => formatter.write_str("withheld or canceled, and nothing was told of it"),
        }
    }
}

/// A time in hours and minutes.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.as_secs() / 60;
        write!(formatter, "{}h{:02}m", minutes / 60, minutes % 60)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_is_told_in_words() {
        let account = |why| StoryAccount {
            watchlist: "w".to_owned(),
            story: None,
            lead_event_id: "e1".to_owned(),
            alert: None,
            why,
        };
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let threshold = Threshold { count: Count::Sources(3), within: hours(6) };
        for (why, words) in [
            (Why::Told(Action::Update, Reason::NewSource), "update (new_source)"),
            (Why::Duplicate, "duplicate of e1"),
            (
                Why::Throttled { until: "2026-03-02T10:00:00Z".parse().unwrap() },
                "throttled until 2026-03-02T10:00:00Z: news of the story of e1",
            ),
            (Why::BelowThreshold { counted: 2, threshold }, "below the threshold: 2 of 3 sources within 6h00m"),
            (
                Why::Stale { age: SignedDuration::from_mins(50 * 60 + 5), max_age: hours(48) },
                "stale: 50h05m old, at most 48h00m",
            ),
            (Why::Superseded { version: 2 }, "superseded by version 2"),
        ] {
            assert_eq!(account(why).to_string(), words);
        }
    }
}
