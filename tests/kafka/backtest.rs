//! `backtest` over a range of the events topic, with the times and the headers that the records have there.

use std::process::Command;
use std::time::Duration;

use rdkafka::producer::Producer;
use serde_json::Value;

use crate::topics::{Publication, producer, send};
use crate::world::{World, now};

const HOUR: i64 = 3_600_000;

/// Events that are in the topic since so many hours, in a transaction: its last offset is no record.
fn publish(world: &World, events: &[(&str, i64)]) {
    let limit = Duration::from_secs(30);
    let producer = producer(world.broker(), Some(&world.topic("producer")));
    producer.init_transactions(limit).unwrap();
    producer.begin_transaction().unwrap();
    let records: Vec<Publication> = events
        .iter()
        .map(|(id, hours)| Publication {
            value: format!(r#"{{"title": "Zirconium embargo: case {id}"}}"#).into_bytes(),
            headers: [("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", "desk"), ("ce_type", "news")]
                .map(|(name, value)| (name.to_owned(), Some(value.as_bytes().to_vec())))
                .to_vec(),
            timestamp: Some(now() - hours * HOUR),
            ..Publication::default()
        })
        .collect();
    send(&producer, &world.events_topic(), &records);
    producer.commit_transaction(limit).unwrap();
}

/// The ids of the events that matched.
fn matched(world: &World, range: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_newswatch"))
        .args(["backtest", "--output", "json", "--samples", "10", "--config"])
        .arg(world.settings())
        .args(range)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let results: Value = serde_json::from_slice(&output.stdout).unwrap();
    let samples = results["watchlists"][0]["samples"].as_array().unwrap();
    assert_eq!(results["events"], samples.len(), "each event matches");
    let id = |sample: &Value| sample["event"]["id"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
    samples.iter().map(id).collect()
}

#[test]
fn a_backtest_reads_the_range_of_the_topic_that_it_is_asked_for() {
    let Some(world) = World::new("backtest", "") else { return };
    publish(&world, &[("old", 30), ("middle", 20), ("new", 1)]);
    assert_eq!(matched(&world, &["--from", "7d"]), ["old", "middle", "new"]);
    assert_eq!(matched(&world, &["--from", "25h"]), ["middle", "new"]);
    assert_eq!(matched(&world, &["--from", "25h", "--to", "10h"]), ["middle"]);
    assert_eq!(matched(&world, &["--to", "25h"]), ["old"]);
    assert!(matched(&world, &["--from", "30m"]).is_empty());
}
