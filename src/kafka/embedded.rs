//! A broker inside this process for the demo: librdkafka's mock cluster. It keeps 5 MiB a partition, and has
//! no transactions that deserve the name, so it proves nothing about delivery.

use rdkafka::ClientConfig;
use rdkafka::bindings::{rd_kafka_handle_mock_cluster, rd_kafka_mock_group_initial_rebalance_delay_ms};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::producer::{BaseProducer, Producer};

use crate::kafka::connection::ConnectionError;

/// The broker; it ends with this value.
pub struct EmbeddedBroker {
    /// The client that librdkafka hangs the cluster on.
    owner: BaseProducer,
}

impl EmbeddedBroker {
    /// One broker on a free port of the loopback interface, with these topics and their numbers of partitions.
    pub fn start<'t>(topics: impl IntoIterator<Item = (&'t str, i32)>) -> Result<Self, ConnectionError> {
        let owner: BaseProducer = ClientConfig::new()
            .set("client.id", "newswatch.embedded")
            .set("test.mock.num.brokers", "1")
            .set_log_level(RDKafkaLogLevel::Emerg)
            .create()?;
        let broker = Self { owner };
        broker.let_groups_form_at_once();
        {
            let cluster = broker.owner.client().mock_cluster().expect("test.mock.num.brokers makes one");
            for (topic, partitions) in topics {
                cluster.create_topic(topic, partitions, 1)?;
            }
        }
        Ok(broker)
    }

    /// `host:port`, as `kafka.brokers` takes it.
    pub fn address(&self) -> String {
        self.owner.client().mock_cluster().expect("test.mock.num.brokers makes one").bootstrap_servers()
    }

    /// The first member of a group would wait three seconds for others.
    #[allow(unsafe_code, reason = "the one setting of the mock cluster that rdkafka has no safe call for")]
    fn let_groups_form_at_once(&self) {
        // SAFETY: the client pointer is valid as long as `owner` lives, which outlives this call; the cluster
        // belongs to that client and is checked to be there; the call stores a number under the cluster's lock.
        unsafe {
            let cluster = rd_kafka_handle_mock_cluster(self.owner.client().native_ptr());
            if !cluster.is_null() {
                rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 50);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::kafka::publisher::Publisher;
    use crate::kafka::reader::{Reader, Start};
    use crate::settings::Kafka;

    fn reached(brokers: String) -> Kafka {
        Kafka { brokers, ..Kafka::default() }
    }

    #[test]
    fn what_is_published_is_read_from_the_beginning_and_only_news_from_the_end() {
        let broker = EmbeddedBroker::start([("t", 3)]).unwrap();
        let kafka = reached(broker.address());
        let mut publisher = Publisher::connect(&kafka, "t").unwrap();
        for number in 0..10 {
            publisher.send(Some(b"k"), format!("old {number}").as_bytes()).unwrap();
        }
        assert_eq!(publisher.flush().unwrap(), 10);
        let from_end = Reader::open(&kafka, "t", Start::End).unwrap();
        let from_beginning = Reader::open(&kafka, "t", Start::Beginning).unwrap();
        publisher.send(None, "новое".as_bytes()).unwrap();
        assert_eq!(publisher.flush().unwrap(), 11);
        assert_eq!(read(&from_end, 1), ["новое"]);
        let mut all = read(&from_beginning, 11);
        all.sort();
        assert_eq!((all[0].as_str(), all[9].as_str(), all[10].as_str()), ("old 0", "old 9", "новое"));
    }

    fn read(reader: &Reader, count: usize) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut values = Vec::new();
        while values.len() < count && Instant::now() < deadline {
            values.extend(reader.next(Duration::from_millis(100)).unwrap());
        }
        values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect()
    }

    #[test]
    fn a_missing_topic_is_named() {
        let broker = EmbeddedBroker::start([("t", 1)]).unwrap();
        let kafka = reached(broker.address());
        let error = Publisher::connect(&kafka, "other").err().unwrap();
        assert!(matches!(&error, ConnectionError::NoTopic { topic, .. } if topic == "other"), "{error}");
    }

    #[test]
    fn a_missing_broker_is_named() {
        let error = Reader::open(&reached("127.0.0.1:1".into()), "t", Start::End).err().unwrap();
        assert!(matches!(error, ConnectionError::Unavailable { .. }), "{error}");
        assert!(error.to_string().contains("no broker answers at 127.0.0.1:1 within 8 s: "), "{error}");
        assert!(error.to_string().contains("refused"), "it says why: {error}");
    }
}
