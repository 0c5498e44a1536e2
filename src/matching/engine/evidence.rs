//! From places to hits: what of a query was found, with its text and its surroundings.

use super::Engine;
use super::budget::OverBudget;
use super::evaluate::Evaluation;
use super::expression::Expression;
use super::scan::{FIELDS, NO_SPELLING, Place, text_of};
use crate::matching::query::Field;
use crate::message::event::Event;
use crate::message::evidence::Hit;

/// Hits on a match; the rest are counted.
pub(super) const MOST_HITS: usize = 32;
/// Code points before and after a hit.
const AROUND: usize = 32;

impl Evaluation<'_> {
    /// The places that made a query hold: of a distance only those within it, nothing of what is
    /// denied. Places go in without order and more than once.
    pub(super) fn evidence(
        &mut self,
        expression: &Expression,
        field: Option<Field>,
        within: Option<&[Place]>,
        into: &mut Vec<Place>,
    ) -> Result<(), OverBudget> {
        match expression {
            Expression::And(parts) => {
                for part in parts {
                    self.evidence(part, field, within, into)?;
                }
            }
            Expression::Or(parts) => {
                for part in parts {
                    if within.is_some() || self.holds(part, field)? {
                        self.evidence(part, field, within, into)?;
                    }
                }
            }
            Expression::Near { sides, .. } | Expression::Together { sides, .. } => {
                let mut whole = self.places(expression, field)?;
                if let Some(outer) = within {
                    whole.retain(|place| lies_in(place, outer));
                }
                for side in sides.iter() {
                    self.evidence(side, field, Some(&whole), into)?;
                }
            }
            Expression::Atom(_) => {
                let mut places = self.places(expression, field)?;
                if let Some(outer) = within {
                    places.retain(|place| lies_in(place, outer));
                }
                into.extend(places);
            }
            Expression::AtLeast(_, inner) => self.evidence(inner, field, within, into)?,
            Expression::Field(field, inner) => self.evidence(inner, Some(*field), within, into)?,
            Expression::Not(_) | Expression::Meta(..) => {}
        }
        Ok(())
    }
}

/// Whether a place lies in one of some places, which are in order of their starts.
fn lies_in(place: &Place, outer: &[Place]) -> bool {
    let candidates = outer.partition_point(|around| around.start <= place.start);
    outer[..candidates].iter().rev().take(LOOK_BACK).any(|around| place.end <= around.end)
}

/// Distances that begin before a place and are looked at, from the nearest on; evidence is for people.
const LOOK_BACK: usize = 64;

/// Sorted, each once: where two spellings found the same thing in one place, the first.
pub(super) fn settle(places: &mut Vec<Place>, engine: &Engine) {
    places.retain(|place| place.spelling != NO_SPELLING);
    places.sort_unstable();
    let key = |place: &Place| (place.start, place.end, engine.entity_of(place.spelling));
    places.dedup_by(|a, b| key(a) == key(b));
}

/// The hit at a place.
pub(super) fn hit(place: &Place, engine: &Engine, event: &Event<'_>, field: usize) -> Hit {
    let text = text_of(event, field);
    let (from, to) = (place.from as usize, place.to as usize);
    let spelling = &engine.spellings[place.spelling as usize];
    let start = text[..from].chars().count();
    let before = text[..from].char_indices().rev().take(AROUND).last().map_or(from, |(at, _)| at);
    let after = text[to..].char_indices().nth(AROUND).map_or(text.len(), |(at, _)| to + at);
    Hit {
        term: spelling.term.to_string(),
        entity: engine.entity_of(place.spelling).map(|entity| engine.entities[entity as usize].id.clone()),
        lang: spelling.lang.as_deref().map(str::to_owned),
        field: FIELDS[field].to_owned(),
        start: start as u32,
        end: (start + text[from..to].chars().count()) as u32,
        exact: text[from..to].to_owned(),
        before: text[before..from].to_owned(),
        after: text[to..after].to_owned(),
    }
}
