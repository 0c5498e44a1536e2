//! The metrics: made once, in a registry that is handed down, every combination of labels there from zero.

mod in_force;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder,
};

use crate::app::metrics::in_force::InForce;
pub use crate::app::metrics::in_force::Names;
use crate::kafka::stage::observe::{Done, StageEvent, TransactionEnd};
use crate::pipeline::processed::{Outcome, Published};
use crate::pipeline::reason::Reason;
use crate::story::SuppressReason;

/// Seconds that processing one record takes.
const PROCESSING: [f64; 10] = [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0];
/// Seconds from the event to its alert: 10 ms to an hour.
const LATENCY: [f64; 12] = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
/// Seconds that the end of a batch takes.
const TRANSACTION: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// Seconds that reading a partition's state back takes.
const RESTORE: [f64; 8] = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// All of them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    events_received: IntCounter,
    events_processed: IntCounterVec,
    matches_received: IntCounter,
    matches_processed: IntCounterVec,
    dead_letters: IntCounterVec,
    processing: Histogram,
    latency: HistogramVec,
    in_force: InForce,
    suppressed: IntCounterVec,
    open: IntGauge,
    evicted: IntCounter,
    lag: IntGaugeVec,
    transactions: IntCounterVec,
    transaction_duration: HistogramVec,
    restore: Histogram,
    rebalances: IntCounterVec,
}

impl Metrics {
    /// Makes and registers them; `watchlists` are those in force, `revision` is theirs together.
    ///
    /// # Errors
    /// Two of one name, which is a fault of ours.
    pub fn new(watchlists: Names, revision: &str) -> Result<Arc<Self>, prometheus::Error> {
        let make = Maker(Registry::new());
        let metrics = Self {
            events_received: make.counter("newswatch_events_received_total", "Events that are done with.")?,
            events_processed: make.counters(
                "newswatch_events_processed_total",
                "Events by what came of them.",
                &["outcome"],
            )?,
            matches_received: make.counter("newswatch_matches_received_total", "Match messages that are done with.")?,
            matches_processed: make.counters(
                "newswatch_matches_processed_total",
                "Match messages by what came of them.",
                &["outcome"],
            )?,
            dead_letters: make.counters(
                "newswatch_dead_letters_total",
                "Records that could not be used, by reason.",
                &["reason"],
            )?,
            processing: make.histogram(
                "newswatch_event_processing_duration_seconds",
                "Time to decode and match one event.",
                &PROCESSING,
            )?,
            latency: make.histograms(
                "newswatch_alert_latency_seconds",
                "Time from an event to its alert's commit.",
                &["since"],
                &LATENCY,
            )?,
            in_force: InForce::new(&make)?,
            suppressed: make.counters(
                "newswatch_alerts_suppressed_total",
                "Match messages that led to no alert, by reason.",
                &["reason"],
            )?,
            open: make.gauge("newswatch_stories_open", "Stories whose alert is open.")?,
            evicted: make.counter(
                "newswatch_stories_evicted_total",
                "Stories that were forgotten before their time, to make room.",
            )?,
            lag: make.int_gauges(
                "newswatch_kafka_consumer_lag",
                "Records that are there and not done with.",
                &["topic", "partition"],
            )?,
            transactions: make.counters(
                "newswatch_kafka_transactions_total",
                "Batches by how they ended.",
                &["stage", "result"],
            )?,
            transaction_duration: make.histograms(
                "newswatch_kafka_transaction_duration_seconds",
                "Time to produce and commit a batch.",
                &["stage"],
                &TRANSACTION,
            )?,
            restore: make.histogram(
                "newswatch_state_restore_duration_seconds",
                "Time to read the state of one partition back.",
                &RESTORE,
            )?,
            rebalances: make.counters(
                "newswatch_kafka_rebalances_total",
                "Changes of the partitions that are ours.",
                &["stage"],
            )?,
            registry: make.0.clone(),
        };
        make.information("newswatch_build_info", "The version that runs.", "version", env!("CARGO_PKG_VERSION"))?;
        #[cfg(target_os = "linux")]
        make.0.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        metrics.start_at_zero();
        metrics.put_in_force(watchlists, revision);
        Ok(Arc::new(metrics))
    }

