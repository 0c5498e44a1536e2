//! `backtest`: watchlists over history, through the daemon's own decoder, match stage and story stage on event time.

mod chart;
mod labels;
mod outcome_text;
mod outcomes;
mod replay;
mod results;
mod sample;
mod side;
mod spread;
mod tally;
mod text;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::decoding::decoder;
use crate::app::files::Compiled;
use crate::commands::history::input::{Files, Inputs, Topics};
use crate::commands::history::moment::Moment;
use crate::commands::test::compile;
use crate::commands::{Common, Exit, Usage};
use crate::matching::definition::Definitions;
use crate::matching::engine::Engine;
use crate::settings::Settings;
use labels::{Measured, Quality};
use outcomes::Listed;
use replay::Replay;
use results::Results;
use side::Side;

/// Run the watchlists over history: files of events, or a range of the events topic
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// One event a line (JSONL, also packed with zstd); `-` is standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["from", "to"], conflicts_with_all = ["from", "to"])]
    pub files: Vec<PathBuf>,
    /// Instead of files: the events topics from this time on (RFC 3339, or how long ago, as in 7d)
    #[arg(long, value_name = "TIME")]
    pub from: Option<Moment>,
    /// Instead of files: the events topics up to this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<Moment>,
    /// Only this watchlist (may be repeated)
    #[arg(long, value_name = "ID")]
    pub watchlist: Vec<String>,
    /// Hold the watchlists against those of this folder
    #[arg(long, value_name = "DIR")]
    pub against: Option<PathBuf>,
    /// Examples of each kind for each watchlist
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub samples: usize,
    /// List every story with its alert records and its copies, and every match that led to no alert, with the reason
    #[arg(long)]
    pub stories: bool,
    /// With labels: end with 1 where the precision over all watchlists is below this share
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub min_precision: Option<f64>,
    /// With labels: end with 1 where the recall over all watchlists is below this share
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub min_recall: Option<f64>,
}

fn share(written: &str) -> Result<f64, &'static str> {
    written.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or("a share is a number from 0 to 1")
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(settings) = common.settings()? else { return Ok(Exit::Configuration) };
    let decoder = Arc::new(decoder(&settings)?);
    let mut inputs = inputs(arguments, &settings)?;
    let Some(here) = compile(&[], common)? else { return Ok(Exit::Configuration) };
    let mut revisions = vec![here];
    if let Some(folder) = &arguments.against {
        let Some(there) = compile(std::slice::from_ref(folder), common)? else { return Ok(Exit::Configuration) };
        revisions.push(there);
    }
    let definitions: Vec<Definitions> = revisions.iter().map(|compiled| compiled.definitions.clone()).collect();
    let ids = ids(&definitions);
    known(&arguments.watchlist, &ids)?;
    let listed = if arguments.stories { Listed::All } else { Listed::Samples(arguments.samples) };
    let sides = revisions.into_iter().map(|compiled| {
        let engine = Arc::new(narrow(compiled, &arguments.watchlist));
        Side::new(engine, Arc::clone(&decoder), &settings, arguments.samples, listed)
    });
    let mut replay = Replay::new(sides.collect(), Arc::clone(&decoder), arguments.samples, inputs.are_files());
    replay.run(|| inputs.next());
    inputs.finish()?;
    let against = arguments.against.as_ref().map(|folder| folder.display().to_string());
    let results = Results::of(replay, against, arguments.samples, &ids);
    common.print(&results, |results, out| text::write(results, listed, out))?;
    warn(&results)?;
    gate(arguments, &results)
}

/// What is to be read, opened as far as tells whether it is there.
fn inputs(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Inputs> {
    if !arguments.files.is_empty() {
        return Ok(Inputs::Files(Files::new(&arguments.files, settings.events.max_bytes)?));
    }
    let now = Timestamp::now();
    let [from, to] = [arguments.from, arguments.to].map(|moment| moment.map(|moment| moment.before(now)));
    Ok(Inputs::Topics(Topics::open(&settings.kafka, &settings.topics.events, from, to)?))
}

/// The ids of all watchlists of all revisions.
fn ids(revisions: &[Definitions]) -> HashSet<&str> {
    revisions.iter().flat_map(|revision| &revision.watchlists).map(|watchlist| watchlist.id.value.as_str()).collect()
}

fn known(wanted: &[String], ids: &HashSet<&str>) -> Result<(), Usage> {
    match wanted.iter().find(|id| !ids.contains(id.as_str())) {
        None => Ok(()),
        Some(id) => {
            let mut ids: Vec<&str> = ids.iter().copied().collect();
            ids.sort_unstable();
            Err(Usage::no_watchlist(id, &ids))
        }
    }
}

/// Leaves the watchlists that are wanted; all where none are named.
fn narrow(compiled: Compiled, wanted: &[String]) -> Engine {
    if wanted.is_empty() {
        return compiled.engine;
    }
    let mut definitions = compiled.definitions;
    definitions.watchlists.retain(|watchlist| wanted.contains(&watchlist.id.value));
    Engine::compile(&definitions).0
}

/// Says on stderr what is likely to be a mistake in what was given.
fn warn(results: &Results) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    if !results.unknown_labels.is_empty() {
        writeln!(stderr, "warning: no watchlist has the id of these labels: {}", results.unknown_labels.join(", "))?;
    }
    let dead: u64 = results.dead_letters.iter().map(|letters| letters.count).sum();
    if dead > 0 {
        writeln!(stderr, "warning: {dead} of {} records could not be used", results.events)?;
    }
    Ok(())
}

/// Whether precision and recall are as high as was asked for.
fn gate(arguments: &Arguments, results: &Results) -> anyhow::Result<Exit> {
    let asked = [("precision", arguments.min_precision), ("recall", arguments.min_recall)];
    if asked.iter().all(|(_, least)| least.is_none()) {
        return Ok(Exit::Fine);
    }
    let Some(all) = &results.totals.labelled else {
        return Err(Usage("no event has labels (`topics`), so that there is no precision or recall".into()).into());
    };
    let mut exit = Exit::Fine;
    for (name, least) in asked {
        let Some(least) = least else { continue };
        let of =
            |quality: &Quality| if name == "precision" { quality.counts.precision() } else { quality.counts.recall() };
        if of(&all.quality).is_some_and(|share| share >= least) {
            continue;
        }
        exit = Exit::Findings;
        let lowest = results.watchlists.iter().filter_map(|list| {
            let Measured { quality, .. } = list.labelled.as_ref()?;
            Some((of(quality)?, list.id.as_str()))
        });
        let lowest = lowest.min_by(|a, b| a.0.total_cmp(&b.0));
        let shown = of(&all.quality).map_or_else(|| "not known".to_owned(), |share| format!("{share:.3}"));
        let lowest = lowest.map_or_else(String::new, |(share, id)| format!("; the lowest is {share:.3} of `{id}`"));
        writeln!(io::stderr(), "the {name} is {shown}, below {least}{lowest}")?;
    }
    Ok(exit)
}
