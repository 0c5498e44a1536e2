//! Builds, runs and drains the daemon: the only place that spawns, and that reads watchlists from disk.
//!
//! A stage is one thread that polls, inside of whose scope its other threads live; when one of them fails
//! the daemon stops, loudly. tokio carries HTTP and signals.

pub mod decoding;
pub mod files;
mod http;
pub mod metrics;
pub mod parallel;
pub mod progress;
mod recent;
pub mod reload;
pub mod signals;

use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
use tokio::sync::{Semaphore, mpsc};

use crate::app::http::{Explainer, Shown};
use crate::app::metrics::Metrics;
use crate::app::progress::Progress;
use crate::app::recent::Recent;
use crate::app::reload::{Definitions, Reloader};
use crate::kafka::stage::observe::{Observe, StageEvent};
use crate::kafka::stage::stop::Stop;
use crate::kafka::stage::worker::MakeWork;
use crate::kafka::stage::{self, Processing, StageError, StageSpec};
use crate::matching::engine::Engine;
use crate::pipeline::engines::Engines;
use crate::pipeline::match_stage::{self, MatchStage};
use crate::pipeline::processed::Work;
use crate::pipeline::story_stage::{self, StoryStage};
use crate::settings::{self, Settings, Story};
use crate::story::Limits;

/// What to run.
pub struct RunConfig {
    /// The settings in force.
    pub settings: Settings,
    /// What the match stage works with; none where it is not to run here.
    pub matching: Option<Matching>,
    /// Whether the story stage runs here.
    pub story: bool,
    /// How watchlists change meanwhile; none where they do not.
    pub reload: Option<Reload>,
    /// Where HTTP listens instead of at `http.listen`.
    pub listener: Option<std::net::TcpListener>,
}

/// What the match stage works with.
pub struct Matching {
    /// Makes what one worker works with.
    pub work: MakeWork,
    /// The watchlists in force.
    pub engines: Arc<Engines>,
}

/// What watchlists change by while the daemon runs.
pub struct Reload {
    /// SIGHUP, as [`signals::hangups`] hears it.
    pub hangups: Signal,
    /// What was compiled for the match stage; none where it is not to run here.
    pub definitions: Option<Definitions>,
}

impl Matching {
    /// Matching with this engine to begin with, decoding as the settings say.
    ///
    /// # Errors
    /// A mapping of `events.fields` that cannot be used.
    pub fn new(engine: Arc<Engine>, settings: &Settings) -> Result<Self, RunError> {
        let decoder = Arc::new(decoding::decoder(settings)?);
        let engines = Arc::new(Engines::new(engine));
        let in_force = Arc::clone(&engines);
        let work =
            move || Box::new(MatchStage::following(Arc::clone(&decoder), Arc::clone(&in_force))) as Box<dyn Work>;
        Ok(Self { work: Arc::new(work), engines })
    }
}

/// Why the daemon ended other than by being asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A stage cannot go on.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// A fault of ours; the log has more.
    #[error("the thread {0} has panicked")]
    Panicked(String),
    /// A field of an event cannot be found as the settings say.
    #[error("events.fields.{field}: {problem}")]
    Mapping {
        /// The field.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// Nobody can look at the daemon there.
    #[error("cannot listen at {address} (http.listen)")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The machine gives no more threads.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// A fault of ours.
    #[error("the metrics cannot be made")]
    Metrics(#[from] prometheus::Error),
}

impl RunError {
    /// The process's exit code: 78 where the configuration is to blame, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Stage(StageError::Client { .. } | StageError::Partitions { .. }) | Self::Mapping { .. } => 78,
            _ => 1,
        }
    }
}

