//! `check`: all mistakes of all files, with carets or as data.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::files::Files;
use crate::commands::report;
use crate::commands::{Common, Exit, Output, colour};
use crate::diagnostic::{Diagnostic, Finding, Level};
use crate::kafka::online::{self, Lacking};
use crate::matching::reading::Kind;
use crate::settings::Settings;
use crate::settings::origin::Origin;

/// Look for mistakes in settings, vocabulary and watchlists
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files and folders; the settings and what they name where none are given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Print the settings in force and where each came from, secrets hidden
    #[arg(long, conflicts_with = "paths")]
    pub show: bool,
    /// Ask Kafka too: whether it answers, has the topics, and grants the rights
    #[arg(long, conflicts_with = "paths")]
    pub online: bool,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.load();
    if let (true, Ok(settings)) = (arguments.show, &settings) {
        show(settings, common.output)?;
    }
    let (online, answers) = match &settings {
        Ok(settings) if arguments.online => ask_kafka(settings),
        _ => (Vec::new(), true),
    };
    let (files, mut diagnostics) = if arguments.paths.is_empty() {
        let (settings, diagnostics) = match settings {
            Ok(settings) => (settings, Vec::new()),
            Err(diagnostics) => (Settings::defaults_beside(common.config.as_deref()), diagnostics),
        };
        (Files::of_settings(&settings), diagnostics)
    } else {
        (Files::at(&arguments.paths), Vec::new())
    };
    diagnostics.extend(files.settings.iter().flat_map(Settings::check));
    let count = files.settings.len() + files.definitions.len();
    diagnostics.extend(definitions(files, common));
    diagnostics.extend(online);
    report::sort(&mut diagnostics);
    if !arguments.show || !diagnostics.is_empty() {
        print(&diagnostics, count, common.output)?;
    }
    Ok(match answers {
        false => Exit::Unavailable,
        true if report::has_errors(&diagnostics) => Exit::Findings,
        true => Exit::Fine,
    })
}

/// What the settings ask of Kafka that is not so, at the settings that ask, and whether a broker answers.
fn ask_kafka(settings: &Settings) -> (Vec<Diagnostic>, bool) {
    let complaints = online::look(settings);
    let answers = complaints.iter().all(|complaint| complaint.lacking != Lacking::Broker);
    let found = complaints.into_iter().map(|complaint| {
        let code = match complaint.lacking {
            Lacking::Broker => "NW0401",
            Lacking::Topic => "NW0402",
            Lacking::Shape => "NW0403",
            Lacking::Right => "NW0404",
        };
        let Origin { file, span, .. } = settings.origin(complaint.key);
        let found = Diagnostic::error(code, &file, span, complaint.message);
        complaint.help.into_iter().fold(found, Diagnostic::help)
    });
    (found.collect(), answers)
}

/// What is wrong with watchlists and vocabulary. Where the files hold no vocabulary, that of the settings
/// is there for the queries to name.
fn definitions(mut files: Files, common: &Common) -> Vec<Diagnostic> {
    let mut borrowed = Vec::new();
    if files.definitions.iter().all(|(kind, _)| *kind == Kind::Watchlist) && !files.definitions.is_empty() {
        let settings = common.load().unwrap_or_else(|_| Settings::defaults_beside(common.config.as_deref()));
        borrowed = Files::of_vocabulary(&settings).definitions;
        files.definitions.extend(borrowed.iter().cloned());
    }
    let mut diagnostics = files.compile().diagnostics;
    // Advice on files that nobody asked about helps nobody.
    let asked = |found: &Diagnostic| {
        found.level == Level::Error || !borrowed.iter().any(|(_, file)| Arc::ptr_eq(file, &found.file))
    };
    diagnostics.retain(asked);
    diagnostics
}

fn print(diagnostics: &[Diagnostic], files: usize, output: Output) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    if output == Output::Json {
        let findings: Vec<Finding<'_>> = diagnostics.iter().map(Finding::from).collect();
        serde_json::to_writer_pretty(&mut stdout, &findings)?;
        writeln!(stdout)?;
        return Ok(());
    }
    let coloured = colour(&stdout);
    write!(stdout, "{}", report::for_people(diagnostics, coloured))?;
    if !diagnostics.is_empty() {
        writeln!(io::stderr(), "{}", report::summary(diagnostics))?;
    } else if io::stderr().is_terminal() {
        writeln!(io::stderr(), "{files} files, nothing to say")?;
    }
    Ok(())
}

fn show(settings: &Settings, output: Output) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let shown = settings.in_force();
    if output == Output::Json {
        let entries: serde_json::Map<_, _> = shown
            .into_iter()
            .map(|(key, value, place)| (key, serde_json::json!({ "value": value, "from": place })))
            .collect();
        serde_json::to_writer_pretty(&mut stdout, &entries)?;
        writeln!(stdout)?;
        return Ok(());
    }
    for (key, value, place) in shown {
        writeln!(stdout, "{key} = {value}  # {place}")?;
    }
    Ok(())
}
