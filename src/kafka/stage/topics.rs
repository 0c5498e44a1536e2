//! The topics: ours are made where they are missing, the events' are waited for.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use crate::kafka::advice;
use crate::kafka::connection::Witness;
use crate::kafka::stage::StageError;
use crate::kafka::stage::client::{self, Rarely};
use crate::kafka::stage::observe::{Condition, Observe, StageEvent};
use crate::kafka::stage::stop::Stop;
use crate::pipeline::story_stage;
use crate::settings::Settings;

const CALL: Duration = Duration::from_secs(5);
/// For what is worth a warning and no waiting: a start waits for it, and the embedded broker does not answer at all.
const GLANCE: Duration = Duration::from_millis(500);

/// Waits until the topics that a stage needs are there, and makes ours where the settings say so. Returns
/// early where stopping is asked for. Blocks.
///
/// # Errors
/// A property that librdkafka refuses; topics whose partitions do not go together.
pub fn prepare(
    stage: &'static str,
    inputs: &[String],
    settings: &Settings,
    observer: &dyn Observe,
    stop: &Stop,
) -> Result<(), StageError> {
    let said = Rarely::default();
    let clients = Clients::make(stage, settings).map_err(|error| StageError::of_client(stage, error))?;
    while !stop.requested() {
        let why = match settle(&clients, inputs, settings) {
            Ok(missing) if missing.is_empty() => {
                check_partitions(&clients, settings)?;
                if stage == story_stage::STAGE {
                    warn_of_forgetting(&clients, &settings.topics.stories);
                }
                return Ok(());
            }
            Ok(missing) => {
                format!("waiting for {}: no such topic, or the user may not describe it", missing.join(", "))
            }
            Err(error) => format!("the topics are not known yet: {}", clients.explain(&error)),
        };
        said.warn(stage, &why);
        observer.observe(StageEvent::Consumer(Condition::Waiting(why)));
        observer.observe(StageEvent::Ticked);
        stop.pause(Duration::from_secs(1));
    }
    Ok(())
}

/// What asks for topics and makes them.
pub(in crate::kafka) struct Clients {
    admin: AdminClient<DefaultClientContext>,
    /// Asks: the admin client does not tell why nobody answers.
    metadata: BaseConsumer<Witness>,
    witness: Witness,
}

impl Clients {
    pub(in crate::kafka) fn make(stage: &str, settings: &Settings) -> KafkaResult<Self> {
        let config = client::config(settings, &format!("{stage}-topics"), []);
        let witness = Witness::default();
        Ok(Self { admin: config.create()?, metadata: config.create_with_context(witness.clone())?, witness })
    }

    /// That nobody answers follows from what the client complained of, which says more.
    pub(in crate::kafka) fn explain(&self, error: &KafkaError) -> String {
        if let KafkaError::MetadataFetch(_) = error {
            self.witness.hear(&self.metadata);
            if let Some(complaint) = self.witness.take_complaint() {
                return complaint;
            }
        }
        advice::explain(error)
    }
}

/// Those that are still missing.
fn settle(clients: &Clients, inputs: &[String], settings: &Settings) -> KafkaResult<Vec<String>> {
    let topics = &settings.topics;
    let ours = [&topics.matches, &topics.alerts, &topics.stories, &topics.dead_letters];
    let absent = missing(clients, ours.into_iter().chain(inputs))?;
    let (ours, theirs): (Vec<String>, Vec<String>) = absent.into_iter().partition(|name| ours.contains(&name));
    if !topics.create {
        return Ok(ours.into_iter().chain(theirs).collect());
    }
    if !ours.is_empty() {
        create(clients, &ours, settings)?;
    }
    Ok(theirs)
}

fn missing<'a>(clients: &Clients, names: impl Iterator<Item = &'a String>) -> KafkaResult<Vec<String>> {
    let counts = partitions(clients)?;
    let mut absent = Vec::new();
    for name in names {
        if !absent.contains(name) && !counts.contains_key(name) {
            absent.push(name.clone());
        }
    }
    Ok(absent)
}

