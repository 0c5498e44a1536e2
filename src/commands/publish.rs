//! `newswatch publish FILE`: events from JSONL onto the topic.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use indicatif::ProgressBar;
use serde::Deserialize;

use crate::commands::lines::{self, Lines};
use crate::kafka::publisher::Publisher;
use crate::settings::Settings;

/// Its arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct PublishArguments {
    /// One event a line (JSONL, also packed with zstd); `-` is standard input
    file: PathBuf,
    /// The topic to write to [default: the first of `topics.events`]
    #[arg(long)]
    topic: Option<String>,
}

/// Publishes, waits for every delivery, and says how many there were.
pub fn publish(
    arguments: &PublishArguments,
    settings: &Settings,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let topic = arguments.topic.as_ref().unwrap_or(&settings.topics.events[0]);
    let mut lines = open(&arguments.file)?;
    let mut publisher = Publisher::connect(&settings.kafka, topic)?;
    let progress = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    progress.enable_steady_tick(Duration::from_millis(200));
    while let Some(line) = lines.next().with_context(|| format!("cannot read {}", arguments.file.display()))? {
        publisher.send(key_of(line).as_deref().map(str::as_bytes), line)?;
        progress.inc(1);
        if progress.position().is_multiple_of(1000) {
            progress.set_message(format!("{} events", progress.position()));
        }
    }
    let published = publisher.flush()?;
    progress.finish_and_clear();
    if json {
        writeln!(out, "{}", serde_json::json!({ "topic": topic, "published": published }))?;
    } else {
        writeln!(out, "published {published} events to {topic}")?;
    }
    Ok(())
}

/// The most bytes that a line may have: no daemon can be set to take more.
const LONGEST: usize = 256 << 20;

fn open(file: &Path) -> anyhow::Result<Lines> {
    let lines = lines::open(file).and_then(|input| Lines::of(input, LONGEST));
    lines.with_context(|| format!("cannot open {}", file.display()))
}

/// The event's id, so that its corrections land on its partition, after it. A line that cannot be read is
/// published without a key: telling what is wrong with it is the daemon's business.
pub(crate) fn key_of(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Identity {
        id: Option<String>,
    }
    serde_json::from_slice::<Identity>(line).ok()?.id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::embedded::EmbeddedBroker;
    use crate::kafka::reader::{Reader, Start};

    #[test]
    fn the_key_is_the_id_where_there_is_one() {
        assert_eq!(key_of(br#"{"title": "t", "id": "e1"}"#).as_deref(), Some("e1"));
        for line in [r#"{"id": 7}"#, r#"{"title": "t"}"#, "{", "[]"] {
            assert_eq!(key_of(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn every_line_arrives_as_it_is_and_is_counted() {
        let broker = EmbeddedBroker::start([("news.events", 2)]).unwrap();
        let mut settings = Settings::default();
        settings.kafka.brokers = broker.address();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.jsonl");
        std::fs::write(&file, b"{\"id\":\"a\"}\n\n{broken\n").unwrap();
        let mut out = Vec::new();
        publish(&PublishArguments { file, topic: None }, &settings, true, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"published\":2,\"topic\":\"news.events\"}\n");
        let reader = Reader::open(&settings.kafka, "news.events", Start::Beginning).unwrap();
        let mut values = Vec::new();
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while values.len() < 2 && std::time::Instant::now() < deadline {
            values.extend(reader.next(Duration::from_millis(50)).unwrap());
        }
        values.sort();
        assert_eq!(values, [b"{\"id\":\"a\"}".to_vec(), b"{broken".to_vec()]);
    }
}
