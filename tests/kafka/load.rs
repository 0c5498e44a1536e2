//! Match messages for the story stage alone: made from a seed, so that two runs get the same.

use newswatch::message::sketch::Sketch;
use serde_json::{Value, json};

use crate::topics::Publication;
use crate::world::{PARTITIONS, now};

/// Some for each partition.
const WATCHLISTS: u64 = 8;
/// Between two events of the load, in event time.
const STEP_MS: i64 = 10_000;

/// Xorshift (Marsaglia, 2003).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// An event that was sent.
#[derive(Clone)]
struct Sent {
    number: u64,
    watchlist: u64,
    version: u64,
    story: u64,
}

/// So many messages in their order, with one more for each partition at the end, of an event `last-<partition>`:
/// when it has alerted, all before it are done with. New stories, copies of them from other sources, the same event
/// again, corrections and withdrawals.
pub(crate) fn messages(seed: u64, count: u64) -> Vec<Publication> {
    let mut random = Random::new(seed);
    let mut sent: Vec<Sent> = Vec::new();
    let start = now() - STEP_MS * i64::try_from(count).unwrap();
    let mut messages = Vec::new();
    for number in 0..count {
        let time = start + STEP_MS * i64::try_from(number).unwrap();
        let earlier = (!sent.is_empty()).then(|| sent[random.below(sent.len() as u64) as usize].clone());
        let fresh = Sent { number, watchlist: random.below(WATCHLISTS), version: 1, story: number };
        let (event, status) = match (random.below(100), earlier) {
            (0..50, _) | (_, None) => (fresh, "usable"),
            (50..75, Some(earlier)) => (Sent { number, version: 1, ..earlier }, "usable"),
            (75..85, Some(earlier)) => (earlier, "usable"),
            (85..95, Some(earlier)) => (Sent { version: earlier.version + 1, ..earlier }, "usable"),
            (_, Some(earlier)) => (Sent { version: earlier.version + 1, ..earlier }, "canceled"),
        };
        messages.push(message(&event, status, time));
        sent.push(event);
    }
    for partition in 0..PARTITIONS {
        let watchlist = u64::try_from(partition).unwrap();
        let mut last = message(&Sent { number: count + watchlist, watchlist, version: 1, story: 0 }, "usable", now());
        let mut value: Value = serde_json::from_slice(&last.value).unwrap();
        value["event"]["id"] = format!("last-{partition}").into();
        value["sketch"] = "".into();
        last.value = value.to_string().into_bytes();
        messages.push(last);
    }
    messages
}

fn message(event: &Sent, status: &str, time: i64) -> Publication {
    let Sent { number, watchlist, version, story } = event;
    let at = jiff::Timestamp::from_millisecond(time).unwrap().to_string();
    let mut words = Random::new(story + 1);
    let sketch = Sketch::new((0..40).map(|_| words.below(1 << 32) as u32).collect()).to_text();
    let group_by = if watchlist % 2 == 0 { "story" } else { "event" };
    let id = format!("event-{number}");
    let value = json!({
        "kind": "match",
        "schema_version": "1.0",
        "id": format!("{id}-{version}-{watchlist}"),
        "event": {
            "id": id, "version": version, "status": status, "title": format!("Story {story}, version {version}"),
            "lang": "en", "source": format!("source-{}.example", number % 7),
            "kafka": {"topic": "news.events", "partition": 0, "offset": number},
        },
        "watchlist": {
            "id": format!("w{watchlist}"), "title": "W", "revision": "r", "queries": ["q"], "severity": "medium",
            "labels": {}, "status": "active",
            "alert": {
                "group_by": group_by, "threshold": {"events": 1, "within": 3600}, "repeat_after": 300,
                "quiet_after": 3600, "escalate": {"sources": 3, "within": 7200, "severity": "high"},
            },
        },
        "hits": [], "hits_truncated": 0, "entities": [], "sketch": sketch,
        "times": {"ingested_at": at, "matched_at": at},
    });
    Publication {
        key: Some(format!("w{watchlist}").into()),
        value: value.to_string().into_bytes(),
        timestamp: Some(time),
        partition: i32::try_from(watchlist % PARTITIONS as u64).unwrap(),
        ..Publication::default()
    }
}
