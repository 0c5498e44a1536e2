//! `newswatch backtest` as a person runs it, over news that was written for this.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const VOCABULARY: &str = r#"
[entity.portline]
name = "Portline"
en = ["Portline"]
zh = ["港联"]
ar = ["بورتلاين"]
[term.strike]
en = ["strike"]
zh = ["罢工"]
ar = ["إضراب"]
"#;

const STRIKES: &str = r#"
[watchlist]
id = "port-strikes"
title = "Strikes at the ports"
[[query]]
name = "strike"
match = '''@portline AND #strike AND NOT title:football'''
"#;

const SNOW: &str = r#"
[watchlist]
id = "snow"
[[query]]
name = "snow"
match = "snow"
"#;

/// Two are found and should be, one each is wrongly found and missed; the last is of no watchlist.
const NEWS: &str = r#"{"id": "en-1", "lang": "en", "published_at": "2026-03-01T08:00:00Z", "source": "harbour.example", "title": "Crane drivers at Portline go on strike", "topics": ["port-strikes"]}
{"id": "zh-1", "lang": "zh", "published_at": "2026-03-03T08:00:00Z", "title": "港联码头工人罢工", "topics": ["port-strikes"]}
{"id": "ar-1", "lang": "ar", "published_at": "2026-03-02T08:00:00Z", "title": "توقف العمل في بورتلاين بعد خلاف على الأجور", "topics": ["port-strikes"]}
{"id": "en-2", "lang": "en", "published_at": "2026-03-03T09:00:00Z", "title": "Portline wins the match with a strike from afar", "topics": ["near-miss"]}
{"id": "en-3", "lang": "en", "title": "Portline sponsors football: a strike in the last minute", "topics": ["near-miss"]}
{"id": "en-4", "lang": "en", "published_at": "2026-03-04T09:00:00Z", "title": "Rain expected", "topics": ["near-miss"]}
"#;

fn world() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "config/vocabulary/words.toml", VOCABULARY.as_bytes());
    write(&folder, "config/watchlists/port-strikes.toml", STRIKES.as_bytes());
    write(&folder, "config/watchlists/snow.toml", SNOW.as_bytes());
    write(&folder, "news.jsonl", NEWS.as_bytes());
    folder
}

