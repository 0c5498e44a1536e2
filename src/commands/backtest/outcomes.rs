//! What became of what matched: stories with their alert records and their copies, and the matches that led to no alert
//! record, each with the reason.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::commands::backtest::spread::Spread;
use crate::commands::suppressed::{MatchedEvent, SuppressedEvent};
use crate::message::alert::{Action, Alert, Reason};
use crate::message::evidence::{EventReference, Severity};
use crate::pipeline::processed::{Outcome, Processed};
use crate::story::{StoryAccount, Why};

/// Stories of a watchlist that are followed, from the first on, where not all are asked for.
const MOST_FOLLOWED: usize = 10_000;

/// How much is kept of stories and of what led to no alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// So many stories, so many matches of each, and so many suppressed events of each reason.
    Samples(usize),
    /// All of them.
    All,
}

impl Listed {
    fn most(self) -> usize {
        match self {
            Self::Samples(most) => most,
            // A spread doubles it.
            Self::All => usize::MAX / 2,
        }
    }
}

/// A story as it went by.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    pub(super) id: String,
    pub(super) lead_event_id: String,
    /// The lead event's headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    pub(super) first_seen_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    /// How many different events.
    #[serde(serialize_with = "how_many")]
    pub(super) events: HashSet<String>,
    /// From how many sources; those without one are of one.
    #[serde(serialize_with = "how_many_sources")]
    pub(super) sources: BTreeSet<Option<String>>,
    /// Of its alerts, in the order of writing.
    pub(super) records: Vec<StoryRecord>,
    /// How many matches, each event as often as it came.
    pub(super) matched: u64,
    /// The first of them or all.
    pub(super) matches: Vec<StoryMatch>,
}

fn how_many<S: Serializer>(events: &HashSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(events.len() as u64)
}

fn how_many_sources<S: Serializer>(sources: &BTreeSet<Option<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(sources.len() as u64)
}

/// A record of a story's alert.
#[derive(Debug, Serialize)]
pub(super) struct StoryRecord {
    pub(super) alert: String,
    pub(super) sequence: u64,
    pub(super) action: Action,
    pub(super) reason: Reason,
    pub(super) severity: Severity,
    /// In event time.
    pub(super) time: Timestamp,
    pub(super) event_id: String,
    /// Whether a match led to it at once, rather than a timer or a withdrawal.
    #[serde(skip)]
    pub(super) of_match: bool,
}

/// A match of a story, and what it came to.
#[derive(Debug, Serialize)]
pub(super) struct StoryMatch {
    pub(super) event_id: String,
    pub(super) version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    pub(super) time: Timestamp,
    #[serde(flatten)]
    pub(super) why: Why,
}

/// Of one watchlist.
pub(super) struct Outcomes {
    listed: Listed,
    stories: Vec<Story>,
    by_id: HashMap<String, usize>,
    /// By reason.
    suppressed: BTreeMap<&'static str, Spread<SuppressedEvent>>,
}

impl Outcomes {
    pub(super) fn new(listed: Listed) -> Self {
        Self { listed, stories: Vec::new(), by_id: HashMap::new(), suppressed: BTreeMap::new() }
    }

    /// A match came to this.
    pub(super) fn matched(&mut self, time: Timestamp, matched: MatchedEvent, processed: &Processed) {
        for account in &processed.accounts {
            self.in_story(time, &matched.event, account);
        }
        if let Outcome::Suppressed(reason) = processed.outcome {
            let spread = self.suppressed.entry(reason).or_insert_with(|| Spread::new(self.listed.most()));
            spread.offer(|| SuppressedEvent { matched, time, accounts: processed.accounts.clone() });
        }
    }

    fn in_story(&mut self, time: Timestamp, event: &EventReference, account: &StoryAccount) {
        let Some(id) = &account.story else { return };
        let place = match self.by_id.get(id) {
            Some(place) => *place,
            None if self.listed != Listed::All && self.stories.len() >= MOST_FOLLOWED => return,
            None => self.begin(id, account, time, event),
        };
        let most = self.listed.most();
        let story = &mut self.stories[place];
        (story.first_seen_at, story.last_seen_at) = (story.first_seen_at.min(time), story.last_seen_at.max(time));
        story.matched += 1;
        story.events.insert(event.id.clone());
        story.sources.insert(event.source.clone());
        if story.matches.len() < most {
            let (event_id, version, source) = (event.id.clone(), event.version, event.source.clone());
            story.matches.push(StoryMatch { event_id, version, source, time, why: account.why.clone() });
        }
    }

    fn begin(&mut self, id: &str, account: &StoryAccount, time: Timestamp, event: &EventReference) -> usize {
        let place = self.stories.len();
        self.by_id.insert(id.to_owned(), place);
        self.stories.push(Story {
            id: id.to_owned(),
            lead_event_id: account.lead_event_id.clone(),
            title: event.title.clone().filter(|_| event.id == account.lead_event_id),
            first_seen_at: time,
            last_seen_at: time,
            events: HashSet::new(),
            sources: BTreeSet::new(),
            records: Vec::new(),
            matched: 0,
            matches: Vec::new(),
        });
        place
    }

    /// A record was written.
    pub(super) fn alerted(&mut self, time: Timestamp, alert: Alert, of_match: bool) {
        let Some(place) = self.by_id.get(&alert.story.id) else { return };
        self.stories[*place].records.push(StoryRecord {
            alert: alert.id,
            sequence: alert.sequence,
            action: alert.action,
            reason: alert.reason,
            severity: alert.severity,
            time,
            event_id: alert.event.id,
            of_match,
        });
    }

    /// The stories, and the matches that led to no alert record in the order of time. Of all stories those of most events
    /// where not all are asked for, else all in the order in which they began.
    pub(super) fn into_listed(self) -> (Vec<Story>, Vec<SuppressedEvent>) {
        let mut stories = self.stories;
        if let Listed::Samples(most) = self.listed {
            stories.sort_by_key(|story| usize::MAX - story.events.len());
            stories.truncate(most);
        }
        let mut suppressed: Vec<_> = self.suppressed.into_values().flat_map(Spread::into_chosen).collect();
        suppressed.sort_by_key(|event| event.time);
        (stories, suppressed)
    }
}