/// Runs the daemon until `shutdown` comes, then drains it within `delivery.drain`.
///
/// # Errors
/// Whatever ended it before.
pub async fn run(config: RunConfig, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    let RunConfig { settings, matching, story, reload, listener } = config;
    let drain = settings.delivery.drain;
    let settings = Arc::new(settings);
    let engines = matching.as_ref().map(|matching| Arc::clone(&matching.engines));
    let metrics = metrics_of(engines.as_deref())?;
    let reloader = start_reloading(reload, &settings, engines.as_ref(), &metrics);
    let specs = specs(&settings, matching, story);
    let progress = Arc::new(Progress::new(&specs.iter().map(|spec| spec.name).collect::<Vec<_>>()));

    let address = settings.http.listen;
    let listen_error = |source| RunError::Listen { address, source };
    let listener = match listener {
        None => TcpListener::bind(address).await,
        Some(bound) => bound.set_nonblocking(true).and_then(|()| TcpListener::from_std(bound)),
    };
    let listener = listener.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    tracing::info!(%address, "HTTP listens");
    let token = settings.http.token.as_deref().map(Arc::from);
    let recent = Arc::new(Recent::new());
    let shown = Shown {
        metrics: Arc::clone(&metrics),
        progress: Arc::clone(&progress),
        explainer: explainer(engines.as_ref(), &settings)?,
        engines,
        reloader,
        recent: Arc::clone(&recent),
        explaining: Arc::new(Semaphore::new(1)),
        max_bytes: settings.events.max_bytes,
        token,
    };
    let pages = http::pages(shown);
    let http = tokio::spawn(async move { axum::serve(listener, pages).await });

    let stop = Arc::new(Stop::default());
    let (failures_in, mut failures) = mpsc::channel(64);
    for spec in specs {
        let observer: Arc<dyn Observe> = Arc::new(Observer {
            stage: spec.name,
            metrics: Arc::clone(&metrics),
            progress: Arc::clone(&progress),
            recent: Arc::clone(&recent),
        });
        let crew =
            Crew { settings: Arc::clone(&settings), observer, stop: Arc::clone(&stop), failures: failures_in.clone() };
        std::thread::Builder::new()
            .name(format!("{}-poll", spec.name))
            .spawn(move || crew.run(spec))
            .map_err(RunError::Thread)?;
    }
    drop(failures_in);

    let first = tokio::select! {
        () = shutdown => None,
        failure = failures.recv() => failure,
    };
    if let Some(failure) = &first {
        tracing::error!("{failure}");
    } else {
        tracing::info!(within = ?drain, "draining");
    }
    progress.stop();
    stop.request(drain);
    // The channel closes when the last thread has ended.
    let rest = async { while failures.recv().await.is_some() {} };
    if tokio::time::timeout(drain, rest).await.is_err() {
        tracing::warn!("not drained in time: what was in flight is read again after the next start");
    }
    http.abort();
    first.map_or(Ok(()), Err)
}

fn metrics_of(engines: Option<&Engines>) -> Result<Arc<Metrics>, RunError> {
    let engine = engines.map(Engines::current);
    let (names, revision) = engine.as_ref().map_or_else(Default::default, |engine| (engine.names(), engine.revision()));
    Ok(Metrics::new(names, revision)?)
}

/// What explains events by the watchlists in force; none where there are none.
fn explainer(engines: Option<&Arc<Engines>>, settings: &Settings) -> Result<Option<Explainer>, RunError> {
    let Some(engines) = engines.map(Arc::clone) else { return Ok(None) };
    let decoder = Arc::new(decoding::decoder(settings)?);
    let topic = settings.topics.events.first().map_or("", String::as_str);
    Ok(Some(Explainer { engines, decoder, topic: topic.into() }))
}

/// Starts what watchlists are reloaded by; none where they are not.
fn start_reloading(
    reload: Option<Reload>,
    settings: &Arc<Settings>,
    engines: Option<&Arc<Engines>>,
    metrics: &Arc<Metrics>,
) -> Option<Arc<Reloader>> {
    let definitions = reload.as_ref().and_then(|reload| reload.definitions.as_ref());
    metrics.reloaded(definitions.is_none_or(Definitions::are_right));
    let Reload { hangups, definitions } = reload?;
    let mode = settings.watchlists.reload;
    let definitions = definitions.filter(|_| mode != settings::Reload::Off);
    let reloader = engines.zip(definitions);
    let reloader =
        reloader.map(|(engines, definitions)| Arc::new(Reloader::new(settings, engines, metrics, definitions)));
    tokio::spawn(reload::serve(reloader.clone(), mode == settings::Reload::Watch, hangups));
    reloader
}