    fn start_at_zero(&self) {
        for outcome in [Outcome::Matched, Outcome::NoMatch, Outcome::DeadLettered(Reason::Empty)] {
            self.events_processed.with_label_values(&[outcome.as_str()]);
        }
        for outcome in [Outcome::Alerted, Outcome::Suppressed(""), Outcome::DeadLettered(Reason::Empty)] {
            self.matches_processed.with_label_values(&[outcome.as_str()]);
        }
        Reason::ALL.iter().for_each(|reason| drop(self.dead_letters.with_label_values(&[reason.as_str()])));
        SuppressReason::ALL.iter().for_each(|reason| drop(self.suppressed.with_label_values(&[reason.as_str()])));
        ["published", "ingested"].iter().for_each(|since| drop(self.latency.with_label_values(&[since])));
        for stage in ["match", "story"] {
            for result in ["committed", "aborted"] {
                self.transactions.with_label_values(&[stage, result]);
            }
            self.transaction_duration.with_label_values(&[stage]);
            self.rebalances.with_label_values(&[stage]);
        }
    }

    /// These watchlists are in force from now on, and this is the revision of all of them: what was not there before
    /// begins at zero, the series of those that are gone go.
    pub fn put_in_force(&self, watchlists: Names, revision: &str) {
        self.in_force.put(watchlists, revision);
    }

    /// Watchlists and vocabulary were read, with or without a mistake.
    pub fn reloaded(&self, without_mistake: bool) {
        self.in_force.reloaded(without_mistake, Timestamp::now());
    }

    /// In the text format of Prometheus.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
    }

    /// Counts what happened in a stage.
    pub fn observe(&self, stage: &str, event: &StageEvent<'_>) {
        match event {
            StageEvent::Done(done) if stage == "match" => done.iter().for_each(|done| self.event(done)),
            StageEvent::Done(done) => done.iter().for_each(|done| self.matched(done)),
            StageEvent::Ended(end, time) => {
                let result = match end {
                    TransactionEnd::Committed => "committed",
                    TransactionEnd::Aborted => "aborted",
                };
                self.transactions.with_label_values(&[stage, result]).inc();
                self.transaction_duration.with_label_values(&[stage]).observe(time.as_secs_f64());
            }
            StageEvent::Rebalanced => self.rebalances.with_label_values(&[stage]).inc(),
            StageEvent::Lag { topic, partition, records } => {
                let labels = [*topic, &partition.to_string()];
                match records {
                    Some(records) => self.lag.with_label_values(&labels).set(*records),
                    // It may have had no figure yet.
                    None => drop(self.lag.remove_label_values(&labels)),
                }
            }
            StageEvent::Open(open) => self.open.set(i64::try_from(*open).unwrap_or(i64::MAX)),
            StageEvent::Restored(took) => self.restore.observe(took.as_secs_f64()),
            StageEvent::Consumer(_) | StageEvent::Producer(_) | StageEvent::State(_) | StageEvent::Ticked => {}
        }
    }

    fn event(&self, done: &Done) {
        let processed = &done.processed;
        self.events_received.inc();
        self.events_processed.with_label_values(&[processed.outcome.as_str()]).inc();
        self.processing.observe(processed.took.as_secs_f64());
        self.dead_letter(processed.outcome);
        self.in_force.matched(&processed.matched, Timestamp::now());
        self.in_force.over_budget(&processed.over_budget);
    }

    fn matched(&self, done: &Done) {
        let processed = &done.processed;
        processed.published.iter().for_each(|alert| self.alert(alert));
        self.evicted.inc_by(processed.evicted as u64);
        if processed.outcome == Outcome::Progress {
            return;
        }
        self.matches_received.inc();
        self.matches_processed.with_label_values(&[processed.outcome.as_str()]).inc();
        self.dead_letter(processed.outcome);
        if let Outcome::Suppressed(reason) = processed.outcome {
            self.suppressed.with_label_values(&[reason]).inc();
        }
    }

    fn alert(&self, alert: &Published) {
        self.in_force.published(alert);
        let now = seconds(Timestamp::now());
        self.latency.with_label_values(&["ingested"]).observe((now - seconds(alert.ingested_at)).max(0.0));
        if let Some(published) = alert.published_at {
            self.latency.with_label_values(&["published"]).observe((now - seconds(published)).max(0.0));
        }
    }

    fn dead_letter(&self, outcome: Outcome) {
        if let Outcome::DeadLettered(reason) = outcome {
            self.dead_letters.with_label_values(&[reason.as_str()]).inc();
        }
    }
}

fn seconds(timestamp: Timestamp) -> f64 {
    Duration::try_from(timestamp.duration_since(Timestamp::UNIX_EPOCH)).map_or(0.0, |since| since.as_secs_f64())
}

/// Makes metrics and registers them.
struct Maker(Registry);

impl Maker {
    fn registered<M: prometheus::core::Collector + Clone + 'static>(&self, metric: M) -> Result<M, prometheus::Error> {
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        self.registered(IntCounter::new(name, help)?)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
        self.registered(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        self.registered(IntGauge::new(name, help)?)
    }

