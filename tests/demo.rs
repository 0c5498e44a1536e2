//! The newcomer's first command, as a newcomer runs it: the binary, from a folder that holds nothing of ours.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

use std::collections::BTreeSet;
use std::process::{Command, Output};

use newswatch::message::alert::Alert;

fn demo(arguments: &[&str]) -> Output {
    let elsewhere = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_newswatch"))
        .arg("demo")
        .args(arguments)
        .current_dir(elsewhere.path())
        .output()
        .unwrap()
}

#[test]
fn the_demo_alerts_in_many_languages_once_each_and_ends_by_itself() {
    let output = demo(&["--output", "json"]);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{talk}");

    let stdout = String::from_utf8(output.stdout).unwrap();
    let alerts: Vec<Alert> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let languages: BTreeSet<_> = alerts.iter().filter_map(|alert| alert.event.lang.as_deref()).collect();
    for lang in ["en", "ar", "zh"] {
        assert!(languages.contains(lang), "{languages:?}");
    }
    let watchlists: BTreeSet<_> = alerts.iter().map(|alert| alert.watchlist.id.as_str()).collect();
    for id in ["nvidia-restrictions", "offshore-training", "commerce-review", "domestic-chips"] {
        assert!(watchlists.contains(id), "{watchlists:?}");
    }
    let records: BTreeSet<_> = alerts.iter().map(|alert| (&alert.id, alert.sequence)).collect();
    assert_eq!(records.len(), alerts.len(), "no record of an alert came twice");
    for alert in &alerts {
        assert!(!alert.hits.is_empty(), "an alert without evidence: {}", alert.summary);
    }

    assert!(talk.contains("must not match: none did"), "{talk}");
    assert!(talk.contains("(not_json) and went to newswatch.dead-letters.v1"), "{talk}");
    assert!(talk.contains("/metrics"), "{talk}");
}

#[test]
fn for_people_every_script_is_on_the_terminal() {
    let output = demo(&[]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for exact in ["«Nvidia", "«英伟达", "«إنفيديا"] {
        assert!(stdout.contains(exact), "{exact} is not in:\n{stdout}");
    }
    assert!(!stdout.contains('\x1b'), "no colours where there is no terminal");
}
