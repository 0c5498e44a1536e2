//! A plain producer for the commands: every record's delivery is awaited before it says that it is done.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

use crate::kafka::connection::{ConnectionError, PATIENCE, Witness, configure, probe_for_producer};
use crate::settings::Kafka;

/// Writes records to one topic.
pub struct Publisher {
    producer: ThreadedProducer<Witness>,
    witness: Witness,
    topic: String,
    sent: u64,
}

impl Publisher {
    /// A publisher whose broker has answered and has the topic.
    pub fn connect(kafka: &Kafka, topic: &str) -> Result<Self, ConnectionError> {
        let witness = Witness::default();
        let ours = [
            ("enable.idempotence", "true".to_owned()),
            ("partitioner", "murmur2_random".to_owned()),
            ("linger.ms", "5".to_owned()),
            ("message.timeout.ms", PATIENCE.as_millis().to_string()),
        ];
        let config = configure(kafka, "publish", ours);
        let producer: ThreadedProducer<Witness> = config.create_with_context(witness.clone())?;
        probe_for_producer(&producer, &witness, kafka, topic)?;
        Ok(Self { producer, witness, topic: topic.to_owned(), sent: 0 })
    }

    /// Queues a record; waits where the queue is full.
    pub fn send(&mut self, key: Option<&[u8]>, value: &[u8]) -> Result<(), ConnectionError> {
        let mut record = BaseRecord::<[u8], [u8]>::to(&self.topic).payload(value);
        record.key = key;
        loop {
            match self.producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), returned)) => {
                    record = returned;
                    // It empties as records are delivered, or as they run into their timeout.
                    self.producer.poll(Duration::from_millis(20));
                }
                Err((error, _)) => return Err(self.refused(1, Some(error.to_string()))),
            }
        }
        self.sent += 1;
        Ok(())
    }

    /// Waits for every delivery so far. Gives how many records there were in all.
    pub fn flush(&self) -> Result<u64, ConnectionError> {
        // Every record either is delivered or runs into its timeout before this one ends.
        self.producer.flush(PATIENCE * 2)?;
        let testimony = self.witness.testimony();
        if testimony.refused > 0 {
            return Err(self.refused(testimony.refused, testimony.first_refusal));
        }
        Ok(testimony.delivered)
    }

    fn refused(&self, refused: u64, why: Option<String>) -> ConnectionError {
        ConnectionError::Refused { topic: self.topic.clone(), refused, sent: self.sent, why }
    }
}