/// How many partitions each topic has. All topics are asked for: to ask for one by name would make a broker
/// create it that makes topics by itself.
pub(in crate::kafka) fn partitions(clients: &Clients) -> KafkaResult<HashMap<String, usize>> {
    let metadata = clients.metadata.fetch_metadata(None, CALL)?;
    let topics = metadata.topics().iter().filter(|topic| !topic.partitions().is_empty());
    Ok(topics.map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect())
}

fn create(clients: &Clients, names: &[String], settings: &Settings) -> KafkaResult<()> {
    let topics = &settings.topics;
    let largest = client::MAX_MESSAGE_BYTES.to_string();
    let new: Vec<NewTopic<'_>> = names
        .iter()
        .map(|name| {
            let replication = TopicReplication::Fixed(topics.replication.unwrap_or(-1));
            let topic = NewTopic::new(name, topics.partitions, replication);
            if *name == topics.dead_letters {
                topic.set("retention.ms", "1209600000").set("max.message.bytes", &largest)
            } else if *name == topics.alerts {
                topic.set("retention.ms", "2592000000")
            } else if *name == topics.stories {
                // Small segments, as only closed ones are compacted, and what is not is read at each start.
                topic
                    .set("cleanup.policy", "compact,delete")
                    .set("segment.bytes", "16777216")
                    .set("min.cleanable.dirty.ratio", "0.2")
                    .set("retention.ms", "-1")
            } else {
                topic
            }
        })
        .collect();
    for made in await_answer(clients.admin.create_topics(&new, &options()))? {
        match made {
            Ok(name) => tracing::info!(topic = name, partitions = topics.partitions, "topic made"),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(())
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(CALL)).request_timeout(Some(CALL))
}

/// The admin client answers in futures only.
fn await_answer<T>(answer: impl Future<Output = KafkaResult<T>>) -> KafkaResult<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|_| KafkaError::Canceled)?.block_on(answer)
}

fn warn_of_forgetting(clients: &Clients, topic: &str) {
    if let Some(Forgetting { policy, retention }) = forgetting(clients, topic) {
        tracing::error!(
            topic,
            policy,
            retention,
            "stories will be lost, and their partitions stand still after a restart: {REMEMBER}"
        );
    }
}

/// What keeps a topic of stories whole.
pub(in crate::kafka) const REMEMBER: &str = "set cleanup.policy to compact, or retention.ms to -1";

/// How a topic of stories forgets.
pub(in crate::kafka) struct Forgetting {
    /// Its `cleanup.policy`.
    pub(in crate::kafka) policy: String,
    /// Its `retention.ms`.
    pub(in crate::kafka) retention: String,
}

/// A topic of stories made by others may delete what is still needed: parts of a story are written once.
pub(in crate::kafka) fn forgetting(clients: &Clients, topic: &str) -> Option<Forgetting> {
    let options = AdminOptions::new().request_timeout(Some(GLANCE));
    let described = await_answer(clients.admin.describe_configs(&[ResourceSpecifier::Topic(topic)], &options));
    // Whoever may not look is not told.
    let found = described.ok()?.pop()?.ok()?;
    let value = |name: &str| found.get(name).and_then(|entry| entry.value.clone()).unwrap_or_default();
    let (policy, retention) = (value("cleanup.policy"), value("retention.ms"));
    let forgets = !policy.contains("compact") || (policy.contains("delete") && retention != "-1");
    forgets.then_some(Forgetting { policy, retention })
}

/// The stories of a partition of the matches topic lie in the partition of the same number.
fn check_partitions(clients: &Clients, settings: &Settings) -> Result<(), StageError> {
    let topics = &settings.topics;
    // A broker that is away again is met by the stage itself.
    let Ok(counts) = partitions(clients) else { return Ok(()) };
    match (counts.get(&topics.matches), counts.get(&topics.stories)) {
        (Some(of_matches), Some(of_stories)) if of_matches != of_stories => Err(StageError::Partitions {
            matches: topics.matches.clone(),
            of_matches: *of_matches,
            stories: topics.stories.clone(),
            of_stories: *of_stories,
        }),
        _ => Ok(()),
    }
}
