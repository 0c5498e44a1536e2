//! The records of the stories topic: what of the stories is written, and how it is put together again.
//!
//! A story's record is the growing part and is written whenever it changes; the sketch of its text and each of its
//! events have records of their own, which are written once. A watchlist's record stands for all its stories.
//!
//! | key | what |
//! |---|---|
//! | `<watchlist>/<story>` | the story: what is told of it, and its alert |
//! | `<watchlist>/<story>/text` | its sketch, where it has one |
//! | `<watchlist>/<story>/<event>` | an event that it knows |
//! | `<watchlist>//watchlist` | the watchlist as it last matched |
//! | `//partition` | where event time stands |

mod form;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;

pub use form::StateValue;

use crate::message::id::hex;
use crate::story::known::Story;
use crate::story::memory::Memory;
use form::{EventForm, PartitionForm, StoryForm, TextForm, WatchlistForm};

/// The form's version that is written; what is read has the same major.
const SCHEMA_VERSION: &str = "1.0";
const MAJOR: &str = "1.";

/// One record of the stories topic, written to the number of the matches topic's partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRecord {
    /// Starts with the watchlist's id.
    pub key: String,
    /// JSON; none is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// A record of the stories topic that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the story record `{key}` cannot be read: {what}")]
pub struct UnreadableState {
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

/// What is written as one record. In the order in which changes are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Partition,
    Watchlist(Arc<str>),
    Story(Arc<str>, u128),
    Text(Arc<str>, u128),
    Event(Arc<str>, u128, u128),
}

impl Part {
    /// All records of a story.
    pub(super) fn of_story(story: &Story) -> impl Iterator<Item = Self> {
        let (watchlist, id) = (&story.watchlist, story.id);
        let text = (!story.sketch.is_empty()).then(|| Self::Text(Arc::clone(watchlist), id));
        let events = story.members.iter().map(move |member| Self::Event(Arc::clone(watchlist), id, member.event));
        text.into_iter().chain(events).chain([Self::Story(Arc::clone(watchlist), id)])
    }

    fn key(&self) -> String {
        match self {
            Self::Partition => "//partition".to_owned(),
            Self::Watchlist(watchlist) => format!("{watchlist}//watchlist"),
            Self::Story(watchlist, id) => format!("{watchlist}/{}", hex(*id)),
            Self::Text(watchlist, id) => format!("{watchlist}/{}/text", hex(*id)),
            Self::Event(watchlist, id, event) => format!("{watchlist}/{}/{}", hex(*id), hex(*event)),
        }
    }

    /// As it now stands; none where it is gone.
    fn value(&self, memory: &Memory) -> Option<StateValue> {
        let story = |id: &u128| memory.by_id(*id).map(|number| memory.story(number));
        Some(match self {
            Self::Partition => StateValue::Partition(PartitionForm::of(memory.partition())),
            Self::Watchlist(id) => StateValue::Watchlist(WatchlistForm::of(memory.watchlist(id)?)),
            Self::Story(_, id) => StateValue::Story(Box::new(StoryForm::of(story(id)?))),
            Self::Text(_, id) => StateValue::Text(TextForm::of(story(id)?)),
            Self::Event(_, id, event) => {
                let story = story(id)?;
                StateValue::Event(EventForm::of(&story.members[story.member(*event)?]))
            }
        })
    }
}

pub(super) fn record(part: &Part, memory: &Memory) -> StateRecord {
    let json = |value| serde_json::to_vec(&value).expect("state has string keys and no values that JSON lacks");
    StateRecord { key: part.key(), value: part.value(memory).map(json) }
}

/// What was read back so far.
#[derive(Debug, Default)]
pub(super) struct Restoring {
    values: BTreeMap<String, StateValue>,
}

/// Where a value of another form says so.
#[derive(Deserialize)]
struct Version {
    schema_version: String,
}

impl Restoring {
    pub(super) fn take_in(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), UnreadableState> {
        let unreadable = |what: String| UnreadableState { key: String::from_utf8_lossy(key).into_owned(), what };
        let name = std::str::from_utf8(key).map_err(|_| unreadable("its key is not UTF-8".to_owned()))?;
        let Some(value) = value else {
            self.values.remove(name);
            return Ok(());
        };
        let value = StateValue::read(name, value).map_err(|error| {
            // A form that is not understood may say that it is of a later version.
            let version = serde_json::from_slice::<Version>(value).map(|value| value.schema_version);
            unreadable(match version {
                Ok(version) if !version.starts_with(MAJOR) => other_form(&version),
                _ => format!("line {} column {}", error.line(), error.column()),
            })
        })?;
        if !value.schema_version().starts_with(MAJOR) {
            return Err(unreadable(other_form(value.schema_version())));
        }
        self.values.insert(name.to_owned(), value);
        Ok(())
    }

    pub(super) fn put_together(self) -> Result<Memory, UnreadableState> {
        let mut memory = Memory::default();
        let (mut stories, mut parts) = (BTreeMap::new(), Vec::new());
        for (key, value) in self.values {
            match value {
                StateValue::Partition(form) => memory.restore_partition(form.partition()),
                StateValue::Watchlist(form) => memory.restore_watchlist(form.watchlist()),
                StateValue::Story(form) => {
                    let story = form.story().ok_or_else(|| wrong(&key, "an id of it is none"))?;
                    stories.insert(key, story);
                }
                StateValue::Text(_) | StateValue::Event(_) => parts.push((key, value)),
            }
        }
        for (key, part) in parts {
            // A part may outlive its story where the topic's old records are deleted.
            let Some((of, event)) = key.rsplit_once('/') else { return Err(wrong(&key, "it names no story")) };
            let Some((story, _)) = stories.get_mut(of) else { continue };
            let taken_in = match part {
                StateValue::Text(form) => form.sketch().map(|sketch| story.sketch = sketch),
                StateValue::Event(form) => form.member(event).map(|member| story.members.push(member)),
                _ => None,
            };
            taken_in.ok_or_else(|| wrong(&key, "it is no part of a story"))?;
        }
        let (mut numbers, mut whole) = (HashSet::new(), Vec::with_capacity(stories.len()));
        for (key, (mut story, sketched)) in stories {
            if memory.watchlist(&story.watchlist).is_none() {
                return Err(wrong(&key, "the record of its watchlist is missing"));
            }
            if sketched == story.sketch.is_empty() {
                return Err(wrong(&key, "the record of its text is missing"));
            }
            if !numbers.insert(story.number) {
                return Err(wrong(&key, "another story has its number"));
            }
            story.members.sort_unstable_by_key(|member| member.arrival);
            whole.push(Arc::new(story));
        }
        memory.restore(whole);
        Ok(memory)
    }
}

fn other_form(version: &str) -> String {
    format!("its form has version {version}, this program reads {SCHEMA_VERSION}")
}

fn wrong(key: &str, what: &str) -> UnreadableState {
    UnreadableState { key: key.to_owned(), what: what.to_owned() }
}
