//! A reader of one topic without a group: what `tail` and the demo look through. Sees committed records only.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Message, Offset, TopicPartitionList};

use crate::kafka::connection::{ConnectionError, PATIENCE, Witness, configure, partitions_for_consumer};
use crate::settings::Kafka;

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record that is kept.
    Beginning,
    /// With the next that is written.
    End,
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
        let witness = Witness::default();
        let ours = [
            // Never joined: librdkafka wants the name all the same.
            ("group.id", format!("{}.tail", kafka.group)),
            ("enable.auto.commit", "false".to_owned()),
            ("isolation.level", "read_committed".to_owned()),
            ("fetch.wait.max.ms", "100".to_owned()),
        ];
        let config = configure(kafka, "tail", ours);
        let consumer: BaseConsumer<Witness> = config.create_with_context(witness.clone())?;
        let mut assignment = TopicPartitionList::new();
        for partition in partitions_for_consumer(&consumer, &witness, kafka, topic)? {
            let offset = match start {
                Start::Beginning => Offset::Beginning,
                // Pinned now, so that nothing written from here on is passed over.
                Start::End => Offset::Offset(consumer.fetch_watermarks(topic, partition, PATIENCE)?.1),
            };
            assignment.add_partition_offset(topic, partition, offset)?;
        }
        consumer.assign(&assignment)?;
        Ok(Self { consumer, witness, kafka: kafka.clone() })
    }

    /// The next record's value, or none when there was no record within the time. A broker that goes away is
    /// waited for; what makes going on impossible is an error.
    pub fn next(&self, wait: Duration) -> Result<Option<Vec<u8>>, ConnectionError> {
        match self.consumer.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => Ok(Some(message.payload().unwrap_or_default().to_vec())),
            Some(Err(error)) if passes(&error) => Ok(None),
            Some(Err(KafkaError::MessageConsumptionFatal(_))) => Err(self.witness.unavailable(&self.kafka)),
            Some(Err(error)) => Err(error.into()),
        }
    }
}

/// Whether librdkafka goes on by itself after this error.
fn passes(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut, PartitionEOF, Resolve};
    matches!(
        error.rdkafka_error_code(),
        Some(AllBrokersDown | BrokerTransportFailure | OperationTimedOut | PartitionEOF | Resolve)
    )
}
