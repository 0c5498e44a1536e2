//! The records of the stories topic put together again, one after another, in little more room than they take then.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::message::matched::MatchedWatchlist;
use crate::message::sketch::Sketch;
use crate::story::known::{Member, Story};
use crate::story::memory::{Memory, Partition};
use crate::story::state::UnreadableState;
use crate::story::state::form::{EventForm, PartitionForm, SCHEMA_VERSION, StoryForm, TextForm, WatchlistForm};

/// What was read back so far, by the keys of the records.
#[derive(Debug, Default)]
pub(in crate::story) struct Restoring {
    partition: Option<Partition>,
    watchlists: BTreeMap<String, MatchedWatchlist>,
    stories: BTreeMap<String, Pending>,
}

/// A story of which not all has come.
#[derive(Debug, Default)]
struct Pending {
    /// Without its text and events; and whether it has a text.
    story: Option<(Box<Story>, bool)>,
    sketch: Option<Sketch>,
    /// In the order of their hashes.
    members: Vec<Member>,
}

/// What a record is, by its key.
enum Place<'k> {
    Partition,
    Watchlist,
    Story(&'k str),
    Text(&'k str),
    Event(&'k str, u128),
}

impl<'k> Place<'k> {
    fn of(key: &'k str) -> Option<Self> {
        let id = |part: &str| (part.len() == 32).then(|| u128::from_str_radix(part, 16).ok()).flatten();
        let (before, last) = key.rsplit_once('/')?;
        let parent = before.rsplit_once('/').map(|(_, parent)| parent);
        Some(match (last, parent) {
            ("partition", Some("")) => Self::Partition,
            ("watchlist", Some("")) => Self::Watchlist,
            ("text", Some(_)) => Self::Text(before),
            _ => match (id(last)?, parent.and_then(id)) {
                (event, Some(_)) => Self::Event(before, event),
                (_, None) => Self::Story(key),
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
                let pending = match self.stories.get_mut(of) {
                    Some(pending) => pending,
                    None => self.stories.entry(of.to_owned()).or_default(),
                };
                pending.take_in(&place, key, value)?;
                if pending.story.is_none() && pending.sketch.is_none() && pending.members.is_empty() {
                    self.stories.remove(of);
                }
            }
        }
        Ok(())
    }

    pub(in crate::story) fn put_together(self) -> Result<Memory, UnreadableState> {
        let mut memory = Memory::default();
        if let Some(partition) = self.partition {
            memory.restore_partition(partition);
        }
        self.watchlists.into_values().for_each(|watchlist| memory.restore_watchlist(watchlist));
        let mut numbers = HashSet::new();
        for (key, pending) in self.stories {
            let Some(story) = pending.whole(&key)? else { continue };
            if memory.watchlist(&story.watchlist).is_none() {
                return Err(wrong(&key, "the record of its watchlist is missing"));
            }
            if !numbers.insert(story.number) {
                return Err(wrong(&key, "another story has its number"));
            }
            memory.restore(story);
        }
        memory.restore_texts();
        Ok(memory)
    }
}

impl Pending {
    fn take_in(&mut self, place: &Place<'_>, key: &str, value: Option<&[u8]>) -> Result<(), UnreadableState> {
        match place {
            Place::Text(_) => {
                let form = value.map(|value| read::<TextForm>(key, value)).transpose()?;
                let sketch = form.map(|form| form.sketch().ok_or_else(|| wrong(key, "its sketch is none")));
                self.sketch = sketch.transpose()?;
            }
            Place::Event(_, event) => {
                let form = value.map(|value| read::<EventForm>(key, value)).transpose()?;
                let member = form.map(|form| form.member(*event).ok_or_else(|| wrong(key, "its source is none")));
                self.put(*event, member.transpose()?);
            }
            _ => {
                let form = value.map(|value| read::<StoryForm>(key, value)).transpose()?;
                let story = form.map(|form| form.story().ok_or_else(|| wrong(key, "an id of it is none")));
                self.story = story.transpose()?.map(|(story, sketched)| (Box::new(story), sketched));
            }
        }
        Ok(())
    }

    fn put(&mut self, event: u128, member: Option<Member>) {
        match (self.members.binary_search_by_key(&event, |member| member.event), member) {
            (Ok(place), Some(member)) => self.members[place] = member,
            (Ok(place), None) => drop(self.members.remove(place)),
            (Err(place), Some(member)) => {
                // Most stories have one.
                if self.members.is_empty() {
                    self.members.reserve_exact(1);
                }
                self.members.insert(place, member);
            }
            (Err(_), None) => {}
        }
    }

    /// None where the story itself is gone: parts may outlive it where the topic's old records are deleted.
    fn whole(self, key: &str) -> Result<Option<Story>, UnreadableState> {
        let Some((mut story, sketched)) = self.story else { return Ok(None) };
        story.sketch = self.sketch.unwrap_or_default();
        if sketched == story.sketch.is_empty() {
            return Err(wrong(key, "the record of its text is missing"));
        }
        story.members = self.members.into_iter().collect();
        story.members.sort_unstable_by_key(|member| member.arrival);
        Ok(Some(*story))
    }
}