fn write(folder: &TempDir, name: &str, text: &[u8]) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn backtest(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_newswatch"))
        .arg("backtest")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who reads no input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The exit code and what was printed.
fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = backtest(folder.path(), arguments, b"");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(folder: &TempDir, arguments: &[&str]) -> Value {
    let (code, stdout, stderr) = run(folder, &[arguments, &["--output", "json"]].concat());
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

#[test]
fn labels_give_precision_and_recall_by_watchlist_and_language() {
    let results = json(&world(), &["news.jsonl"]);
    assert_eq!(results["events"], 6);
    assert_eq!(results["outcomes"], serde_json::json!({"matched": 3, "no_match": 3}));
    let strikes = &results["watchlists"][0];
    assert_eq!(
        (&strikes["id"], &strikes["matched"], &strikes["alerts"]),
        (&"port-strikes".into(), &3.into(), &3.into())
    );
    let expected = serde_json::json!({
        "true_positives": 2, "false_positives": 1, "false_negatives": 1,
        "precision": 0.6667, "recall": 0.6667, "f1": 0.6667,
        "by_language": {
            "ar": {"true_positives": 0, "false_positives": 0, "false_negatives": 1},
            "en": {"true_positives": 1, "false_positives": 1, "false_negatives": 0},
            "zh": {"true_positives": 1, "false_positives": 0, "false_negatives": 0},
        },
    });
    assert_eq!(strikes["labelled"], expected);
    assert_eq!(strikes["false_positives"], serde_json::json!(["en-2"]));
    assert_eq!(strikes["false_negatives"], serde_json::json!(["ar-1"]));
    let reason = strikes["missed"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("`#strike` was not found"), "{reason}");
    let total = &results["totals"]["labelled"];
    assert_eq!((&total["precision"], &total["by_language"]["zh"]["f1"]), (&0.6667.into(), &1.0.into()));
}

#[test]
fn alerts_are_counted_by_day_and_what_was_found_is_shown() {
    let results = json(&world(), &["news.jsonl"]);
    let strikes = &results["watchlists"][0];
    let days = serde_json::json!([
        {"day": "2026-03-01", "matched": 1, "alerts": 1},
        {"day": "2026-03-03", "matched": 2, "alerts": 2},
    ]);
    assert_eq!(strikes["days"], days);
    let top = serde_json::json!({"term": "strike", "events": 2});
    assert_eq!(strikes["top_hits"][1], top, "{}", strikes["top_hits"]);
    let sample = &strikes["samples"][0];
    assert_eq!((&sample["event"]["id"], &sample["queries"][0]), (&"en-1".into(), &"strike".into()));
    let near: Vec<_> = strikes["near_misses"].as_array().unwrap().iter().map(|near| &near["event"]["id"]).collect();
    assert!(near.contains(&&"en-3".into()) && !near.contains(&&"en-4".into()), "{near:?}");
    assert_eq!(results["span"]["last"], "2026-03-04T09:00:00Z");
    assert_eq!(results["undated"], 1);
}

#[test]
fn people_see_the_chart_the_samples_and_what_was_wrong() {
    let (code, stdout, stderr) = run(&world(), &["news.jsonl"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for line in [
        "6 events: 3 matched, 3 did not\n",
        "port-strikes  Strikes at the ports\n  matched 3, alerts 3\n",
        "  labelled    precision 0.667  recall 0.667  F1 0.667  (2 right, 1 wrong, 1 missed)\n",
        "  alerts      ▄·█  2026-03-01 to 2026-03-03, at most 2 a day\n",
        "    2026-03-03  港联码头工人罢工  — zh [zh-1]\n",
        "strike: `NOT title:football`: ruled out by football in the title\n",
        "all watchlists  precision 0.667",
    ] {
        assert!(stdout.contains(line), "{line} is not in\n{stdout}");
    }
}

#[test]
fn a_gate_that_is_not_met_ends_with_1_and_without_labels_with_2() {
    let folder = world();
    assert_eq!(run(&folder, &["news.jsonl", "--min-precision", "0.6", "--min-recall", "0.6"]).0, 0);
    let (code, _, stderr) = run(&folder, &["news.jsonl", "--min-precision", "0.7"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("the precision is 0.667, below 0.7; the lowest is 0.667 of `port-strikes`"), "{stderr}");
    write(&folder, "plain.jsonl", br#"{"id": "a", "title": "Portline strike"}"#);
    let (code, _, stderr) = run(&folder, &["plain.jsonl", "--min-recall", "0.1"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("no event has labels"), "{stderr}");
    assert_eq!(run(&folder, &["news.jsonl", "--min-recall", "80"]).0, 2);
}

#[test]
fn what_is_asked_for_and_is_not_there_ends_with_2() {
    let folder = world();
    let (code, _, stderr) = run(&folder, &["none.jsonl"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot read none.jsonl: "), "{stderr}");
    let (code, _, stderr) = run(&folder, &["news.jsonl", "--watchlist", "port-strike"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("did you mean `port-strikes`?"), "{stderr}");
    assert_eq!(run(&folder, &["config"]).0, 2);
    assert_eq!(run(&folder, &[]).0, 2);
}

#[test]
fn only_the_watchlists_asked_for() {
    let results = json(&world(), &["news.jsonl", "--watchlist", "snow"]);
    assert_eq!(results["watchlists"].as_array().unwrap().len(), 1);
    assert_eq!(results["outcomes"], serde_json::json!({"no_match": 6}));
}

#[test]
fn packed_files_standard_input_and_several_files_are_the_same_news() {
    let folder = world();
    write(&folder, "news.jsonl.zst", &zstd::encode_all(NEWS.as_bytes(), 0).unwrap());
    let plain = json(&folder, &["news.jsonl"]);
    let packed = json(&folder, &["news.jsonl.zst"]);
    assert_eq!(plain["watchlists"][0]["labelled"], packed["watchlists"][0]["labelled"]);
    let output = backtest(folder.path(), &["-", "--output", "json"], NEWS.as_bytes());
    let stdin: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plain["watchlists"][0]["labelled"], stdin["watchlists"][0]["labelled"]);
    let both = json(&folder, &["news.jsonl", "news.jsonl.zst"]);
    let strikes = &both["watchlists"][0];
    assert_eq!((&both["events"], &strikes["matched"], &strikes["alerts"]), (&12.into(), &6.into(), &3.into()));
    assert_eq!(strikes["suppressed"], serde_json::json!({"duplicate": 3}), "the same events again are no news");
}

#[test]
fn bad_input_is_counted_with_its_reason_and_stops_nothing() {
    let folder = world();
    write(&folder, "config/newswatch.toml", b"[events]\nmax_bytes = '4KiB'\n");
    let long = format!("{{\"id\": \"long\", \"title\": \"{}\"}}\n", "x".repeat(5000));
    let lines = ["not news\n", &long, "[1]\n", NEWS].concat();
    write(&folder, "bad.jsonl", lines.as_bytes());
    let mut cut = zstd::encode_all(NEWS.as_bytes(), 0).unwrap();
    cut.truncate(cut.len() / 2);
    write(&folder, "cut.jsonl.zst", &cut);
    let results = json(&folder, &["cut.jsonl.zst", "bad.jsonl"]);
    let letters = results["dead_letters"].as_array().unwrap();
    let counts: Vec<_> =
        letters.iter().map(|letters| (letters["reason"].as_str().unwrap(), &letters["count"])).collect();
    let one = Value::from(1);
    assert_eq!(counts, [("not_an_object", &one), ("not_json", &one), ("too_large", &one), ("unreadable", &one)]);
    assert_eq!(letters[1]["samples"][0]["place"], "bad.jsonl:1");
    assert_eq!(letters[2]["samples"][0]["place"], "bad.jsonl:2");
    assert_eq!((&results["events"], &results["outcomes"]["dead_lettered"]), (&10.into(), &4.into()));
    let (code, _, stderr) = run(&folder, &["bad.jsonl"]);
    assert_eq!(code, 0);
    assert!(stderr.contains("warning: 3 of 9 records could not be used"), "{stderr}");
}

#[test]
fn two_revisions_stand_side_by_side() {
    let folder = world();
    let without_exclusion = STRIKES.replace(" AND NOT title:football", "");
    write(&folder, "draft/watchlists/port-strikes.toml", without_exclusion.as_bytes());
    let rain = SNOW.replace("snow", "rain");
    write(&folder, "draft/watchlists/rain.toml", rain.as_bytes());
    let results = json(&folder, &["news.jsonl", "--against", "draft"]);
    let [strikes, snow, rain] = &results["against"]["watchlists"].as_array().unwrap()[..] else { panic!("{results}") };
    assert_eq!((&strikes["here"]["matched"], &strikes["there"]["matched"]), (&3.into(), &4.into()));
    assert_eq!((&strikes["only_here"]["events"], &strikes["only_there"]["events"]), (&0.into(), &1.into()));
    assert_eq!(strikes["only_there"]["samples"][0]["event"]["id"], "en-3");
    assert_eq!((&snow["there"], &rain["here"], &rain["there"]["matched"]), (&Value::Null, &Value::Null, &1.into()));
    let (_, stdout, _) = run(&folder, &["news.jsonl", "--against", "draft"]);
    assert!(stdout.contains("port-strikes: matched only there\n"), "{stdout}");
}

#[test]
fn the_order_of_the_lines_changes_no_alert() {
    let folder = world();
    let mut lines: Vec<&str> = NEWS.lines().collect();
    lines.reverse();
    write(&folder, "reversed.jsonl", lines.join("\n").as_bytes());
    let [forward, backward] = ["news.jsonl", "reversed.jsonl"].map(|file| json(&folder, &[file]));
    for part in ["matched", "alerts", "days", "top_hits", "labelled"] {
        let (one, other) = (&forward["watchlists"][0][part], &backward["watchlists"][0][part]);
        assert_eq!(one, other, "{part}");
    }
}

/// The fenced blocks of the page's section on stories: the events, the text, the data.
fn page() -> [String; 3] {
    let page = fs::read_to_string("docs/backtest.md").unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("Stories\n")).unwrap();
    let blocks = section.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap());
    ["jsonl", "", "json"].map(|wanted| blocks.clone().find(|(kind, _)| *kind == wanted).unwrap().1.to_owned())
}

#[test]
fn the_stories_on_the_page_are_what_is_said() {
    let [events, text, data] = page();
    let folder = world();
    write(&folder, "news.jsonl", events.as_bytes());
    let (_, stdout, _) = run(&folder, &["news.jsonl", "--stories", "--samples", "0", "--watchlist", "port-strikes"]);
    assert!(stdout.contains(&text), "{text}\nis not in\n{stdout}");
    let results = json(&folder, &["news.jsonl", "--stories"]);
    let suppressed = &results["watchlists"][0]["suppressed_events"];
    let expected: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(suppressed[0], expected, "{suppressed:#}");
}

/// Four events of one story, one of them twice, and one of another.
fn copies() -> String {
    let [events, ..] = page();
    events
}

#[test]
fn stories_have_their_records_and_their_copies() {
    let folder = world();
    write(&folder, "news.jsonl", copies().as_bytes());
    let strikes = |arguments: &[&str]| json(&folder, &[&["news.jsonl"], arguments].concat())["watchlists"][0].clone();
    let all = strikes(&["--stories"]);
    let of = |list: &Value, key: &str| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|entry| entry[key].clone()).collect()
    };
    assert_eq!((&all["matched"], &all["alerts"], &all["updates"]), (&5.into(), &2.into(), &1.into()));
    let stories = all["stories"].as_array().unwrap();
    assert_eq!(of(&all["stories"], "lead_event_id"), ["p1", "p5"]);
    let story = &stories[0];
    assert_eq!((&story["events"], &story["sources"], &story["matched"]), (&3.into(), &2.into(), &4.into()));
    assert_eq!(of(&story["matches"], "outcome"), ["alerted", "throttled", "duplicate", "duplicate"]);
    assert_eq!(
        of(&story["matches"], "source"),
        ["harbour.example", "wire.example", "harbour.example", "harbour.example"]
    );
    // The timer told of p2 when it was due, not when the next event came.
    assert_eq!(of(&story["records"], "time"), ["2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z"]);
    assert_eq!(of(&story["records"], "reason"), ["first_match", "new_source"]);
    assert_eq!(of(&all["suppressed_events"], "time").len(), 3);
    assert_eq!(all["suppressed"], serde_json::json!({"duplicate": 2, "throttled": 1}));
    // Of all that only so many where no more is asked for; the counts stay.
    let some = strikes(&["--samples", "1"]);
    assert_eq!(of(&some["stories"], "lead_event_id"), ["p1"]);
    assert_eq!((&some["stories"][0]["matched"], of(&some["stories"][0]["matches"], "event_id").len()), (&4.into(), 1));
    let outcomes: Vec<Value> =
        of(&some["suppressed_events"], "accounts").iter().map(|all| all[0]["outcome"].clone()).collect();
    assert_eq!(outcomes, ["throttled", "duplicate"], "one of each reason");
    let (_, stdout, _) = run(&folder, &["news.jsonl", "--samples", "1"]);
    assert!(stdout.contains("  stories of several matches\n") && stdout.contains("        and 3 more\n"), "{stdout}");
    assert!(strikes(&["--samples", "0"])["stories"].as_array().unwrap().is_empty());
}

#[test]
fn what_no_alert_could_tell_of_is_shown_with_the_reason() {
    let folder = world();
    write(&folder, "news.jsonl", copies().as_bytes());
    let policy = "[alert]\nthreshold = { sources = 3, within = '1h' }\n[[query]]";
    write(&folder, "config/watchlists/port-strikes.toml", STRIKES.replace("[[query]]", policy).as_bytes());
    let (_, stdout, _) = run(&folder, &["news.jsonl", "--samples", "2"]);
    for line in [
        "  matched 5, alerts 0 (4 below_threshold, 1 duplicate)\n",
        "  stories of several matches\n",
        " 08:20  below the threshold: 2 of 3 sources within 1h00m  — wire.example [p2]\n",
    ] {
        assert!(stdout.contains(line), "{line} is not in\n{stdout}");
    }
    write(
        &folder,
        "config/watchlists/port-strikes.toml",
        STRIKES.replace("[[query]]", "status = 'draft'\n[[query]]").as_bytes(),
    );
    let (_, stdout, _) = run(&folder, &["news.jsonl"]);
    assert!(stdout.contains("alerts 0 (4 draft, 1 duplicate)\n") && !stdout.contains("and not alerted"), "{stdout}");
}
