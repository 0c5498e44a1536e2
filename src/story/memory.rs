//! All stories of a partition, the ways to find them, and the way back to what was before: an undo log holds what
//! stood wherever a batch that is not final has changed something.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use smallvec::SmallVec;

use crate::message::matched::MatchedWatchlist;
use crate::message::sketch::Sketch;
use crate::story::clock::Clock;
use crate::story::known::Story;
use crate::story::shared::Shared;
use crate::story::similar::Similar;
use crate::story::sorted::Sorted;
use crate::story::state::Part;

#[derive(Debug, Default)]
pub(super) struct Memory {
    stories: HashMap<u32, Arc<Story>>,
    by_id: HashMap<u128, u32>,
    /// Each event with each story that knows it.
    by_event: Sorted<(u128, u32)>,
    due: Sorted<(Timestamp, u32)>,
    shelves: BTreeMap<Arc<str>, Shelf>,
    shared: Shared,
    /// What is not of one watchlist.
    partition: Arc<Partition>,
    undo: VecDeque<(u64, Before)>,
    /// What the batch of this number has changed already.
    marked: (u64, HashSet<Mark>),
    /// What is to be written.
    dirty: BTreeSet<Part>,
}

/// Where event time stands, and the number of the next story.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Partition {
    /// Of the last record.
    pub(super) offset: i64,
    pub(super) clock: Clock,
    pub(super) next_number: u32,
}

/// The stories of one watchlist.
#[derive(Debug)]
struct Shelf {
    /// As it last matched, without the queries that did.
    watchlist: Arc<MatchedWatchlist>,
    similar: Similar,
    /// The longest untouched first.
    ages: Sorted<(Timestamp, u32)>,
    open: usize,
}

/// What stood before a change.
#[derive(Debug)]
enum Before {
    Story(u32, Option<Arc<Story>>),
    Watchlist(Arc<str>, Option<Arc<MatchedWatchlist>>),
    Partition(Arc<Partition>),
}

/// What can be changed.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Mark {
    Story(u32),
    Watchlist(Arc<str>),
    Partition,
}

impl Memory {
    pub(super) fn clock(&self) -> &Clock {
        &self.partition.clock
    }

    pub(super) fn partition(&self) -> &Partition {
        &self.partition
    }

    pub(super) fn partition_mut(&mut self, batch: u64) -> &mut Partition {
        if self.first_change(batch, Mark::Partition) {
            self.undo.push_back((batch, Before::Partition(Arc::clone(&self.partition))));
        }
        self.dirty.insert(Part::Partition);
        Arc::make_mut(&mut self.partition)
    }

    /// A number that no story has.
    pub(super) fn new_number(&mut self, batch: u64) -> u32 {
        let mut number = self.partition.next_number;
        while self.stories.contains_key(&number) {
            number = number.wrapping_add(1);
        }
        self.partition_mut(batch).next_number = number.wrapping_add(1);
        number
    }

    pub(super) fn story(&self, number: u32) -> &Story {
        &self.stories[&number]
    }

    pub(super) fn by_id(&self, id: u128) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// The stories that know an event, of all watchlists, in the order of their numbers.
    pub(super) fn of_event(&self, event: u128) -> impl Iterator<Item = u32> {
        self.by_event.from((event, 0)).take_while(move |(known, _)| *known == event).map(|(_, number)| number)
    }

    /// The story of a watchlist that a text is a copy of.
    pub(super) fn similar(&self, watchlist: &str, sketch: &Sketch, similarity: f64) -> Option<u32> {
        let shelf = self.shelves.get(watchlist)?;
        shelf.similar.find(sketch, similarity, |number| &self.stories[&number].sketch)
    }

    /// The story whose timer is due first, if one is.
    pub(super) fn first_due(&self) -> Option<(Timestamp, u32)> {
        self.due.first().filter(|(due, _)| *due <= self.partition.clock.watermark())
    }

    /// Where there are more stories than that, the one that was untouched for the longest, of the watchlist with the most.
    pub(super) fn oldest_beyond(&self, stories: usize) -> Option<u32> {
        if self.stories.len() <= stories {
            return None;
        }
        let most = self.shelves.values().max_by_key(|shelf| shelf.ages.len())?;
        most.ages.first().map(|(_, number)| number)
    }

    pub(super) fn watchlist(&self, id: &str) -> Option<&Arc<MatchedWatchlist>> {
        self.shelves.get(id).map(|shelf| &shelf.watchlist)
    }

