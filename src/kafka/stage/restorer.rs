//! The thread that reads state back: from the stories topic, with consumers of its own that belong to no group.
//! Knows bytes only; what they mean is the stage's.
//!
//! It reads up to the end that a read_uncommitted client saw when it began, committed records only. The last
//! stable offset alone would not do (KAFKA-10167): it stands before a transaction that is open, and what the
//! former owner committed last may lie behind it. So a partition is read once its last stable offset has come
//! to that end. A killed member's transaction holds it up until the broker ends it, after
//! `transaction.timeout.ms` and at its next look, or until the member is back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Message, Offset, TopicPartitionList};

use crate::kafka::advice;
use crate::kafka::stage::StageError;
use crate::kafka::stage::client::{self, Rarely};
use crate::kafka::stage::restoration::Restoration;
use crate::kafka::stage::stop::Stop;
use crate::settings::Settings;

/// How long the broker may take to tell where a partition ends.
const CALL: Duration = Duration::from_secs(5);
/// How often it is asked whether a transaction has ended.
const ASK: Duration = Duration::from_millis(100);
/// How many records are handed on at once: few enough that batches of other partitions need not wait long.
const PART: usize = 256;
/// A transaction that is open for longer than the broker would leave it open.
const HANGING: Duration = Duration::from_secs(30);

/// A record of state: its key and its value, none for a tombstone.
pub(crate) type StateBytes = (Vec<u8>, Option<Vec<u8>>);

/// A piece of a partition's state.
pub(crate) struct Part {
    pub(crate) of: Arc<Restoration>,
    pub(crate) records: Vec<StateBytes>,
    /// Nothing follows.
    pub(crate) last: bool,
}

/// The thread's state.
pub struct Restorer {
    pub(crate) stage: &'static str,
    pub(crate) settings: Arc<Settings>,
    /// Where the state is.
    pub(crate) topic: String,
    pub(crate) requests: Receiver<Arc<Restoration>>,
    pub(crate) parts: Sender<Part>,
    pub(crate) stop: Arc<Stop>,
}

impl Restorer {
    /// Runs until nobody asks any more.
    ///
    /// # Errors
    /// A property that librdkafka refuses.
    pub fn run(self) -> Result<(), StageError> {
        while let Ok(request) = self.requests.recv() {
            let mut session = self.session().map_err(|error| StageError::of_client(self.stage, error))?;
            session.ask(request);
            while session.is_busy() && !self.stop.requested() {
                self.requests.try_iter().for_each(|request| session.ask(request));
                session.round(&self.parts);
            }
        }
        Ok(())
    }

    fn session(&self) -> KafkaResult<Session> {
        let make = |isolation: &str| -> KafkaResult<BaseConsumer> {
            let ours = [
                // Never joined: librdkafka wants the name, and the user has the right to it.
                ("group.id", format!("{}.{}", self.settings.kafka.group, self.stage)),
                ("enable.auto.commit", "false".to_owned()),
                ("enable.auto.offset.store", "false".to_owned()),
                ("enable.partition.eof", "true".to_owned()),
                ("auto.offset.reset", "earliest".to_owned()),
                ("isolation.level", isolation.to_owned()),
                ("fetch.wait.max.ms", "100".to_owned()),
                ("fetch.queue.backoff.ms", "5".to_owned()),
                ("queued.max.messages.kbytes", "16384".to_owned()),
            ];
            client::config(&self.settings, &format!("{}-restore", self.stage), ours).create()
        };
        Ok(Session {
            stage: self.stage,
            topic: self.topic.clone(),
            committed: make("read_committed")?,
            uncommitted: make("read_uncommitted")?,
            waiting: Vec::new(),
            reading: BTreeMap::new(),
            asked: None,
            said: Rarely::default(),
        })
    }
}

/// Clients that live as long as there is something to restore.
struct Session {
    stage: &'static str,
    topic: String,
    committed: BaseConsumer,
    /// Tells where the log ends, open transactions included.
    uncommitted: BaseConsumer,
    waiting: Vec<Waiting>,
    reading: BTreeMap<i32, Reading>,
    /// When the broker was last asked for the ends of those that wait.
    asked: Option<Instant>,
    said: Rarely,
}

/// A partition of which something is open.
struct Waiting {
    restoration: Arc<Restoration>,
    /// The end when it was first asked for.
    end: Option<i64>,
}

