//! From places to hits: what of a query was found, with its text and its surroundings.

use super::Engine;
use super::budget::OverBudget;
use super::evaluate::Evaluation;
use super::expression::Expression;
use super::language::is_kind_of;
use super::scan::{FIELDS, NO_SPELLING, Place, text_of};
use crate::matching::query::Field;
use crate::message::event::Event;
use crate::message::evidence::Hit;

/// Hits on a match; the rest are counted.
pub(super) const MOST_HITS: usize = 32;
/// Code points before and after a hit.
const AROUND: usize = 32;

impl Evaluation<'_, '_> {
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
                self.cache.give_back(whole);
            }
            Expression::Atom(atom) => {
                let found = self.found;
                let counts = |place: &&Place| {
                    field.is_none_or(|field| found.layout().is_in(place, field))
                        && within.is_none_or(|outer| lies_in(place, outer))
                };
                into.extend(self.atom(*atom)?.iter().filter(counts));
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

/// Sorted, each once: where two spellings found the same thing in one place, that of the event's language, else the
/// first.
pub(super) fn settle(places: &mut Vec<Place>, engine: &Engine, event: &Event<'_>) {
    places.retain(|place| place.spelling != NO_SPELLING);
    let foreign = |place: &Place| {
        let list = engine.spellings[place.spelling as usize].lang();
        !event.lang.as_deref().zip(list).is_some_and(|(event, list)| is_kind_of(event, list))
    };
    places.sort_unstable_by_key(|place| {
        (place.start, place.end, engine.entity_of(place.spelling), foreign(place), *place)
    });
    let key = |place: &Place| (place.start, place.end, engine.entity_of(place.spelling));
    places.dedup_by(|a, b| key(a) == key(b));
}

impl<'e> Evaluation<'e, '_> {
    /// The hit at a place.
    pub(super) fn hit(&mut self, place: &Place) -> HitRef<'e> {
        let (engine, field) = (self.engine, self.found.layout().field(place.start));
        let text = text_of(self.event, field);
        let (from, to) = (place.from as usize, place.to as usize);
        let spelling = &engine.spellings[place.spelling as usize];
        let start = self.cache.code_points.before(from, field, text);
        let before = text[..from].char_indices().rev().take(AROUND).last().map_or(from, |(at, _)| at);
        let after = text[to..].char_indices().nth(AROUND).map_or(text.len(), |(at, _)| to + at);
        HitRef {
            term: engine.terms.of(spelling.term),
            entity: engine.entity_of(place.spelling).map(|entity| engine.entities[entity as usize].id.as_str()),
            lang: spelling.lang(),
            field: FIELDS[field],
            start,
            end: start + code_points(&text.as_bytes()[from..to]),
            exact: &text[from..to],
            before: &text[before..from],
            after: &text[to..after],
        }
    }
}

/// A [`Hit`] that borrows from the event and the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HitRef<'a> {
    /// The query's word or phrase, or the vocabulary's name or word, by which it was found.
    pub term: &'a str,
    /// The canonical entity, where the hit is one.
    pub entity: Option<&'a str>,
    /// The language of the vocabulary list it was found by.
    pub lang: Option<&'a str>,
    /// `title`, `summary` or `body`.
    pub field: &'static str,
    /// Unicode code points from the start of the field's text.
    pub start: u32,
    /// Half open.
    pub end: u32,
    /// The text there.
    pub exact: &'a str,
    /// Up to 32 code points before it.
    pub before: &'a str,
    /// Up to 32 code points after it.
    pub after: &'a str,
}

impl HitRef<'_> {
    /// As a message carries it.
    pub fn to_hit(&self) -> Hit {
        Hit {
            term: self.term.to_owned(),
            entity: self.entity.map(str::to_owned),
            lang: self.lang.map(str::to_owned),
            field: self.field.to_owned(),
            start: self.start,
            end: self.end,
            exact: self.exact.to_owned(),
            before: self.before.to_owned(),
            after: self.after.to_owned(),
        }
    }
}

/// How many code points there are before each place of an event's fields: counted once where something
/// is found, and then from the nearest mark on.
#[derive(Default)]
pub(super) struct CodePoints {
    /// Before every [`STRIDE`]th byte of each field.
    marks: [Vec<u32>; FIELDS.len()],
}

const STRIDE: usize = 64;

impl CodePoints {
    pub(super) fn next_event(&mut self) {
        self.marks.iter_mut().for_each(Vec::clear);
    }

    fn before(&mut self, byte: usize, field: usize, text: &str) -> u32 {
        let marks = &mut self.marks[field];
        if marks.is_empty() {
            marks.push(0);
            marks.extend(text.as_bytes().chunks(STRIDE).scan(0, |sum, chunk| {
                *sum += code_points(chunk);
                Some(*sum)
            }));
        }
        let mark = byte / STRIDE;
        marks[mark] + code_points(&text.as_bytes()[mark * STRIDE..byte])
    }
}

/// Code points that begin in a piece of UTF-8.
fn code_points(utf8: &[u8]) -> u32 {
    utf8.iter().map(|byte| u32::from(byte & 0xc0 != 0x80)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_points_are_counted_from_the_nearest_mark() {
        let text = "a é 芯 😀".repeat(40);
        let mut counted = CodePoints::default();
        for (number, (byte, _)) in (0..).zip(text.char_indices()) {
            assert_eq!(counted.before(byte, 0, &text), number);
        }
        assert_eq!(counted.before(text.len(), 0, &text), text.chars().count() as u32);
        counted.next_event();
        assert_eq!(counted.before(2, 0, "éa"), 1);
    }
}
