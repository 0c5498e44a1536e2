//! What is known of one story: its events, its alert, its last telling. Never the hits, which are most of a match.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use smallvec::SmallVec;

use crate::message::alert::{Reason, Suppressed};
use crate::message::evidence::{EntityReference, EventReference, Severity};
use crate::message::id::digest;
use crate::message::matched::{Match, MatchTimes};
use crate::message::policy::{Count, GroupBy, Threshold};
use crate::message::sketch::Sketch;
use crate::story::compose::shorten;

/// The events that a story knows at most. Of more it forgets the earliest: they still count, but one of them that
/// comes again counts once more.
pub(super) const MOST_MEMBERS: usize = 1024;
/// Sources remembered of events that a story has forgotten. Beyond, sources are counted too low, never too high.
const MOST_EARLIER_SOURCES: usize = 256;
/// Entities and languages that a story gathers at most.
const MOST_NAMES: usize = 64;
/// What a headline, a URL or a name is held to, in characters.
const MOST_CHARACTERS: usize = 500;

/// One story as one watchlist knows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Story {
    pub(super) watchlist: Arc<str>,
    pub(super) id: u128,
    /// In the order in which stories were begun. Timers that are due at once run in this order.
    pub(super) number: u32,
    pub(super) group_by: GroupBy,
    /// The event that came first.
    pub(super) lead_event: Box<str>,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    /// What timers run from: [`last_seen`](Self::last_seen), or the watermark where that was later then.
    pub(super) touched: Timestamp,
    /// The offset of the last record that changed it.
    pub(super) offset: i64,
    /// Events that told it and were not withdrawn.
    pub(super) events: u64,
    /// In the order of their arrival.
    pub(super) members: SmallVec<[Member; 1]>,
    /// All that ever arrived.
    pub(super) arrivals: u32,
    /// Members that arrived before do not count towards a threshold: an alert that has ended told of them.
    pub(super) counted_from: u32,
    /// Of forgotten members.
    pub(super) earlier_sources: BTreeSet<u64>,
    pub(super) languages: SmallVec<[Arc<str>; 1]>,
    pub(super) entities: SmallVec<[Arc<EntityReference>; 2]>,
    pub(super) last: Kept,
    pub(super) told: Option<Told>,
    /// When a timer runs.
    pub(super) due: Option<Timestamp>,
    /// Of the lead event.
    pub(super) sketch: Sketch,
    /// Whether new events are still held against the sketch.
    pub(super) findable: bool,
}

/// An event of a story.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Member {
    /// Which event.
    pub(super) event: u128,
    /// Of its source.
    pub(super) source: u64,
    pub(super) version: u64,
    pub(super) time: Timestamp,
    /// The how many-th it was.
    pub(super) arrival: u32,
    /// Not withdrawn.
    pub(super) usable: bool,
}

/// The event that told the story last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub(super) struct Last {
    /// Which.
    pub(super) event: EventReference,
    /// How many hits it had.
    pub(super) hits: u32,
    /// The names of the queries that matched.
    pub(super) queries: Vec<String>,
    /// When.
    pub(super) times: MatchTimes,
}

/// [`Last`] as it is written: in one piece, and half the room.
#[derive(Clone, Debug)]
pub(super) struct Kept(Box<RawValue>);

/// The alert of a story: the one that is open, else the one that was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub(super) struct Told {
    /// The alert's id.
    #[serde(with = "hexadecimal")]
    #[schemars(with = "String")]
    pub(super) id: u128,
    /// Of its last record.
    pub(super) sequence: u64,
    /// Where it stands.
    pub(super) phase: Phase,
    /// Never falls.
    pub(super) severity: Severity,
    /// When its last record was written, in event time.
    #[schemars(with = "String")]
    pub(super) told_at: Timestamp,
    /// News that waits for the end of `repeat_after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) held_back: Option<Reason>,
    /// Since its last record.
    pub(super) suppressed: Suppressed,
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It may be updated.
    Open,
    /// It went quiet.
    Closed,
    /// All that it told of was withdrawn.
    Retracted,
}

