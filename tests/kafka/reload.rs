//! Watchlists that change while the daemon runs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::daemon::{Daemon, until};
use crate::world::{World, matching};

/// Waits until another revision than this is in force; which.
fn await_other(daemon: &Daemon, revision: &str) -> String {
    until("another revision is in force", || {
        let now = daemon.status()["revision"].as_str().unwrap().to_owned();
        (now != revision).then_some(now)
    })
}

/// How many alerts each watchlist has.
fn alerts(world: &World) -> BTreeMap<String, usize> {
    let mut alerts = BTreeMap::new();
    for alert in world.committed("alerts") {
        let value: Value = serde_json::from_slice(&alert.value).unwrap();
        *alerts.entry(value["watchlist"]["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    alerts
}

#[test]
fn a_change_of_the_files_is_in_force_without_a_restart_and_a_mistake_changes_nothing() {
    let Some(world) = World::new("reload", "[http]\ntoken = 'of the test'\n") else { return };
    let mut daemon = world.daemon();
    let of = |name: &str, value: &str| format!("{name}{{{value}}} ");
    let first = daemon.status()["revision"].as_str().unwrap().to_owned();
    world.publish(&[matching("one")]);
    world.await_committed("alerts", 1);

    // By a change of the files.
    world.write_watchlist("ministry", "ministry");
    let second = await_other(&daemon, &first);
    let metrics = daemon.metrics();
    assert!(metrics.has(&of("newswatch_watchlist_matches_total", r#"watchlist="ministry""#)));
    assert!(metrics.has(&of("newswatch_config_info", &format!(r#"revision="{second}""#))));
    assert!(!metrics.has(&of("newswatch_config_info", &format!(r#"revision="{first}""#))));
    world.publish(&[matching("two")]);
    world.await_committed("alerts", 3);
    assert_eq!(alerts(&world), BTreeMap::from([("ministry".into(), 1), ("zirconium".into(), 2)]));

    // A mistake: what was in force goes on.
    world.write_watchlist("ministry", "ministry AND (");
    until("the mistake is noticed", || {
        (daemon.metrics().sum("newswatch_config_last_reload_successful") == 0.0).then_some(())
    });
    daemon.await_log("ministry.toml");
    assert_eq!(daemon.status()["revision"], second);
    assert!(daemon.status()["stale"][0].as_str().unwrap().ends_with("ministry.toml"));
    daemon.await_readiness(200);
    world.publish(&[matching("three")]);
    world.await_committed("alerts", 5);
    assert_eq!(alerts(&world), BTreeMap::from([("ministry".into(), 2), ("zirconium".into(), 3)]));

    // Over HTTP, by whoever has the token.
    assert_eq!(daemon.post("/-/reload", "another").0, 401);
    let (status, problem) = daemon.post("/-/reload", "of the test");
    assert_eq!((status, &problem["revision"]), (422, &Value::from(second.clone())), "{problem}");
    assert_eq!(problem["diagnostics"][0]["line"], 5);
    world.write_watchlist("ministry", "ministry AND absent");
    let (status, answer) = daemon.post("/-/reload", "of the test");
    let third = answer["revision"].as_str().unwrap();
    assert!(status == 200 && third != second, "{answer}");
    assert_eq!(daemon.metrics().sum("newswatch_config_last_reload_successful"), 1.0);
    assert_eq!(daemon.status()["stale"], serde_json::json!([]));
    world.publish(&[matching("four")]);
    world.await_committed("alerts", 6);
    assert_eq!(alerts(&world), BTreeMap::from([("ministry".into(), 2), ("zirconium".into(), 4)]));
    daemon.terminate();
}

#[test]
fn a_signal_has_the_files_read_where_they_are_not_watched() {
    let Some(world) = World::new("reload-signal", "[watchlists]\nreload = 'signal'\n") else { return };
    let daemon = world.daemon();
    let first = daemon.status()["revision"].as_str().unwrap().to_owned();
    assert_eq!(daemon.post("/-/reload", "").0, 403, "no token is in the settings");
    world.write_watchlist("ministry", "ministry");
    daemon.signal("-HUP");
    let second = await_other(&daemon, &first);
    world.write_watchlist("ministry", "ministry AND absent");
    daemon.signal("-HUP");
    await_other(&daemon, &second);
    daemon.terminate();
}
