//! The settings: every key with its type and default, how they are read, and where a value came from.

pub mod keys;
pub mod load;
pub mod origin;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::message::sketch::SIMILARITY;
use crate::settings::origin::Origin;

/// All settings of the daemon. Durations are written `"100ms"`, sizes `"64KiB"`.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The stable name in `ce_source`.
    pub deployment: String,
    /// How Kafka is reached.
    pub kafka: Kafka,
    /// The topics' names, and whether ours are made.
    pub topics: Topics,
    /// How a batch ends.
    pub delivery: Delivery,
    /// How many bad records are too many.
    pub dead_letters: DeadLetters,
    /// How events are decoded.
    pub events: Events,
    /// What a story is, and how far it is remembered.
    pub story: Story,
    /// Where the watchlists are, and when they are read again.
    pub watchlists: Watchlists,
    /// Where the vocabulary is.
    pub vocabulary: Folder,
    /// The HTTP surface.
    pub http: Http,
    /// The log.
    pub log: Log,
    /// Where each value that is not a default came from, by key.
    #[serde(skip)]
    pub origins: BTreeMap<String, Origin>,
}

/// `[kafka]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, more of them with commas.
    pub brokers: String,
    /// The consumer groups are `<group>.match` and `<group>.story`; transactional ids start with them.
    pub group: String,
    /// The stable name of this replica in transactional ids.
    pub instance: String,
    /// librdkafka's own properties, passed through; those that a guarantee rests on are refused.
    pub client: BTreeMap<String, String>,
}

/// `[topics]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Topics {
    /// Where events are read.
    pub events: Vec<String>,
    /// Between the stages.
    pub matches: String,
    /// Where alerts are written.
    pub alerts: String,
    /// The story stage's state.
    pub stories: String,
    /// Where records go that could not be used.
    pub dead_letters: String,
    /// Whether the missing ones of ours are made; never the events'.
    pub create: bool,
    /// With how many partitions.
    pub partitions: i32,
    /// With how many replicas; the broker's default where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication: Option<i32>,
}

/// `[delivery]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// The guarantee.
    pub mode: DeliveryMode,
    /// A batch ends after this time,
    #[serde(with = "crate::document::units::duration")]
    #[schemars(with = "String")]
    pub batch_time: Duration,
    /// or after this many events,
    pub batch_events: usize,
    /// or after this many bytes, whichever comes first.
    #[serde(with = "crate::document::units::size")]
    #[schemars(with = "String")]
    pub batch_bytes: usize,
    /// Above this many bytes read and not yet committed, partitions pause.
    #[serde(with = "crate::document::units::size")]
    #[schemars(with = "String")]
    pub in_flight_bytes: usize,
    /// How long a drain may take.
    #[serde(with = "crate::document::units::duration")]
    #[schemars(with = "String")]
    pub drain: Duration,
}

/// What is promised of alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    /// Results and offsets are one transaction.
    #[default]
    ExactlyOnce,
    /// Results are acknowledged before the offset is committed.
    AtLeastOnce,
}

/// `[dead_letters]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeadLetters {
    /// The share of bad records, over 1,000 events, beyond which the stage stops.
    pub max_ratio: f64,
    /// The run of bad records beyond which the stage stops.
    pub max_consecutive: u32,
}

/// `[events]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Events {
    /// A field of an event to the JSON Pointer at which it stands, for shapes that are not recognised.
    pub fields: BTreeMap<String, String>,
    /// A larger value is a dead letter.
    #[serde(with = "crate::document::units::size")]
    #[schemars(with = "String")]
    pub max_bytes: usize,
}

/// `[story]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Story {
    /// The share of the shorter text that the other must hold for two events to tell one story, from 0 to 1.
    pub similarity: f64,
    /// How long a story takes in copies after the last one.
    #[serde(with = "crate::document::units::duration")]
    #[schemars(with = "String")]
    pub window: Duration,
    /// At most this many stories of a partition are remembered; beyond, the quietest is closed and forgotten.
    pub stories: usize,
}

/// `[watchlists]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Watchlists {
    /// The folder; where it is relative, to the parent of the settings file's folder.
    pub path: PathBuf,
    /// What makes the daemon read watchlists and vocabulary again.
    pub reload: Reload,
}

/// What makes the daemon read watchlists and vocabulary again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reload {
    /// A change of the files, SIGHUP and HTTP.
    #[default]
    Watch,
    /// SIGHUP and HTTP.
    Signal,
    /// Only a restart.
    Off,
}

/// `[vocabulary]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// The folder; where it is relative, to the parent of the settings file's folder.
    pub path: PathBuf,
}

/// `[http]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// The address and port.
    pub listen: SocketAddr,
    /// The bearer token without which listening beyond loopback is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Whether to listen beyond loopback without a token all the same.
    pub allow_without_token: bool,
}

/// `[log]`
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Text on a terminal and JSON elsewhere where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<LogFormat>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deployment: "default".into(),
            kafka: Kafka::default(),
            topics: Topics::default(),
            delivery: Delivery::default(),
            dead_letters: DeadLetters::default(),
            events: Events::default(),
            story: Story::default(),
            watchlists: Watchlists::default(),
            vocabulary: Folder { path: "config/vocabulary".into() },
            http: Http::default(),
            log: Log::default(),
            origins: BTreeMap::new(),
        }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: "localhost:9092".into(),
            group: "newswatch".into(),
            instance: "0".into(),
            client: BTreeMap::new(),
        }
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            events: vec!["news.events".into()],
            matches: "newswatch.matches.v1".into(),
            alerts: "newswatch.alerts.v1".into(),
            stories: "newswatch.stories.v1".into(),
            dead_letters: "newswatch.dead-letters.v1".into(),
            create: true,
            partitions: 8,
            replication: None,
        }
    }
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            mode: DeliveryMode::default(),
            batch_time: Duration::from_millis(100),
            batch_events: 1000,
            batch_bytes: 4 << 20,
            in_flight_bytes: 64 << 20,
            drain: Duration::from_secs(10),
        }
    }
}

impl Default for DeadLetters {
    fn default() -> Self {
        Self { max_ratio: 0.5, max_consecutive: 1000 }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self { fields: BTreeMap::new(), max_bytes: 1 << 20 }
    }
}

impl Default for Story {
    fn default() -> Self {
        Self { similarity: SIMILARITY, window: Duration::from_secs(72 * 3600), stories: 100_000 }
    }
}

impl Default for Watchlists {
    fn default() -> Self {
        Self { path: "config/watchlists".into(), reload: Reload::default() }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: (Ipv4Addr::LOCALHOST, 9464).into(), token: None, allow_without_token: false }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: None, level: "info".into() }
    }
}