/// A partition that is read.
struct Reading {
    restoration: Arc<Restoration>,
    records: Vec<StateBytes>,
    count: usize,
}

impl Session {
    fn ask(&mut self, restoration: Arc<Restoration>) {
        self.waiting.push(Waiting { restoration, end: None });
        self.asked = None;
    }

    fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || !self.reading.is_empty()
    }

    fn round(&mut self, parts: &Sender<Part>) {
        self.drop_cancelled();
        if self.asked.is_none_or(|asked| asked.elapsed() >= ASK) {
            self.begin_what_is_stable();
            self.asked = (!self.waiting.is_empty()).then(Instant::now);
        }
        let outcome = self.committed.poll(Duration::from_millis(20));
        let done = match outcome {
            None => None,
            Some(Ok(message)) => {
                let Some(reading) = self.reading.get_mut(&message.partition()) else { return };
                let key = message.key().unwrap_or_default().to_vec();
                reading.records.push((key, message.payload().map(<[u8]>::to_vec)));
                reading.count += 1;
                (reading.records.len() >= PART).then_some((message.partition(), false))
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => Some((partition, true)),
            Some(Err(error)) => {
                self.said.warn(self.stage, &format!("state is not read yet: {}", advice::explain(&error)));
                None
            }
        };
        if let Some((partition, last)) = done {
            self.hand_on(partition, last, parts);
        }
    }

    fn drop_cancelled(&mut self) {
        self.waiting.retain(|waiting| !waiting.restoration.is_cancelled());
        let cancelled = |reading: &Reading| reading.restoration.is_cancelled();
        let gone: Vec<i32> =
            self.reading.iter().filter(|(_, reading)| cancelled(reading)).map(|(partition, _)| *partition).collect();
        gone.into_iter().for_each(|partition| drop(self.end(partition)));
    }

    /// Begins to read those of which nothing is open any more.
    fn begin_what_is_stable(&mut self) {
        for mut waiting in std::mem::take(&mut self.waiting) {
            match self.is_stable(&mut waiting).and_then(|stable| stable.then(|| self.begin(&waiting)).transpose()) {
                Ok(Some(())) => {
                    let reading = Reading { restoration: waiting.restoration, records: Vec::new(), count: 0 };
                    self.reading.insert(reading.restoration.partition, reading);
                }
                Ok(None) => self.waiting.push(waiting),
                Err(error) => {
                    self.said.warn(self.stage, &format!("state cannot be read yet: {}", advice::explain(&error)));
                    self.waiting.push(waiting);
                }
            }
        }
    }

    fn is_stable(&self, waiting: &mut Waiting) -> KafkaResult<bool> {
        let partition = waiting.restoration.partition;
        let end = match waiting.end {
            Some(end) => end,
            None => self.uncommitted.fetch_watermarks(&self.topic, partition, CALL)?.1,
        };
        waiting.end = Some(end);
        let stable = self.committed.fetch_watermarks(&self.topic, partition, CALL)?.1;
        if stable < end && waiting.restoration.begun.elapsed() > HANGING {
            let topic = &self.topic;
            let why = format!(
                "{topic}/{partition} is not restored: a transaction is open at offset {stable}; if this lasts, look \
                 for one that hangs (kafka-transactions.sh describe-producers)"
            );
            self.said.warn(self.stage, &why);
        }
        Ok(stable >= end)
    }

    fn begin(&self, waiting: &Waiting) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, waiting.restoration.partition, Offset::Beginning)?;
        self.committed.incremental_assign(&list)
    }

    fn hand_on(&mut self, partition: i32, last: bool, parts: &Sender<Part>) {
        let Some(reading) = self.reading.get_mut(&partition) else { return };
        let (of, records) = (Arc::clone(&reading.restoration), std::mem::take(&mut reading.records));
        if last && let Some(ended) = self.end(partition) {
            let took = ended.restoration.begun.elapsed();
            tracing::info!(stage = self.stage, partition, records = ended.count, ?took, "state read back");
        }
        // Whoever hung up has stopped the daemon already.
        let _ = parts.send(Part { of, records, last });
    }

    fn end(&mut self, partition: i32) -> Option<Reading> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, partition);
        if let Err(error) = self.committed.incremental_unassign(&list) {
            self.said.warn(self.stage, &format!("a partition is still read back: {error}"));
        }
        self.reading.remove(&partition)
    }
}
