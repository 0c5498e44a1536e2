//! A phrase around the unit that it is looked for by.

use super::dictionary::{Dictionary, Unit};
use super::pass::{pair, written};
use super::scan::{FIELDS, Found, NO_SPELLING, Place, Spot, text_of};
use super::vocabulary::{Spelling, Step};
use crate::matching::text;
use crate::message::event::Event;

/// What stands beside the anchor of a phrase.
#[derive(Clone, Copy)]
pub(super) struct Beside {
    unit: Unit,
    /// Where it begins, in tokens from where the anchor does.
    offset: i8,
    is_pair: bool,
}

impl Beside {
    /// Of a phrase; a word by itself has none.
    pub(super) fn anchor(spelling: &Spelling) -> Option<Self> {
        let at = usize::from(spelling.anchor);
        let anchor = spelling.steps[at];
        let of = |step: &Step, offset: i8| Self { unit: step.unit, offset, is_pair: step.is_pair };
        let tokens = |step: &Step| 1 + step.is_pair as i8;
        match spelling.steps.get(at + 1) {
            Some(next) => Some(of(next, tokens(&anchor) - next.overlap as i8)),
            None => spelling.steps[..at].last().map(|last| of(last, anchor.overlap as i8 - tokens(last))),
        }
    }
}

/// An event's text and what was found in it.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) dictionary: &'a Dictionary,
    pub(super) event: &'a Event<'a>,
    pub(super) found: &'a Found,
}

impl Around<'_> {
    /// The whole of a phrase around a spot of its anchor, where it is all there.
    pub(super) fn phrase(&self, spelling: &Spelling, anchor: Spot) -> Option<Place> {
        let steps = &spelling.steps[..];
        let at = usize::from(spelling.anchor);
        let field = self.field(anchor);
        let (begin, end) = (self.found.fields[field], self.found.fields[field + 1]);
        let (mut first, mut last) = (anchor, anchor);
        for pair in steps[..=at].windows(2).rev() {
            let past = first.first + u32::from(pair[1].overlap);
            first = Spot { first: past.checked_sub(pair[0].tokens()).filter(|first| *first >= begin)?, last: past - 1 };
            self.is_at(pair[0].unit, first, field).then_some(())?;
        }
        for step in &steps[at + 1..] {
            let first = last.last + 1 - u32::from(step.overlap);
            last = Spot { first, last: first + step.tokens() - 1 };
            (last.last < end && self.is_at(step.unit, last, field)).then_some(())?;
        }
        let (whole, end) = (self.place(steps[0].unit, first), self.place(steps[steps.len() - 1].unit, last));
        Some(Place { end: end.end, to: end.to, ..whole })
    }

    /// Whether what belongs beside the anchor of a phrase is there.
    #[inline]
    pub(super) fn is_beside(&self, beside: &Beside, anchor: Spot) -> bool {
        let field = self.field(anchor);
        let Some(first) = anchor.first.checked_add_signed(i32::from(beside.offset)) else { return false };
        let last = first + u32::from(beside.is_pair);
        let fields = &self.found.fields;
        fields[field] <= first && last < fields[field + 1] && self.is_at(beside.unit, Spot { first, last }, field)
    }

    /// Where a unit is that is at a spot.
    pub(super) fn place(&self, unit: Unit, spot: Spot) -> Place {
        let (tokens, layout) = (&self.found.tokens, self.found.layout());
        let (first, last) = (&tokens[spot.first as usize], &tokens[spot.last as usize]);
        let (from, to) = self.licensed(unit, spot).unwrap_or((first.start, last.end));
        let end = layout.start(spot.last) + layout.width(last);
        Place { start: layout.start(spot.first), end, spelling: NO_SPELLING, from, to }
    }

    /// The bytes of a unit that is a shorter form of the word at a spot.
    fn licensed(&self, unit: Unit, spot: Spot) -> Option<(u32, u32)> {
        let token = &self.found.tokens[spot.first as usize];
        if !text::may_license(token.script) {
            return None;
        }
        let licensed = &self.found.met.meaning(self.found.meanings[spot.first as usize]).licensed;
        let (hash, _) = licensed.iter().find(|(_, licensed)| *licensed == unit)?;
        let text = text_of(self.event, self.field(spot));
        text::licensed(text, token, |form| form == *hash).map(|(_, from, to)| (from, to))
    }

    fn field(&self, spot: Spot) -> usize {
        self.found.fields[1..FIELDS.len()].partition_point(|first| *first <= spot.first)
    }

    /// Whether a unit is at a spot of a field.
    fn is_at(&self, unit: Unit, spot: Spot, field: usize) -> bool {
        let Self { dictionary, event, found } = *self;
        let at = spot.first as usize;
        let token = &found.tokens[at];
        let exactly = || dictionary.exact(token.hash, written(text_of(event, field), token)).any(|exact| exact == unit);
        if spot.first != spot.last {
            let second = &found.tokens[spot.last as usize];
            return pair(dictionary, found.positions, text_of(event, field), token, second) == Some(unit);
        }
        if token.script.is_single() {
            return dictionary.word(token.hash) == Some(unit) || exactly();
        }
        let meaning = found.met.meaning(found.meanings[at]);
        meaning.units.contains(&unit)
            || meaning.licensed.iter().any(|(_, licensed)| *licensed == unit)
            || meaning.exact && exactly()
    }
}
