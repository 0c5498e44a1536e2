//! Which stories of its watchlist an event belongs to.
//!
//! An event that a story knows stays with it, so that a later version is told where the earlier ones were, even
//! where the watchlist has come to group by something else. By source and by entity, a version of another source
//! or with other entities belongs to theirs, and leaves those that it belonged to. An event without an entity
//! is grouped by its story.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use smallvec::SmallVec;

use crate::message::id::digest;
use crate::message::matched::Match;
use crate::message::policy::GroupBy;
use crate::message::sketch::Sketch;
use crate::story::known::{Kept, Last, Story};
use crate::story::memory::Memory;

/// Of more entities only the first are told by entity.
const MOST_ENTITIES: usize = 32;

/// A story that an event belongs to.
#[derive(Debug)]
pub(super) enum Target {
    Known(u32),
    New(Beginning),
}

/// What a story is begun with.
#[derive(Debug)]
pub(super) struct Beginning {
    id: u128,
    group_by: GroupBy,
    sketch: Sketch,
}

/// Where an event belongs, and what it leaves.
#[derive(Debug)]
pub(super) struct Belonging {
    pub(super) targets: Vec<Target>,
    pub(super) left: Vec<u32>,
}

/// The stories of the match's watchlist that know its event.
pub(super) fn known(matched: &Match, event: u128, memory: &Memory) -> SmallVec<[u32; 4]> {
    let of_watchlist = |number: &u32| *memory.story(*number).watchlist == *matched.watchlist.id;
    memory.of_event(event).filter(of_watchlist).collect()
}

pub(super) fn belonging(matched: &Match, event: u128, memory: &Memory, similarity: f64) -> Belonging {
    let known = known(matched, event, memory);
    let group_by = match matched.watchlist.alert.group_by {
        GroupBy::Entity if matched.entities.is_empty() => GroupBy::Story,
        group_by => group_by,
    };
    let moves = matches!(group_by, GroupBy::Source | GroupBy::Entity)
        && known.iter().all(|number| memory.story(*number).group_by == group_by);
    if !moves && !known.is_empty() {
        return Belonging { targets: known.into_iter().map(Target::Known).collect(), left: Vec::new() };
    }
    let targets = wanted(matched, group_by, memory, similarity);
    let stays = |number: &u32| targets.iter().any(|target| matches!(target, Target::Known(known) if known == number));
    let corrected = |number: &u32| {
        let story = memory.story(*number);
        story.member(event).is_some_and(|member| story.members[member].version < matched.event.version)
    };
    let left = known.into_iter().filter(|number| !stays(number) && corrected(number)).collect();
    Belonging { targets, left }
}

fn wanted(matched: &Match, group_by: GroupBy, memory: &Memory, similarity: f64) -> Vec<Target> {
    let watchlist = &*matched.watchlist.id;
    let target = |parts: &[&str]| {
        let id = digest(parts);
        let new = || Target::New(Beginning { id, group_by, sketch: Sketch::default() });
        memory.by_id(id).map_or_else(new, Target::Known)
    };
    match group_by {
        GroupBy::Story => {
            let sketch = Sketch::from_text(&matched.sketch).unwrap_or_default();
            let copy = memory.similar(watchlist, &sketch, similarity);
            let id = digest(&[watchlist, &matched.event.id]);
            let known = copy.or_else(|| memory.by_id(id));
            vec![known.map_or_else(|| Target::New(Beginning { id, group_by, sketch }), Target::Known)]
        }
        GroupBy::Event => vec![target(&[watchlist, "event", &matched.event.id])],
        GroupBy::Source => {
            let source = matched.event.source.as_deref().unwrap_or_default();
            vec![target(&[watchlist, "source", source])]
        }
        GroupBy::Entity => {
            let entities: BTreeSet<&str> = matched.entities.iter().map(|entity| &*entity.id).collect();
            entities.into_iter().take(MOST_ENTITIES).map(|entity| target(&[watchlist, "entity", entity])).collect()
        }
    }
}

impl Beginning {
    /// A story that is to take in its first event.
    pub(super) fn story(self, number: u32, matched: &Match, time: Timestamp) -> Story {
        let Self { id, group_by, sketch } = self;
        Story {
            watchlist: Arc::from(&*matched.watchlist.id),
            id,
            number,
            group_by,
            lead_event: (*matched.event.id).into(),
            first_seen: time,
            last_seen: time,
            touched: time,
            offset: 0,
            events: 0,
            members: SmallVec::new(),
            arrivals: 0,
            counted_from: 0,
            earlier_sources: BTreeSet::new(),
            languages: SmallVec::new(),
            entities: SmallVec::new(),
            last: Kept::of(&Last::of(matched)),
            told: None,
            due: None,
            findable: !sketch.is_empty(),
            sketch,
        }
    }
}
