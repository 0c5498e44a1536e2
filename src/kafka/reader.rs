//! Readers of one topic without a group: what `tail`, the demo and `backtest` look through. They see committed records
//! only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};

use crate::kafka::connection::{ConnectionError, PATIENCE, Witness, configure, partitions_for_consumer};
use crate::kafka::stage::fetched::Fetched;
use crate::settings::Kafka;

/// A range is given up when nothing comes for so long, while there should be more.
const SILENCE: Duration = Duration::from_secs(30);

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record that is kept.
    Beginning,
    /// With the next that is written.
    End,
    /// At this offset, or the nearest that is kept.
    At(i64),
}

/// Reads the values of one topic, all partitions of it.
pub struct Reader {
    consumer: BaseConsumer<Witness>,
    witness: Witness,
    kafka: Kafka,
}

impl Reader {
    /// A reader whose broker has answered and has the topic.
    pub fn open(kafka: &Kafka, topic: &str, start: Start) -> Result<Self, ConnectionError> {
        Self::open_each(kafka, topic, |_| start)
    }

    /// A reader that begins with each partition where it is told to.
    pub(crate) fn open_each(kafka: &Kafka, topic: &str, start: impl Fn(i32) -> Start) -> Result<Self, ConnectionError> {
        let reader = Self::connect(kafka, "tail", "false")?;
        let mut assignment = TopicPartitionList::new();
        for partition in reader.partitions(topic)? {
            let offset = match start(partition) {
                Start::Beginning => Offset::Beginning,
                Start::At(offset) => {
                    let (first, end) = reader.bounds(topic, partition)?;
                    Offset::Offset(offset.clamp(first, end))
                }
                // Pinned now, so that nothing written from here on is passed over.
                Start::End => Offset::Offset(reader.bounds(topic, partition)?.1),
            };
            assignment.add_partition_offset(topic, partition, offset)?;
        }
        reader.consumer.assign(&assignment)?;
        Ok(reader)
    }

    fn connect(kafka: &Kafka, role: &str, tell_end: &str) -> Result<Self, ConnectionError> {
        let witness = Witness::default();
        let ours = [
            // Never joined: librdkafka wants the name all the same.
            ("group.id", format!("{}.{role}", kafka.group)),
            ("enable.auto.commit", "false".to_owned()),
            ("enable.partition.eof", tell_end.to_owned()),
            ("isolation.level", "read_committed".to_owned()),
            ("fetch.wait.max.ms", "100".to_owned()),
        ];
        let consumer = configure(kafka, role, ours).create_with_context(witness.clone())?;
        Ok(Self { consumer, witness, kafka: kafka.clone() })
    }

    fn partitions(&self, topic: &str) -> Result<Vec<i32>, ConnectionError> {
        partitions_for_consumer(&self.consumer, &self.witness, &self.kafka, topic)
    }

    /// The first offset of a partition and the one after its last, as they are now.
    fn bounds(&self, topic: &str, partition: i32) -> Result<(i64, i64), ConnectionError> {
        Ok(self.consumer.fetch_watermarks(topic, partition, PATIENCE)?)
    }

    /// The next record's value, or none when there was no record within the time. A broker that goes away is
    /// waited for; what makes going on impossible is an error.
    pub fn next(&self, wait: Duration) -> Result<Option<Vec<u8>>, ConnectionError> {
        let message = self.poll(wait)?;
        Ok(message.map(|message| message.payload().unwrap_or_default().to_vec()))
    }

    /// Likewise, the whole record.
    pub(crate) fn next_record(&self, wait: Duration) -> Result<Option<Fetched>, ConnectionError> {
        let message = self.poll(wait)?;
        Ok(message.map(|message| Fetched::copy(&message, message.topic().into())))
    }

    fn poll(&self, wait: Duration) -> Result<Option<BorrowedMessage<'_>>, ConnectionError> {
        match self.consumer.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => Ok(Some(message)),
            Some(Err(error)) => self.pass(error).map(|()| None),
        }
    }

    /// Lets pass what librdkafka goes on from by itself.
    fn pass(&self, error: KafkaError) -> Result<(), ConnectionError> {
        match error {
            error if passes(&error) => Ok(()),
            KafkaError::MessageConsumptionFatal(_) => Err(self.witness.unavailable(&self.kafka)),
            error => Err(error.into()),
        }
    }
}

