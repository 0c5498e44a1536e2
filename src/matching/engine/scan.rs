//! One pass over an event's text: which units stand where.
//!
//! Only units that lead to queries are noted: words by themselves, and of each phrase the unit that it is looked for by.
//! The others of a phrase are looked at around that one ([`super::phrase`]), so that the small words that are in many
//! phrases cost nothing. The text becomes tokens first, and then they are looked up: a loop without branches, in
//! which the memory is asked for several words at a time.

use std::cell::OnceCell;

use super::Positions;
use super::dictionary::{Dictionary, Unit};
use super::layout::Layout;
use super::met::{Glance, LEADS, Met, UNKNOWN};
use super::pass::Pass;
use crate::matching::text::{self, Script, Token};
use crate::message::event::Event;

/// A place in the text at which something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Half words from the start of the event.
    pub(super) start: u32,
    /// Half open.
    pub(super) end: u32,
    /// The spelling found, or [`NO_SPELLING`].
    pub(super) spelling: u32,
    /// Bytes of the field.
    pub(super) from: u32,
    /// Half open.
    pub(super) to: u32,
}

/// Of a place that no spelling of its own was found at.
pub(super) const NO_SPELLING: u32 = u32::MAX;

/// The fields, in the order of their positions.
pub(super) const FIELDS: [&str; 3] = ["title", "summary", "body"];

/// The text of a field, by its place in [`FIELDS`].
pub(super) fn text_of<'a>(event: &'a Event<'_>, field: usize) -> &'a str {
    [&event.title, &event.summary, &event.body][field]
}

/// A unit at its tokens: one, or two neighbours.
#[derive(Clone, Copy, Default)]
pub(super) struct Spot {
    pub(super) first: u32,
    pub(super) last: u32,
}

/// What the pass over an event found. Reused from event to event.
#[derive(Default)]
pub(super) struct Found {
    /// Of all fields, one after the other.
    pub(super) tokens: Vec<Token>,
    /// By token: the number of what it stands for; of characters that are tokens of their own nothing is told.
    pub(super) meanings: Vec<u32>,
    /// Tokens of a field that may be units that lead to queries.
    pub(super) worth: Vec<u32>,
    /// Words that are not known at a glance.
    unknown: Vec<u32>,
    /// Units that lead and where they are, in the order of the text.
    pub(super) hits: Vec<(Unit, Spot)>,
    /// The same by unit, one after the other.
    spots: Vec<Spot>,
    /// By unit: which of `spots`.
    ranges: Vec<(u32, u32)>,
    /// Units that have spots.
    pub(super) touched: Vec<Unit>,
    /// The first token of each field, and one past the last.
    pub(super) fields: [u32; FIELDS.len() + 1],
    layout: OnceCell<Layout>,
    pub(super) met: Met,
    /// A folded word, while it is looked at.
    pub(super) folded: String,
    pub(super) positions: Positions,
}

impl Found {
    pub(super) fn for_units(units: usize, positions: Positions) -> Self {
        Self { ranges: vec![(0, 0); units], positions, ..Self::default() }
    }

    /// Forgets the last event and reads the next.
    pub(super) fn read(&mut self, dictionary: &Dictionary, event: &Event<'_>) {
        self.met.next_event();
        self.tokens.clear();
        self.hits.clear();
        self.layout.take();
        for field in 0..FIELDS.len() {
            let first = self.tokens.len();
            text::scan(text_of(event, field), &mut self.tokens);
            self.fields[field + 1] = self.tokens.len() as u32;
            let worth = self.glance(dictionary, first);
            Pass { found: self, dictionary, text: text_of(event, field), first }.look_up(worth);
        }
        self.sort();
    }

