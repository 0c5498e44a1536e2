//! The values of the stories topic as JSON. Change by adding only: fields that are not known are passed over.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;

use crate::message::evidence::EntityReference;
use crate::message::id::hex;
use crate::message::matched::MatchedWatchlist;
use crate::message::policy::GroupBy;
use crate::message::sketch::Sketch;
use crate::story::clock::Clock;
use crate::story::known::{Kept, Last, Member, Story, Told};
use crate::story::memory::Partition;

/// The version that is written.
pub(super) const SCHEMA_VERSION: &str = "1.0";

/// The value of a record of the stories topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum StateValue {
    /// A story.
    Story(Box<StoryForm>),
    /// What new events are held against to find a story's copies.
    Text(TextForm),
    /// An event that a story knows.
    Event(EventForm),
    /// A watchlist that has stories.
    Watchlist(WatchlistForm),
    /// What is of all stories.
    Partition(PartitionForm),
}

/// The version of a value's form: what is written is [`SCHEMA_VERSION`], what is read has the same major.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SchemaVersion;

impl Serialize for SchemaVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SCHEMA_VERSION)
    }
}

impl<'de> Deserialize<'de> for SchemaVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = Cow::<str>::deserialize(deserializer)?;
        if version.starts_with("1.") { Ok(Self) } else { Err(de::Error::custom("another version")) }
    }
}

/// The state of a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StoryForm {
    /// `1.0`; the minor grows.
    #[schemars(with = "String")]
    schema_version: SchemaVersion,
    /// The offset of the match message that changed it last.
    offset: i64,
    /// The watchlist's id.
    watchlist: String,
    /// The story's id, as on the alert.
    id: String,
    /// Of its partition's stories, in the order in which they began.
    number: u32,
    /// What makes it one.
    group_by: GroupBy,
    /// The event that came first.
    lead_event_id: String,
    /// The time of its first event.
    #[schemars(with = "String")]
    first_seen_at: Timestamp,
    /// The time of its latest event.
    #[schemars(with = "String")]
    last_seen_at: Timestamp,
    /// What its timers run from.
    #[schemars(with = "String")]
    touched_at: Timestamp,
    /// How many events told it.
    events: u64,
    /// How many different sources told it.
    sources: u64,
    /// In which languages.
    languages: Vec<String>,
    /// The canonical entities found.
    entities: Vec<EntityReference>,
    /// The event that told it last.
    #[schemars(with = "Last")]
    last: Kept,
    /// Its alert, where there is or was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alert: Option<Told>,
    /// When its next timer runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    due_at: Option<Timestamp>,
    /// Whether it has a text by which copies are found.
    sketched: bool,
    /// Whether copies are still found.
    findable: bool,
    /// How many events came in all.
    arrivals: u32,
    /// How many of them count no longer towards the threshold.
    counted_from: u32,
    /// Hashes of the sources of events that it does not know any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier_sources: Vec<String>,
}

impl StoryForm {
    pub(super) fn of(story: &Story) -> Self {
        Self {
            schema_version: SchemaVersion,
            offset: story.offset,
            watchlist: story.watchlist.to_string(),
            id: hex(story.id),
            number: story.number,
            group_by: story.group_by,
            lead_event_id: story.lead_event.to_string(),
            first_seen_at: story.first_seen,
            last_seen_at: story.last_seen,
            touched_at: story.touched,
            events: story.events,
            sources: story.sources(),
            languages: story.languages.iter().map(ToString::to_string).collect(),
            entities: story.entities.iter().map(|entity| (**entity).clone()).collect(),
            last: story.last.clone(),
            alert: story.told.clone(),
            due_at: story.due,
            sketched: !story.sketch.is_empty(),
            findable: story.findable,
            arrivals: story.arrivals,
            counted_from: story.counted_from,
            earlier_sources: story.earlier_sources.iter().map(|source| format!("{source:016x}")).collect(),
        }
    }

