//! A record taken from the consumer or a file, owned, so that it can go to another thread.

use std::sync::Arc;

use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Headers};

use crate::pipeline::record::Record;

/// Topic, partition and offset.
pub(crate) type Place = (Arc<str>, i32, i64);

/// A record as it was fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) timestamp: Option<i64>,
    key: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Fetched {
    /// A copy of the message; `topic` is its topic's shared name.
    pub(crate) fn copy(message: &BorrowedMessage<'_>, topic: Arc<str>) -> Self {
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
        });
        Self {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis(),
            key: message.key().map(<[u8]>::to_vec),
            payload: message.payload().map(<[u8]>::to_vec),
            headers,
        }
    }

    /// A line of a file as the record it would be: the file for the topic, its number for the offset.
    pub(crate) fn line(file: Arc<str>, number: i64, line: Vec<u8>) -> Self {
        let payload = Some(line);
        Self { topic: file, partition: 0, offset: number, timestamp: None, key: None, payload, headers: Vec::new() }
    }

    /// Where it lies.
    pub(crate) fn place(&self) -> Place {
        (Arc::clone(&self.topic), self.partition, self.offset)
    }

    /// The bytes that it keeps in memory, near enough.
    pub(crate) fn size(&self) -> usize {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len)).sum();
        128 + headers + self.key.as_ref().map_or(0, Vec::len) + self.payload.as_ref().map_or(0, Vec::len)
    }

    /// The record for the pipeline.
    pub(crate) fn record(&self) -> Record<'_> {
        Record {
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
            timestamp: self.timestamp,
            key: self.key.as_deref(),
            payload: self.payload.as_deref(),
            headers: self.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect(),
        }
    }
}
