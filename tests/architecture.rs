//! The house rules that a compiler does not hold: arrows between the layers, who may name what, the size of files.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use besides itself. A module that is not here fails the test, so that nobody
/// adds one without saying where it stands.
const LAYERS: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("message", &[]),
    ("document", &["diagnostic"]),
    ("matching", &["message", "diagnostic", "document"]),
    ("story", &["message", "diagnostic"]),
    ("pipeline", &["matching", "story", "message", "diagnostic", "document"]),
    ("settings", &["message", "diagnostic", "document"]),
    ("kafka", &["pipeline", "matching", "story", "settings", "message", "diagnostic", "document"]),
    ("app", &["kafka", "pipeline", "matching", "story", "settings", "message", "diagnostic", "document"]),
    ("commands", &["app", "kafka", "pipeline", "matching", "story", "settings", "message", "diagnostic", "document"]),
];

/// Files that carry the layers together and belong to none.
const ROOTS: &[&str] = &["lib", "main"];

struct Source {
    path: PathBuf,
    /// The first part below `src`, without its ending.
    module: String,
    text: String,
}

impl Source {
    /// The code without comments and without the tests at its end, each line with its number.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod tests").unwrap_or(self.text.len());
        let lines = self.text[..end].lines().enumerate();
        lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
    }

    fn is_test(&self) -> bool {
        self.path.file_stem().is_some_and(|stem| stem == "tests")
    }
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(root).unwrap();
                let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
                let module = first.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: inside.to_owned(), module, text });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 10, "the sources were not found");
    found
}

/// The modules of this crate that a line names: `crate::x`, each `x` of `crate::{x::.., y}`, `newswatch::x`.
fn named(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for prefix in ["crate::", "newswatch::"] {
        for (at, _) in line.match_indices(prefix) {
            let rest = &line[at + prefix.len()..];
            let parts: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list.split(',').collect(),
                None => vec![rest],
            };
            for part in parts {
                let name: String = part.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if LAYERS.iter().any(|(layer, _)| *layer == name) {
                    names.push(name);
                }
            }
        }
    }
    names
}

fn assert_none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n{}", offences.join("\n"));
}

/// Every line of code, outside tests, at which `offends` says so.
fn lines_where(offends: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            if offends(source, line) {
                found.push(format!("src/{}:{number}: {}", source.path.display(), line.trim()));
            }
        }
    }
    found
}

#[test]
fn arrows_go_down_only() {
    let offences = lines_where(|source, line| {
        if ROOTS.contains(&source.module.as_str()) {
            return false;
        }
        let (_, allowed) = LAYERS
            .iter()
            .find(|(layer, _)| *layer == source.module)
            .unwrap_or_else(|| panic!("src/{} is in no layer of this test", source.path.display()));
        named(line).iter().any(|name| *name != source.module && !allowed.contains(&name.as_str()))
    });
    assert_none("a layer uses one that it must not know", &offences);
}

#[test]
fn the_scan_sees_each_way_to_name_a_module() {
    assert_eq!(named("use crate::kafka::topics;"), ["kafka"]);
    assert_eq!(named("    crate::{app, story::Story}"), ["app", "story"]);
    assert_eq!(named("use newswatch::commands;"), ["commands"]);
    assert!(named("use std::fs;").is_empty());
}

#[test]
fn only_kafka_names_rdkafka() {
    let offences = lines_where(|source, line| source.module != "kafka" && line.contains("rdkafka"));
    assert_none("rdkafka is named outside kafka", &offences);
}

#[test]
fn the_pure_layers_know_no_runtime_files_metrics_or_clock() {
    let unknown = ["tokio::", "std::fs", "std::thread", "prometheus::", "SystemTime", "Instant::now", "Timestamp::now"];
    let offences = lines_where(|source, line| {
        ["message", "matching", "story", "pipeline"].contains(&source.module.as_str())
            && unknown.iter().any(|name| line.contains(name))
    });
    assert_none("a pure layer reaches outside", &offences);
}

#[test]
fn only_app_spawns() {
    let spawns = ["thread::spawn", "thread::Builder", "tokio::spawn", "spawn_blocking", "thread::scope"];
    let offences =
        lines_where(|source, line| source.module != "app" && spawns.iter().any(|spawn| line.contains(spawn)));
    assert_none("a thread or task is started outside app", &offences);
}

#[test]
fn files_are_small_named_for_what_they_hold_and_say_what_they_are_for() {
    let mut offences = Vec::new();
    for source in sources() {
        let shown = source.path.display();
        let lines = source.text.lines().count();
        if lines > 600 {
            offences.push(format!("src/{shown} has {lines} lines, more than 600"));
        }
        if source.module == "main" && lines >= 60 {
            offences.push(format!("src/{shown} has {lines} lines, 60 or more"));
        }
        if !source.text.starts_with("//!") {
            offences.push(format!("src/{shown} does not begin with //!"));
        }
        let name = source.path.file_stem().unwrap().to_str().unwrap().to_owned();
        if ["mod", "utils", "helpers", "common", "manager", "types"].contains(&name.as_str()) {
            offences.push(format!("src/{shown} is not named for what it holds"));
        }
    }
    assert_none("files", &offences);
}
