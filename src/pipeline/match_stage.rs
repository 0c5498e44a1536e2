//! The match stage: an event's record to the matches of its watchlists. Keeps nothing from one record to
//! the next but room to work in.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::matching::engine::{Engine, WatchlistMatch, Workspace};
use crate::message::event::{Event, Status};
use crate::message::evidence::{Coordinates, EventReference};
use crate::message::id::id;
use crate::message::matched::{Match, MatchMessage, MatchTimes, Notice};
use crate::pipeline::decode::Decoder;
use crate::pipeline::processed::{Destination, Outcome, Processed, Produce, Work};
use crate::pipeline::reason::{Reason, Rejection};
use crate::pipeline::record::Record;

/// The stage's name in dead letters, metrics, logs and its group's name.
pub const STAGE: &str = "match";
/// The form of match messages.
const SCHEMA_VERSION: &str = "1.0";

/// What one worker of the match stage works with.
pub struct MatchStage {
    decoder: Arc<Decoder>,
    engine: Arc<Engine>,
    workspace: Workspace,
}

impl MatchStage {
    /// A worker's part; decoder and engine are shared.
    pub fn new(decoder: Arc<Decoder>, engine: Arc<Engine>) -> Self {
        let workspace = engine.workspace();
        Self { decoder, engine, workspace }
    }
}

impl Work for MatchStage {
    fn process(&mut self, record: &Record<'_>, now: Timestamp) -> Processed {
        let decoded = match self.decoder.decode(record) {
            Ok(decoded) => decoded,
            Err(rejection) => return Processed::dead_letter(record, STAGE, rejection, now),
        };
        let event = &decoded.event;
        let matches = match self.engine.evaluate(event, &mut self.workspace) {
            Ok(matches) => matches,
            Err(over_budget) => {
                let rejection = Rejection { reason: Reason::OverBudget, message: over_budget.to_string() };
                let letter = Processed::dead_letter(record, STAGE, rejection, now);
                return Processed { event_id: Some(event.id.to_string()), ..letter };
            }
        };
        let mut processed = Processed::new(if matches.is_empty() { Outcome::NoMatch } else { Outcome::Matched });
        let changed = event.version > 1 || event.status != Status::Usable;
        if matches.is_empty() && !changed {
            return processed;
        }
        processed.event_id = Some(event.id.to_string());
        let ingested_at = record.timestamp.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(now);
        let found = Found {
            reference: reference(event, record),
            times: MatchTimes { published_at: event.published_at, ingested_at, matched_at: now },
            traceparent: decoded.traceparent.clone(),
            timestamp: record.timestamp,
        };
        processed.matched = matches.iter().map(|matched| matched.watchlist.id().to_owned()).collect();
        processed.produce = matches.into_iter().map(|matched| found.matched(matched)).collect();
        if changed {
            processed.produce.push(found.notice(&processed.matched));
        }
        processed
    }
}

/// What all messages about one event share.
struct Found {
    reference: EventReference,
    times: MatchTimes,
    traceparent: Option<String>,
    timestamp: Option<i64>,
}

impl Found {
    fn matched(&self, matched: WatchlistMatch<'_>) -> Produce {
        let watchlist = matched.watchlist.matched(&matched.queries);
        let key = watchlist.id.clone();
        let message = Match {
            schema_version: SCHEMA_VERSION.into(),
            id: id(&[&self.reference.id, &self.reference.version.to_string(), &watchlist.id]),
            event: self.reference.clone(),
            watchlist,
            hits: matched.hits,
            hits_truncated: matched.hits_truncated,
            entities: matched.entities,
            sketch: String::new(),
            times: self.times.clone(),
            traceparent: self.traceparent.clone(),
        };
        self.produce(Destination::Matches, Some(key), &MatchMessage::Match(Box::new(message)))
    }

    fn notice(&self, watchlists: &[String]) -> Produce {
        let notice = Notice {
            schema_version: SCHEMA_VERSION.into(),
            event: self.reference.clone(),
            watchlists: watchlists.to_vec(),
            ingested_at: self.times.ingested_at,
            traceparent: self.traceparent.clone(),
        };
        self.produce(Destination::EveryMatchesPartition, None, &MatchMessage::Notice(notice))
    }

    fn produce(&self, to: Destination, key: Option<String>, message: &MatchMessage) -> Produce {
        let json = serde_json::to_vec(message).expect("a match message has string keys and no values that JSON lacks");
        Produce {
            to,
            key: key.map(String::into_bytes),
            payload: Some(json),
            headers: vec![("content-type".into(), Some(b"application/json".to_vec()))],
            timestamp: self.timestamp,
        }
    }
}

fn reference(event: &Event<'_>, record: &Record<'_>) -> EventReference {
    let text = |text: &Option<Cow<'_, str>>| text.as_ref().map(|text| text.to_string());
    EventReference {
        id: event.id.to_string(),
        version: event.version,
        status: event.status,
        url: text(&event.url),
        title: (!event.title.is_empty()).then(|| event.title.to_string()),
        lang: text(&event.lang),
        source: event.source.identity().map(str::to_owned),
        published_at: event.published_at,
        embargoed_until: event.embargoed_until,
        kafka: Coordinates { topic: record.topic.to_owned(), partition: record.partition, offset: record.offset },
    }
}
