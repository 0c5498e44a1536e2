//! Topics with names of their own for each test, and records put onto them.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

/// A record to be written, byte for byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Publication {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Vec<u8>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    /// Milliseconds since 1970; the time of writing where there is none.
    pub(crate) timestamp: Option<i64>,
    pub(crate) partition: i32,
}

/// A client's settings, which all clients of the harness share.
pub(crate) fn client(broker: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker);
    config
}

/// Makes a topic with one replica and waits until it is there.
pub(crate) fn create(broker: &str, topic: &str, partitions: i32) {
    create_with(broker, topic, partitions, &[]);
}

/// Likewise, with properties of its own.
pub(crate) fn create_with(broker: &str, topic: &str, partitions: i32, properties: &[(&str, &str)]) {
    let admin: AdminClient<DefaultClientContext> = client(broker).create().expect("the settings are ours");
    let plain = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    let new = properties.iter().fold(plain, |topic, (name, value)| topic.set(name, value));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let made = runtime.block_on(admin.create_topics([&new], &AdminOptions::new())).expect("the broker answers");
    for result in made {
        result.expect("the topic's name is new");
    }
}

/// A producer whose records reach the broker at once.
pub(crate) fn producer(broker: &str, transactional_id: Option<&str>) -> ThreadedProducer<DefaultProducerContext> {
    let mut config = client(broker);
    config.set("linger.ms", "1");
    if let Some(id) = transactional_id {
        config.set("transactional.id", id);
    }
    config.create().expect("the settings are ours")
}

/// Hands the records to the producer and waits until the broker has them.
pub(crate) fn send(producer: &ThreadedProducer<DefaultProducerContext>, topic: &str, records: &[Publication]) {
    for record in records {
        let headers = record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: value.as_deref() }));
        let mut base =
            BaseRecord::<[u8], [u8]>::to(topic).payload(&record.value).partition(record.partition).headers(headers);
        if let Some(key) = &record.key {
            base = base.key(key);
        }
        if let Some(timestamp) = record.timestamp {
            base = base.timestamp(timestamp);
        }
        producer.send(base).map_err(|(error, _)| error).expect("the queue has room");
    }
    producer.flush(Duration::from_secs(30)).expect("the broker takes the records");
}

/// Begins a transaction that sends the group's offsets at the beginning of the topic, and leaves it open.
pub(crate) fn send_offsets(
    broker: &str,
    transactional_id: &str,
    group: &str,
    topic: &str,
    partitions: i32,
) -> ThreadedProducer<DefaultProducerContext> {
    let limit = Duration::from_secs(30);
    let member: BaseConsumer = client(broker).set("group.id", group).create().expect("the settings are ours");
    let producer = producer(broker, Some(transactional_id));
    producer.init_transactions(limit).unwrap();
    producer.begin_transaction().unwrap();
    let mut offsets = TopicPartitionList::new();
    for partition in 0..partitions {
        offsets.add_partition_offset(topic, partition, Offset::Offset(0)).unwrap();
    }
    let group = member.group_metadata().expect("the consumer has a group");
    producer.send_offsets_to_transaction(&offsets, &group, limit).unwrap();
    producer
}
