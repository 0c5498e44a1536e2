//! `newswatch explain` as a person runs it: why events match, and what they come to after the events before them.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const STRIKES: &str = r#"
[watchlist]
id = "port-strikes"
title = "Strikes at the ports"
[[query]]
name = "strike"
match = '''portline AND strike'''
"#;

/// A story that three sources tell; the second copy is of the first's source.
const BEFORE: &str = r#"{"id": "p1", "lang": "en", "source": "harbour.example", "published_at": "2026-03-01T08:00:00Z", "title": "Crane drivers at Portline go on strike", "body": "Crane drivers at Portline walked out on Sunday morning after talks about night shifts ended without a result. Ships are being sent to other harbours."}
{"id": "p2", "lang": "en", "source": "wire.example", "published_at": "2026-03-01T08:20:00Z", "title": "Crane drivers at Portline go on strike", "body": "Crane drivers at Portline walked out on Sunday morning after talks about night shifts ended without a result. Ships are being sent to other harbours."}
{"id": "p3", "lang": "en", "source": "harbour.example", "published_at": "2026-03-01T08:40:00Z", "title": "Portline: crane drivers on strike", "body": "Crane drivers at Portline walked out on Sunday morning after talks about night shifts ended without a result. Ships are being sent to other harbours."}
"#;

fn world(alert: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("config/watchlists")).unwrap();
    fs::create_dir_all(folder.path().join("config/vocabulary")).unwrap();
    let watchlist = STRIKES.replace("[[query]]", &format!("{alert}\n[[query]]"));
    write(&folder, "config/watchlists/port-strikes.toml", &watchlist);
    write(&folder, "before.jsonl", BEFORE);
    folder
}

fn write(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).unwrap();
}

