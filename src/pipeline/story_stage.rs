//! The story stage: a record of the matches topic to its alerts. Keeps the stories of each partition apart,
//! so that a partition can go to another process by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::message::alert::Alert;
use crate::message::matched::MatchMessage;
use crate::pipeline::processed::{Destination, Outcome, Processed, Produce, Published, Work};
use crate::pipeline::reason::{Reason, Rejection};
use crate::pipeline::record::Record;
use crate::story::{At, Limits, StateRecord, Stories, StoryOutcome, UnreadableState};

/// The stage's name in dead letters, metrics, logs and its group's name.
pub const STAGE: &str = "story";

/// The story stage.
#[derive(Debug)]
pub struct StoryStage {
    /// `//newswatch/<deployment>`
    source: String,
    limits: Limits,
    partitions: BTreeMap<i32, Stories>,
    /// The number of the batch that is not committed yet.
    batch: u64,
}

impl StoryStage {
    /// Without stories. `deployment` is the stable name in `ce_source`.
    pub fn new(deployment: &str, limits: Limits) -> Self {
        Self { source: format!("//newswatch/{deployment}"), limits, partitions: BTreeMap::new(), batch: 1 }
    }
}

impl StoryStage {
    /// The offset of the last record that was applied to a partition; none where it has no state.
    pub fn reached(&self, partition: i32) -> Option<i64> {
        self.partitions.get(&partition).map(Stories::reached)
    }

    fn stories(&mut self, partition: i32) -> &mut Stories {
        let limits = self.limits;
        self.partitions.entry(partition).or_insert_with(|| Stories::new(limits))
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
        let at = At { batch: self.batch, offset: record.offset, timestamp, now };
        let output = self.stories(record.partition).apply(&message, at);
        let (event, traceparent) = match &message {
            MatchMessage::Match(matched) => (Some(&matched.event), matched.traceparent.as_deref()),
            MatchMessage::Notice(notice) => (Some(&notice.event), notice.traceparent.as_deref()),
            MatchMessage::Progress(_) => (None, None),
        };
        let outcome = match (&message, output.outcome) {
            (MatchMessage::Progress(_), _) => Outcome::Progress,
            (_, StoryOutcome::Alerted(_)) => Outcome::Alerted,
            (_, StoryOutcome::Suppressed(reason)) => Outcome::Suppressed(reason.as_str()),
        };
        let mut processed = Processed::new(outcome);
        processed.event_id = event.map(|event| event.id.clone());
        processed.evicted = output.evicted;
        processed.accounts = output.accounts;
        for (number, alert) in output.alerts.into_iter().enumerate() {
            let (id, value) = (id(&alert), value(&alert));
            processed.published.push(Published {
                id: Arc::from(&*id),
                value: Arc::from(&*value),
                watchlist: alert.watchlist.id.clone(),
                action: alert.action,
                severity: alert.severity,
                published_at: alert.times.published_at,
                ingested_at: alert.times.ingested_at,
                due: output.timers.get(number).copied(),
            });
            // A timer tells of another event, whose trace has ended.
            let traceparent = traceparent.filter(|_| event.is_some_and(|event| event.id == alert.event.id));
            let headers = headers(&alert, &id, &self.source, traceparent);
            processed.produce.push(Produce {
                to: Destination::Alerts,
                key: Some(alert.id.into_bytes()),
                payload: Some(value.into_bytes()),
                headers,
                timestamp: record.timestamp,
            });
        }
        processed
    }

    fn finish(&mut self) -> Vec<Produce> {
        let changes = self
            .partitions
            .iter_mut()
            .flat_map(|(partition, stories)| stories.changes().into_iter().map(|record| state(*partition, record)));
        changes.collect()
    }

