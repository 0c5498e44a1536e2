//! What stories lead to: timelines to read, properties to hold.

mod bounds;
mod properties;
mod state;
mod timeline;
mod timelines;

use jiff::Timestamp;

use crate::message::event::Status;
use crate::message::matched::{Match, MatchMessage, Notice};
use crate::message::policy::AlertPolicy;
use crate::message::sketch::Sketch;
use crate::story::{At, Limits, StateRecord, Stories};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Seconds after the midnight before.
fn at(seconds: i64) -> Timestamp {
    "2026-03-02T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
}

/// A match of the watchlist `w` at a time.
fn matched(event: &str, version: u64, seconds: i64) -> Match {
    serde_json::from_value(serde_json::json!({
        "schema_version": "1.0",
        "id": format!("w/{event}/{version}"),
        "event": {"id": event, "version": version, "title": "Nvidia may ship H20 again", "lang": "en",
            "source": "example.com", "published_at": at(seconds - 60),
            "kafka": {"topic": "news.events", "partition": 0, "offset": 7}},
        "watchlist": {"id": "w", "title": "Chip rules", "revision": "r1", "owner": "desk", "queries": ["easing"],
            "severity": "high", "labels": {"team": "trade"}, "status": "active", "alert": AlertPolicy::default()},
        "hits": [{"term": "Nvidia", "entity": "nvidia", "lang": "en", "field": "title", "start": 0, "end": 6,
            "exact": "Nvidia", "before": "", "after": " may ship"}],
        "hits_truncated": 0,
        "entities": [{"id": "nvidia", "name": "NVIDIA"}],
        "sketch": "",
        "times": {"published_at": at(seconds - 60), "ingested_at": at(seconds), "matched_at": at(seconds + 1)},
    }))
    .unwrap()
}

fn notice(event: &str, version: u64, status: Status, watchlists: &[&str]) -> Notice {
    let mut event = matched(event, version, 0).event;
    event.status = status;
    event.title = None;
    let watchlists = watchlists.iter().map(ToString::to_string).collect();
    Notice { schema_version: "1.0".to_owned(), event, watchlists, ingested_at: at(0), traceparent: None }
}

fn place(batch: u64, offset: usize, seconds: i64) -> At {
    At { batch, offset: offset as i64, timestamp: at(seconds), now: at(seconds + 2) }
}

/// The sketch of a made-up text, by its letter; the same letter with `~` is a copy of which a tenth is changed.
fn sketch(text: &str) -> String {
    let Some(letter) = text.bytes().next() else { return String::new() };
    let shingle = |of: u8, i: u32| (u32::from(of) << 8 | i).wrapping_mul(0x9e37_79b9);
    let changed = if text.ends_with('~') { 6 } else { 0 };
    let shingles = (0..60).map(|i| shingle(if i < changed { b'~' } else { letter }, i));
    Sketch::new(shingles.collect()).to_text()
}

/// The stories topic, compacted.
#[derive(Clone, Debug, Default, PartialEq)]
struct Topic(std::collections::BTreeMap<String, Vec<u8>>);

impl Topic {
    fn write(&mut self, records: Vec<StateRecord>) {
        for StateRecord { key, value } in records {
            match value {
                Some(value) => drop(self.0.insert(key, value)),
                None => drop(self.0.remove(&key)),
            }
        }
    }

    fn restore(&self, limits: Limits) -> Stories {
        let mut stories = Stories::new(limits);
        for (key, value) in &self.0 {
            stories.restore(key.as_bytes(), Some(value)).unwrap();
        }
        stories.restored().unwrap();
        stories
    }
}
