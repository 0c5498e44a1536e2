//! `explain`: one event against the watchlists, clause by clause, through the daemon's own decoder and engine.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::app::decoding::decoder;
use crate::app::files::Files;
use crate::commands::{Common, Exit, Output, Usage, report};
use crate::matching::engine::Engine;
use crate::pipeline::record::Record;

/// Show why one event matches the watchlists, or why not
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// One event as JSON; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only this watchlist (may be repeated)
    #[arg(long, value_name = "ID")]
    pub watchlist: Vec<String>,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(settings) = common.settings()? else { return Ok(Exit::Configuration) };
    let compiled = Files::of_settings(&settings).compile();
    let broken = report::errors(&compiled.diagnostics);
    if !broken.is_empty() {
        // The watchlists that are right are explained all the same.
        report::to_stderr(&broken)?;
    }
    let numbers = numbers(&compiled.engine, &arguments.watchlist)?;
    let payload = read(&arguments.file)?;
    let record = Record { topic: &settings.topics.events[0], payload: Some(&payload), ..Record::default() };
    let decoder = decoder(&settings)?;
    let decoded = match decoder.decode(&record) {
        Ok(decoded) => decoded,
        Err(rejection) => {
            writeln!(io::stderr(), "the event would be a dead letter: {rejection}")?;
            return Ok(Exit::Findings);
        }
    };
    let mut explanations: Vec<_> =
        numbers.into_iter().map(|number| compiled.engine.explain(number, &decoded.event)).collect();
    explanations.sort_by_key(|explanation| !explanation.matched);
    let mut stdout = io::stdout().lock();
    match common.output {
        Output::Json => {
            let event = serde_json::json!({ "id": decoded.event.id, "watchlists": explanations });
            serde_json::to_writer_pretty(&mut stdout, &event)?;
            writeln!(stdout)?;
        }
        Output::Text => {
            for explanation in &explanations {
                writeln!(stdout, "{explanation}")?;
            }
            let matched = explanations.iter().filter(|explanation| explanation.matched).count();
            writeln!(io::stderr(), "{matched} of {} watchlists match", explanations.len())?;
        }
    }
    Ok(Exit::Fine)
}

/// The places in the engine of the watchlists that are asked for; of all where none are.
fn numbers(engine: &Engine, wanted: &[String]) -> Result<Vec<usize>, Usage> {
    let ids: Vec<&str> = engine.watchlists().iter().map(|watchlist| watchlist.id()).collect();
    if wanted.is_empty() {
        return Ok((0..ids.len()).collect());
    }
    let number = |id: &String| ids.iter().position(|known| known == id).ok_or_else(|| Usage::no_watchlist(id, &ids));
    wanted.iter().map(number).collect()
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut payload = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().read_to_end(&mut payload).context("cannot read standard input")?;
        Ok(payload)
    } else {
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
    }
}
