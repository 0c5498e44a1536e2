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
mod restoring;

use std::sync::Arc;

pub use form::StateValue;
pub(super) use restoring::Restoring;

use crate::message::id::hex;
use crate::story::known::Story;
use crate::story::memory::Memory;
use form::{EventForm, PartitionForm, StoryForm, TextForm, WatchlistForm};

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
