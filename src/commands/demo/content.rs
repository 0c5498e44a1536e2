//! What the demo runs on, inside the binary, so that it works from any folder.

use std::sync::Arc;

use anyhow::bail;

use crate::diagnostic::{Level, SourceFile};
use crate::matching::engine::Engine;
use crate::matching::reading::{self, Kind};

macro_rules! shipped {
    ($($path:literal),+ $(,)?) => { [$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/", $path)))),+] };
}

const VOCABULARY: [(&str, &str); 14] = shipped![
    "vocabulary/africa-americas.toml",
    "vocabulary/asia.toml",
    "vocabulary/chips.toml",
    "vocabulary/computing.toml",
    "vocabulary/eastern-europe.toml",
    "vocabulary/firms.toml",
    "vocabulary/middle-east.toml",
    "vocabulary/moves.toml",
    "vocabulary/noise.toml",
    "vocabulary/offices.toml",
    "vocabulary/places.toml",
    "vocabulary/policy.toml",
    "vocabulary/supply.toml",
    "vocabulary/western-europe.toml",
];

const WATCHLISTS: [(&str, &str); 6] = shipped![
    "watchlists/chip-stockpiling.toml",
    "watchlists/commerce-review.toml",
    "watchlists/datacentre-buildout.toml",
    "watchlists/domestic-chips.toml",
    "watchlists/nvidia-restrictions.toml",
    "watchlists/offshore-training.toml",
];

/// Invented news, one event a line.
const SAMPLES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/samples/events.jsonl"));

/// The tag of a sample that looks alike and must not match.
pub(super) const UNRELATED: &str = "unrelated";

/// A record that is no event, so that a dead letter shows.
const MALFORMED: &str = r#"{"id": "sample-broken", "title": "cut off in the mid"#;

/// The shipped watchlists, compiled; an error where one of them has a mistake.
pub(super) fn engine() -> anyhow::Result<Engine> {
    let (definitions, mut findings) = reading::read(&definitions());
    let (engine, more) = Engine::compile(&definitions);
    findings.extend(more);
    match findings.iter().find(|finding| finding.level == Level::Error) {
        Some(finding) => bail!("{}: {} ({})", finding.file.name, finding.message, finding.code),
        None => Ok(engine),
    }
}

/// Vocabulary and watchlists.
fn definitions() -> Vec<(Kind, Arc<SourceFile>)> {
    let files = |kind, files: &'static [(&str, &str)]| {
        files.iter().map(move |(name, text)| (kind, SourceFile::new(format!("config/{name}"), *text)))
    };
    files(Kind::Vocabulary, &VOCABULARY).chain(files(Kind::Watchlist, &WATCHLISTS)).collect()
}

/// The records to publish: the samples, and the malformed one among them.
pub(super) fn records() -> Vec<&'static str> {
    let mut records: Vec<_> = SAMPLES.lines().filter(|line| !line.trim().is_empty()).collect();
    records.insert(records.len() / 2, MALFORMED);
    records
}

/// The ids of the samples that must not match.
pub(super) fn unrelated() -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Sample {
        id: String,
        tags: Vec<String>,
    }
    let samples = records().into_iter().filter_map(|record| serde_json::from_str::<Sample>(record).ok());
    samples.filter(|sample| sample.tags.iter().any(|tag| tag == UNRELATED)).map(|sample| sample.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_inside() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        for (folder, inside) in [("vocabulary", VOCABULARY.as_slice()), ("watchlists", WATCHLISTS.as_slice())] {
            let mut there: Vec<_> = std::fs::read_dir(root.join(folder))
                .unwrap()
                .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
                .collect();
            there.sort();
            assert_eq!(inside.iter().map(|(name, _)| *name).collect::<Vec<_>>(), there);
        }
    }

    #[test]
    fn samples_are_events_in_many_languages_but_for_the_malformed_one() {
        let records = records();
        assert!(records.len() > 30);
        let events: Vec<serde_json::Value> =
            records.iter().filter_map(|record| serde_json::from_str(record).ok()).collect();
        assert_eq!(events.len() + 1, records.len());
        for lang in ["en", "ar", "zh"] {
            assert!(events.iter().filter(|event| event["lang"] == lang).count() >= 8, "{lang}");
        }
        assert!(unrelated().len() >= 10);
    }
}
