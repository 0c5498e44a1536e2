//! The metrics of what is in force: series that come and go with the watchlists, and how the last reload went.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use prometheus::{Gauge, GaugeVec, IntCounterVec, IntGauge, IntGaugeVec};

use crate::app::metrics::{Maker, seconds};
use crate::message::alert::Action;
use crate::message::evidence::Severity;
use crate::pipeline::processed::Published;

/// The ids of watchlists, each with the names of its queries.
pub type Names = BTreeMap<String, Vec<String>>;

#[derive(Debug)]
pub(super) struct InForce {
    matches: IntCounterVec,
    last_match: GaugeVec,
    published: IntCounterVec,
    over_budget: IntCounterVec,
    info: IntGaugeVec,
    reload_successful: IntGauge,
    reload_success: Gauge,
    watchlists: Mutex<Names>,
}

impl InForce {
    pub(super) fn new(make: &Maker) -> Result<Self, prometheus::Error> {
        Ok(Self {
            matches: make.counters(
                "newswatch_watchlist_matches_total",
                "Events that matched a watchlist.",
                &["watchlist"],
            )?,
            last_match: make.gauges(
                "newswatch_watchlist_last_match_timestamp_seconds",
                "When a watchlist last matched, 0 for not since the start.",
                &["watchlist"],
            )?,
            published: make.counters(
                "newswatch_alerts_published_total",
                "Records published on the alerts topic.",
                &["watchlist", "action", "severity"],
            )?,
            over_budget: make.counters(
                "newswatch_queries_over_budget_total",
                "Events in which a query was given up, for it took more work than it may.",
                &["watchlist", "query"],
            )?,
            info: make.int_gauges("newswatch_config_info", "The watchlists in force.", &["revision"])?,
            reload_successful: make.gauge(
                "newswatch_config_last_reload_successful",
                "Whether watchlists and vocabulary were without a mistake when they were last read.",
            )?,
            reload_success: make.float_gauge(
                "newswatch_config_last_reload_success_timestamp_seconds",
                "When they were last read without a mistake, 0 for not since the start.",
            )?,
            watchlists: Mutex::default(),
        })
    }

    pub(super) fn put(&self, watchlists: Names, revision: &str) {
        let mut known = self.watchlists.lock().unwrap_or_else(PoisonError::into_inner);
        watchlists.keys().filter(|watchlist| !known.contains_key(*watchlist)).for_each(|new| self.start_at_zero(new));
        known.keys().filter(|watchlist| !watchlists.contains_key(*watchlist)).for_each(|gone| self.remove(gone));
        for labels in queries(&watchlists) {
            self.over_budget.with_label_values(&labels);
        }
        for labels in queries(&known).filter(|[watchlist, query]| !has(&watchlists, watchlist, query)) {
            // A series that is not there need not go.
            let _ = self.over_budget.remove_label_values(&labels);
        }
        *known = watchlists;
        self.info.reset();
        self.info.with_label_values(&[revision]).set(1);
    }

    fn start_at_zero(&self, watchlist: &str) {
        self.matches.with_label_values(&[watchlist]);
        self.last_match.with_label_values(&[watchlist]);
        each_alert(|action, severity| drop(self.published.with_label_values(&[watchlist, action, severity])));
    }

    /// The alerts of its stories that are still to come have their series again, as those of a watchlist that
    /// other processes match have.
    fn remove(&self, watchlist: &str) {
        let _ = self.matches.remove_label_values(&[watchlist]);
        let _ = self.last_match.remove_label_values(&[watchlist]);
        each_alert(|action, severity| drop(self.published.remove_label_values(&[watchlist, action, severity])));
    }

    /// Queries were given up in an event; as with matches, those that have gone meanwhile are not counted.
    pub(super) fn over_budget(&self, given_up: &[(String, String)]) {
        if given_up.is_empty() {
            return;
        }
        let known = self.watchlists.lock().unwrap_or_else(PoisonError::into_inner);
        for (watchlist, query) in given_up.iter().filter(|(watchlist, query)| has(&known, watchlist, query)) {
            self.over_budget.with_label_values(&[watchlist, query]).inc();
        }
    }

