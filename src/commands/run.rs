//! `newswatch run`: the daemon.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::app::reload::Definitions;
use crate::app::{self, Matching, Reload, RunConfig, signals};
use crate::commands::{Common, Exit, colour, report};
use crate::settings::{Log, LogFormat};

/// What `run` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run this stage only; both where none is named
    #[arg(long, value_enum, value_name = "STAGE")]
    stage: Option<StageName>,
    /// Run without the watchlists that have mistakes
    #[arg(long)]
    allow_invalid: bool,
}

/// A stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StageName {
    /// Events to matches
    Match,
    /// Matches to alerts
    Story,
}

/// Runs until a signal ends it.
///
/// # Errors
/// What ended it otherwise.
pub fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(settings) = common.settings()? else { return Ok(Exit::Configuration) };
    let (matching, definitions) = if arguments.stage == Some(StageName::Story) {
        (None, None)
    } else {
        let (engine, diagnostics, definitions) = Definitions::read(&settings);
        let errors = report::errors(&diagnostics);
        if !errors.is_empty() {
            report::to_stderr(&errors)?;
            if !arguments.allow_invalid {
                return Ok(Exit::Configuration);
            }
        }
        match Matching::new(Arc::new(engine), &settings) {
            Ok(matching) => (Some(matching), Some(definitions)),
            Err(error) => {
                writeln!(io::stderr(), "error: {error}")?;
                return Ok(Exit::Configuration);
            }
        }
    };
    start_log(&settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(async {
        let shutdown = signals::shutdown()?;
        let reload = Some(Reload { hangups: signals::hangups()?, definitions });
        let story = arguments.stage != Some(StageName::Match);
        let config = RunConfig { settings, matching, story, reload, listener: None };
        anyhow::Ok(app::run(config, shutdown).await)
    })?;
    // A thread that did not end in its time is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(()) => Ok(Exit::Fine),
        Err(error) if error.exit_code() == 78 => {
            tracing::error!("{error}");
            Ok(Exit::Configuration)
        }
        Err(error) => Err(error.into()),
    }
}

/// The log goes to stderr: text on a terminal and JSON elsewhere, where the settings do not say otherwise.
fn start_log(log: &Log) {
    let text = log.format.map_or_else(|| io::stderr().is_terminal(), |format| format == LogFormat::Text);
    let filter = EnvFilter::try_new(&log.level).unwrap_or_default();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if text { subscriber.with_ansi(colour(&io::stderr())).init() } else { subscriber.json().init() }
}