    /// How many alerts are open, of each watchlist that has stories.
    pub(super) fn open(&self) -> impl Iterator<Item = (&str, usize)> {
        self.shelves.iter().map(|(watchlist, shelf)| (&**watchlist, shelf.open))
    }

    /// Sets how a watchlist last matched.
    pub(super) fn set_watchlist(&mut self, batch: u64, watchlist: MatchedWatchlist) {
        let id = Arc::from(&*watchlist.id);
        self.remember_watchlist(batch, &id);
        self.shelve(&id, Some(Arc::new(watchlist)));
    }

    fn remember_watchlist(&mut self, batch: u64, id: &Arc<str>) {
        if self.first_change(batch, Mark::Watchlist(Arc::clone(id))) {
            let before = self.watchlist(id).cloned();
            self.undo.push_back((batch, Before::Watchlist(Arc::clone(id), before)));
        }
        self.dirty.insert(Part::Watchlist(Arc::clone(id)));
    }

    fn shelve(&mut self, id: &Arc<str>, watchlist: Option<Arc<MatchedWatchlist>>) {
        let Some(watchlist) = watchlist else {
            self.shelves.remove(id);
            return;
        };
        match self.shelves.get_mut(id) {
            Some(shelf) => shelf.watchlist = watchlist,
            None => {
                let shelf = Shelf { watchlist, similar: Similar::default(), ages: Sorted::default(), open: 0 };
                self.shelves.insert(Arc::clone(id), shelf);
            }
        }
    }

    /// Begins a story, whose watchlist must be set.
    pub(super) fn begin(&mut self, batch: u64, mut story: Story) {
        self.remember(batch, story.number);
        self.shared.share(&mut story);
        self.dirty.extend(Part::of_story(&story));
        self.insert(Arc::new(story));
    }

    /// Changes a story; `change` names the members that it added, changed or took away.
    pub(super) fn change<T>(
        &mut self,
        batch: u64,
        number: u32,
        change: impl FnOnce(&mut Story) -> (T, SmallVec<[u128; 2]>),
    ) -> T {
        self.remember(batch, number);
        let mut story = self.stories.remove(&number).expect("who changes a story has found it");
        self.take_off(&story);
        let findable = story.findable;
        let changed = Arc::make_mut(&mut story);
        let (result, members) = change(changed);
        self.dirty.insert(Part::Story(Arc::clone(&changed.watchlist), changed.id));
        self.shared.share(changed);
        for event in members {
            self.dirty.insert(Part::Event(Arc::clone(&changed.watchlist), changed.id, event));
            match changed.member(event) {
                Some(_) => self.by_event.insert((event, number)),
                None => self.by_event.remove((event, number)),
            }
        }
        self.put_on(&story);
        if findable != story.findable {
            self.index(&story);
        }
        self.stories.insert(number, story);
        result
    }

    /// Forgets a story, and its watchlist with the last of them.
    pub(super) fn forget(&mut self, batch: u64, number: u32) {
        self.remember(batch, number);
        let story = self.remove(number).expect("who forgets a story has found it");
        self.dirty.extend(Part::of_story(&story));
        if self.shelf(&story).ages.len() == 0 {
            self.remember_watchlist(batch, &story.watchlist);
            self.shelve(&story.watchlist, None);
        }
    }

    fn remember(&mut self, batch: u64, number: u32) {
        if self.first_change(batch, Mark::Story(number)) {
            self.undo.push_back((batch, Before::Story(number, self.stories.get(&number).cloned())));
        }
    }

    fn first_change(&mut self, batch: u64, mark: Mark) -> bool {
        if self.marked.0 != batch {
            self.marked = (batch, HashSet::new());
        }
        self.marked.1.insert(mark)
    }

    /// Puts a story where it can be found by everything that it is found by.
    fn insert(&mut self, story: Arc<Story>) {
        self.register(&story);
        if story.findable {
            self.index(&story);
        }
        self.stories.insert(story.number, story);
    }

    /// All but its text.
    fn register(&mut self, story: &Story) {
        self.by_id.insert(story.id, story.number);
        story.members.iter().for_each(|member| self.by_event.insert((member.event, story.number)));
        self.put_on(story);
    }

    fn remove(&mut self, number: u32) -> Option<Arc<Story>> {
        let story = self.stories.remove(&number)?;
        self.by_id.remove(&story.id);
        story.members.iter().for_each(|member| self.by_event.remove((member.event, number)));
        self.take_off(&story);
        if story.findable {
            self.shelf(&story).similar.remove(number, &story.sketch);
        }
        Some(story)
    }

