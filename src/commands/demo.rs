//! `newswatch demo`: everything on one machine with nothing installed. The daemon is the one that `run` runs;
//! the broker is inside the process, and what it does is seen from outside: alerts by a reader of their topic,
//! outcomes by `/metrics`.

mod content;
mod observed;
mod summary;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::sync::oneshot;

use crate::app::{self, Matching, RunConfig};
use crate::commands::publish::key_of;
use crate::commands::tail::{Form, print};
use crate::commands::{Common, Exit, Output, colour};
use crate::kafka::embedded::EmbeddedBroker;
use crate::kafka::publisher::Publisher;
use crate::kafka::reader::{Reader, Start};
use crate::message::alert::Alert;
use crate::settings::{DeliveryMode, Settings};
use observed::Observed;
use summary::{Summary, Tally};

/// Partitions of each of the demo's topics.
const PARTITIONS: i32 = 2;
/// How many records are published at a time, and how far apart.
const AT_A_TIME: usize = 2;
const APART: Duration = Duration::from_millis(100);
/// How often the demo looks for alerts.
const LOOK: Duration = Duration::from_millis(20);
/// How long the sample may take after its last record: a hundred times what it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// Its arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArguments {
    /// Go on after the sample, until Ctrl-C: for a look at /metrics, or to publish news of your own
    #[arg(long)]
    keep_running: bool,
}

/// Runs the sample through the daemon.
pub(super) fn execute(arguments: &DemoArguments, common: &Common) -> anyhow::Result<Exit> {
    let mut settings = settings();
    let topics = &settings.topics;
    let names = [&topics.events[0], &topics.matches, &topics.alerts, &topics.stories, &topics.dead_letters];
    let broker = EmbeddedBroker::start(names.map(|name| (name.as_str(), PARTITIONS)))
        .context("cannot start the embedded broker")?;
    settings.kafka.brokers = broker.address();
    let engine = content::engine().context("cannot use the shipped watchlists")?;
    let matching = Matching::new(Arc::new(engine), &settings)?;
    let form = match common.output {
        Output::Json => Form::Json,
        Output::Text => Form::Text { colour: colour(&io::stdout()) },
    };
    let show = Show::new(&settings, form, arguments.keep_running)?;
    writeln!(
        io::stderr(),
        "A broker inside this process at {}, {} watchlists, {} sample records of invented news.\n",
        settings.kafka.brokers,
        matching.engines.current().watchlists().len(),
        show.records.len(),
    )?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(run(settings, matching, show))
}

/// As shipped, but for what the embedded broker cannot do.
fn settings() -> Settings {
    let mut settings = Settings { deployment: "demo".into(), ..Settings::default() };
    settings.delivery.mode = DeliveryMode::AtLeastOnce;
    settings.topics.create = false;
    settings.topics.partitions = PARTITIONS;
    settings.kafka.client.insert("fetch.wait.max.ms".into(), "10".into());
    settings
}

/// Listens at the usual address, or at a free port where that is taken.
fn listen(usual: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(usual)
        .or_else(|_| TcpListener::bind((usual.ip(), 0)))
        .with_context(|| format!("cannot listen at {}", usual.ip()))
}

/// Runs the daemon until the sample was shown, then drains it.
async fn run(settings: Settings, matching: Matching, show: Show) -> anyhow::Result<Exit> {
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = listen(settings.http.listen)?;
    let http = listener.local_addr()?;
    let config = RunConfig { settings, matching: Some(matching), story: true, reload: None, listener: Some(listener) };
    let daemon = app::run(config, async {
        // Whether it is sent or dropped: it is time.
        let _ = stopped.await;
    });
    tokio::pin!(daemon);
    let interrupted = app::signals::shutdown()?;
    let exit = tokio::select! {
        // The daemon first: it must serve HTTP before anybody waits for its answers.
        biased;
        ended = &mut daemon => {
            ended?;
            bail!("the daemon ended before the sample did");
        }
        () = interrupted => Exit::Fine,
        shown = show.run(http) => shown?,
    };
    drop(stop);
    daemon.await?;
    Ok(exit)
}

/// Publishes the sample and shows what comes of it.
struct Show {
    records: Vec<&'static str>,
    publisher: Publisher,
    reader: Reader,
    form: Form,
    keep_running: bool,
    dead_letter_topic: String,
    brokers: String,
    tally: Tally,
}

impl Show {
    fn new(settings: &Settings, form: Form, keep_running: bool) -> anyhow::Result<Self> {
        Ok(Self {
            records: content::records(),
            publisher: Publisher::connect(&settings.kafka, &settings.topics.events[0])?,
            reader: Reader::open(&settings.kafka, &settings.topics.alerts, Start::Beginning)?,
            form,
            keep_running,
            dead_letter_topic: settings.topics.dead_letters.clone(),
            brokers: settings.kafka.brokers.clone(),
            tally: Tally::default(),
        })
    }

    async fn run(mut self, http: SocketAddr) -> anyhow::Result<Exit> {
        wait_until_ready(http).await?;
        let begun = Instant::now();
        self.publish().await?;
        let observed = self.wait_for_outcomes(http).await?;
        let unrelated = content::unrelated();
        let summary = Summary {
            outcomes: &observed.outcomes,
            tally: &self.tally,
            unrelated: &unrelated,
            took: begun.elapsed(),
            dead_letter_topic: &self.dead_letter_topic,
            metrics: &format!("http://{http}/metrics"),
            brokers: &self.brokers,
            keeps_running: self.keep_running,
        };
        write!(io::stderr(), "{summary}")?;
        let exit = if summary.wrong().is_empty() { Exit::Fine } else { Exit::Findings };
        while self.keep_running {
            self.show_alerts()?;
            tokio::time::sleep(LOOK).await;
        }
        Ok(exit)
    }

    async fn publish(&mut self) -> anyhow::Result<()> {
        let records = self.records.clone();
        for some in records.chunks(AT_A_TIME) {
            for record in some {
                self.publisher.send(key_of(record.as_bytes()).as_deref().map(str::as_bytes), record.as_bytes())?;
            }
            let next = Instant::now() + APART;
            while Instant::now() < next {
                self.show_alerts()?;
                tokio::time::sleep(LOOK).await;
            }
        }
        self.publisher.flush()?;
        Ok(())
    }

    /// Waits until every record has its outcome in both stages and every alert was shown.
    async fn wait_for_outcomes(&mut self, http: SocketAddr) -> anyhow::Result<Observed> {
        let records = self.records.len() as u64;
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.show_alerts()?;
            let observed = Observed::at(http)?;
            if observed.outcomes.processed() >= records
                && observed.matches_processed >= observed.matches
                && self.tally.alerts() >= observed.published
            {
                return Ok(observed);
            }
            if Instant::now() > deadline {
                bail!("after {} s not every record has an outcome: {observed:?}", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn show_alerts(&mut self) -> anyhow::Result<()> {
        while let Some(value) = self.reader.next(Duration::ZERO)? {
            let alert: Alert = serde_json::from_slice(&value).context("an alert cannot be read")?;
            self.tally.add(&alert);
            print(&alert, value, self.form, &mut io::stdout().lock())?;
        }
        Ok(())
    }
}

async fn wait_until_ready(http: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (ready, said) = observed::get(http, "/-/ready")?;
        if ready {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("the daemon is not ready after {} s: {}", PATIENCE.as_secs(), said.trim());
        }
        tokio::time::sleep(LOOK).await;
    }
}