    fn float_gauge(&self, name: &str, help: &str) -> Result<Gauge, prometheus::Error> {
        self.registered(Gauge::new(name, help)?)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, prometheus::Error> {
        self.registered(GaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn int_gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, prometheus::Error> {
        self.registered(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram, prometheus::Error> {
        self.registered(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
    }

    fn histograms(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Result<HistogramVec, prometheus::Error> {
        self.registered(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)?)
    }

    fn information(&self, name: &str, help: &str, label: &str, value: &str) -> Result<(), prometheus::Error> {
        let gauge = self.registered(IntGauge::with_opts(Opts::new(name, help).const_label(label, value))?)?;
        gauge.set(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::processed::Processed;

    fn done(outcome: Outcome) -> Done {
        Done { topic: "t".into(), partition: 0, offset: 0, processed: Processed::new(outcome) }
    }

    /// The sum of a metric's series.
    fn sum(text: &str, name: &str) -> f64 {
        let series =
            text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
        series.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }

    #[test]
    fn every_combination_is_there_at_zero() {
        let text = Metrics::new([("w".into(), vec!["q".into()])].into(), "r").unwrap().render().unwrap();
        for series in [
            "newswatch_config_last_reload_successful 0",
            r#"newswatch_events_processed_total{outcome="no_match"} 0"#,
            r#"newswatch_matches_processed_total{outcome="suppressed"} 0"#,
            r#"newswatch_dead_letters_total{reason="panicked"} 0"#,
            r#"newswatch_alerts_suppressed_total{reason="duplicate"} 0"#,
            r#"newswatch_alerts_published_total{action="retract",severity="low",watchlist="w"} 0"#,
            r#"newswatch_watchlist_matches_total{watchlist="w"} 0"#,
            r#"newswatch_queries_over_budget_total{query="q",watchlist="w"} 0"#,
            r#"newswatch_kafka_transactions_total{result="aborted",stage="story"} 0"#,
            r#"newswatch_alert_latency_seconds_count{since="published"} 0"#,
            r#"newswatch_config_info{revision="r"} 1"#,
        ] {
            assert!(text.lines().any(|line| line == series), "{series} is missing of\n{text}");
        }
    }

    #[test]
    fn the_alert_rules_and_the_dashboard_ask_for_metrics_that_there_are() {
        let metrics = Metrics::new([("w".into(), vec!["q".into()])].into(), "r").unwrap();
        metrics.observe("match", &StageEvent::Lag { topic: "t", partition: 0, records: Some(0) });
        let text = metrics.render().unwrap();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for file in [include_str!("../../deploy/alerts.yml"), include_str!("../../deploy/dashboard.json")] {
            let names = file.split(|c| !word(c));
            let asked: Vec<&str> = names.filter(|name| name.starts_with("newswatch_")).collect();
            assert!(asked.len() > 10);
            for name in asked {
                let metric = name.strip_suffix("_bucket").unwrap_or(name);
                assert!(text.contains(&format!("# TYPE {metric} ")), "{name}");
            }
        }
    }

    #[test]
    fn what_was_received_is_the_sum_of_the_outcomes() {
        let metrics = Metrics::new(Names::new(), "r").unwrap();
        let events = [Outcome::Matched, Outcome::NoMatch, Outcome::NoMatch, Outcome::DeadLettered(Reason::NotJson)];
        metrics.observe("match", &StageEvent::Done(&events.map(done)));
        let matches = [
            Outcome::Alerted,
            Outcome::Suppressed("duplicate"),
            Outcome::DeadLettered(Reason::UnreadableMatch),
            Outcome::Progress,
        ];
        metrics.observe("story", &StageEvent::Done(&matches.map(done)));
        let text = metrics.render().unwrap();
        for (received, processed, count) in [
            ("newswatch_events_received_total", "newswatch_events_processed_total", 4.0),
            ("newswatch_matches_received_total", "newswatch_matches_processed_total", 3.0),
        ] {
            assert_eq!((sum(&text, received), sum(&text, processed)), (count, count));
        }
        assert_eq!(sum(&text, "newswatch_dead_letters_total"), 2.0);
        assert_eq!(sum(&text, "newswatch_alerts_suppressed_total"), 1.0);
    }

    #[test]
    fn the_lag_of_a_partition_that_is_gone_is_not_shown() {
        let metrics = Metrics::new(Names::new(), "r").unwrap();
        let lag = |records| StageEvent::Lag { topic: "t", partition: 3, records };
        metrics.observe("match", &lag(Some(7)));
        assert_eq!(sum(&metrics.render().unwrap(), "newswatch_kafka_consumer_lag"), 7.0);
        metrics.observe("match", &lag(None));
        assert!(!metrics.render().unwrap().contains("newswatch_kafka_consumer_lag{"));
    }
}
