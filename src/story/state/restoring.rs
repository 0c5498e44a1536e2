//! The records of the stories topic put together again, one after another, in little more room than they take then.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use smallvec::SmallVec;

use crate::message::matched::MatchedWatchlist;
use crate::message::sketch::Sketch;
use crate::story::known::{Member, Story};
use crate::story::memory::{Memory, Partition};
use crate::story::shared::Shared;
use crate::story::state::form::{EventForm, PartitionForm, SCHEMA_VERSION, StoryForm, TextForm, WatchlistForm};
use crate::story::state::{Part, UnreadableState};

/// What was read back so far: watchlists by the keys of their records, stories by their ids.
#[derive(Debug, Default)]
pub(in crate::story) struct Restoring {
    partition: Option<Partition>,
    watchlists: BTreeMap<String, MatchedWatchlist>,
    stories: BTreeMap<u128, Pending>,
    shared: Shared,
}

/// A story of which not all has come.
#[derive(Debug, Default)]
struct Pending {
    /// Without its text and events; and whether it has a text.
    story: Option<(Arc<Story>, bool)>,
    sketch: Sketch,
    /// In the order of their hashes.
    members: SmallVec<[Member; 1]>,
}

/// What a record is, by its key.
enum Place {
    Partition,
    Watchlist,
    Story(u128),
    Text(u128),
    Event(u128, u128),
}

impl Place {
    fn of(key: &str) -> Option<Self> {
        let id = |part: &str| (part.len() == 32).then(|| u128::from_str_radix(part, 16).ok()).flatten();
        let (before, last) = key.rsplit_once('/')?;
        let parent = before.rsplit_once('/').map(|(_, parent)| parent);
        Some(match (last, parent) {
            ("partition", Some("")) => Self::Partition,
            ("watchlist", Some("")) => Self::Watchlist,
            ("text", Some(story)) => Self::Text(id(story)?),
            _ => match (id(last)?, parent.and_then(id)) {
                (event, Some(story)) => Self::Event(story, event),
                (story, None) => Self::Story(story),
            },
        })
    }
}

/// Where a value of another form says so.
#[derive(Deserialize)]
struct Version {
    schema_version: String,
}

fn read<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, UnreadableState> {
    serde_json::from_slice(value).map_err(|error| match serde_json::from_slice::<Version>(value) {
        Ok(Version { schema_version }) if !schema_version.starts_with("1.") => {
            wrong(key, &format!("its form has version {schema_version}, this program reads {SCHEMA_VERSION}"))
        }
        _ => wrong(key, &format!("line {} column {}", error.line(), error.column())),
    })
}

fn wrong(key: &str, what: &str) -> UnreadableState {
    UnreadableState { key: key.to_owned(), what: what.to_owned() }
}

impl Restoring {
    pub(in crate::story) fn take_in(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), UnreadableState> {
        let Ok(key) = std::str::from_utf8(key) else {
            return Err(wrong(&String::from_utf8_lossy(key), "its key is not UTF-8"));
        };
        let place = Place::of(key).ok_or_else(|| wrong(key, "its key is none of ours"))?;
        match place {
            Place::Partition => {
                let form = value.map(|value| read::<PartitionForm>(key, value)).transpose()?;
                self.partition = form.map(PartitionForm::partition);
            }
            Place::Watchlist => match value {
                Some(value) => {
                    self.watchlists.insert(key.to_owned(), read::<WatchlistForm>(key, value)?.watchlist());
                }
                None => drop(self.watchlists.remove(key)),
            },
            Place::Story(of) | Place::Text(of) | Place::Event(of, _) => {
                let pending = self.stories.entry(of).or_default();
                pending.take_in(&place, key, value, &mut self.shared)?;
                if pending.story.is_none() && pending.sketch.is_empty() && pending.members.is_empty() {
                    self.stories.remove(&of);
                }
            }
        }
        Ok(())
    }

    pub(in crate::story) fn put_together(self) -> Result<Memory, UnreadableState> {
        let mut memory = Memory::restored(self.partition.unwrap_or_default(), self.shared);
        self.watchlists.into_values().for_each(|watchlist| memory.restore_watchlist(watchlist));
        let mut numbers = HashSet::new();
        for story in self.stories.into_values().filter_map(Pending::whole) {
            let story = story?;
            let problem = if memory.watchlist(&story.watchlist).is_none() {
                Some("the record of its watchlist is missing")
            } else {
                (!numbers.insert(story.number)).then_some("another story has its number")
            };
            if let Some(problem) = problem {
                return Err(wrong(&key(&story), problem));
            }
            memory.restore(story);
        }
        memory.restore_texts();
        Ok(memory)
    }
}

fn key(story: &Story) -> String {
    Part::Story(Arc::clone(&story.watchlist), story.id).key()
}

impl Pending {
    fn take_in(
        &mut self,
        place: &Place,
        key: &str,
        value: Option<&[u8]>,
        shared: &mut Shared,
    ) -> Result<(), UnreadableState> {
        match place {
            Place::Text(_) => {
                let form = value.map(|value| read::<TextForm>(key, value)).transpose()?;
                let sketch = form.map(|form| form.sketch().ok_or_else(|| wrong(key, "its sketch is none")));
                self.sketch = sketch.transpose()?.unwrap_or_default();
            }
            Place::Event(_, event) => {
                let form = value.map(|value| read::<EventForm>(key, value)).transpose()?;
                let member = form.map(|form| form.member(*event).ok_or_else(|| wrong(key, "its source is none")));
                self.put(*event, member.transpose()?);
            }
            _ => {
                let form = value.map(|value| read::<StoryForm>(key, value)).transpose()?;
                let story = form.map(|form| form.story().ok_or_else(|| wrong(key, "an id of it is none")));
                self.story = story.transpose()?.map(|(mut story, sketched)| {
                    shared.share(&mut story);
                    (Arc::new(story), sketched)
                });
            }
        }
        Ok(())
    }

    fn put(&mut self, event: u128, member: Option<Member>) {
        match (self.members.binary_search_by_key(&event, |member| member.event), member) {
            (Ok(place), Some(member)) => self.members[place] = member,
            (Ok(place), None) => drop(self.members.remove(place)),
            (Err(place), Some(member)) => self.members.insert(place, member),
            (Err(_), None) => {}
        }
    }

    /// None where the story itself is gone: parts may outlive it where the topic's old records are deleted.
    fn whole(self) -> Option<Result<Arc<Story>, UnreadableState>> {
        let (mut story, sketched) = self.story?;
        if sketched == self.sketch.is_empty() {
            return Some(Err(wrong(&key(&story), "the record of its text is missing")));
        }
        let whole = Arc::make_mut(&mut story);
        (whole.sketch, whole.members) = (self.sketch, self.members);
        whole.members.sort_unstable_by_key(|member| member.arrival);
        Some(Ok(story))
    }
}
