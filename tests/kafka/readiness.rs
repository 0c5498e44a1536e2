//! When the daemon says that it is ready, and what it says where it is not.

use std::time::Duration;

use rdkafka::producer::Producer;

use crate::broker::{self, OwnBroker};
use crate::world::{World, alerted_events, events, expected, matching};

#[test]
fn a_missing_events_topic_is_waited_for() {
    let Some(world) = World::without_topics("no-topic", "") else { return };
    let mut daemon = world.spawn();
    daemon.await_readiness(503);
    daemon.await_log(&world.events_topic());
    world.create_events_topic();
    let daemon = daemon.ready();
    world.publish(&[matching("after-all")]);
    world.await_committed("alerts", 1);
    daemon.terminate();
}

#[test]
fn a_flood_of_bad_records_stops_the_stage_and_says_which_limit() {
    let Some(world) = World::new("flood", "[dead_letters]\nmax_consecutive = 20\n[delivery]\nbatch_events = 50") else {
        return;
    };
    let mut bad = events("bad", 400);
    for record in &mut bad {
        record.value.truncate(5);
    }
    let mut daemon = world.daemon();
    world.publish(&bad);
    let why = daemon.await_readiness(503);
    assert!(why.contains("dead_letters.max_consecutive"), "{why}");
    daemon.terminate();
    let letters = world.committed("dead-letters").len();
    assert!(letters < bad.len(), "all {letters} were dead-lettered, the limit held nothing");
}

#[test]
fn a_partition_whose_offset_the_broker_does_not_tell_is_named_and_waited_for() {
    let Some(world) = World::new("unstable", "") else { return };
    let open = world.open_transaction_on_offsets();
    world.publish(&[matching("held-up")]);
    let mut daemon = world.spawn();
    daemon.await_log("is not read");
    let why = daemon.await_readiness(503);
    assert!(why.contains(&format!("{}/", world.events_topic())), "{why}");
    open.abort_transaction(Duration::from_secs(30)).unwrap();
    let daemon = daemon.ready();
    world.await_committed("alerts", 1);
    daemon.terminate();
}

#[test]
fn a_broker_that_is_away_at_the_start_or_later_is_waited_for() {
    if broker::address("broker-away").is_none() {
        return;
    }
    let broker = OwnBroker::prepared();
    let world = World::on(broker.address.clone(), "broker-away", "");
    let mut daemon = world.spawn();
    daemon.await_readiness(503);

    broker.start();
    world.create_events_topic();
    let mut daemon = daemon.ready();
    let before = events("before", 100);
    world.publish(&before);
    world.await_committed("alerts", 10);

    broker.stop();
    daemon.await_readiness(503);
    broker.start();
    let daemon = daemon.ready();
    let after = events("after", 100);
    world.publish(&after);
    world.await_committed("alerts", 20);
    daemon.terminate();
    assert_eq!(alerted_events(&world.committed("alerts")), expected(&[before, after].concat()));
}
