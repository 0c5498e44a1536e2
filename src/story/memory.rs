//! Which events were told to which watchlist, and the way back to what was before: an undo log holds
//! every change whose batch is not final.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::message::alert::Suppressed;
use crate::message::evidence::{EntityReference, Severity};
use crate::message::id::id;
use crate::message::matched::{Match, MatchedWatchlist};
use crate::story::Limits;

/// An event as one watchlist knows it. Ordered by event first, so that a notice finds all watchlists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) event: String,
    pub(super) watchlist: String,
}

impl Key {
    pub(super) fn new(event: &str, watchlist: &str) -> Self {
        Self { event: event.to_owned(), watchlist: watchlist.to_owned() }
    }
}

/// What all matches of one revision of a watchlist share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WatchlistFacts {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) revision: String,
    pub(super) owner: Option<String>,
    pub(super) severity: Severity,
    pub(super) labels: BTreeMap<String, String>,
}

impl WatchlistFacts {
    fn of(watchlist: &MatchedWatchlist) -> Self {
        Self {
            id: watchlist.id.clone(),
            title: watchlist.title.clone(),
            revision: watchlist.revision.clone(),
            owner: watchlist.owner.clone(),
            severity: watchlist.severity,
            labels: watchlist.labels.clone(),
        }
    }
}

/// An alert and what is needed to take it back; never the hits, which are most of a match.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) alert: String,
    pub(super) story: String,
    pub(super) lead_event: String,
    /// Of the record to write next.
    pub(super) sequence: u64,
    pub(super) version: u64,
    pub(super) retracted: bool,
    pub(super) watchlist: Arc<WatchlistFacts>,
    pub(super) queries: Vec<String>,
    pub(super) entities: Vec<EntityReference>,
    pub(super) title: Option<String>,
    pub(super) source: Option<String>,
    pub(super) lang: Option<String>,
    pub(super) first_seen_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    pub(super) suppressed: Suppressed,
}

impl Known {
    pub(super) fn opened(matched: &Match, watchlist: Arc<WatchlistFacts>, timestamp: Timestamp) -> Self {
        let event = &matched.event;
        Self {
            // The story's key is its event's id as long as each event is a story of its own.
            alert: id(&[&watchlist.id, &event.id, &event.id]),
            story: id(&[&watchlist.id, &event.id]),
            lead_event: event.id.clone(),
            sequence: 1,
            version: event.version,
            retracted: false,
            watchlist,
            queries: matched.watchlist.queries.clone(),
            entities: matched.entities.clone(),
            title: event.title.clone(),
            source: event.source.clone(),
            lang: event.lang.clone(),
            first_seen_at: timestamp,
            last_seen_at: timestamp,
            suppressed: Suppressed::default(),
        }
    }

    /// The same alert after a higher version of its event.
    pub(super) fn corrected(self, matched: &Match, watchlist: Arc<WatchlistFacts>, timestamp: Timestamp) -> Self {
        let now = Self::opened(matched, watchlist, timestamp);
        Self {
            alert: self.alert,
            story: self.story,
            lead_event: self.lead_event,
            sequence: self.sequence,
            first_seen_at: self.first_seen_at,
            last_seen_at: self.last_seen_at.max(timestamp),
            suppressed: self.suppressed,
            ..now
        }
    }

    /// The same alert after its event was withdrawn, or ceased to match.
    pub(super) fn retracted(self, version: u64, timestamp: Timestamp) -> Self {
        Self { version, retracted: true, last_seen_at: self.last_seen_at.max(timestamp), ..self }
    }

    /// The same alert after its record was written.
    pub(super) fn told(self) -> Self {
        Self { sequence: self.sequence + 1, suppressed: Suppressed::default(), ..self }
    }
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    state: State,
    undo: VecDeque<Change>,
    /// Watchlists as they were last seen, so that their alerts share one copy.
    watchlists: HashMap<String, Arc<WatchlistFacts>>,
    /// The next place in the order of last sight.
    next_turn: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    known: BTreeMap<Key, (u64, Known)>,
    /// By last sight, the longest ago first.
    turns: BTreeMap<u64, Key>,
    open: usize,
}

/// What stood at a key before a change.
#[derive(Debug)]
struct Change {
    batch: u64,
    key: Key,
    before: Option<(u64, Known)>,
}

impl State {
    fn replace(&mut self, key: &Key, after: Option<(u64, Known)>) -> Option<(u64, Known)> {
        let is_open = |entry: &(u64, Known)| usize::from(!entry.1.retracted);
        self.open += after.as_ref().map_or(0, is_open);
        if let Some((turn, _)) = &after {
            self.turns.insert(*turn, key.clone());
        }
        let before = match after {
            Some(entry) => self.known.insert(key.clone(), entry),
            None => self.known.remove(key),
        };
        self.open -= before.as_ref().map_or(0, is_open);
        if let Some((turn, _)) = &before {
            self.turns.remove(turn);
        }
        before
    }
}

impl Memory {
    pub(super) fn get(&self, key: &Key) -> Option<&Known> {
        self.state.known.get(key).map(|(_, known)| known)
    }

    /// What every watchlist knows of an event.
    pub(super) fn of_event(&self, event: &str) -> impl Iterator<Item = (Key, Known)> {
        self.state
            .known
            .range(Key::new(event, "")..)
            .take_while(move |(key, _)| key.event == event)
            .map(|(key, (_, known))| (key.clone(), known.clone()))
    }

    /// Sets what is known at a key, as the latest of all.
    pub(super) fn put(&mut self, batch: u64, key: Key, known: Known) {
        self.next_turn += 1;
        self.change(batch, key, Some((self.next_turn, known)));
    }

    /// Forgets, the longest unseen first, what lies beyond the limits.
    pub(super) fn forget_beyond(&mut self, batch: u64, limits: Limits, time: Timestamp) {
        let window = SignedDuration::try_from(limits.window).unwrap_or(SignedDuration::MAX);
        while let Some((_, key)) = self.state.turns.first_key_value() {
            let (_, known) = &self.state.known[key];
            if self.state.known.len() <= limits.stories && time.duration_since(known.last_seen_at) <= window {
                break;
            }
            let key = key.clone();
            self.change(batch, key, None);
        }
    }

    fn change(&mut self, batch: u64, key: Key, after: Option<(u64, Known)>) {
        let before = self.state.replace(&key, after);
        self.undo.push_back(Change { batch, key, before });
    }

    pub(super) fn commit(&mut self, batch: u64) {
        while self.undo.front().is_some_and(|change| change.batch <= batch) {
            self.undo.pop_front();
        }
    }

    pub(super) fn rollback(&mut self) {
        while let Some(Change { key, before, .. }) = self.undo.pop_back() {
            self.state.replace(&key, before);
        }
    }

    pub(super) fn open(&self) -> usize {
        self.state.open
    }

    /// The one shared copy of a watchlist's facts.
    pub(super) fn intern(&mut self, watchlist: &MatchedWatchlist) -> Arc<WatchlistFacts> {
        let facts = WatchlistFacts::of(watchlist);
        match self.watchlists.get(&watchlist.id) {
            Some(shared) if **shared == facts => Arc::clone(shared),
            _ => {
                let shared = Arc::new(facts);
                self.watchlists.insert(watchlist.id.clone(), Arc::clone(&shared));
                shared
            }
        }
    }
}

#[cfg(test)]
impl Memory {
    /// All that a decision can rest on, as one comparable text.
    pub(super) fn snapshot(&self) -> String {
        format!("{:?}", self.state)
    }
}
