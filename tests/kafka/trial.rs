//! kill -9 of the story stage at random moments under load: what a consumer downstream sees is what it would have
//! seen without. `NEWSWATCH_TEST_KILLS` says how often; few times are enough to notice what is broken.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::daemon::{Daemon, until};
use crate::load::{Random, messages};
use crate::world::{PARTITIONS, World};

/// What a kill falls into, more or less.
const MESSAGES_A_KILL: usize = 300;

/// Small batches, so that there are many; short sessions, so that the group soon knows that a member is dead.
const SETTINGS: &str = "
[delivery]
batch_time = '30ms'
batch_events = 20
[kafka.client]
'session.timeout.ms' = '1500'
'heartbeat.interval.ms' = '300'
";

fn kills() -> usize {
    std::env::var("NEWSWATCH_TEST_KILLS").map_or(3, |kills| kills.parse().expect("NEWSWATCH_TEST_KILLS is a number"))
}

fn world(test: &str, settings: &str) -> Option<World> {
    let world = World::without_topics(test, settings)?;
    world.create_topic("matches", &[]);
    Some(world)
}

fn story_stage(world: &World, instance: &str) -> Daemon {
    world.spawn_as(instance, Some("story"))
}

/// What a consumer sees, by alert and sequence, without the one time that is of the process.
fn alerts(world: &World) -> BTreeMap<(String, u64), Value> {
    let mut alerts = BTreeMap::new();
    for record in world.committed("alerts") {
        let mut alert: Value = serde_json::from_slice(&record.value).unwrap();
        alert["times"].as_object_mut().unwrap().remove("emitted_at");
        let key = (alert["id"].as_str().unwrap().to_owned(), alert["sequence"].as_u64().unwrap());
        assert!(alerts.insert(key.clone(), alert).is_none(), "{key:?} was told twice");
    }
    alerts
}

/// Waits for the alerts of the last messages.
fn await_end(world: &World) -> BTreeMap<(String, u64), Value> {
    until("the last message of each partition has alerted", || {
        let alerts = alerts(world);
        let told = |id: String| alerts.values().any(|alert| alert["event"]["id"] == id);
        (0..PARTITIONS).all(|partition| told(format!("last-{partition}"))).then_some(alerts)
    })
}

/// The same load, undisturbed and with kills, by so many processes.
fn trial(test: &str, processes: usize) {
    let Some(disturbed) = world(test, SETTINGS) else { return };
    // In other batches: where they are cut must not show.
    let undisturbed = world(&format!("{test}-undisturbed"), "").expect("the broker was there");
    let load = messages(7, u64::try_from(kills() * MESSAGES_A_KILL).unwrap());
    undisturbed.write("matches", &load);
    let daemon = story_stage(&undisturbed, "a").ready();
    let expected = await_end(&undisturbed);
    daemon.terminate();

    let mut random = Random::new(std::process::id().into());
    let names = &["a", "b"][..processes];
    let mut daemons: Vec<Daemon> = names.iter().map(|name| story_stage(&disturbed, name)).collect();
    for round in load.chunks(load.len().div_ceil(kills())) {
        let victim = random.below(processes as u64) as usize;
        if random.below(3) > 0 {
            daemons[victim].await_readiness(200);
        }
        disturbed.write("matches", round);
        // A random moment is what this is about.
        std::thread::sleep(Duration::from_millis(random.below(600)));
        daemons.remove(victim).kill9();
        daemons.insert(victim, story_stage(&disturbed, names[victim]));
    }
    await_end(&disturbed);
    daemons.into_iter().for_each(|daemon| daemon.ready().terminate());
    let told = alerts(&disturbed);
    let differ: Vec<_> = expected.iter().filter(|(key, alert)| told.get(key) != Some(alert)).collect();
    assert!(differ.is_empty(), "{} of {} differ, the first: {:#?}", differ.len(), expected.len(), differ[0]);
    assert_eq!(told.len(), expected.len(), "more was told");
}

#[test]
fn kill_9_of_the_only_story_stage_changes_no_alert() {
    trial("kill-one", 1);
}

#[test]
fn kill_9_of_one_of_two_story_stages_changes_no_alert() {
    trial("kill-two", 2);
}