    fn open(&self) -> Option<usize> {
        Some(self.partitions.values().map(Stories::open).sum())
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

    fn restore(&mut self, partition: i32, key: &[u8], value: Option<&[u8]>) -> Result<(), UnreadableState> {
        self.stories(partition).restore(key, value)
    }

    fn restored(&mut self, partition: i32) -> Result<(), UnreadableState> {
        self.stories(partition).restored()
    }
}

/// A record of state. It has the time of writing: by that the topic's retention goes.
fn state(partition: i32, record: StateRecord) -> Produce {
    Produce {
        to: Destination::Stories(partition),
        key: Some(record.key.into_bytes()),
        payload: record.value,
        headers: Vec::new(),
        timestamp: None,
    }
}

/// What `ce_id` says: each message of an alert has its own.
fn id(alert: &Alert) -> String {
    format!("{}.{}", alert.id, alert.sequence)
}

fn value(alert: &Alert) -> String {
    serde_json::to_string(alert).expect("an alert has string keys and no values that JSON lacks")
}

/// An alert as a CloudEvent in binary mode.
fn headers(alert: &Alert, id: &str, source: &str, traceparent: Option<&str>) -> Vec<(String, Option<Vec<u8>>)> {
    let text = |name: &str, value: &str| (name.to_owned(), Some(value.as_bytes().to_vec()));
    let mut headers = vec![
        text("content-type", "application/json"),
        text("ce_specversion", "1.0"),
        text("ce_type", "org.newswatch.alert.v1"),
        text("ce_source", source),
        text("ce_id", id),
        text("ce_time", &alert.times.emitted_at.to_string()),
        text("ce_subject", &alert.watchlist.id),
        text("ce_dataschema", &format!("urn:newswatch:schema:alert:{}", alert.schema_version)),
        text("ce_action", alert.action.as_str()),
        text("ce_severity", alert.severity.as_str()),
    ];
    headers.extend(traceparent.map(|traceparent| text("traceparent", traceparent)));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-01T10:00:05Z";

    fn stage() -> StoryStage {
        StoryStage::new("site", Limits::default())
    }

    fn message(event: &str) -> Vec<u8> {
        serde_json::json!({
            "kind": "match", "schema_version": "1.0", "id": "m",
            "event": {"id": event, "version": 1, "title": "A title", "kafka": {"topic": "news.events", "partition": 0, "offset": 7}},
            "watchlist": {
                "id": "w", "title": "W", "revision": "r", "queries": ["q"], "severity": "high", "labels": {}, "status": "active",
                "alert": {"group_by": "story", "threshold": {"events": 1, "within": 60}, "repeat_after": 60, "quiet_after": 60},
            },
            "hits": [], "hits_truncated": 0, "entities": [], "sketch": "",
            "times": {"ingested_at": "2026-03-01T10:00:00Z", "matched_at": "2026-03-01T10:00:01Z"},
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        })
        .to_string()
        .into_bytes()
    }

    fn process(stage: &mut StoryStage, partition: i32, payload: &[u8]) -> Processed {
        let record = Record {
            topic: "newswatch.matches.v1",
            partition,
            timestamp: Some(1_772_359_200_000),
            payload: Some(payload),
            ..Record::default()
        };
        stage.process(&record, NOW.parse().unwrap())
    }

    #[test]
    fn an_alert_is_a_cloud_event_keyed_by_its_id() {
        let processed = process(&mut stage(), 0, &message("e"));
        assert_eq!(processed.outcome, Outcome::Alerted);
        let [record] = &processed.produce[..] else { panic!("one alert: {processed:?}") };
        let alert: Alert = serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap();
        assert_eq!((record.to, record.key.as_deref()), (Destination::Alerts, Some(alert.id.as_bytes())));
        assert_eq!(record.timestamp, Some(1_772_359_200_000), "the time of the event's record");
        let headers: Vec<(&str, &str)> = record
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), std::str::from_utf8(value.as_deref().unwrap()).unwrap()))
            .collect();
        let id = format!("{}.1", alert.id);
        let expected = [
            ("content-type", "application/json"),
            ("ce_specversion", "1.0"),
            ("ce_type", "org.newswatch.alert.v1"),
            ("ce_source", "//newswatch/site"),
            ("ce_id", id.as_str()),
            ("ce_time", NOW),
            ("ce_subject", "w"),
            ("ce_dataschema", "urn:newswatch:schema:alert:1.0"),
            ("ce_action", "open"),
            ("ce_severity", "high"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ];
        assert_eq!(headers, expected);
    }

    #[test]
    fn what_is_rolled_back_is_told_again_and_what_is_committed_is_not() {
        let mut stage = stage();
        let first = process(&mut stage, 0, &message("e"));
        stage.rollback();
        let again = process(&mut stage, 0, &message("e"));
        assert_eq!(first.produce, again.produce, "the same alert with the same id");
        stage.commit();
        stage.rollback();
        assert_eq!(process(&mut stage, 0, &message("e")).outcome, Outcome::Suppressed("duplicate"));
        assert_eq!(
            process(&mut stage, 1, &message("e")).outcome,
            Outcome::Alerted,
            "partitions know nothing of each other"
        );
        stage.release(0);
        assert_eq!(
            process(&mut stage, 0, &message("e")).outcome,
            Outcome::Alerted,
            "a partition given up is forgotten"
        );
    }

    #[test]
    fn an_unreadable_match_is_a_dead_letter() {
        for bad in [&b"not json"[..], b"", br#"{"kind":"other"}"#, &[0xff]] {
            let processed = process(&mut stage(), 0, bad);
            assert_eq!(processed.outcome, Outcome::DeadLettered(Reason::UnreadableMatch));
            assert_eq!(processed.produce[0].to, Destination::DeadLetters);
            assert_eq!(processed.produce[0].payload.as_deref(), Some(bad));
        }
    }

    #[test]
    fn an_alert_that_is_too_large_has_fewer_hits_and_counts_them() {
        let hit = serde_json::json!({
            "term": "t".repeat(500), "lang": "en", "field": "title", "start": 0, "end": 1, "exact": "x", "before": "", "after": "",
        });
        let mut message: serde_json::Value = serde_json::from_slice(&message("e")).unwrap();
        message["hits"] = vec![hit; 400].into();
        let processed = process(&mut stage(), 0, message.to_string().as_bytes());
        let json = processed.produce[0].payload.as_deref().unwrap();
        let most = 64 << 10;
        assert!(json.len() <= most && json.len() > most / 4, "{} bytes", json.len());
        let alert: Alert = serde_json::from_slice(json).unwrap();
        assert_eq!(alert.hits.len() + alert.hits_truncated as usize, 400);
    }
}
