//! What the settings ask of Kafka that is not so: `check --online`. Makes nothing and writes nothing.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::{Offset, TopicPartitionList};

use crate::kafka::advice;
use crate::kafka::connection::{Witness, configure};
use crate::kafka::stage::topics::{Clients, Forgetting, REMEMBER, forgetting, partitions};
use crate::pipeline::{match_stage, story_stage};
use crate::settings::{DeliveryMode, Settings};

const CALL: Duration = Duration::from_secs(8);

/// Something that is not so.
#[derive(Debug)]
pub struct Complaint {
    /// The setting that asks for it.
    pub key: &'static str,
    /// What is not so.
    pub lacking: Lacking,
    /// What exactly.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// What is lacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// A broker that answers.
    Broker,
    /// A topic.
    Topic,
    /// A topic that is as it must be.
    Shape,
    /// A right.
    Right,
}

/// All that is not so. Waits some seconds for a broker.
pub fn look(settings: &Settings) -> Vec<Complaint> {
    let complaint = |key, lacking, message: String, help| Complaint { key, lacking, message, help };
    let broker = |message: String| vec![complaint("kafka.brokers", Lacking::Broker, message, None)];
    let clients = match Clients::make("check", settings) {
        Ok(clients) => clients,
        Err(error) => return broker(format!("the Kafka client fails: {error}")),
    };
    let counts = match partitions(&clients) {
        Ok(counts) => counts,
        Err(error) => {
            return broker(format!("no broker answers at {}: {}", settings.kafka.brokers, clients.explain(&error)));
        }
    };
    let topics = &settings.topics;
    let mut complaints = Vec::new();
    let absent = |name: &str| !counts.contains_key(name);
    for name in topics.events.iter().filter(|name| absent(name)) {
        let help = "make it, or give the user the right to describe it: newswatch waits for it and never makes it";
        let message = format!("there is no topic {name}, or the user may not describe it");
        complaints.push(complaint("topics.events", Lacking::Topic, message, Some(help.into())));
    }
    let ours = [
        ("topics.matches", &topics.matches),
        ("topics.alerts", &topics.alerts),
        ("topics.stories", &topics.stories),
        ("topics.dead_letters", &topics.dead_letters),
    ];
    for (key, name) in ours.into_iter().filter(|(_, name)| !topics.create && absent(name)) {
        let help = "make it, or set topics.create = true";
        let message = format!("there is no topic {name}, or the user may not describe it");
        complaints.push(complaint(key, Lacking::Topic, message, Some(help.into())));
    }
    if let (Some(of_matches), Some(of_stories)) = (counts.get(&topics.matches), counts.get(&topics.stories))
        && of_matches != of_stories
    {
        let message = format!(
            "{} has {of_stories} partitions and {} has {of_matches}: they must have as many",
            topics.stories, topics.matches
        );
        complaints.push(complaint("topics.stories", Lacking::Shape, message, None));
    }
    if !absent(&topics.stories)
        && let Some(Forgetting { policy, retention }) = forgetting(&clients, &topics.stories)
    {
        let message = format!("{} forgets stories (cleanup.policy={policy}, retention.ms={retention})", topics.stories);
        complaints.push(complaint("topics.stories", Lacking::Shape, message, Some(REMEMBER.into())));
    }
    let right = |error: KafkaError| complaint("kafka.group", Lacking::Right, advice::explain(&error), None);
    let inputs = topics.events.iter().map(|events| (match_stage::STAGE, events));
    let inputs = inputs.chain([(story_stage::STAGE, &topics.matches)]).filter(|(_, input)| !absent(input));
    complaints.extend(inputs.filter_map(|(stage, input)| group(settings, stage, input).err()).map(right));
    complaints.extend(transactions(settings).err().map(right));
    complaints
}

/// Whether a stage's group may be read with.
fn group(settings: &Settings, stage: &str, input: &str) -> Result<(), KafkaError> {
    let ours = [("group.id", format!("{}.{stage}", settings.kafka.group))];
    let consumer: BaseConsumer<Witness> =
        configure(&settings.kafka, "check", ours).create_with_context(Witness::default())?;
    let mut asked = TopicPartitionList::new();
    asked.add_partition_offset(input, 0, Offset::Invalid)?;
    consumer.committed_offsets(asked, CALL).map(drop)
}

/// Whether transactions may be begun with an id of ours: one of its own, so that no daemon is disturbed.
fn transactions(settings: &Settings) -> Result<(), KafkaError> {
    if settings.delivery.mode != DeliveryMode::ExactlyOnce {
        return Ok(());
    }
    let ours = [("transactional.id", format!("{}.check", settings.kafka.group))];
    let producer: BaseProducer<Witness> =
        configure(&settings.kafka, "check", ours).create_with_context(Witness::default())?;
    producer.init_transactions(CALL)
}