    /// The story without its text and events, and whether it has a text; none where an id is no id.
    pub(super) fn story(self) -> Option<(Story, bool)> {
        let earlier_sources = self.earlier_sources.iter().map(|source| u64::from_str_radix(source, 16).ok());
        let story = Story {
            watchlist: self.watchlist.into(),
            id: u128::from_str_radix(&self.id, 16).ok()?,
            number: self.number,
            group_by: self.group_by,
            lead_event: self.lead_event_id.into(),
            first_seen: self.first_seen_at,
            last_seen: self.last_seen_at,
            touched: self.touched_at,
            offset: self.offset,
            events: self.events,
            members: SmallVec::new(),
            arrivals: self.arrivals,
            counted_from: self.counted_from,
            earlier_sources: earlier_sources.collect::<Option<_>>()?,
            languages: self.languages.into_iter().map(Arc::from).collect(),
            entities: self.entities.into_iter().map(Arc::new).collect(),
            last: self.last,
            told: self.alert,
            due: self.due_at,
            sketch: Sketch::default(),
            findable: self.findable,
        };
        Some((story, self.sketched))
    }
}

/// The sketch of a story's first event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TextForm {
    /// `1.0`; the minor grows.
    #[schemars(with = "String")]
    schema_version: SchemaVersion,
    /// As on the match.
    sketch: String,
}

impl TextForm {
    pub(super) fn of(story: &Story) -> Self {
        Self { schema_version: SchemaVersion, sketch: story.sketch.to_text() }
    }

    pub(super) fn sketch(&self) -> Option<Sketch> {
        Sketch::from_text(&self.sketch)
    }
}

/// An event that a story knows. Its hash is the end of the record's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventForm {
    /// `1.0`; the minor grows.
    #[schemars(with = "String")]
    schema_version: SchemaVersion,
    /// The hash of its source.
    source: String,
    /// Its latest version that was seen.
    version: u64,
    /// Its time.
    #[schemars(with = "String")]
    time: Timestamp,
    /// How many came before it.
    arrival: u32,
    /// Whether it was not withdrawn.
    usable: bool,
}

impl EventForm {
    pub(super) fn of(member: &Member) -> Self {
        Self {
            schema_version: SchemaVersion,
            source: format!("{:016x}", member.source),
            version: member.version,
            time: member.time,
            arrival: member.arrival,
            usable: member.usable,
        }
    }

    /// None where its source is none.
    pub(super) fn member(&self, event: u128) -> Option<Member> {
        Some(Member {
            event,
            source: u64::from_str_radix(&self.source, 16).ok()?,
            version: self.version,
            time: self.time,
            arrival: self.arrival,
            usable: self.usable,
        })
    }
}

/// A watchlist as it last matched, without the queries that did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WatchlistForm {
    /// `1.0`; the minor grows.
    #[schemars(with = "String")]
    schema_version: SchemaVersion,
    /// The watchlist.
    watchlist: MatchedWatchlist,
}

impl WatchlistForm {
    pub(super) fn of(watchlist: &MatchedWatchlist) -> Self {
        Self { schema_version: SchemaVersion, watchlist: watchlist.clone() }
    }

    pub(super) fn watchlist(self) -> MatchedWatchlist {
        self.watchlist
    }
}

/// What is of all stories of a partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PartitionForm {
    /// `1.0`; the minor grows.
    #[schemars(with = "String")]
    schema_version: SchemaVersion,
    /// The offset of the last match message that was applied.
    offset: i64,
    /// Where event time stands.
    clock: Clock,
    /// Of the next story.
    next_number: u32,
}

impl PartitionForm {
    pub(super) fn of(partition: &Partition) -> Self {
        let Partition { offset, clock, next_number } = partition.clone();
        Self { schema_version: SchemaVersion, offset, clock, next_number }
    }

    pub(super) fn partition(self) -> Partition {
        Partition { offset: self.offset, clock: self.clock, next_number: self.next_number }
    }
}