/// Reads a part of one topic: what was written from a time on, up to a time or to the end as it was when it was opened.
/// Times are those of the records.
pub struct RangeReader {
    reader: Reader,
    topic: Arc<str>,
    /// By partition: the offset to stop before.
    left: HashMap<i32, i64>,
    records: u64,
}

impl RangeReader {
    /// A reader whose broker has answered and has the topic. From the oldest record that is kept and to the end where no
    /// times are given.
    pub fn open(
        kafka: &Kafka,
        topic: &str,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Self, ConnectionError> {
        let reader = Reader::connect(kafka, "backtest", "true")?;
        let partitions = reader.partitions(topic)?;
        let (first, stop) = (offsets(&reader, topic, &partitions, from)?, offsets(&reader, topic, &partitions, to)?);
        let (mut left, mut records) = (HashMap::new(), 0);
        let mut assignment = TopicPartitionList::new();
        for partition in partitions {
            let (low, high) = reader.bounds(topic, partition)?;
            let from = first.get(&partition).map_or(if from.is_some() { high } else { low }, |offset| *offset);
            let stop = stop.get(&partition).map_or(high, |offset| *offset);
            if from < stop {
                assignment.add_partition_offset(topic, partition, Offset::Offset(from))?;
                left.insert(partition, stop);
                records += u64::try_from(stop - from).unwrap_or_default();
            }
        }
        reader.consumer.assign(&assignment)?;
        Ok(Self { reader, topic: topic.into(), left, records })
    }

    /// How many offsets it spans: as many records, or fewer where a topic is compacted or written in transactions.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The next record; none after the last.
    ///
    /// # Errors
    /// Nothing comes any more, while there should be more.
    pub(crate) fn next(&mut self) -> Result<Option<Fetched>, ConnectionError> {
        let begun = Instant::now();
        while !self.left.is_empty() {
            let message = match self.reader.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => message,
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.left.remove(&partition);
                    continue;
                }
                Some(Err(error)) => {
                    self.reader.pass(error)?;
                    continue;
                }
                None if begun.elapsed() > SILENCE => return Err(self.reader.witness.unavailable(&self.reader.kafka)),
                None => continue,
            };
            let (partition, offset) = (message.partition(), message.offset());
            let Some(stop) = self.left.get(&partition).copied() else { continue };
            let record = (offset < stop).then(|| Fetched::copy(&message, Arc::clone(&self.topic)));
            if offset + 1 >= stop {
                self.left.remove(&partition);
                let mut done = TopicPartitionList::new();
                done.add_partition(&self.topic, partition);
                self.reader.consumer.pause(&done)?;
            }
            if record.is_some() {
                return Ok(record);
            }
        }
        Ok(None)
    }
}

/// By partition: the offset of the first record of a time or later, where there is one.
fn offsets(
    reader: &Reader,
    topic: &str,
    partitions: &[i32],
    time: Option<Timestamp>,
) -> Result<HashMap<i32, i64>, ConnectionError> {
    let Some(time) = time else { return Ok(HashMap::new()) };
    let mut asked = TopicPartitionList::new();
    for partition in partitions {
        // Kafka knows no time before 1970.
        asked.add_partition_offset(topic, *partition, Offset::Offset(time.as_millisecond().max(0)))?;
    }
    let found = reader.consumer.offsets_for_times(asked, PATIENCE)?;
    let found = found.elements().into_iter().filter_map(|element| match element.offset() {
        Offset::Offset(offset) => Some((element.partition(), offset)),
        _ => None,
    });
    Ok(found.collect())
}

/// Whether librdkafka goes on by itself after this error.
fn passes(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut, PartitionEOF, Resolve};
    matches!(
        error.rdkafka_error_code(),
        Some(AllBrokersDown | BrokerTransportFailure | OperationTimedOut | PartitionEOF | Resolve)
    )
}
