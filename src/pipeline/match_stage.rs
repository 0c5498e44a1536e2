//! The match stage: an event's record to the matches of its watchlists. Keeps nothing from one record to
//! the next but room to work in. A record is matched by the engine that is in force when it begins, whole.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::matching::engine::{Engine, HitRef, WatchlistMatch, Workspace};
use crate::matching::sketch::sketch;
use crate::matching::spoken::language;
use crate::message::event::{Event, Status};
use crate::message::evidence::{Coordinates, EventReference};
use crate::message::id::id;
use crate::message::matched::{Match, MatchMessage, MatchTimes, Notice, PartitionProgress, Progress};
use crate::pipeline::decode::Decoder;
use crate::pipeline::engines::Engines;
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
    engines: Arc<Engines>,
    engine: Arc<Engine>,
    workspace: Workspace,
}

impl MatchStage {
    /// A worker's part with one engine for good; decoder and engine are shared.
    pub fn new(decoder: Arc<Decoder>, engine: Arc<Engine>) -> Self {
        Self::following(decoder, Arc::new(Engines::new(engine)))
    }

    /// A worker's part with whichever engine is in force.
    pub fn following(decoder: Arc<Decoder>, engines: Arc<Engines>) -> Self {
        let engine = engines.current();
        let workspace = engine.workspace();
        Self { decoder, engines, engine, workspace }
    }

    /// The watchlists, by number, that the record last decoded came near: it has a word that one of their queries can
    /// least do without.
    pub fn touched(&self) -> Vec<usize> {
        let mut touched: Vec<usize> = self.engine.touched(&self.workspace).collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }
}

impl Work for MatchStage {
    fn process(&mut self, record: &Record<'_>, now: Timestamp) -> Processed {
        if let Some(engine) = self.engines.newer_than(&self.engine) {
            self.workspace = engine.workspace();
            self.engine = engine;
        }
        let decoded = match self.decoder.decode(record) {
            Ok(decoded) => decoded,
            Err(rejection) => return Processed::dead_letter(record, STAGE, rejection, now),
        };
        let event = &decoded.event;
        // A query that was given up does not hide what the others matched.
        let (matches, mut processed) = match self.engine.evaluate(event, &mut self.workspace) {
            Ok(matches) if matches.is_empty() => (matches, Processed::new(Outcome::NoMatch)),
            Ok(matches) => (matches, Processed::new(Outcome::Matched)),
            Err(unfinished) => {
                let rejection = Rejection { reason: Reason::OverBudget, message: unfinished.to_string() };
                let letter = Processed::dead_letter(record, STAGE, rejection, now);
                let owned = |(watchlist, query): &(&str, &str)| ((*watchlist).to_owned(), (*query).to_owned());
                let over_budget = unfinished.queries.iter().map(owned).collect();
                (unfinished.matches, Processed { event_id: Some(event.id.to_string()), over_budget, ..letter })
            }
        };
        // Of a version that was not read to its end nobody knows what it no longer matches.
        let finished = !matches!(processed.outcome, Outcome::DeadLettered(_));
        let changed = event.status != Status::Usable || finished && event.version > 1;
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
            sketch: if matches.is_empty() { String::new() } else { sketch(event).to_text() },
        };
        processed.matched = matches.iter().map(|matched| matched.watchlist.id().to_owned()).collect();
        processed.produce.extend(matches.into_iter().map(|matched| found.matched(matched)));
        if changed {
            processed.produce.push(found.notice(&processed.matched));
        }
        processed
    }
}

/// How far this process has read the events, for every partition of the matches topic.
pub fn progress(partitions: Vec<PartitionProgress>, now: Timestamp) -> Produce {
    let progress = Progress { schema_version: SCHEMA_VERSION.into(), partitions, sent_at: now };
    let message = MatchMessage::Progress(progress);
    produce(Destination::EveryMatchesPartition, None, &message, Some(now.as_millisecond()))
}