/// What the story stage works with, as the settings say.
pub fn story_work(settings: &Settings) -> Box<dyn Work> {
    Box::new(StoryStage::new(&settings.deployment, limits(settings)))
}

fn specs(settings: &Settings, matching: Option<Matching>, story: bool) -> Vec<StageSpec> {
    let mut specs = Vec::new();
    if let Some(matching) = matching {
        specs.push(StageSpec {
            name: match_stage::STAGE,
            topics: settings.topics.events.clone(),
            processing: Processing::Parallel(parallel::cores()),
            work: matching.work,
            state: None,
            progress: Some(match_stage::progress),
        });
    }
    if story {
        let all = settings.clone();
        specs.push(StageSpec {
            name: story_stage::STAGE,
            topics: vec![settings.topics.matches.clone()],
            processing: Processing::InOrder,
            work: Arc::new(move || story_work(&all)),
            state: Some(settings.topics.stories.clone()),
            progress: None,
        });
    }
    specs
}

/// How far stories go, by the settings.
pub fn limits(settings: &Settings) -> Limits {
    let Story { similarity, window, stories } = settings.story;
    Limits { stories, window, similarity }
}

/// Hands on what a stage tells.
struct Observer {
    stage: &'static str,
    metrics: Arc<Metrics>,
    progress: Arc<Progress>,
    recent: Arc<Recent>,
}

impl Observe for Observer {
    fn observe(&self, event: StageEvent<'_>) {
        self.metrics.observe(self.stage, &event);
        self.progress.observe(self.stage, &event);
        self.recent.observe(&event);
    }
}

/// What all threads of a stage share.
struct Crew {
    settings: Arc<Settings>,
    observer: Arc<dyn Observe>,
    stop: Arc<Stop>,
    failures: mpsc::Sender<RunError>,
}

impl Crew {
    fn run(self, spec: StageSpec) {
        let name = spec.name;
        self.watched(&format!("{name}-poll"), || self.run_stage(spec));
    }

    fn run_stage(&self, spec: StageSpec) -> Result<(), RunError> {
        stage::topics::prepare(spec.name, &spec.topics, &self.settings, self.observer.as_ref(), &self.stop)?;
        if self.stop.requested() {
            return Ok(());
        }
        let name = spec.name;
        let stage = stage::build(spec, &self.settings, &self.observer, &self.stop)?;
        std::thread::scope(|scope| {
            for (number, worker) in stage.workers.into_iter().enumerate() {
                let name = format!("{name}-work-{number}");
                let run = move |name: &str| {
                    self.watched(name, || {
                        worker.run();
                        Ok(())
                    });
                };
                self.spawn(scope, name, run)?;
            }
            if let Some(restorer) = stage.restorer {
                let run = move |name: &str| self.watched(name, || Ok(restorer.run()?));
                self.spawn(scope, format!("{name}-restore"), run)?;
            }
            let transactor = stage.transactor;
            let run = move |name: &str| self.watched(name, || Ok(transactor.run()?));
            self.spawn(scope, format!("{name}-commit"), run)?;
            Ok(stage.poller.run()?)
        })
    }

    fn spawn<'scope>(
        &'scope self,
        scope: &'scope std::thread::Scope<'scope, '_>,
        name: String,
        run: impl FnOnce(&str) + Send + 'scope,
    ) -> Result<(), RunError> {
        let builder = std::thread::Builder::new().name(name.clone());
        builder.spawn_scoped(scope, move || run(&name)).map(drop).map_err(RunError::Thread)
    }

    /// Runs a thread's body; where that fails, all of them stop.
    fn watched(&self, name: &str, body: impl FnOnce() -> Result<(), RunError>) {
        let ended = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(RunError::Panicked(name.to_owned())));
        if let Err(failure) = ended {
            self.stop.request(self.settings.delivery.drain.min(Duration::from_secs(2)));
            // There is room for one failure of each thread; more of them say no more.
            let _ = self.failures.try_send(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_go_by_default_as_far_as_they_were_measured() {
        assert_eq!(limits(&Settings::default()), Limits::default());
    }
}
