//! What came of the demo, in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::message::alert::Alert;

/// What became of the records in the match stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    pub(super) matched: u64,
    pub(super) no_match: u64,
    /// By reason.
    pub(super) dead_lettered: BTreeMap<String, u64>,
}

impl Outcomes {
    pub(super) fn processed(&self) -> u64 {
        self.matched + self.no_match + self.dead_lettered.values().sum::<u64>()
    }
}

/// The alerts that were seen.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Title by id, and how many alerts in which language.
    watchlists: BTreeMap<String, (String, BTreeMap<String, u64>)>,
    events: BTreeSet<String>,
    alerts: u64,
}

impl Tally {
    pub(super) fn add(&mut self, alert: &Alert) {
        self.alerts += 1;
        self.events.insert(alert.event.id.clone());
        let (_, languages) = self
            .watchlists
            .entry(alert.watchlist.id.clone())
            .or_insert_with(|| (alert.watchlist.title.clone(), BTreeMap::new()));
        let lang = alert.event.lang.as_deref().unwrap_or("?");
        *languages.entry(lang.to_owned()).or_default() += 1;
    }

    pub(super) fn alerts(&self) -> u64 {
        self.alerts
    }
}

/// The closing words.
pub(super) struct Summary<'a> {
    pub(super) outcomes: &'a Outcomes,
    pub(super) tally: &'a Tally,
    /// The ids of the events that must not match.
    pub(super) unrelated: &'a [String],
    pub(super) took: Duration,
    pub(super) dead_letter_topic: &'a str,
    pub(super) metrics: &'a str,
    pub(super) brokers: &'a str,
    pub(super) keeps_running: bool,
}

impl Summary<'_> {
    /// The events that matched and must not.
    pub(super) fn wrong(&self) -> Vec<&str> {
        self.unrelated.iter().map(String::as_str).filter(|id| self.tally.events.contains(*id)).collect()
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outcomes, tally, .. } = self;
        let seconds = self.took.as_secs_f64();
        writeln!(formatter, "{} sample records in {seconds:.1} s:", outcomes.processed())?;
        writeln!(formatter, "  {:>3} matched at least one watchlist", outcomes.matched)?;
        writeln!(formatter, "  {:>3} matched none", outcomes.no_match)?;
        for (reason, count) in &outcomes.dead_lettered {
            writeln!(formatter, "  {count:>3} could not be used ({reason}) and went to {}", self.dead_letter_topic)?;
        }
        writeln!(formatter, "{} alerts:", tally.alerts)?;
        for (title, languages) in tally.watchlists.values() {
            let total: u64 = languages.values().sum();
            let by_language: Vec<_> = languages.iter().map(|(lang, count)| format!("{lang} {count}")).collect();
            writeln!(formatter, "  {total:>3} {title} ({})", by_language.join(", "))?;
        }
        let wrong = self.wrong();
        if wrong.is_empty() {
            writeln!(formatter, "{} samples only look alike and must not match: none did", self.unrelated.len())?;
        } else {
            writeln!(formatter, "matched and must not: {}", wrong.join(", "))?;
        }
        writeln!(formatter, "\nWhere to look next:")?;
        writeln!(formatter, "  README.md           your own watchlists, your own Kafka")?;
        writeln!(formatter, "  docs/               the query language and more")?;
        writeln!(formatter, "  config/watchlists/  what has just matched, with its own tests")?;
        if self.keeps_running {
            writeln!(formatter, "  {}", self.metrics)?;
            writeln!(formatter, "  NEWSWATCH__KAFKA__BROKERS={} newswatch publish FILE", self.brokers)
        } else {
            writeln!(formatter, "  {}  (with `newswatch demo --keep-running`)", self.metrics)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_match_and_did_is_said() {
        let outcomes = Outcomes { matched: 2, no_match: 1, dead_lettered: [("not_json".to_owned(), 1)].into() };
        let languages = BTreeMap::from([("ar".to_owned(), 1), ("zh".to_owned(), 2)]);
        let tally = Tally {
            watchlists: [("w".to_owned(), ("Chip rules".to_owned(), languages))].into(),
            events: ["a".to_owned(), "b".to_owned()].into(),
            alerts: 3,
        };
        let unrelated = ["b".to_owned(), "c".to_owned()];
        let mut summary = Summary {
            outcomes: &outcomes,
            tally: &tally,
            unrelated: &unrelated,
            took: Duration::from_millis(2500),
            dead_letter_topic: "dead",
            metrics: "http://127.0.0.1:9464/metrics",
            brokers: "127.0.0.1:9092",
            keeps_running: true,
        };
        assert_eq!(summary.wrong(), ["b"]);
        assert!(summary.to_string().contains("matched and must not: b\n"), "{summary}");
        summary.unrelated = &unrelated[1..];
        insta::assert_snapshot!(summary.to_string());
    }
}