impl Phase {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Retracted => "retracted",
        }
    }
}

/// What an event that a story has not known brings to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) source: bool,
    pub(super) entity: bool,
}

impl News {
    /// Why it is worth a record: a source before an entity, and copies where there is nothing else.
    pub(super) fn reason(self) -> Reason {
        match self {
            Self { source: true, .. } => Reason::NewSource,
            Self { entity: true, .. } => Reason::NewEntity,
            _ => Reason::Repeat,
        }
    }
}

impl Last {
    pub(super) fn of(matched: &Match) -> Self {
        let mut event = matched.event.clone();
        for text in [&mut event.title, &mut event.url, &mut event.source, &mut event.lang].into_iter().flatten() {
            shorten(text, MOST_CHARACTERS);
        }
        Self {
            event,
            hits: matched.hits_truncated.saturating_add(u32::try_from(matched.hits.len()).unwrap_or(u32::MAX)),
            queries: matched.watchlist.queries.clone(),
            times: matched.times.clone(),
        }
    }
}

impl Kept {
    pub(super) fn of(last: &Last) -> Self {
        Self(to_raw_value(last).expect("it has string keys and no values that JSON lacks"))
    }

    pub(super) fn last(&self) -> Last {
        serde_json::from_str(self.0.get()).expect("it was written from one")
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Last::deserialize(deserializer).map(|last| Self::of(&last))
    }
}

/// An event as stories know it.
pub(super) fn event_key(event: &str) -> u128 {
    digest(&[event])
}

/// A source as stories know it. Events that name none count as of one source.
pub(super) fn source_key(event: &EventReference) -> u64 {
    (digest(&[event.source.as_deref().unwrap_or_default()]) >> 64) as u64
}

impl Story {
    pub(super) fn member(&self, event: u128) -> Option<usize> {
        self.members.iter().position(|member| member.event == event)
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        self.told.as_ref().map(|told| told.phase)
    }

    pub(super) fn is_open(&self) -> bool {
        self.phase() == Some(Phase::Open)
    }

    /// How many different sources told it, of events that were not withdrawn.
    pub(super) fn sources(&self) -> u64 {
        let mut sources: Vec<u64> = self.usable().map(|member| member.source).collect();
        sources.extend(&self.earlier_sources);
        sources.sort_unstable();
        sources.dedup();
        sources.len() as u64
    }