/// The exit code and what was printed.
fn explain(folder: &TempDir, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_newswatch"))
        .arg("explain")
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who reads no input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// An event with the text of those before.
fn copy(id: &str, source: &str, time: &str) -> String {
    let event = BEFORE.lines().next().unwrap();
    let mut event: Value = serde_json::from_str(event).unwrap();
    (event["id"], event["source"], event["published_at"]) = (id.into(), source.into(), time.into());
    event.to_string()
}

/// The line that tells what the event comes to, without the alert's id.
fn account(folder: &TempDir, arguments: &[&str], event: &str) -> String {
    let (code, stdout, stderr) = explain(folder, &[arguments, &["-"]].concat(), event);
    assert_eq!(code, 0, "{stderr}");
    let line = stdout.lines().find(|line| line.contains("alerted: ")).unwrap_or_else(|| panic!("{stdout}"));
    let is_id = |word: &&str| word.len() == 32 && word.chars().all(|letter| letter.is_ascii_hexdigit());
    let words: Vec<&str> = line.split_whitespace().filter(|word| !is_id(word)).collect();
    words.join(" ")
}

#[test]
fn an_event_is_told_or_not_after_those_before_it_and_why() {
    let after = ["--after", "before.jsonl"];
    let (next_day, soon) = ("2026-03-02T09:00:00Z", "2026-03-01T09:00:00Z");
    for (alert, arguments, (id, source, time), expected) in [
        ("", &[][..], ("p4", "a.example", soon), "alerted: open (first_match); alert (open), record 1"),
        ("", &after, ("p4", "harbour.example", soon), "not alerted: duplicate of p1; alert (open), record 1"),
        ("", &after, ("p1", "harbour.example", soon), "not alerted: the same event again; alert (open), record 1"),
        (
            "",
            &after,
            ("p4", "a.example", soon),
            "not alerted: throttled until 2026-03-02T08:00:00Z: news of the story of p1; alert (open), record 1",
        ),
        // The timer told of p2 at 08:00.
        (
            "",
            &after,
            ("p4", "a.example", next_day),
            "not alerted: throttled until 2026-03-03T08:00:00Z: news of the story of p1; alert (open), record 2",
        ),
        (
            "",
            &["--after", "before.jsonl", "--at", "2026-03-03T08:00:00Z"],
            ("p4", "a.example", soon),
            "alerted: update (new_source); alert (open), record 3",
        ),
        (
            "[alert]\ngroup_by = 'source'",
            &after,
            ("p4", "wire.example", soon),
            "not alerted: nothing new: from the source of p2; alert (open), record 1",
        ),
        (
            "[alert]\nthreshold = { sources = 3, within = '1h' }",
            &["--after", "before.jsonl"],
            ("p4", "wire.example", "2026-03-01T08:50:00Z"),
            "not alerted: below the threshold: 2 of 3 sources within 1h00m",
        ),
        (
            "[alert]\nthreshold = { sources = 3, within = '1h' }",
            &after,
            ("p4", "a.example", "2026-03-01T08:50:00Z"),
            "alerted: open (threshold_reached); alert (open), record 1",
        ),
        (
            "[filter]\nmax_age = '48h'",
            &["--at", "2026-03-04T08:30:00Z"],
            ("p4", "a.example", "2026-03-01T08:00:00Z"),
            "not alerted: stale: 72h30m old, at most 48h00m",
        ),
        ("status = 'draft'", &after, ("p4", "a.example", soon), "not alerted: the watchlist is a draft"),
    ] {
        let folder = world(alert);
        assert_eq!(account(&folder, arguments, &copy(id, source, time)), expected, "{alert} {arguments:?} {id}");
    }
}

#[test]
fn what_happened_later_does_not_count() {
    let folder = world("");
    // The event itself and what came after it, as in an archive that holds all.
    let second = BEFORE.lines().nth(1).unwrap();
    let (_, stdout, stderr) = explain(&folder, &["--after", "before.jsonl", "-"], second);
    assert!(stderr.starts_with("after 1 event, of which 1 matched; 2 happened later and do not count\n"), "{stderr}");
    assert!(stdout.contains("  not alerted: throttled until 2026-03-02T08:00:00Z"), "{stdout}");
    // Each of several after those before it.
    let (_, stdout, _) = explain(&folder, &["--after", "before.jsonl", "-"], BEFORE);
    let accounts: Vec<&str> = stdout.lines().filter_map(|line| line.split("alerted: ").nth(1)).collect();
    assert!(accounts[1].starts_with("throttled") && accounts[2].starts_with("duplicate of p1"), "{stdout}");
}

#[test]
fn corrections_and_withdrawals_are_told_of_what_was_alerted() {
    let folder = world("");
    let after = ["--after", "before.jsonl"];
    let of = |rest: &str| format!(r#"{{"id": "p2", "published_at": "2026-03-01T09:00:00Z", {rest}}}"#);
    for (event, expected) in [
        (
            of(r#""version": 2, "title": "Portline strike is off""#),
            "alerted: update (corrected); alert (open), record 2",
        ),
        // It matches no more, so that only the notice tells.
        (of(r#""version": 2, "title": "Rain""#), "alerted: update (corrected); alert (open), record 2"),
        (
            of(r#""status": "canceled", "title": "Portline strike""#),
            "alerted: update (retracted); alert (open), record 2",
        ),
    ] {
        assert_eq!(account(&folder, &after, &event), expected, "{event}");
    }
}

#[test]
fn one_event_is_shown_clause_by_clause_and_several_in_a_few_lines() {
    let folder = world("");
    let one = copy("p4", "a.example", "2026-03-01T09:00:00Z");
    let (code, stdout, stderr) = explain(&folder, &["--after", "before.jsonl", "-"], &one);
    assert_eq!(
        (code, stderr.as_str()),
        (
            0,
            "after 3 events, of which 3 matched\n1 of 1 watchlists match; `--watchlist ID` shows every clause of one\n"
        )
    );
    insta::assert_snapshot!("one_event", stdout);
    let rain = r#"{"id": "rain", "title": "Rain expected", "published_at": "2026-03-01T10:00:00Z"}"#;
    let several = format!("{BEFORE}{rain}\n[1]\n{one}\n");
    let (code, stdout, stderr) = explain(&folder, &["-"], &several);
    assert_eq!(
        (code, stderr.as_str()),
        (1, "line 5: the event would be a dead letter: not_an_object: the JSON is an array, expected an object\n")
    );
    insta::assert_snapshot!("several_events", stdout);
    let (_, stdout, _) = explain(&folder, &["-", "--watchlist", "port-strikes"], &several);
    assert!(stdout.contains("  port-strikes: does not match: `portline` was not found"), "{stdout}");
}

#[test]
fn as_data_one_event_is_one_object_and_several_are_one_a_line() {
    let folder = world("");
    let event = |json: &Value| (json["id"].clone(), json["time"].clone());
    let (_, stdout, _) = explain(&folder, &["--output", "json", "-"], BEFORE.lines().next().unwrap());
    let one: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(event(&one), ("p1".into(), "2026-03-01T08:00:00Z".into()));
    let account = &one["watchlists"][0]["accounts"][0];
    let told = (&account["outcome"], &account["reason"], &account["alert"]["sequence"], &account["alert"]["phase"]);
    assert_eq!(told, (&"alerted".into(), &"first_match".into(), &1.into(), &"open".into()));
    let (_, stdout, _) = explain(&folder, &["--output", "json", "-"], BEFORE);
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = lines.iter().map(|line| &line["watchlists"][0]["accounts"][0]["outcome"]).collect();
    assert_eq!(outcomes, ["alerted", "throttled", "duplicate"]);
    assert_eq!(lines[2]["watchlists"][0]["accounts"][0]["lead_event_id"], "p1");
}

#[test]
fn what_is_asked_for_and_is_not_there_ends_with_2() {
    let folder = world("");
    for (arguments, said) in [
        (&["--after", "-", "-"][..], "standard input can be read once only"),
        (&["--after", "none.jsonl", "-"], "cannot read none.jsonl: "),
        (&["--watchlist", "port-strike", "-"], "did you mean `port-strikes`?"),
        (&["--at", "yesterday", "-"], "a time is as in 2026-03-01T08:00:00Z, or as long ago as in 48h or 7d"),
    ] {
        let (code, _, stderr) = explain(&folder, arguments, BEFORE);
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}
