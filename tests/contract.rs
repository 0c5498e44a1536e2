//! The contract with whoever reads what we write: golden messages that every version reads and writes alike, the
//! schemas as published, and a CloudEvents library of others that decodes our records.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use newswatch::message::alert::Alert;
use newswatch::message::matched::MatchMessage;
use newswatch::pipeline::processed::{Destination, Produce, Work};
use newswatch::pipeline::record::Record;
use newswatch::pipeline::story_stage::StoryStage;
use newswatch::story::{Limits, StateValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn golden(name: &str) -> String {
    let path = Path::new("tests/golden").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What this version writes of a message that an earlier one wrote is what the earlier one wrote.
fn survives<T: DeserializeOwned + Serialize>(name: &str) {
    let text = golden(name);
    let before: Value = serde_json::from_str(&text).unwrap();
    let message: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name} is not read: {error}"));
    let after = serde_json::to_value(&message).unwrap();
    assert_eq!(after, before, "{name} is written otherwise");
}

#[test]
fn messages_of_earlier_versions_are_read_and_written_alike() {
    for name in ["match.json", "match-least.json", "notice.json", "progress.json"] {
        survives::<MatchMessage>(name);
    }
    for name in ["alert-open.json", "alert-update.json", "alert-close.json", "alert-retract.json"] {
        survives::<Alert>(name);
    }
    for name in ["story.json", "story-text.json", "story-event.json", "story-watchlist.json", "story-partition.json"] {
        survives::<StateValue>(name);
    }
}

#[test]
fn fields_that_are_not_known_yet_are_ignored() {
    let mut newer: Value = serde_json::from_str(&golden("match.json")).unwrap();
    newer["something_new"] = 1.into();
    newer["event"]["something_new"] = "x".into();
    newer["watchlist"]["alert"]["something_new"] = serde_json::json!({"a": []});
    let message: MatchMessage = serde_json::from_value(newer).expect("a newer minor version is read");
    assert_eq!(serde_json::to_value(message).unwrap(), serde_json::from_str::<Value>(&golden("match.json")).unwrap());
}

#[test]
fn the_published_schemas_are_those_of_the_code() {
    for name in ["event", "match", "alert", "story", "watchlist", "settings"] {
        let printed = newswatch(&["schema", name]);
        let published = std::fs::read_to_string(format!("docs/schemas/{name}.json")).unwrap_or_default();
        assert_eq!(published, printed, "newswatch schema {name} > docs/schemas/{name}.json");
    }
    assert_eq!(newswatch(&["schema", "asyncapi"]), std::fs::read_to_string("docs/asyncapi.yaml").unwrap());
}

fn newswatch(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_newswatch")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The alert that the golden match leads to.
fn alert() -> Produce {
    let mut stage = StoryStage::new("site", Limits::default());
    let payload = golden("match.json");
    let record = Record {
        topic: "newswatch.matches.v1",
        timestamp: Some(1_772_359_200_000),
        payload: Some(payload.as_bytes()),
        ..Record::default()
    };
    let now: Timestamp = "2026-03-01T10:00:02Z".parse().unwrap();
    let processed = stage.process(&record, now);
    processed.produce.into_iter().find(|record| record.to == Destination::Alerts).expect("it alerts")
}

/// `NEWSWATCH_TEST_PYTHON` names a Python that has the `cloudevents` library.
#[test]
fn a_cloudevents_library_of_others_decodes_our_records() {
    let Some(python) = std::env::var_os("NEWSWATCH_TEST_PYTHON") else {
        assert!(std::env::var_os("CI").is_none(), "NEWSWATCH_TEST_PYTHON is required in CI");
        eprintln!("SKIPPED: a CloudEvents library decodes our records (NEWSWATCH_TEST_PYTHON is not set)");
        return;
    };
    let alert = alert();
    let headers: serde_json::Map<String, Value> = alert
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), String::from_utf8(value.clone().unwrap()).unwrap().into()))
        .collect();
    let record = serde_json::json!({"headers": headers, "value": String::from_utf8(alert.payload.unwrap()).unwrap()});
    let script = r#"
import json, sys
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
record = json.loads(sys.argv[1])
message = KafkaMessage(headers={k: v.encode() for k, v in record["headers"].items()}, key=None, value=record["value"].encode())
event = from_binary_event(message)
print(json.dumps({"attributes": event.get_attributes(), "data": event.get_data()}, default=lambda time: time.isoformat()))
"#;
    let output = Command::new(python).args(["-c", script, &record.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let decoded: Value = serde_json::from_slice(&output.stdout).unwrap();
    let data = &decoded["data"];
    assert_eq!(data["action"], "open");
    let attributes = &decoded["attributes"];
    for (name, expected) in [
        ("specversion", "1.0".to_owned()),
        ("type", "org.newswatch.alert.v1".to_owned()),
        ("source", "//newswatch/site".to_owned()),
        ("id", format!("{}.1", data["id"].as_str().unwrap())),
        ("subject", data["watchlist"]["id"].as_str().unwrap().to_owned()),
        ("datacontenttype", "application/json".to_owned()),
        ("dataschema", "urn:newswatch:schema:alert:1.0".to_owned()),
        ("action", "open".to_owned()),
        ("severity", "high".to_owned()),
    ] {
        assert_eq!(attributes[name], expected.as_str(), "{name}");
    }
    assert_eq!(attributes["time"].as_str().unwrap().get(..19), Some("2026-03-01T10:00:02"));
}
