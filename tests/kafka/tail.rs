//! `tail --suppressed` beside a daemon: it tells of what the daemon did not, and why.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

use crate::daemon::until;
use crate::world::{World, matching};

/// The command, and its lines as they come.
fn tail(world: &World, arguments: &[&str]) -> (Child, Receiver<Value>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_newswatch"))
        .args(["tail", "--suppressed", "--output", "json", "--config"])
        .arg(world.settings())
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (lines_in, lines) = channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || {
        for line in stdout.lines() {
            // Who waits for no more is gone.
            let _ = lines_in.send(serde_json::from_str(&line.unwrap()).unwrap());
        }
    });
    (child, lines)
}

/// The outcome and what was the same, of a match that was not told.
fn account(line: &Value) -> (String, String) {
    let text = |key: &str| line["accounts"][0][key].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("same"))
}

#[test]
fn what_the_daemon_does_not_tell_is_told_with_the_same_reasons() {
    let Some(world) = World::new("tail", "") else { return };
    let daemon = world.daemon();
    let events: Vec<_> = (0..8).map(|number| matching(&format!("case-{number}"))).collect();
    world.publish(&events);
    world.publish(&events[..3]);
    let metrics = daemon.await_metric("newswatch_matches_processed_total", 11.0);
    assert_eq!(metrics.sum_where("newswatch_alerts_suppressed_total", "reason=\"duplicate\""), 3.0);

    // All that is kept: the reasons are as many as the daemon counts.
    let (mut child, lines) = tail(&world, &["--from", "beginning", "--count", "8"]);
    assert!(child.wait().unwrap().success());
    let (suppressed, alerts): (Vec<Value>, Vec<Value>) = lines.iter().partition(|line| line["accounts"].is_array());
    assert_eq!(alerts.len(), 8);
    let mut outcomes: BTreeMap<_, usize> = BTreeMap::new();
    suppressed.iter().for_each(|line| *outcomes.entry(account(line)).or_default() += 1);
    assert_eq!(outcomes, BTreeMap::from([(("duplicate".into(), "event".into()), 3)]));
    // Partitions are read in any order.
    let by_id = |alerts: &[Value]| -> BTreeMap<String, Value> {
        alerts.iter().map(|alert| (alert["id"].to_string(), alert.clone())).collect()
    };
    let shown = daemon.page("alerts")["alerts"].as_array().unwrap().clone();
    assert_eq!(by_id(&shown), by_id(&alerts), "the daemon shows what it published");

    // From now on: an event that the daemon told before is known, by the state that the daemon wrote.
    let (mut child, lines) = tail(&world, &[]);
    let again = until("tail tells of an event that came again", || {
        world.publish(&events[7..]);
        lines.try_recv().ok()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((&again["event"]["id"], account(&again).0), (&"case-7".into(), "duplicate".to_owned()), "{again}");
    let opened = alerts.iter().find(|alert| alert["event"]["id"] == "case-7").unwrap();
    assert_eq!(again["accounts"][0]["alert"]["id"], opened["id"]);
    daemon.terminate();
}