    /// What changes with almost every record: timers, ages, whether it is open.
    fn put_on(&mut self, story: &Story) {
        if let Some(due) = story.due {
            self.due.insert((due, story.number));
        }
        let shelf = self.shelf(story);
        shelf.ages.insert((story.touched, story.number));
        shelf.open += usize::from(story.is_open());
    }

    fn take_off(&mut self, story: &Story) {
        if let Some(due) = story.due {
            self.due.remove((due, story.number));
        }
        let shelf = self.shelf(story);
        shelf.ages.remove((story.touched, story.number));
        shelf.open -= usize::from(story.is_open());
    }

    /// Whether copies find it.
    fn index(&mut self, story: &Story) {
        let shelf = self.shelf(story);
        if story.findable {
            shelf.similar.insert(story.number, &story.sketch);
        } else {
            shelf.similar.remove(story.number, &story.sketch);
        }
    }

    fn shelf(&mut self, story: &Story) -> &mut Shelf {
        self.shelves.get_mut(&story.watchlist).expect("a story stands on its watchlist's shelf")
    }

    pub(super) fn commit(&mut self, batch: u64) {
        while self.undo.front().is_some_and(|(of, _)| *of <= batch) {
            self.undo.pop_front();
        }
        if self.marked.0 <= batch {
            self.marked.1.clear();
        }
    }

    pub(super) fn rollback(&mut self) {
        // What stood before the first change of each: shelves first, for stories stand on them.
        let (mut stories, mut watchlists) = (BTreeMap::new(), BTreeMap::new());
        while let Some((_, before)) = self.undo.pop_back() {
            match before {
                Before::Story(number, story) => drop(stories.insert(number, story)),
                Before::Watchlist(id, watchlist) => drop(watchlists.insert(id, watchlist)),
                Before::Partition(partition) => self.partition = partition,
            }
        }
        stories.keys().for_each(|number| drop(self.remove(*number)));
        watchlists.into_iter().for_each(|(id, watchlist)| self.shelve(&id, watchlist));
        stories.into_values().flatten().for_each(|story| self.insert(story));
        self.marked.1.clear();
        self.dirty.clear();
    }

    /// What has changed since the last call.
    pub(super) fn take_dirty(&mut self) -> BTreeSet<Part> {
        std::mem::take(&mut self.dirty)
    }

    /// What holds for all stories, as it was written, and what they share.
    pub(super) fn restored(partition: Partition, shared: Shared) -> Self {
        Self { partition: Arc::new(partition), shared, ..Self::default() }
    }

    /// Sets a watchlist as it was written.
    pub(super) fn restore_watchlist(&mut self, watchlist: MatchedWatchlist) {
        self.shelve(&Arc::from(&*watchlist.id), Some(Arc::new(watchlist)));
    }

    /// Puts up a story that was written, whose watchlist must be set; [`restore_texts`](Self::restore_texts) follows
    /// the last.
    pub(super) fn restore(&mut self, story: Arc<Story>) {
        self.register(&story);
        self.stories.insert(story.number, story);
    }

    /// Makes all stories findable that were.
    pub(super) fn restore_texts(&mut self) {
        let mut findable: HashMap<&str, Vec<(u32, &Sketch)>> = HashMap::new();
        for story in self.stories.values().filter(|story| story.findable) {
            findable.entry(&story.watchlist).or_default().push((story.number, &story.sketch));
        }
        for (watchlist, shelf) in &mut self.shelves {
            shelf.similar = Similar::of(findable.remove(&**watchlist).unwrap_or_default());
        }
    }
}

#[cfg(test)]
impl Memory {
    /// All that a decision can rest on, as one comparable text.
    pub(super) fn snapshot(&self) -> String {
        let stories: BTreeMap<_, _> = self.stories.iter().collect();
        let by_id: BTreeMap<_, _> = self.by_id.iter().collect();
        let shelf = |shelf: &Shelf| format!("{:?}{:?}{:?}{}", shelf.watchlist, shelf.similar, shelf.ages, shelf.open);
        let shelves: Vec<String> = self.shelves.values().map(shelf).collect();
        format!("{stories:?}\n{by_id:?}\n{:?}\n{:?}\n{shelves:?}\n{:?}", self.by_event, self.due, self.partition)
    }
}