    /// What a watchlist matched that has gone meanwhile is not counted: its series would never go.
    pub(super) fn matched(&self, watchlists: &[String], now: Timestamp) {
        if watchlists.is_empty() {
            return;
        }
        let known = self.watchlists.lock().unwrap_or_else(PoisonError::into_inner);
        for watchlist in watchlists.iter().filter(|watchlist| known.contains_key(*watchlist)) {
            self.matches.with_label_values(&[watchlist]).inc();
            self.last_match.with_label_values(&[watchlist]).set(seconds(now));
        }
    }

    pub(super) fn published(&self, alert: &Published) {
        let labels = [alert.watchlist.as_str(), alert.action.as_str(), alert.severity.as_str()];
        self.published.with_label_values(&labels).inc();
    }

    pub(super) fn reloaded(&self, without_mistake: bool, now: Timestamp) {
        self.reload_successful.set(without_mistake.into());
        if without_mistake {
            self.reload_success.set(seconds(now));
        }
    }
}

/// The labels of each query: its watchlist and its name.
fn queries(names: &Names) -> impl Iterator<Item = [&str; 2]> {
    names.iter().flat_map(|(watchlist, queries)| queries.iter().map(move |query| [watchlist.as_str(), query.as_str()]))
}

fn has(names: &Names, watchlist: &str, query: &str) -> bool {
    names.get(watchlist).is_some_and(|queries| queries.iter().any(|known| known == query))
}

fn each_alert(take: impl Fn(&str, &str)) {
    for action in Action::ALL {
        Severity::ALL.iter().for_each(|severity| take(action.as_str(), severity.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::metrics::Metrics;
    use crate::kafka::stage::observe::{Done, StageEvent};
    use crate::pipeline::processed::{Outcome, Processed};

    fn names(names: &[(&str, &[&str])]) -> Names {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        names.iter().map(|(watchlist, queries)| ((*watchlist).to_owned(), owned(queries))).collect()
    }

    fn done(processed: Processed) -> Done {
        Done { topic: "t".into(), partition: 0, offset: 0, processed }
    }

    #[test]
    fn series_come_and_go_with_the_watchlists_and_their_queries() {
        let metrics = Metrics::new(names(&[("old", &["q"]), ("stays", &["q", "gone"])]), "first").unwrap();
        let given_up = [("old", "q"), ("stays", "q"), ("stays", "gone")];
        let batch = || {
            let matched = ["old", "stays"].map(str::to_owned).to_vec();
            let over_budget = given_up.map(|(watchlist, query)| (watchlist.to_owned(), query.to_owned())).to_vec();
            let processed = Processed { matched, over_budget, ..Processed::new(Outcome::Matched) };
            metrics.observe("match", &StageEvent::Done(&[done(processed)]));
        };
        batch();
        metrics.put_in_force(names(&[("stays", &["q"]), ("new", &["q"])]), "second");
        // A batch that the old watchlists matched is done only now.
        batch();
        let text = metrics.render().unwrap();
        for series in [
            r#"newswatch_watchlist_matches_total{watchlist="stays"} 2"#,
            r#"newswatch_watchlist_matches_total{watchlist="new"} 0"#,
            r#"newswatch_alerts_published_total{action="open",severity="high",watchlist="new"} 0"#,
            r#"newswatch_queries_over_budget_total{query="q",watchlist="stays"} 2"#,
            r#"newswatch_queries_over_budget_total{query="q",watchlist="new"} 0"#,
            r#"newswatch_config_info{revision="second"} 1"#,
        ] {
            assert!(text.lines().any(|line| line == series), "{series} is missing of\n{text}");
        }
        assert!(!text.contains(r#"watchlist="old""#) && !text.contains("gone") && !text.contains("first"), "{text}");
    }

    #[test]
    fn a_reload_with_a_mistake_keeps_the_time_of_the_last_without() {
        let metrics = Metrics::new(Names::new(), "r").unwrap();
        let reload = || {
            let text = metrics.render().unwrap();
            let lines = text.lines().filter(|line| line.starts_with("newswatch_config_last_reload"));
            let values: Vec<f64> = lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
            <[f64; 2]>::try_from(values).unwrap()
        };
        assert_eq!(reload(), [0.0, 0.0]);
        metrics.reloaded(true);
        let [time, successful] = reload();
        assert!(time > 0.0 && successful == 1.0);
        metrics.reloaded(false);
        assert_eq!(reload(), [time, 0.0]);
    }
}