    fn usable(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.usable)
    }

    fn knows_source(&self, source: u64) -> bool {
        self.usable().any(|member| member.source == source) || self.earlier_sources.contains(&source)
    }

    /// Takes in an event that it has not known; gives what was forgotten for it too.
    pub(super) fn add(&mut self, event: u128, matched: &Match, time: Timestamp) -> (News, Option<u128>) {
        let source = source_key(&matched.event);
        let new_source = !self.knows_source(source);
        let new_entity = self.gather(matched);
        let arrival = self.arrivals;
        self.members.push(Member { event, source, version: matched.event.version, time, arrival, usable: true });
        self.arrivals += 1;
        self.events += 1;
        self.first_seen = self.first_seen.min(time);
        let forgotten = (self.members.len() > MOST_MEMBERS).then(|| self.forget_first());
        (News { source: new_source, entity: new_entity }, forgotten)
    }

    fn forget_first(&mut self) -> u128 {
        let first = self.members.remove(0);
        if first.usable && self.earlier_sources.len() < MOST_EARLIER_SOURCES {
            self.earlier_sources.insert(first.source);
        }
        first.event
    }

    /// Takes in a higher version of a member.
    pub(super) fn correct(&mut self, member: usize, matched: &Match) {
        let member = &mut self.members[member];
        self.events += u64::from(!member.usable);
        (member.version, member.source, member.usable) = (matched.event.version, source_key(&matched.event), true);
        if self.events == 1 {
            self.languages.clear();
            self.entities.clear();
        }
        self.gather(matched);
    }

    /// Takes a member back.
    pub(super) fn withdraw(&mut self, member: usize, version: u64) {
        let member = &mut self.members[member];
        self.events -= u64::from(member.usable);
        (member.version, member.usable) = (member.version.max(version), false);
    }

    /// Languages, entities, the last telling. Whether there is an entity that was not there.
    fn gather(&mut self, matched: &Match) -> bool {
        let last = Last::of(matched);
        self.last = Kept::of(&last);
        if let Some(lang) = last.event.lang
            && self.languages.len() < MOST_NAMES
            && !self.languages.iter().any(|known| **known == *lang)
        {
            self.languages.push(lang.into());
        }
        let before = self.entities.len();
        for entity in &matched.entities {
            if self.entities.len() < MOST_NAMES && !self.entities.iter().any(|known| known.id == entity.id) {
                let mut entity = entity.clone();
                shorten(&mut entity.name, MOST_CHARACTERS);
                self.entities.push(Arc::new(entity));
            }
        }
        self.entities.len() > before
    }

    /// How many members count towards a threshold in the best of the times of its length that hold `time`: the
    /// times of the events decide, not the order in which they came.
    pub(super) fn counted(&self, threshold: Threshold, time: Timestamp) -> u32 {
        if threshold.count == Count::Events(1) {
            return 1;
        }
        let within = SignedDuration::try_from(threshold.within).unwrap_or(SignedDuration::MAX);
        let mut counting: Vec<&Member> = self
            .usable()
            .filter(|member| member.arrival >= self.counted_from && member.time.duration_since(time).abs() <= within)
            .collect();
        counting.sort_unstable_by_key(|member| (member.time, member.arrival));
        let (mut sources, mut first, mut most) = (HashMap::new(), 0, 0);
        for (last, member) in counting.iter().enumerate() {
            *sources.entry(member.source).or_insert(0_u32) += 1;
            while member.time.duration_since(counting[first].time) > within {
                if let Entry::Occupied(mut left) = sources.entry(counting[first].source) {
                    *left.get_mut() -= 1;
                    if *left.get() == 0 {
                        left.remove();
                    }
                }
                first += 1;
            }
            most = most.max(match threshold.count {
                Count::Events(_) => last + 1 - first,
                Count::Sources(_) => sources.len(),
            });
        }
        u32::try_from(most).unwrap_or(u32::MAX)
    }

    /// Whether it takes no more for this threshold. Never more than [`MOST_MEMBERS`].
    pub(super) fn reaches(&self, threshold: Threshold, time: Timestamp) -> bool {
        let (Count::Events(needed) | Count::Sources(needed)) = threshold.count;
        self.counted(threshold, time) >= needed.min(MOST_MEMBERS as u32)
    }

    /// Whether it can be forgotten: no alert is open, and no copy is waited for.
    pub(super) fn is_over(&self, timing: Timing, now: Timestamp) -> bool {
        !self.is_open() && after(self.touched, timing.kept) <= now
    }

    /// When the first of its timers runs.
    pub(super) fn next_due(&self, timing: Timing) -> Option<Timestamp> {
        let open = self.told.as_ref().filter(|told| told.phase == Phase::Open);
        let update = open.filter(|told| told.held_back.is_some() && !timing.draft);
        [
            update.map(|told| after(told.told_at, timing.repeat_after)),
            open.map(|_| after(self.touched, timing.quiet_after)),
            self.findable.then(|| after(self.touched, timing.window)),
            open.is_none().then(|| after(self.touched, timing.kept)),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// The times that a story's timers run by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) draft: bool,
    pub(super) repeat_after: Duration,
    pub(super) quiet_after: Duration,
    /// How long copies are found.
    pub(super) window: Duration,
    /// How long a story without an open alert is kept.
    pub(super) kept: Duration,
}

/// A time later by a duration, or the last there is.
pub(super) fn after(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// A digest in JSON, as ids are written.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::message::id::hex;

    pub(super) fn serialize<S: Serializer>(digest: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(*digest))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let written = String::deserialize(deserializer)?;
        u128::from_str_radix(&written, 16).map_err(de::Error::custom)
    }
}
