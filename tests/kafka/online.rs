//! `check --online`: what Kafka lacks, at the settings that ask for it.

use std::process::Command;

use serde_json::Value;

use crate::world::World;

/// The exit code, and code and line of each finding about Kafka.
fn check(world: &World) -> (Option<i32>, Vec<(String, u64)>) {
    let output = Command::new(env!("CARGO_BIN_EXE_newswatch"))
        .args(["check", "--online", "--output", "json", "--config"])
        .arg(world.settings())
        .output()
        .unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let told = |finding: &Value| (finding["code"].as_str().unwrap().to_owned(), finding["line"].as_u64().unwrap());
    (output.status.code(), findings.iter().map(told).filter(|(code, _)| code.starts_with("NW04")).collect())
}

#[test]
fn what_is_lacking_has_its_code_at_the_setting_that_asks_for_it() {
    let Some(world) = World::without_topics("online", "create = false") else { return };
    // The topics stand in lines of their own in the settings.
    let missing: Vec<_> = (6..=10).map(|line| ("NW0402".to_owned(), line)).collect();
    assert_eq!(check(&world), (Some(1), missing));
    world.create_events_topic();
    ["matches", "alerts", "dead-letters"].iter().for_each(|topic| world.create_topic(topic, &[]));
    world.create_topic("stories", &[("cleanup.policy", "delete")]);
    assert_eq!(check(&world), (Some(1), vec![("NW0403".to_owned(), 9)]));
}

#[test]
fn what_newswatch_makes_itself_is_not_missed() {
    let Some(world) = World::new("online-right", "") else { return };
    assert_eq!(check(&world), (Some(0), vec![]));
}

#[test]
fn no_broker_is_69() {
    let world = World::on("127.0.0.1:1".to_owned(), "online-away", "");
    assert_eq!(check(&world), (Some(69), vec![("NW0401".to_owned(), 3)]));
}
