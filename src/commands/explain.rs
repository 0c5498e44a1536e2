//! `explain`: events against the watchlists, clause by clause, through the daemon's own decoder and engine, and what they
//! come to in the stories of the events before them, through its story stage.

mod input;
mod text;
mod world;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::app::decoding::decoder;
use crate::app::files::{Compiled, Files as Definitions};
use crate::commands::history::input::Files;
use crate::commands::history::moment::Moment;
use crate::commands::{Common, Exit, Output, Usage, report};
use crate::matching::engine::Engine;
use crate::matching::explain::Explanation;
use crate::story::StoryAccount;
use world::World;

/// Show why events match the watchlists, or why not, and whether they would be told
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An event as JSON, or several, one a line; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// After those of these events that happened before (JSONL, also packed with zstd; may be repeated)
    #[arg(long, value_name = "FILE")]
    pub after: Vec<PathBuf>,
    /// As if they came in at this time (RFC 3339, or how long ago, as in 2h), not when they were published
    #[arg(long, value_name = "TIME")]
    pub at: Option<Moment>,
    /// Only this watchlist (may be repeated)
    #[arg(long, value_name = "ID")]
    pub watchlist: Vec<String>,
}

/// What is told of one event.
#[derive(Serialize)]
struct Explained {
    id: String,
    #[serde(skip)]
    title: String,
    /// When it came in.
    time: Timestamp,
    /// Why it would be a dead letter all the same: a query that was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter: Option<String>,
    /// Those that match first.
    watchlists: Vec<ByWatchlist>,
}

#[derive(Serialize)]
struct ByWatchlist {
    #[serde(flatten)]
    explanation: Explanation,
    /// What it comes to in each story that it concerns.
    accounts: Vec<StoryAccount>,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(settings) = common.settings()? else { return Ok(Exit::Configuration) };
    if [&arguments.file].into_iter().chain(&arguments.after).filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(Usage("standard input can be read once only".into()).into());
    }
    let Compiled { engine, diagnostics, .. } = Definitions::of_settings(&settings).compile();
    let broken = report::errors(&diagnostics);
    if !broken.is_empty() {
        // The watchlists that are right are explained all the same.
        report::to_stderr(&broken)?;
    }
    let engine = Arc::new(engine);
    let numbers = numbers(&engine, &arguments.watchlist)?;
    let before = Files::new(&arguments.after, settings.events.max_bytes)?;
    let payload = input::read(&arguments.file)?;
    let mut world = World::new(&settings, Arc::new(decoder(&settings)?), Arc::clone(&engine));
    let at = arguments.at.map(|moment| moment.before(Timestamp::now()));
    let asked = world.ask(input::events(&payload), at);
    if !arguments.after.is_empty() {
        let past = world.live_through(before, &asked);
        writeln!(io::stderr(), "after {past}")?;
    }
    let shown = Shown { output: common.output, several: asked.len() > 1, chosen: !arguments.watchlist.is_empty() };
    let mut exit = Exit::Fine;
    for one in &asked {
        match world.explain(one, &numbers) {
            Ok(explained) => shown.show(&explained)?,
            Err(rejection) => {
                exit = Exit::Findings;
                let place = if shown.several { format!("line {}: ", one.line) } else { String::new() };
                writeln!(io::stderr(), "{place}the event would be a dead letter: {rejection}")?;
            }
        }
    }
    Ok(exit)
}

/// How events are shown.
struct Shown {
    output: Output,
    several: bool,
    /// Watchlists were chosen by name.
    chosen: bool,
}

impl Shown {
    fn show(&self, explained: &Explained) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        match (self.output, self.several) {
            (Output::Json, true) => serde_json::to_writer(&mut stdout, explained)?,
            (Output::Json, false) => serde_json::to_writer_pretty(&mut stdout, explained)?,
            (Output::Text, true) => return Ok(text::briefly(explained, self.chosen, &mut stdout)?),
            (Output::Text, false) => {
                text::in_full(explained, self.chosen, &mut stdout)?;
                let matched = explained.watchlists.iter().filter(|one| one.explanation.matched).count();
                let hint = if self.chosen { "" } else { "; `--watchlist ID` shows every clause of one" };
                writeln!(io::stderr(), "{matched} of {} watchlists match{hint}", explained.watchlists.len())?;
                return Ok(());
            }
        }
        Ok(writeln!(stdout)?)
    }
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
