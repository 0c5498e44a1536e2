//! What a person types: arguments to a command, and its end to an exit code. stdout is data, stderr is talk.

mod alert_text;
pub mod backtest;
pub mod check;
pub mod demo;
pub mod explain;
mod history;
mod lines;
pub mod manual;
pub mod publish;
pub mod report;
pub mod run;
pub mod schema;
mod suppressed;
pub mod tail;
pub mod test;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::kafka::connection::ConnectionError;
use crate::settings::Settings;

/// Watches news on Kafka: matches events against watchlists and alerts exactly once.
#[derive(Debug, Parser)]
#[command(name = "newswatch", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// What all commands take.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What all commands take, before or after their name.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// The settings; config/newswatch.toml where none are named
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

/// A command was asked for what is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(String);

impl Usage {
    /// There is no such watchlist among those with these ids.
    fn no_watchlist(id: &str, ids: &[&str]) -> Self {
        Self::no_such("watchlist", id, ids)
    }

    /// There is no such thing of a kind among those with these names.
    fn no_such(kind: &str, name: &str, names: &[&str]) -> Self {
        Self(match did_you_mean(name, names.iter().copied()) {
            Some(meant) => format!("there is no {kind} `{name}`: did you mean `{meant}`?"),
            None => format!("there is no {kind} `{name}`: there are {}", names.join(", ")),
        })
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    Run(run::Arguments),
    /// Look for mistakes in settings, vocabulary and watchlists
    Check(check::Arguments),
    /// Run the tests embedded in watchlists
    Test(test::Arguments),
    /// Show why one event matches the watchlists, or why not
    Explain(explain::Arguments),
    /// Run the watchlists over history: files of events, or a range of the events topic
    Backtest(backtest::Arguments),
    /// Publish events from JSONL to the events topic
    Publish(publish::PublishArguments),
    /// See it work: an embedded broker, sample news, alerts; needs nothing installed
    Demo(demo::DemoArguments),
    /// Print alerts as they come
    Tail(tail::TailArguments),
    /// Print a JSON Schema
    Schema(schema::Arguments),
    /// Print the completions for a shell
    Completions(manual::CompletionsArguments),
    /// Print the manual page: `newswatch man | man -l -`
    Man(manual::ManArguments),
}

/// How a command ended, when nothing failed that it does not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Fine.
    Fine,
    /// There are findings.
    Findings,
    /// It was asked for what is not there.
    Usage,
    /// The broker is unavailable.
    Unavailable,
    /// The configuration is bad.
    Configuration,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // 69 and 78 are EX_UNAVAILABLE and EX_CONFIG of sysexits.h.
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Unavailable => 69,
            Exit::Configuration => 78,
        })
    }
}

impl Command {
    /// Carries the command out.
    pub fn execute(self, common: &Common) -> anyhow::Result<Exit> {
        let exit = match self.dispatch(common) {
            Err(error) if is_unavailable(&error) => (error, Exit::Unavailable),
            Err(error) if error.is::<Usage>() => (error, Exit::Usage),
            ended => return ended,
        };
        writeln!(io::stderr(), "error: {:#}", exit.0)?;
        Ok(exit.1)
    }

    fn dispatch(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::Run(arguments) => run::execute(&arguments, common),
            Self::Check(arguments) => check::execute(&arguments, common),
            Self::Test(arguments) => test::execute(&arguments, common),
            Self::Explain(arguments) => explain::execute(&arguments, common),
            Self::Backtest(arguments) => backtest::execute(&arguments, common),
            Self::Publish(arguments) => common.with_settings(|settings| {
                publish::publish(&arguments, settings, common.output == Output::Json, &mut io::stdout().lock())
            }),
            Self::Demo(arguments) => demo::execute(&arguments, common),
            Self::Tail(arguments) => common.with_settings(|settings| {
                let mut stdout = io::stdout().lock();
                let form = match common.output {
                    Output::Json => tail::Form::Json,
                    Output::Text => tail::Form::Text { colour: colour(&stdout) },
                };
                tail::tail(&arguments, settings, form, &mut stdout)
            }),
            Self::Schema(arguments) => schema::execute(&arguments),
            Self::Completions(arguments) => manual::completions(&arguments),
            Self::Man(arguments) => manual::man(&arguments),
        }
    }
}

impl Common {
    /// The settings in force; where they are wrong, all that is wrong with them.
    pub fn load(&self) -> Result<Settings, Vec<Diagnostic>> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        Settings::load(self.config.as_deref(), environment)
    }

    /// Does something that needs a broker, with the settings in force.
    fn with_settings(&self, work: impl FnOnce(&Settings) -> anyhow::Result<()>) -> anyhow::Result<Exit> {
        let Some(settings) = self.settings()? else { return Ok(Exit::Configuration) };
        work(&settings).map(|()| Exit::Fine)
    }

    /// Prints results as they are wanted: as one JSON object, or as the text that is written for people.
    fn print<R: Serialize>(
        &self,
        results: &R,
        text: impl FnOnce(&R, &mut io::StdoutLock<'_>) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        match self.output {
            Output::Json => {
                serde_json::to_writer_pretty(&mut stdout, results)?;
                writeln!(stdout)?;
            }
            Output::Text => text(results, &mut stdout)?,
        }
        Ok(())
    }

    /// The settings in force; where they are wrong that is said on stderr and there are none.
    pub fn settings(&self) -> io::Result<Option<Settings>> {
        match self.load() {
            Ok(settings) => Ok(Some(settings)),
            Err(diagnostics) => {
                report::to_stderr(&diagnostics)?;
                Ok(None)
            }
        }
    }
}

fn is_unavailable(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(ConnectionError::Unavailable { .. })))
}

/// A number of things, whose name takes an s where it is not one.
fn counted(number: u64, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

/// Whether a stream may be coloured: a terminal, and `NO_COLOR` is not set (no-color.org).
pub fn colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