    /// Goes over the tokens from `first` on: how many are worth a look.
    fn glance(&mut self, dictionary: &Dictionary, first: usize) -> usize {
        for room in [&mut self.meanings, &mut self.worth, &mut self.unknown] {
            if room.len() < self.tokens.len() {
                room.resize(self.tokens.len() * 2, 0);
            }
        }
        let Self { tokens, meanings, worth, unknown, met, .. } = self;
        let (tokens, meanings) = (&tokens[first..], &mut meanings[first..]);
        // As little as can be, for here the memory is waited for: the shorter the loop, the more of it goes on at once.
        let (mut count, mut before) = (0, 0);
        for (i, (token, meaning)) in (0..).zip(tokens.iter().zip(&mut *meanings)) {
            let is_worth = if token.script.is_single() {
                *meaning = 0;
                dictionary.may_lead(before, token.hash)
            } else {
                let glance = met.glance(token.hash);
                *meaning = glance as u32;
                glance >= LEADS
            };
            // What is no character does not make a pair: it is as unlikely to be let through as any other.
            before = token.hash;
            worth[count] = i;
            count += usize::from(is_worth);
        }
        // One load each and nothing that waits for it, for most of these are far from the processor.
        let mut unknowns = 0;
        for i in 0..count {
            unknown[unknowns] = worth[i];
            unknowns += usize::from(Glance::from(meanings[worth[i] as usize]) == UNKNOWN);
        }
        for at in &unknown[..unknowns] {
            meanings[*at as usize] = met.glance_far(tokens[*at as usize].hash) as u32;
        }
        let mut still = 0;
        for i in 0..count {
            let at = worth[i];
            worth[still] = at;
            let is_word = !tokens[at as usize].script.is_single();
            still += usize::from(!is_word | (Glance::from(meanings[at as usize]) >= LEADS));
        }
        still
    }

    /// Puts the hits in the order of their units, each unit's in the order of the text.
    fn sort(&mut self) {
        let Self { hits, spots, ranges, touched, .. } = self;
        touched.drain(..).for_each(|unit| ranges[unit as usize] = (0, 0));
        touched.resize(hits.len(), 0);
        let mut units = 0;
        for (unit, _) in &*hits {
            let (_, count) = &mut ranges[*unit as usize];
            touched[units] = *unit;
            units += usize::from(*count == 0);
            *count += 1;
        }
        touched.truncate(units);
        let mut first = 0;
        for unit in &*touched {
            let range = &mut ranges[*unit as usize];
            let count = range.1;
            *range = (first, first);
            first += count;
        }
        spots.resize(hits.len(), Spot::default());
        for (unit, spot) in &*hits {
            let (_, end) = &mut ranges[*unit as usize];
            spots[*end as usize] = *spot;
            *end += 1;
        }
    }

    /// Where a unit that leads stands, in order.
    pub(super) fn spots(&self, unit: Unit) -> &[Spot] {
        let (first, end) = self.ranges[unit as usize];
        &self.spots[first as usize..end as usize]
    }

    /// Where it all stands in the event: told when something is found, for in most events nothing is.
    pub(super) fn layout(&self) -> &Layout {
        self.layout.get_or_init(|| Layout::new(&self.tokens, &self.fields[1..], self.positions))
    }

    /// The script of most of the text; none where there is none.
    pub(super) fn main_script(&self) -> Option<Script> {
        let mut scripts = [0_u32; Script::ALL.len()];
        self.tokens.iter().for_each(|token| scripts[token.script as usize] += 1);
        // Kana decides: Japanese is written in Han too.
        let kana = scripts[Script::Kana as usize];
        let han = scripts[Script::Han as usize];
        if kana > 0 && kana * 10 > han {
            return Some(Script::Kana);
        }
        // Digits tell nothing, and kana that did not decide is a quotation.
        let telling = Script::ALL.into_iter().filter(|script| !matches!(script, Script::Kana | Script::Digits));
        let most = telling.max_by_key(|script| scripts[*script as usize])?;
        (scripts[most as usize] > 0).then_some(most)
    }
}