/// What all messages about one event share.
struct Found {
    reference: EventReference,
    times: MatchTimes,
    traceparent: Option<String>,
    timestamp: Option<i64>,
    /// Empty where nothing matched, for then nobody asks.
    sketch: String,
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
            hits: matched.hits.iter().map(HitRef::to_hit).collect(),
            hits_truncated: matched.hits_truncated,
            entities: matched.entities,
            sketch: self.sketch.clone(),
            times: self.times.clone(),
            traceparent: self.traceparent.clone(),
        };
        produce(Destination::Matches, Some(key), &MatchMessage::Match(Box::new(message)), self.timestamp)
    }

    fn notice(&self, watchlists: &[String]) -> Produce {
        let notice = Notice {
            schema_version: SCHEMA_VERSION.into(),
            event: self.reference.clone(),
            watchlists: watchlists.to_vec(),
            ingested_at: self.times.ingested_at,
            traceparent: self.traceparent.clone(),
        };
        produce(Destination::EveryMatchesPartition, None, &MatchMessage::Notice(notice), self.timestamp)
    }
}

fn produce(to: Destination, key: Option<String>, message: &MatchMessage, timestamp: Option<i64>) -> Produce {
    let json = serde_json::to_vec(message).expect("a match message has string keys and no values that JSON lacks");
    Produce {
        to,
        key: key.map(String::into_bytes),
        payload: Some(json),
        headers: vec![("content-type".into(), Some(b"application/json".to_vec()))],
        timestamp,
    }
}

