//! What the story stage knows outlives its process: it lies in the stories topic.

use serde_json::Value;

use crate::daemon::until;
use crate::load::messages;
use crate::topics::Publication;
use crate::world::{PARTITIONS, World, matching};

fn alerts(world: &World) -> Vec<Value> {
    world.committed("alerts").iter().map(|record| serde_json::from_slice(&record.value).unwrap()).collect()
}

fn steps(alerts: &[Value]) -> Vec<(u64, &str, &str)> {
    let mut steps: Vec<_> = alerts
        .iter()
        .map(|alert| {
            let text = |field: &str| alert[field].as_str().unwrap();
            (alert["sequence"].as_u64().unwrap(), text("action"), text("reason"))
        })
        .collect();
    steps.sort_unstable();
    steps
}

/// A later version of the event.
fn corrected(event: &Publication, version: u64) -> Publication {
    let mut value: Value = serde_json::from_slice(&event.value).unwrap();
    value["version"] = version.into();
    Publication { value: value.to_string().into_bytes(), ..event.clone() }
}

/// The event again and a correction of it, after whatever `meanwhile` does.
fn continues(test: &str, mode: &str, meanwhile: impl FnOnce(&World)) {
    let Some(world) = World::new(test, &format!("[delivery]\nmode = '{mode}'")) else { return };
    let event = matching("told");
    let first = world.daemon();
    world.publish(std::slice::from_ref(&event));
    world.await_committed("alerts", 1);
    first.terminate();
    meanwhile(&world);

    let daemon = world.spawn_as("b", None).ready();
    world.publish(std::slice::from_ref(&event));
    daemon.await_metric("newswatch_matches_processed_total", 1.0);
    world.publish(&[corrected(&event, 2)]);
    world.await_committed("alerts", 2);
    let restored = daemon.metrics().sum("newswatch_state_restore_duration_seconds_count");
    daemon.terminate();
    let alerts = alerts(&world);
    assert_eq!(steps(&alerts), [(1, "open", "first_match"), (2, "update", "corrected")]);
    assert_eq!(alerts[0]["id"], alerts[1]["id"]);
    assert_eq!(alerts[1]["suppressed"]["duplicates"], 1, "the copy after the restart is counted");
    assert_eq!(restored, f64::from(PARTITIONS), "each partition once");
}

#[test]
fn a_story_goes_on_after_a_restart_exactly_once() {
    continues("restart", "exactly_once", |_| {});
}

#[test]
fn a_story_goes_on_after_a_restart_at_least_once() {
    continues("restart-alo", "at_least_once", |_| {});
}

#[test]
fn a_story_goes_on_after_its_partition_has_been_with_two_other_processes() {
    continues("moved", "exactly_once", |world| {
        let second = world.spawn_as("b", None).ready();
        let third = world.spawn_as("c", None).ready();
        second.terminate();
        third.ready().terminate();
    });
}

#[test]
fn copies_on_all_partitions_through_two_match_processes_are_one_alert_with_all_sources() {
    let Some(world) = World::new("copies", "") else { return };
    world.edit_watchlist("group_by = 'event'", "group_by = 'story'\nrepeat_after = '1s'");
    let text = "A zirconium embargo was announced by the ministry of trade on Tuesday after weeks of talks with \
                exporters, who had asked for a longer notice and for licences that outlast the season.";
    let copies: Vec<Publication> = (0..12)
        .map(|number| {
            let mut event = matching(&format!("copy-{number}"));
            let mut value: Value = serde_json::from_slice(&event.value).unwrap();
            (value["title"], value["body"]) = (text.into(), text.into());
            value["source"] = format!("source-{number}.example").into();
            event.value = value.to_string().into_bytes();
            event
        })
        .collect();
    world.publish(&copies);
    let daemons = [("a", "match"), ("b", "match"), ("c", "story")];
    let daemons = daemons.map(|(instance, stage)| world.spawn_as(instance, Some(stage)));
    let told = until("an alert of all sources", || {
        let alerts = alerts(&world);
        alerts.iter().any(|alert| alert["story"]["sources"] == 12).then_some(alerts)
    });
    daemons.into_iter().for_each(|daemon| daemon.ready().terminate());
    assert!(told.iter().all(|alert| alert["id"] == told[0]["id"]), "one alert");
    let last = told.iter().max_by_key(|alert| alert["sequence"].as_u64()).unwrap();
    assert_eq!((&last["story"]["events"], &last["story"]["sources"]), (&12.into(), &12.into()));
}

#[test]
fn a_partition_whose_state_cannot_be_read_stands_still_and_the_others_go_on() {
    let Some(world) = World::without_topics("unreadable", "") else { return };
    world.create_topic("matches", &[]);
    world.create_topic("stories", &[]);
    let garbage =
        Publication { key: Some(b"w2/x".to_vec()), value: vec![0xff], partition: 2, ..Publication::default() };
    world.write("stories", &[garbage]);
    let mut daemon = world.spawn_as("a", Some("story"));
    let load = messages(1, 0);
    world.write("matches", &load);
    world.await_committed("alerts", load.len() - 1);
    let why = daemon.await_readiness(503);
    assert!(why.contains("partition 2 stands still") && why.contains("w2/x"), "{why}");
    daemon.terminate();
    let alerts = alerts(&world);
    let told: Vec<_> = alerts.iter().map(|alert| alert["event"]["id"].as_str().unwrap()).collect();
    assert!(told.len() == load.len() - 1 && !told.contains(&"last-2"), "{told:?}");
}
