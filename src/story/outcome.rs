//! What became of a match message: a closed set, so that each outcome is counted from zero, and the story's
//! side of it for whoever asks why.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::message::alert::{Action, Alert, Reason};
use crate::message::policy::{Count, GroupBy, Threshold};
pub use crate::story::known::Phase;

/// What one record of the matches topic led to.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryOutput {
    /// The alert records to publish, in this order: those of timers that were due first. A notice or an event with
    /// several entities may concern several alerts.
    pub alerts: Vec<Alert>,
    /// The times, in event time, of the timers that the first of the alert records are of.
    pub timers: Vec<Timestamp>,
    /// The record's one outcome.
    pub outcome: StoryOutcome,
    /// What the record itself came to in each story that it concerns; none where it concerns no story.
    pub accounts: Vec<StoryAccount>,
    /// Stories that were forgotten early, for the number of their watchlist's.
    pub evicted: usize,
}

impl StoryOutput {
    /// The record's one outcome: told where it was told in any story.
    pub(super) fn new(alerts: Vec<Alert>, timers: Vec<Timestamp>, accounts: Vec<StoryAccount>, evicted: usize) -> Self {
        let outcomes = || accounts.iter().map(|account| account.why.outcome());
        let told = outcomes().find(|outcome| matches!(outcome, StoryOutcome::Alerted(_)));
        let outcome = told.or_else(|| outcomes().next());
        let outcome = outcome.unwrap_or(StoryOutcome::Suppressed(SuppressReason::NothingToChange));
        Self { alerts, timers, outcome, accounts, evicted }
    }
}

/// What a record came to in one story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoryAccount {
    /// The watchlist's id.
    pub watchlist: String,
    /// The story's id; none where the event opened none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// The event that the story began with: the one that this is a copy of, where it is a copy.
    pub lead_event_id: String,
    /// The alert, where there is or was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertAccount>,
    /// What it came to.
    #[serde(flatten)]
    pub why: Why,
}

/// How an alert stands after a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertAccount {
    /// Its id.
    pub id: String,
    /// Of its last record.
    pub sequence: u64,
    /// Where it stands.
    pub phase: Phase,
}

/// For people: whether it was told, why, and by which alert.
impl fmt::Display for StoryAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if matches!(self.why, Why::Told { .. }) { "" } else { "not " };
        write!(formatter, "{not}alerted: {}", self.why.words(&self.lead_event_id))?;
        match &self.alert {
            Some(AlertAccount { id, sequence, phase }) => {
                write!(formatter, "; alert {id} ({}), record {sequence}", phase.as_str())
            }
            None => Ok(()),
        }
    }
}