/// What is told of an event: where it is from and where it is, never its body.
pub fn reference(event: &Event<'_>, record: &Record<'_>) -> EventReference {
    let text = |text: &Option<Cow<'_, str>>| text.as_ref().map(|text| text.to_string());
    EventReference {
        id: event.id.to_string(),
        version: event.version,
        status: event.status,
        url: text(&event.url),
        title: (!event.title.is_empty()).then(|| event.title.to_string()),
        lang: language(event).map(str::to_owned),
        source: event.source.identity().map(str::to_owned),
        published_at: event.published_at,
        embargoed_until: event.embargoed_until,
        kafka: Coordinates { topic: record.topic.to_owned(), partition: record.partition, offset: record.offset },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::matching::reading::{self, Kind};
    use crate::pipeline::decode::DecodeOptions;

    /// Watchlists by id, of one query each.
    fn engine(watchlists: &[(&str, &str)]) -> Arc<Engine> {
        let watchlist = |(id, query): &(&str, &str)| {
            let text = format!("[watchlist]\nid = \"{id}\"\n[[query]]\nname = \"q\"\nmatch = \"{query}\"\n");
            (Kind::Watchlist, SourceFile::new(format!("{id}.toml"), text))
        };
        let (definitions, _) = reading::read(&watchlists.iter().map(watchlist).collect::<Vec<_>>());
        let (engine, findings) = Engine::compile(&definitions);
        assert!(findings.is_empty(), "{findings:?}");
        Arc::new(engine)
    }

    fn decoder() -> Arc<Decoder> {
        Arc::new(Decoder::new(DecodeOptions::default()))
    }

    fn process(payload: &str) -> Processed {
        let watchlists = [("chips", "chip"), ("ports", "harbour"), ("quays", "quay NEAR/1000 quay")];
        process_by(&mut MatchStage::new(decoder(), engine(&watchlists)), payload)
    }

    fn process_by(stage: &mut MatchStage, payload: &str) -> Processed {
        let record = Record {
            topic: "news.events",
            partition: 2,
            offset: 9,
            timestamp: Some(1_772_359_200_000),
            payload: Some(payload.as_bytes()),
            ..Record::default()
        };
        stage.process(&record, "2026-03-01T10:00:05Z".parse().unwrap())
    }

    fn messages(processed: &Processed) -> Vec<(Destination, MatchMessage)> {
        let read = |produce: &Produce| serde_json::from_slice(produce.payload.as_deref().unwrap()).unwrap();
        processed.produce.iter().map(|produce| (produce.to, read(produce))).collect()
    }

    #[test]
    fn each_watchlist_that_matches_has_a_message_keyed_by_it() {
        let processed = process(r#"{"id":"e","title":"A chip in the harbour"}"#);
        assert_eq!(
            (processed.outcome, &processed.matched[..]),
            (Outcome::Matched, &["chips".into(), "ports".into()][..])
        );
        for (produce, watchlist) in processed.produce.iter().zip(["chips", "ports"]) {
            assert_eq!((produce.to, produce.key.as_deref()), (Destination::Matches, Some(watchlist.as_bytes())));
            assert_eq!(produce.timestamp, Some(1_772_359_200_000));
            let MatchMessage::Match(matched) = serde_json::from_slice(produce.payload.as_deref().unwrap()).unwrap()
            else {
                panic!("a first version has no notice")
            };
            assert_eq!(matched.id, id(&["e", "1", watchlist]));
            assert_eq!((matched.event.kafka.partition, matched.event.kafka.offset), (2, 9));
            assert_eq!(matched.times.ingested_at.as_millisecond(), 1_772_359_200_000);
            assert!(!matched.hits.is_empty());
        }
    }

    #[test]
    fn the_engine_is_exchanged_between_two_records() {
        let engines = Arc::new(Engines::new(engine(&[("chips", "chip"), ("ports", "harbour")])));
        let mut stages = [(); 2].map(|()| MatchStage::following(decoder(), Arc::clone(&engines)));
        let matched =
            |stage: &mut MatchStage| process_by(stage, r#"{"id":"e","title":"A chip in the harbour"}"#).matched;
        for stage in &mut stages {
            assert_eq!(matched(stage), ["chips", "ports"]);
        }
        // More words and queries than the workspace of the first had room for, and then fewer.
        let more = [("boats", "boat OR ship"), ("harbours", "harbour NEAR/5 chip"), ("rain", "rain"), ("snow", "snow")];
        engines.put_in_force(engine(&more));
        for stage in &mut stages {
            assert_eq!(matched(stage), ["harbours"]);
            assert_eq!(stage.touched(), [1]);
        }
        engines.put_in_force(engine(&[]));
        assert!(stages.iter_mut().all(|stage| matched(stage).is_empty()));
    }

    #[test]
    fn what_matches_nothing_says_nothing() {
        let processed = process(r#"{"id":"e","title":"Rain"}"#);
        assert_eq!((processed.outcome, processed.produce.len()), (Outcome::NoMatch, 0));
    }

    #[test]
    fn corrections_and_withdrawals_are_announced_to_every_partition() {
        for (payload, watchlists) in [
            (r#"{"id":"e","version":2,"title":"A chip"}"#, &["chips"][..]),
            (r#"{"id":"e","version":2,"title":"Rain"}"#, &[]),
            (r#"{"id":"e","status":"canceled","title":"Rain"}"#, &[]),
        ] {
            let processed = process(payload);
            let messages = messages(&processed);
            let Some((Destination::EveryMatchesPartition, MatchMessage::Notice(notice))) = messages.last() else {
                panic!("{payload}: {messages:?}")
            };
            assert_eq!(
                (&notice.event.id[..], &notice.watchlists[..]),
                ("e", &watchlists.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()[..])
            );
            assert_eq!(messages.len(), watchlists.len() + 1);
        }
    }

    #[test]
    fn an_event_that_a_query_cannot_finish_is_a_dead_letter_beside_what_the_others_matched() {
        let payload = format!(r#"{{"id":"e","version":2,"title":"A chip","body":"{}"}}"#, "quay ".repeat(20_000));
        let processed = process(&payload);
        assert_eq!(processed.outcome, Outcome::DeadLettered(Reason::OverBudget));
        let complaint = processed.complaint.as_deref().unwrap();
        assert!(complaint.contains("query `q` of watchlist `quays`"), "{complaint}");
        assert_eq!(processed.matched, ["chips"]);
        assert_eq!(processed.over_budget, [("quays".to_owned(), "q".to_owned())]);
        let to: Vec<_> = processed.produce.iter().map(|produce| produce.to).collect();
        assert_eq!(to, [Destination::DeadLetters, Destination::Matches], "no notice says that it matches no longer");
        assert_eq!(processed.produce[0].payload.as_deref(), Some(payload.as_bytes()));
    }

    #[test]
    fn what_cannot_be_decoded_is_a_dead_letter_with_its_own_bytes() {
        let processed = process("{");
        assert_eq!(processed.outcome, Outcome::DeadLettered(Reason::NotJson));
        assert_eq!(processed.produce[0].payload.as_deref(), Some(&b"{"[..]));
    }
}
