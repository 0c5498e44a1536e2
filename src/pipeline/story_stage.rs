//! The story stage: a record of the matches topic to its alerts. Keeps the stories of each partition apart,
//! so that a partition can go to another process by itself.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::message::alert::Alert;
use crate::message::matched::MatchMessage;
use crate::pipeline::processed::{Destination, Outcome, Processed, Produce, Published, Work};
use crate::pipeline::reason::{Reason, Rejection};
use crate::pipeline::record::Record;
use crate::story::{Limits, Stories, StoryOutcome};

/// The stage's name in dead letters, metrics, logs and its group's name.
pub const STAGE: &str = "story";
/// The most that an alert's value may be.
const MAX_ALERT_BYTES: usize = 64 << 10;

/// The story stage.
#[derive(Debug)]
pub struct StoryStage {
    /// `//newswatch/<deployment>`
    source: String,
    limits: Limits,
    partitions: HashMap<i32, Stories>,
    /// The number of the batch that is not committed yet.
    batch: u64,
}

impl StoryStage {
    /// Without stories. `deployment` is the stable name in `ce_source`.
    pub fn new(deployment: &str, limits: Limits) -> Self {
        Self { source: format!("//newswatch/{deployment}"), limits, partitions: HashMap::new(), batch: 1 }
    }
}

impl Work for StoryStage {
    fn process(&mut self, record: &Record<'_>, now: Timestamp) -> Processed {
        let message: MatchMessage = match serde_json::from_slice(record.payload.unwrap_or_default()) {
            Ok(message) => message,
            Err(error) => {
                let message = format!("not a match message: line {} column {}", error.line(), error.column());
                let rejection = Rejection { reason: Reason::UnreadableMatch, message };
                return Processed::dead_letter(record, STAGE, rejection, now);
            }
        };
        let timestamp = record.timestamp.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(now);
        let limits = self.limits;
        let stories = self.partitions.entry(record.partition).or_insert_with(|| Stories::new(limits));
        let output = stories.apply(&message, self.batch, timestamp, now);
        let (event, traceparent) = match &message {
            MatchMessage::Match(matched) => (&matched.event, matched.traceparent.as_deref()),
            MatchMessage::Notice(notice) => (&notice.event, notice.traceparent.as_deref()),
        };
        let outcome = match output.outcome {
            StoryOutcome::Alerted(_) => Outcome::Alerted,
            StoryOutcome::Suppressed(reason) => Outcome::Suppressed(reason.as_str()),
        };
        let mut processed = Processed::new(outcome);
        processed.event_id = Some(event.id.clone());
        for alert in output.alerts {
            processed.published.push(Published {
                watchlist: alert.watchlist.id.clone(),
                action: alert.action,
                severity: alert.severity,
                published_at: alert.times.published_at,
                ingested_at: alert.times.ingested_at,
            });
            processed.produce.push(produce(alert, &self.source, traceparent, record.timestamp));
        }
        processed
    }

    fn commit(&mut self) {
        self.partitions.values_mut().for_each(|stories| stories.commit(self.batch));
        self.batch += 1;
    }

    fn rollback(&mut self) {
        self.partitions.values_mut().for_each(Stories::rollback);
        self.batch += 1;
    }

    fn release(&mut self, partition: i32) {
        self.partitions.remove(&partition);
    }
}

/// An alert as a CloudEvent in binary mode.
fn produce(mut alert: Alert, source: &str, traceparent: Option<&str>, timestamp: Option<i64>) -> Produce {
    let payload = value(&mut alert);
    let text = |name: &str, value: &str| (name.to_owned(), Some(value.as_bytes().to_vec()));
    let mut headers = vec![
        text("content-type", "application/json"),
        text("ce_specversion", "1.0"),
        text("ce_type", "org.newswatch.alert.v1"),
        text("ce_source", source),
        text("ce_id", &format!("{}.{}", alert.id, alert.sequence)),
        text("ce_time", &alert.times.emitted_at.to_string()),
        text("ce_subject", &alert.watchlist.id),
        text("ce_dataschema", &format!("urn:newswatch:schema:alert:{}", alert.schema_version)),
        text("ce_action", alert.action.as_str()),
        text("ce_severity", alert.severity.as_str()),
    ];
    headers.extend(traceparent.map(|traceparent| text("traceparent", traceparent)));
    Produce { to: Destination::Alerts, key: Some(alert.id.into_bytes()), payload: Some(payload), headers, timestamp }
}

/// The alert's JSON; where it is too large, with fewer hits, which are counted.
fn value(alert: &mut Alert) -> Vec<u8> {
    loop {
        let json = serde_json::to_vec(alert).expect("an alert has string keys and no values that JSON lacks");
        if json.len() <= MAX_ALERT_BYTES || alert.hits.is_empty() {
            return json;
        }
        let dropped = alert.hits.len().div_ceil(2);
        alert.hits.truncate(alert.hits.len() - dropped);
        alert.hits_truncated += u32::try_from(dropped).unwrap_or(u32::MAX);
    }
}
