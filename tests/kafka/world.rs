//! What a test stands in: topics of its own, a folder with settings and a watchlist, and the daemon over them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use rdkafka::producer::{DefaultProducerContext, ThreadedProducer};
use tempfile::TempDir;

use crate::broker;
use crate::consumer::{Isolation, Received, read_all};
use crate::daemon::{Daemon, until};
use crate::topics::{Publication, create, create_with, producer, send, send_offsets};

pub(crate) const PARTITIONS: i32 = 4;

/// Matches the events of [`matching`], and none of [`other`].
const WATCHLIST: &str = "
[watchlist]
id = 'zirconium'
title = 'Zirconium embargoes'
severity = 'high'

[[query]]
name = 'embargo'
match = '''zirconium AND embargo'''

[alert]
group_by = 'event'
";

pub(crate) struct World {
    pub(crate) broker: String,
    /// Before the names of its topics and groups.
    pub(crate) prefix: String,
    folder: TempDir,
}

impl World {
    /// None where there is no broker; that has been said then.
    pub(crate) fn new(test: &str, settings: &str) -> Option<Self> {
        let world = Self::without_topics(test, settings)?;
        world.create_events_topic();
        Some(world)
    }

    /// Likewise, with nothing made on the broker.
    pub(crate) fn without_topics(test: &str, settings: &str) -> Option<Self> {
        Some(Self::on(broker::address(test)?, test, settings))
    }

    /// Likewise, on a broker that need not run yet.
    pub(crate) fn on(broker: String, test: &str, settings: &str) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let prefix = format!("{test}-{}", since.as_micros());
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        fs::create_dir_all(config.join("watchlists")).unwrap();
        fs::create_dir_all(config.join("vocabulary")).unwrap();
        fs::write(config.join("watchlists/zirconium.toml"), WATCHLIST).unwrap();
        fs::write(
            config.join("newswatch.toml"),
            format!(
                "
[kafka]
brokers = '{broker}'
group = '{prefix}'
[topics]
events = ['{prefix}.events']
matches = '{prefix}.matches'
alerts = '{prefix}.alerts'
stories = '{prefix}.stories'
dead_letters = '{prefix}.dead-letters'
partitions = {PARTITIONS}
{settings}"
            ),
        )
        .unwrap();
        Self { broker, prefix, folder }
    }

    /// Where the broker answers.
    pub(crate) fn broker(&self) -> &str {
        &self.broker
    }

    /// The settings file.
    pub(crate) fn settings(&self) -> PathBuf {
        self.folder.path().join("config/newswatch.toml")
    }

    /// The name of the topic that events are read from.
    pub(crate) fn events_topic(&self) -> String {
        self.topic("events")
    }

    /// Makes it, as the producers of a site would.
    pub(crate) fn create_events_topic(&self) {
        create(&self.broker, &self.events_topic(), PARTITIONS);
    }

    /// The daemon, ready.
    pub(crate) fn daemon(&self) -> Daemon {
        self.spawn().ready()
    }

    /// The daemon, started. Each start has an HTTP address of its own.
    pub(crate) fn spawn(&self) -> Daemon {
        self.spawn_as("a", None)
    }

    /// One of several daemons, by its name in the groups, or with one stage only.
    pub(crate) fn spawn_as(&self, instance: &str, stage: Option<&str>) -> Daemon {
        let log = self.folder.path().join(format!("{instance}.log"));
        Daemon::spawn(&self.folder.path().join("config/newswatch.toml"), instance, stage, log)
    }

    /// Changes the watchlist; to be called before a daemon starts.
    pub(crate) fn edit_watchlist(&self, from: &str, to: &str) {
        assert!(WATCHLIST.contains(from), "{from}");
        fs::write(self.folder.path().join("config/watchlists/zirconium.toml"), WATCHLIST.replace(from, to)).unwrap();
    }

    /// Puts a watchlist of one query beside the one that is there, or changes it.
    pub(crate) fn write_watchlist(&self, id: &str, query: &str) {
        let text = format!(
            "[watchlist]\nid = '{id}'\n[[query]]\nname = 'q'\nmatch = '''{query}'''\n[alert]\ngroup_by = 'event'\n"
        );
        fs::write(self.folder.path().join(format!("config/watchlists/{id}.toml")), text).unwrap();
    }

    /// Makes one of our topics before a daemon does.
    pub(crate) fn create_topic(&self, topic: &str, properties: &[(&str, &str)]) {
        create_with(&self.broker, &self.topic(topic), PARTITIONS, properties);
    }

    /// Writes the records to one of our topics as they are.
    pub(crate) fn write(&self, topic: &str, records: &[Publication]) {
        send(&producer(&self.broker, None), &self.topic(topic), records);
    }

    pub(crate) fn topic(&self, topic: &str) -> String {
        format!("{}.{topic}", self.prefix)
    }

    /// Writes the events over all partitions in turn.
    pub(crate) fn publish(&self, events: &[Publication]) {
        let spread: Vec<Publication> = events
            .iter()
            .zip((0..PARTITIONS).cycle())
            .map(|(event, partition)| Publication { partition, ..event.clone() })
            .collect();
        send(&producer(&self.broker, None), &self.events_topic(), &spread);
    }

    /// A transaction that has sent the match stage's offsets and has not ended, as a killed member leaves it.
    pub(crate) fn open_transaction_on_offsets(&self) -> ThreadedProducer<DefaultProducerContext> {
        let id = format!("{}-open", self.prefix);
        send_offsets(&self.broker, &id, &format!("{}.match", self.prefix), &self.events_topic(), PARTITIONS)
    }

    /// What a consumer downstream sees of one of our topics now.
    pub(crate) fn committed(&self, topic: &str) -> Vec<Received> {
        read_all(&self.broker, &self.topic(topic), Isolation::ReadCommitted)
    }

    /// Waits until a consumer downstream sees so many records or more.
    pub(crate) fn await_committed(&self, topic: &str, least: usize) {
        until(&format!("{least} records in {topic}"), || (self.committed(topic).len() >= least).then_some(()));
    }
}

