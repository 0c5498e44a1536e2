//! What comes together about one watchlist while events go by.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::commands::backtest::outcomes::{Listed, Outcomes};
use crate::commands::backtest::sample::{NearMiss, Sample};
use crate::commands::backtest::spread::Spread;
use crate::commands::history::UNDATED;
use crate::commands::suppressed::MatchedEvent;
use crate::message::alert::{Action, Alert};
use crate::message::matched::Match;
use crate::pipeline::processed::{Outcome, Processed};

/// Events explained for each watchlist to find those that nearly match it, before they are thinned out.
const EXPLAINED: usize = 16;

/// A day's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct DayCounts {
    /// Events that matched.
    pub(super) matched: u64,
    /// Alerts that were opened.
    pub(super) alerts: u64,
}

/// What was found, by term and entity.
pub(super) type HitKey = (String, Option<String>);

/// About one watchlist.
pub(super) struct Tally {
    pub(super) matched: u64,
    pub(super) actions: BTreeMap<Action, u64>,
    pub(super) suppressed: BTreeMap<&'static str, u64>,
    pub(super) outcomes: Outcomes,
    pub(super) days: BTreeMap<Date, DayCounts>,
    /// In how many events.
    pub(super) hits: HashMap<HitKey, u64>,
    pub(super) samples: Spread<Sample>,
    pub(super) near_misses: Spread<Option<NearMiss>>,
    /// Labelled events that matched and are not labelled with this watchlist.
    pub(super) wrong: Spread<Sample>,
    /// Labelled events that should have matched.
    pub(super) missed: Spread<Option<NearMiss>>,
}

impl Tally {
    /// With at most so many examples of each kind.
    pub(super) fn new(samples: usize, listed: Listed) -> Self {
        Self {
            matched: 0,
            actions: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            outcomes: Outcomes::new(listed),
            days: BTreeMap::new(),
            hits: HashMap::new(),
            samples: Spread::new(samples),
            near_misses: Spread::new(if samples > 0 { EXPLAINED.max(samples) } else { 0 }),
            wrong: Spread::new(samples),
            missed: Spread::new(samples),
        }
    }

    /// An event matched.
    pub(super) fn matched(&mut self, at: Timestamp, matched: &Match) {
        self.matched += 1;
        if let Some(day) = day(at) {
            self.days.entry(day).or_default().matched += 1;
        }
        let found: HashSet<_> = matched.hits.iter().map(|hit| (hit.term.as_str(), hit.entity.as_deref())).collect();
        for (term, entity) in found {
            *self.hits.entry((term.to_owned(), entity.map(str::to_owned))).or_default() += 1;
        }
        self.samples.offer(|| Sample::of(matched));
    }

    /// What the story stage made of a match.
    pub(super) fn told(&mut self, at: Timestamp, matched: MatchedEvent, processed: &Processed) {
        if let Outcome::Suppressed(reason) = processed.outcome {
            *self.suppressed.entry(reason).or_default() += 1;
        }
        self.outcomes.matched(at, matched, processed);
    }

    /// A record was published at this event time, by a match at once or not.
    pub(super) fn alerted(&mut self, at: Timestamp, alert: Alert, of_match: bool) {
        *self.actions.entry(alert.action).or_default() += 1;
        if let (Action::Open, Some(day)) = (alert.action, day(alert.times.ingested_at)) {
            self.days.entry(day).or_default().alerts += 1;
        }
        self.outcomes.alerted(at, alert, of_match);
    }

    /// How many alerts did this.
    pub(super) fn alerts(&self, action: Action) -> u64 {
        self.actions.get(&action).copied().unwrap_or_default()
    }
}

/// The day in UTC; none of what has no time.
fn day(at: Timestamp) -> Option<Date> {
    (at != UNDATED).then(|| Offset::UTC.to_datetime(at).date())
}
