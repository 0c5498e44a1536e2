//! A reader that shares nothing with the daemon: it takes every partition of a topic from the beginning
//! and reads up to the end, as a consumer downstream with the given isolation would.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use crate::topics::client;

/// What a consumer is willing to see.
#[derive(Clone, Copy)]
pub(crate) enum Isolation {
    ReadCommitted,
    ReadUncommitted,
}

/// A record as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Vec<u8>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) timestamp: Option<i64>,
}

impl Received {
    /// The header's text; a header that is not there fails the test.
    pub(crate) fn header(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.clone());
        String::from_utf8(found.unwrap_or_else(|| panic!("no header {name} among {:?}", self.headers))).unwrap()
    }
}

/// Every record that is in the topic now. A topic that is not there holds none.
pub(crate) fn read_all(broker: &str, topic: &str, isolation: Isolation) -> Vec<Received> {
    let consumer: BaseConsumer = client(broker)
        .set("group.id", format!("reader-of-{topic}"))
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("fetch.wait.max.ms", "10")
        .set(
            "isolation.level",
            match isolation {
                Isolation::ReadCommitted => "read_committed",
                Isolation::ReadUncommitted => "read_uncommitted",
            },
        )
        .create()
        .expect("the settings are ours");
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(30)).expect("the broker answers");
    let partitions: Vec<i32> = metadata.topics()[0].partitions().iter().map(|partition| partition.id()).collect();
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        list.add_partition_offset(topic, *partition, Offset::Beginning).expect("a plain offset");
    }
    consumer.assign(&list).expect("the partitions are there");
    let mut records = Vec::new();
    let mut open = partitions;
    let deadline = Instant::now() + Duration::from_secs(60);
    while !open.is_empty() {
        assert!(Instant::now() < deadline, "partitions {open:?} of {topic} have no end after a minute");
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Err(KafkaError::PartitionEOF(partition))) => open.retain(|other| *other != partition),
            Some(Err(error)) => panic!("reading {topic}: {error}"),
            Some(Ok(message)) => records.push(Received {
                key: message.key().map(<[u8]>::to_vec),
                value: message.payload().unwrap_or_default().to_vec(),
                headers: message.headers().map_or_else(Vec::new, |headers| {
                    headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
                }),
                timestamp: message.timestamp().to_millis(),
            }),
        }
    }
    records
}
