//! A story stage beside the daemon's, which writes nothing: it begins with the state that the daemon has written, reads
//! the same matches and comes to the same outcomes, and can tell why.
//!
//! It answers as the daemon does where both have the same `[story]` settings. From the beginning of the matches topic
//! it begins with no state, and knows only what the topic still holds.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;

use crate::app::limits;
use crate::commands::suppressed::{MatchedEvent, SuppressedEvent};
use crate::kafka::reader::{RangeReader, Reader, Start};
use crate::kafka::stage::fetched::Fetched;
use crate::message::matched::MatchMessage;
use crate::pipeline::processed::{Outcome, Work};
use crate::pipeline::story_stage::StoryStage;
use crate::settings::Settings;

/// Matches to a look.
const LOOK: usize = 256;

pub(super) struct Shadow {
    stage: StoryStage,
    matches: Reader,
}

impl Shadow {
    /// Where the daemon stands now; or at the end of the matches that are kept, and `each` hears of those that led to no
    /// alert.
    pub(super) fn open(
        settings: &Settings,
        start: Start,
        mut each: impl FnMut(&SuppressedEvent) -> io::Result<()>,
    ) -> anyhow::Result<Self> {
        let mut stage = StoryStage::new(&settings.deployment, limits(settings));
        if start == Start::Beginning {
            let mut kept = RangeReader::open(&settings.kafka, &settings.topics.matches, None, None)?;
            while let Some(record) = kept.next()? {
                take(&mut stage, &record).iter().try_for_each(&mut each)?;
            }
        } else {
            restore(&mut stage, settings)?;
        }
        let after = |partition| stage.reached(partition).map_or(Start::Beginning, |last| Start::At(last + 1));
        let matches = Reader::open_each(&settings.kafka, &settings.topics.matches, after)?;
        Ok(Self { stage, matches })
    }

    /// Takes in the matches that are there, at most so many; `each` hears of those that lead to no alert.
    pub(super) fn look(&mut self, mut each: impl FnMut(&SuppressedEvent) -> io::Result<()>) -> anyhow::Result<()> {
        for _ in 0..LOOK {
            let Some(record) = self.matches.next_record(Duration::ZERO)? else { break };
            take(&mut self.stage, &record).iter().try_for_each(&mut each)?;
        }
        Ok(())
    }
}

/// Applies a record of the matches topic, for good.
fn take(stage: &mut StoryStage, record: &Fetched) -> Option<SuppressedEvent> {
    let record = record.record();
    let time = record.timestamp.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or_default();
    let processed = stage.process(&record, time);
    stage.finish();
    stage.commit();
    match (processed.outcome, serde_json::from_slice(record.payload.unwrap_or_default())) {
        (Outcome::Suppressed(_), Ok(MatchMessage::Match(matched))) => {
            Some(SuppressedEvent { matched: MatchedEvent::of(&matched), time, accounts: processed.accounts })
        }
        _ => None,
    }
}

/// Reads what the daemon has written of its stories.
fn restore(stage: &mut StoryStage, settings: &Settings) -> anyhow::Result<()> {
    let topic = &settings.topics.stories;
    let mut state = RangeReader::open(&settings.kafka, topic, None, None)?;
    let mut partitions = BTreeSet::new();
    let unreadable = || format!("{topic} holds state that this version cannot read");
    while let Some(record) = state.next()? {
        let record = record.record();
        partitions.insert(record.partition);
        let key = record.key.unwrap_or_default();
        stage.restore(record.partition, key, record.payload).with_context(unreadable)?;
    }
    partitions.into_iter().try_for_each(|partition| stage.restored(partition)).with_context(unreadable)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::kafka::embedded::EmbeddedBroker;
    use crate::kafka::publisher::Publisher;
    use crate::pipeline::record::Record;

    fn matched(event: &str, status: &str) -> Vec<u8> {
        serde_json::json!({
            "kind": "match", "schema_version": "1.0", "id": "m",
            "event": {"id": event, "version": 1, "kafka": {"topic": "news.events", "partition": 0, "offset": 7}},
            "watchlist": {
                "id": "w", "title": "W", "revision": "r", "queries": ["q"], "severity": "high", "labels": {},
                "status": status, "alert": {
                    "group_by": "event", "threshold": {"events": 1, "within": 60},
                    "repeat_after": 60, "quiet_after": 60,
                },
            },
            "hits": [], "hits_truncated": 0, "entities": [], "sketch": "",
            "times": {"ingested_at": "2026-03-01T10:00:00Z", "matched_at": "2026-03-01T10:00:01Z"},
        })
        .to_string()
        .into_bytes()
    }

    fn publish(settings: &Settings, topic: &str, records: &[(Option<Vec<u8>>, Vec<u8>)]) {
        let mut publisher = Publisher::connect(&settings.kafka, topic).unwrap();
        records.iter().for_each(|(key, value)| publisher.send(key.as_deref(), value).unwrap());
        publisher.flush().unwrap();
    }

    /// What is heard, up to the draft that comes last.
    fn heard(settings: &Settings, start: Start) -> Vec<String> {
        let (mut heard, begun) = (Vec::new(), Instant::now());
        let note = |heard: &mut Vec<String>, event: &SuppressedEvent| {
            heard.push(event.accounts[0].to_string());
            Ok(())
        };
        let mut shadow = Shadow::open(settings, start, |event| note(&mut heard, event)).unwrap();
        while !heard.last().is_some_and(|last| last.contains("draft")) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{heard:?}");
            shadow.look(|event| note(&mut heard, event)).unwrap();
        }
        heard
    }

    #[test]
    fn it_goes_on_where_the_daemon_stands_or_begins_with_what_is_kept() {
        let mut settings = Settings::default();
        let topics = settings.topics.clone();
        let broker = EmbeddedBroker::start([(&*topics.matches, 1), (&*topics.stories, 1)]).unwrap();
        settings.kafka.brokers = broker.address();
        let first = matched("e", "active");
        let records = [&first, &first, &first, &matched("last", "draft")].map(|value| (None, value.clone()));
        publish(&settings, &topics.matches, &records);
        // The daemon has taken in two.
        let mut daemon = StoryStage::new("default", limits(&settings));
        for offset in 0..2 {
            let record = Record { topic: &topics.matches, offset, payload: Some(&first), ..Record::default() };
            daemon.process(&record, Timestamp::now());
        }
        let state: Vec<_> = daemon.finish().into_iter().map(|state| (state.key, state.payload.unwrap())).collect();
        publish(&settings, &topics.stories, &state);
        let again = |heard: &[String]| heard.iter().filter(|account| account.contains("the same event again")).count();
        let told = heard(&settings, Start::End);
        assert_eq!((told.len(), again(&told)), (2, 1), "{told:?}");
        assert!(told[0].ends_with("(open), record 1"), "{told:?}");
        let told = heard(&settings, Start::Beginning);
        assert_eq!((told.len(), again(&told)), (3, 2), "{told:?}");
    }
}