/// What a record came to in the story of a lead event, in words.
struct Words<'a> {
    why: &'a Why,
    lead: &'a str,
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lead = self.lead;
        match self.why {
            Why::Told { action, reason } => write!(formatter, "{} ({})", action.as_str(), reason.as_str()),
            Why::Duplicate { same: GroupBy::Event } => formatter.write_str("the same event again"),
            Why::Duplicate { same: GroupBy::Story } => write!(formatter, "duplicate of {lead}"),
            Why::Duplicate { same: GroupBy::Source } => write!(formatter, "nothing new: from the source of {lead}"),
            Why::Duplicate { same: GroupBy::Entity } => write!(formatter, "nothing new: of the entity of {lead}"),
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Why {
    /// It was told.
    #[serde(rename = "alerted")]
    Told {
        /// What the record does to its alert.
        action: Action,
        /// Why it was sent.
        reason: Reason,
    },
    /// Nothing new since the alert's last record.
    Duplicate {
        /// The same event again, a copy of a story that was told, or no news from a source or of an entity.
        same: GroupBy,
    },
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
        /// How old; in seconds.
        #[serde(serialize_with = "signed_seconds")]
        age: SignedDuration,
        /// How old it may be; in seconds.
        #[serde(serialize_with = "seconds")]
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
    /// In words; `lead` is the event that the story began with.
    pub fn words<'a>(&'a self, lead: &'a str) -> impl fmt::Display + 'a {
        Words { why: self, lead }
    }

    /// As it is counted.
    pub fn outcome(&self) -> StoryOutcome {
        StoryOutcome::Suppressed(match self {
            Self::Told { action, .. } => return StoryOutcome::Alerted(*action),
            Self::Duplicate { .. } => SuppressReason::Duplicate,
            Self::Throttled { .. } => SuppressReason::Throttled,
            Self::BelowThreshold { .. } => SuppressReason::BelowThreshold,
            Self::Stale { .. } => SuppressReason::Stale,
            Self::Draft => SuppressReason::Draft,
            Self::Superseded { .. } => SuppressReason::Superseded,
            Self::Unusable => SuppressReason::Unusable,
        })
    }
}

fn signed_seconds<S: Serializer>(time: &SignedDuration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.as_secs())
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
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

    fn account(why: Why) -> StoryAccount {
        StoryAccount { watchlist: "w".into(), story: None, lead_event_id: "e1".into(), alert: None, why }
    }

    fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 3600)
    }

    #[test]
    fn why_is_told_in_words() {
        let threshold = Threshold { count: Count::Sources(3), within: hours(6) };
        for (why, words) in [
            (Why::Told { action: Action::Update, reason: Reason::NewSource }, "alerted: update (new_source)"),
            (Why::Duplicate { same: GroupBy::Event }, "not alerted: the same event again"),
            (Why::Duplicate { same: GroupBy::Story }, "not alerted: duplicate of e1"),
            (Why::Duplicate { same: GroupBy::Source }, "not alerted: nothing new: from the source of e1"),
            (Why::Duplicate { same: GroupBy::Entity }, "not alerted: nothing new: of the entity of e1"),
            (
                Why::Throttled { until: "2026-03-02T10:00:00Z".parse().unwrap() },
                "not alerted: throttled until 2026-03-02T10:00:00Z: news of the story of e1",
            ),
            (
                Why::BelowThreshold { counted: 2, threshold },
                "not alerted: below the threshold: 2 of 3 sources within 6h00m",
            ),
            (
                Why::Stale { age: SignedDuration::from_mins(50 * 60 + 5), max_age: hours(48) },
                "not alerted: stale: 50h05m old, at most 48h00m",
            ),
            (Why::Superseded { version: 2 }, "not alerted: superseded by version 2"),
            (Why::Unusable, "not alerted: withheld or canceled, and nothing was told of it"),
        ] {
            assert_eq!(account(why).to_string(), words);
        }
        let alert = Some(AlertAccount { id: "a1".into(), sequence: 2, phase: Phase::Closed });
        let draft = StoryAccount { alert, ..account(Why::Draft) };
        assert_eq!(draft.to_string(), "not alerted: the watchlist is a draft; alert a1 (closed), record 2");
    }

    #[test]
    fn an_account_is_flat_data_by_its_outcome() {
        let json = |why| serde_json::to_value(account(why)).unwrap();
        let expected = |mut rest: serde_json::Value| {
            rest["watchlist"] = "w".into();
            rest["lead_event_id"] = "e1".into();
            rest
        };
        let threshold = Threshold { count: Count::Events(3), within: hours(1) };
        for (why, rest) in [
            (
                Why::Told { action: Action::Open, reason: Reason::FirstMatch },
                serde_json::json!({"outcome": "alerted", "action": "open", "reason": "first_match"}),
            ),
            (Why::Duplicate { same: GroupBy::Story }, serde_json::json!({"outcome": "duplicate", "same": "story"})),
            (
                Why::BelowThreshold { counted: 1, threshold },
                serde_json::json!({"outcome": "below_threshold", "counted": 1, "threshold": {"events": 3, "within": 3600}}),
            ),
            (
                Why::Stale { age: SignedDuration::from_secs(90), max_age: hours(1) },
                serde_json::json!({"outcome": "stale", "age": 90, "max_age": 3600}),
            ),
            (Why::Draft, serde_json::json!({"outcome": "draft"})),
        ] {
            assert_eq!(json(why), expected(rest));
        }
    }

    #[test]
    fn an_outcome_is_called_in_data_as_it_is_counted() {
        let within = Threshold { count: Count::Events(2), within: hours(1) };
        for why in [
            Why::Duplicate { same: GroupBy::Event },
            Why::Throttled { until: Timestamp::UNIX_EPOCH },
            Why::BelowThreshold { counted: 1, threshold: within },
            Why::Stale { age: SignedDuration::ZERO, max_age: hours(1) },
            Why::Draft,
            Why::Superseded { version: 2 },
            Why::Unusable,
        ] {
            let StoryOutcome::Suppressed(reason) = why.outcome() else { panic!("{why:?} was told") };
            assert_eq!(serde_json::to_value(&why).unwrap()["outcome"], reason.as_str());
        }
    }
}