/// Milliseconds since 1970. Old timestamps would be a matter for the topics' retention.
pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn event(id: &str, title: &str) -> Publication {
    let value = serde_json::json!({
        "id": id,
        "title": title,
        "body": format!("This is what the ministry said about {id} on Tuesday."),
        "source": "example.org",
        "lang": "en",
    });
    Publication {
        key: Some(id.into()),
        value: value.to_string().into_bytes(),
        timestamp: Some(now()),
        ..Publication::default()
    }
}

/// An event that the watchlist matches.
pub(crate) fn matching(id: &str) -> Publication {
    event(id, &format!("Zirconium embargo announced in case {id}"))
}

/// An event that it does not match.
pub(crate) fn other(id: &str) -> Publication {
    event(id, &format!("Rain expected in case {id}"))
}

/// So many events, named from the prefix; one in ten matches.
pub(crate) fn events(prefix: &str, count: usize) -> Vec<Publication> {
    let named = (0..count).map(|number| (number, format!("{prefix}-{number}")));
    named.map(|(number, id)| if number % 10 == 0 { matching(&id) } else { other(&id) }).collect()
}

/// Whether a record of the matches topic is a match; some only tell how far events were read.
pub(crate) fn is_match(record: &Received) -> bool {
    let value: serde_json::Value = serde_json::from_slice(&record.value).unwrap();
    value["kind"] == "match"
}

/// The ids of the events that alerts are about, each alert checked to be the only one with its `ce_id`.
pub(crate) fn alerted_events(alerts: &[Received]) -> BTreeSet<String> {
    let ids: BTreeSet<String> = alerts.iter().map(|alert| alert.header("ce_id")).collect();
    assert_eq!(ids.len(), alerts.len(), "two alerts have one ce_id");
    let about = |alert: &Received| {
        let value: serde_json::Value = serde_json::from_slice(&alert.value).unwrap();
        value["event"]["id"].as_str().expect("an alert names its event").to_owned()
    };
    let about: BTreeSet<String> = alerts.iter().map(about).collect();
    assert_eq!(about.len(), alerts.len(), "two alerts are about one event");
    about
}

/// The ids of the events that should alert.
pub(crate) fn expected(events: &[Publication]) -> BTreeSet<String> {
    let hit = |event: &&Publication| String::from_utf8_lossy(&event.value).contains("Zirconium");
    let id = |event: &Publication| String::from_utf8(event.key.clone().expect("events have keys")).unwrap();
    events.iter().filter(hit).map(id).collect()
}
