//! Holds the shipped watchlists against events whose `topics` say which of them should match:
//! `cargo run --release --example evaluate -- [--only ID,ID] [--quiet] FILE...`
//!
//! Files hold one event in the plain form a line, packed with zstd where their name ends in `.zst`.
//! Prints precision, recall and F1 over all, by watchlist and by language, and the ids that were wrong;
//! where no event has `topics`, only what matched. `--only` judges these watchlists alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use newswatch::diagnostic::{Level, SourceFile};
use newswatch::matching::engine::Engine;
use newswatch::matching::reading::{self, Kind};
use newswatch::message::event::Event;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    id: String,
    lang: Option<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    topics: Vec<String>,
}

impl Line {
    fn event(&self) -> Event<'_> {
        Event {
            id: self.id.as_str().into(),
            lang: self.lang.as_deref().map(Into::into),
            title: self.title.as_str().into(),
            summary: self.summary.as_str().into(),
            body: self.body.as_str().into(),
            ..Event::default()
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Counts {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Counts {
    fn count(&mut self, matched: bool, wanted: bool) {
        self.right += u32::from(matched && wanted);
        self.wrong += u32::from(matched && !wanted);
        self.missed += u32::from(!matched && wanted);
    }

    fn write(self, out: &mut impl Write, name: &str) -> io::Result<()> {
        let [right, wrong, missed] = [self.right, self.wrong, self.missed].map(f64::from);
        let share = |whole: f64| if whole > 0.0 { right / whole } else { 0.0 };
        let (precision, recall) = (share(right + wrong), share(right + missed));
        let f1 = if right > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        writeln!(
            out,
            "{name:24} precision {precision:.3}  recall {recall:.3}  F1 {f1:.3}  ({} right, {} wrong, {} missed)",
            self.right, self.wrong, self.missed
        )
    }
}

fn main() -> anyhow::Result<()> {
    let (mut only, mut quiet, mut files) = (Vec::new(), false, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--only" => only = arguments.next().context("--only needs ids")?.split(',').map(str::to_owned).collect(),
            "--quiet" => quiet = true,
            _ => files.push(PathBuf::from(argument)),
        }
    }
    if files.is_empty() {
        bail!("name one or more files of events");
    }
    let engine = engine(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config"))?;
    let mut out = io::stdout().lock();
    for file in files {
        evaluate(&engine, &file, &only, quiet, &mut out)?;
    }
    Ok(())
}

fn engine(config: &Path) -> anyhow::Result<Engine> {
    let mut sources = Vec::new();
    for (kind, folder) in [(Kind::Vocabulary, "vocabulary"), (Kind::Watchlist, "watchlists")] {
        let mut paths: Vec<PathBuf> =
            config.join(folder).read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        paths.sort();
        for path in paths {
            sources.push((kind, SourceFile::new(path.display().to_string(), std::fs::read_to_string(&path)?)));
        }
    }
    let (definitions, mut found) = reading::read(&sources.iter().map(|(k, f)| (*k, Arc::clone(f))).collect::<Vec<_>>());
    let (engine, more) = Engine::compile(&definitions);
    found.extend(more);
    for finding in &found {
        let (line, column) = finding.file.line_column(finding.span.start);
        writeln!(io::stderr(), "{}:{line}:{column}: {} {}", finding.file.name, finding.code, finding.message)?;
    }
    if found.iter().any(|finding| finding.level == Level::Error) {
        bail!("the watchlists do not compile");
    }
    Ok(engine)
}

fn evaluate(engine: &Engine, path: &Path, only: &[String], quiet: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let reader: Box<dyn Read> = match path.extension().is_some_and(|extension| extension == "zst") {
        true => Box::new(zstd::Decoder::new(file)?),
        false => Box::new(file),
    };
    let mut workspace = engine.workspace();
    let (mut events, mut matched_events, mut labelled) = (0_u32, 0_u32, false);
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for line in BufReader::new(reader).lines() {
        let line: Line = serde_json::from_str(&line?)?;
        events += 1;
        labelled |= !line.topics.is_empty();
        let matches = engine.evaluate(&line.event(), &mut workspace).map_err(|error| anyhow::anyhow!("{error}"))?;
        matched_events += u32::from(!matches.is_empty());
        for watchlist in engine.watchlists().iter().map(|watchlist| watchlist.id()) {
            if !only.is_empty() && !only.iter().any(|id| id == watchlist) {
                continue;
            }
            let found = matches.iter().find(|found| found.watchlist.id() == watchlist);
            let wanted = line.topics.iter().any(|topic| topic == watchlist);
            let lang = line.lang.as_deref().unwrap_or("no language");
            for key in ["over all".to_owned(), format!("[{watchlist}]"), format!("lang {lang}")] {
                counts.entry(key).or_default().count(found.is_some(), wanted);
            }
            if found.is_some() != wanted && !quiet {
                let queries = found.map(|found| found.queries.join(", ")).unwrap_or_default();
                let sign = if wanted { "missed" } else { "wrong " };
                writeln!(out, "{sign} {} {watchlist} ({queries}) {}", line.id, line.title)?;
            }
        }
    }
    writeln!(out, "{}: {events} events, {matched_events} matched", path.display())?;
    for (name, count) in counts.iter().filter(|(_, count)| labelled && count.right + count.wrong + count.missed > 0) {
        count.write(out, name)?;
    }
    Ok(())
}
