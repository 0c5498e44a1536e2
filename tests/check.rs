//! `newswatch check` as a person runs it: what it prints where, and how it ends.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

use std::path::Path;
use std::process::{Command, Output};

fn newswatch(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_newswatch")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Ten different mistakes in five files.
fn mistakes(folder: &Path) {
    write(folder, "config/newswatch.toml", "[kafka]\nbrokesr = \"a:1\"\n\n[delivery]\ndrain = \"11m\"\n");
    write(
        folder,
        "config/watchlists/a.toml",
        "[watchlist]\nid = \"A list\"\nseverity = \"hihg\"\n\n[[query]]\nname = \"q\"\nmatch = '''chip'''\n",
    );
    write(
        folder,
        "config/watchlists/b.toml",
        "[watchlist]\nid = \"b\"\nowner = 3\n\n[[query]]\nname = \"q\"\nmatch = '''chip'''\n\n\
         [[test]]\nname = \"t\"\ntitle = \"A chip\"\nexpect = [\"k\"]\n",
    );
    write(folder, "config/watchlists/c.toml", "[watchlist]\nid = \"c\"\ntitle = \"C\n");
    write(folder, "config/vocabulary/v.toml", "[entity.x]\nen = [\"\"]\ncn = [\"芯片\"]\nwithin = 0\n");
}

const FOUND: [(&str, &str, u64, u64); 10] = [
    ("NW0302", "config/newswatch.toml", 2, 1),
    ("NW0304", "config/newswatch.toml", 5, 9),
    ("NW0108", "config/vocabulary/v.toml", 2, 8),
    ("NW0115", "config/vocabulary/v.toml", 3, 1),
    ("NW0103", "config/vocabulary/v.toml", 4, 10),
    ("NW0106", "config/watchlists/a.toml", 2, 7),
    ("NW0105", "config/watchlists/a.toml", 3, 13),
    ("NW0103", "config/watchlists/b.toml", 3, 9),
    ("NW0109", "config/watchlists/b.toml", 12, 12),
    ("NW0101", "config/watchlists/c.toml", 3, 11),
];

#[test]
fn ten_mistakes_in_five_files_are_ten_findings() {
    let folder = tempfile::tempdir().unwrap();
    mistakes(folder.path());
    let output = newswatch(folder.path(), &["check", "--output", "json", "config"]);
    assert_eq!(output.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors: Vec<_> = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["severity"] == "error")
        .map(|found| {
            let [code, file] = ["code", "file"].map(|key| found[key].as_str().unwrap());
            let [line, column] = ["line", "column"].map(|key| found[key].as_u64().unwrap());
            (code, file, line, column)
        })
        .collect();
    assert_eq!(errors, FOUND);
}

#[test]
fn people_see_each_place_on_stdout_and_the_sum_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    mistakes(folder.path());
    let output = newswatch(folder.path(), &["check", "config"]);
    assert_eq!(output.status.code(), Some(1));
    for (code, file, line, column) in FOUND {
        let stdout = text(&output.stdout);
        assert!(
            stdout.contains(&format!("error[{code}]")) && stdout.contains(&format!("{file}:{line}:{column}\n")),
            "{stdout}"
        );
    }
    assert!(text(&output.stderr).starts_with("10 errors, "), "{}", text(&output.stderr));
}

#[test]
fn what_is_shipped_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for arguments in [&["check"][..], &["check", "config"]] {
        let output = newswatch(root, arguments);
        assert_eq!((text(&output.stdout), text(&output.stderr)), ("", ""));
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn warnings_alone_are_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "b.toml", "[watchlist]\nid = \"b\"\n[[query]]\nname = \"q\"\nmatch = 'chip'\n");
    let output = newswatch(folder.path(), &["check", "b.toml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("warning[NW0113]"), "{}", text(&output.stdout));
}

#[test]
fn the_settings_in_force_are_shown_with_their_origin_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "config/newswatch.toml", "[kafka]\ngroup = \"desk\"\n[http]\ntoken = \"geheim\"\n");
    std::fs::create_dir_all(folder.path().join("config/watchlists")).unwrap();
    std::fs::create_dir_all(folder.path().join("config/vocabulary")).unwrap();
    let output = newswatch(folder.path(), &["check", "--show"]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    for line in [
        "kafka.group = \"desk\"  # config/newswatch.toml:2\n",
        "kafka.brokers = \"localhost:9092\"  # default\n",
        "http.token = (hidden)  # config/newswatch.toml:4\n",
    ] {
        assert!(stdout.contains(line), "{line}{stdout}");
    }
    assert!(!stdout.contains("geheim"));
}

#[test]
fn wrong_usage_ends_with_2() {
    let output = newswatch(Path::new("."), &["chekc"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_daemon_does_not_start_on_a_bad_configuration() {
    let folder = tempfile::tempdir().unwrap();
    mistakes(folder.path());
    let output = newswatch(folder.path(), &["run"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("did you mean `brokers`?"), "{}", text(&output.stderr));
}

#[test]
fn a_mistake_in_a_query_stands_at_its_place_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "a.toml",
        "[watchlist]\nid = \"a\"\n[[query]]\nname = \"q\"\nmatch = '''\nchip AND @nobody\n'''\n",
    );
    let output = newswatch(folder.path(), &["check", "a.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("a.toml:6:10"), "{}", text(&output.stdout));
}
