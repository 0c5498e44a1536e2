//! One pass over an event's text: which units stand where.
//!
//! Positions are half words from the start of the event; between fields there is a gap wider than
//! any distance, so that nothing is near across a field's end.

use smallvec::SmallVec;

use super::Positions;
use super::dictionary::{Dictionary, Forms, Unit, Units};
use super::met::{ASK, Meaning, Met};
use super::vocabulary::is_single;
use crate::matching::query::{FARTHEST, Field};
use crate::matching::text::{self, Break, Script, Sink, Token};
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

/// Wider than any distance between words.
const FIELD_GAP: u32 = 4 * FARTHEST;
/// Words.
const LEAD: u32 = 100;

/// The fields, in the order of their positions.
pub(super) const FIELDS: [&str; 3] = ["title", "summary", "body"];

/// The text of a field, by its place in [`FIELDS`].
pub(super) fn text_of<'a>(event: &'a Event<'_>, field: usize) -> &'a str {
    [&event.title, &event.summary, &event.body][field]
}

/// A unit at a place.
#[derive(Clone, Copy, Default)]
struct Hit {
    unit: Unit,
    start: u32,
    end: u32,
    from: u32,
    to: u32,
}

impl Hit {
    fn place(self) -> Place {
        let Hit { start, end, from, to, .. } = self;
        Place { start, end, spelling: NO_SPELLING, from, to }
    }
}

/// Hits, and room for more.
#[derive(Default)]
struct Hits {
    list: Vec<Hit>,
    count: usize,
}

impl Hits {
    /// Adds a hit, or writes it where the next will be: most words are none, and which are is hard to foretell.
    #[inline(always)]
    fn add_if(&mut self, is_hit: bool, hit: Hit) {
        if self.count == self.list.len() {
            self.grow();
        }
        self.list[self.count] = hit;
        self.count += usize::from(is_hit);
    }

    fn add(&mut self, hit: Hit) {
        self.add_if(true, hit);
    }

    #[cold]
    fn grow(&mut self) {
        self.list.resize(2 * self.list.len() + 64, Hit::default());
    }
}

/// What the pass over an event found. Reused from event to event.
#[derive(Default)]
pub(super) struct Found {
    /// In the order of the text.
    hits: Hits,
    /// The same by unit, one after the other.
    places: Vec<Place>,
    /// By unit: which of `places`.
    ranges: Vec<(u32, u32)>,
    /// Units that have places.
    pub(super) touched: Vec<Unit>,
    /// The first position of each field, and one past the last.
    bounds: [u32; 4],
    sentences: Vec<u32>,
    paragraphs: Vec<u32>,
    scripts: [u32; Script::ALL.len()],
    met: Met,
    /// A folded word, while it is looked at.
    folded: String,
    positions: Positions,
}

impl Found {
    pub(super) fn for_units(units: usize, positions: Positions) -> Self {
        Self { ranges: vec![(0, 0); units], positions, ..Self::default() }
    }

    /// Forgets the last event and reads the next.
    pub(super) fn read(&mut self, dictionary: &Dictionary, event: &Event<'_>) {
        self.hits.count = 0;
        self.sentences.clear();
        self.paragraphs.clear();
        self.scripts = [0; Script::ALL.len()];
        let mut at = 0;
        for field in 0..FIELDS.len() {
            self.bounds[field] = at;
            self.sentences.push(at);
            self.paragraphs.push(at);
            let text = text_of(event, field);
            let mut pass = Pass { found: self, dictionary, text, at, single: 0, single_at: (0, 0) };
            text::scan(text, &mut pass);
            at = pass.at + FIELD_GAP;
        }
        self.bounds[FIELDS.len()] = at;
        self.sort();
    }

    /// Puts the hits in the order of their units, each unit's in the order of the text.
    fn sort(&mut self) {
        for unit in self.touched.drain(..) {
            self.ranges[unit as usize] = (0, 0);
        }
        let hits = &self.hits.list[..self.hits.count];
        for hit in hits {
            let (_, count) = &mut self.ranges[hit.unit as usize];
            if *count == 0 {
                self.touched.push(hit.unit);
            }
            *count += 1;
        }
        let mut first = 0;
        for unit in &self.touched {
            let range = &mut self.ranges[*unit as usize];
            let count = range.1;
            *range = (first, first);
            first += count;
        }
        self.places.resize(hits.len(), Hit::default().place());
        for hit in hits {
            let (_, end) = &mut self.ranges[hit.unit as usize];
            self.places[*end as usize] = hit.place();
            *end += 1;
        }
    }

    /// Where a unit stands, in order.
    pub(super) fn places(&self, unit: Unit) -> &[Place] {
        let (first, end) = self.ranges[unit as usize];
        &self.places[first as usize..end as usize]
    }

    /// The field of a position.
    pub(super) fn field(&self, position: u32) -> usize {
        self.bounds[1..FIELDS.len()].partition_point(|bound| *bound <= position)
    }

    /// Whether a place is in a field.
    pub(super) fn is_in(&self, place: &Place, field: Field) -> bool {
        let at = self.field(place.start);
        match field {
            Field::Title => at == 0,
            Field::Summary => at == 1,
            Field::Body => at == 2,
            Field::Lead => at == 0 || place.end <= self.bounds[at] + self.positions.of_words(LEAD),
        }
    }

    /// Whether two places are in one sentence.
    pub(super) fn one_sentence(&self, a: &Place, b: &Place) -> bool {
        together(&self.sentences, a, b)
    }

    /// Whether two places are in one paragraph.
    pub(super) fn one_paragraph(&self, a: &Place, b: &Place) -> bool {
        together(&self.paragraphs, a, b)
    }

    /// The script of most of the text; none where there is none.
    pub(super) fn main_script(&self) -> Option<Script> {
        // Kana decides: Japanese is written in Han too.
        let kana = self.scripts[Script::Kana as usize];
        let han = self.scripts[Script::Han as usize];
        if kana > 0 && kana * 10 > han {
            return Some(Script::Kana);
        }
        // Digits tell nothing, and kana that did not decide is a quotation.
        let telling = Script::ALL.into_iter().filter(|script| !matches!(script, Script::Kana | Script::Digits));
        let most = telling.max_by_key(|script| self.scripts[*script as usize])?;
        (self.scripts[most as usize] > 0).then_some(most)
    }
}

fn together(starts: &[u32], a: &Place, b: &Place) -> bool {
    let number = |position: u32| starts.partition_point(|start| *start <= position);
    let (first, last) = (a.start.min(b.start), a.end.max(b.end) - 1);
    number(first) == number(last)
}

struct Pass<'a> {
    found: &'a mut Found,
    dictionary: &'a Dictionary,
    text: &'a str,
    at: u32,
    /// The hash of the character before, where it is a token of its own; of no other token is it the hash.
    single: u64,
    /// Its first byte and its end.
    single_at: (u32, u32),
}

impl Sink for Pass<'_> {
    #[inline(always)]
    fn token(&mut self, token: Token) {
        let start = self.at;
        self.at += match self.found.positions {
            Positions::Words => token.half_words(),
            Positions::Tokens => 1,
        };
        if token.breaks != Break::None {
            self.part(token.breaks, start);
        }
        self.found.scripts[token.script as usize] += 1;
        let place = Hit { unit: 0, start, end: self.at, from: token.start, to: token.end };
        if is_single(token.script) {
            self.single(&token, place);
            return;
        }
        self.single = 0;
        let glance = self.found.met.glance(token.hash);
        if glance < ASK {
            self.found.hits.add_if(glance > 0, Hit { unit: (glance as Unit).wrapping_sub(1), ..place });
        } else {
            self.word(&token, place);
        }
    }
}

impl Pass<'_> {
    #[cold]
    fn part(&mut self, breaks: Break, start: u32) {
        self.found.sentences.push(start);
        if breaks == Break::Paragraph {
            self.found.paragraphs.push(start);
        }
    }

    #[inline(always)]
    fn single(&mut self, token: &Token, place: Hit) {
        if let Some(forms) = self.dictionary.forms(token.hash) {
            self.forms(forms, token, place);
        }
        // The key of none with a character is as unlikely to be known as that of two others.
        if let Some(unit) = self.dictionary.pair(self.single, token.hash) {
            self.pair(unit, place);
        }
        self.single = token.hash;
        self.single_at = (token.start, token.end);
    }

    #[inline(never)]
    fn pair(&mut self, unit: Unit, second: Hit) {
        let (from, to) = self.single_at;
        if self.found.positions == Positions::Tokens || !separated(&self.text[to as usize..second.from as usize]) {
            self.found.hits.add(Hit { unit, start: second.start - 1, from, ..second });
        }
    }

    #[inline(never)]
    fn forms(&mut self, forms: &Forms, token: &Token, place: Hit) {
        if let Some(unit) = forms.any {
            self.found.hits.add(Hit { unit, ..place });
        }
        self.exact(&forms.exact, token, place);
    }

    fn exact(&mut self, exact: &[(Box<str>, Unit)], token: &Token, place: Hit) {
        let written = &self.text[token.start as usize..token.end as usize];
        for (_, unit) in exact.iter().filter(|(form, _)| **form == *written) {
            self.found.hits.add(Hit { unit: *unit, ..place });
        }
    }

    #[inline(never)]
    fn word(&mut self, token: &Token, place: Hit) {
        let Pass { dictionary, text, .. } = *self;
        let Found { met, hits, folded, positions, .. } = &mut *self.found;
        if !may_mean(dictionary, text, token) {
            return met.add_nothing(token.hash);
        }
        let meaning = met.meaning(token.hash, || look_up(dictionary, *positions, text, token, folded));
        for unit in &meaning.units {
            hits.add(Hit { unit: *unit, ..place });
        }
        for hash in &meaning.licensed {
            if let Some((_, from, to)) = text::licensed(text, token, |form| form == *hash)
                && let Some(unit) = dictionary.word(*hash)
            {
                hits.add(Hit { unit, from, to, ..place });
            }
        }
        if meaning.exact
            && let Some(forms) = dictionary.forms(token.hash)
        {
            self.exact(&forms.exact, token, place);
        }
    }
}

/// Whether a word may stand for a unit; no is certain, and told without folding it.
fn may_mean(dictionary: &Dictionary, text: &str, token: &Token) -> bool {
    text::heads(text, token).is_none_or(|heads| dictionary.may_know(token.hash, heads))
        || text::may_license(token.script)
}

#[cold]
fn look_up(dictionary: &Dictionary, positions: Positions, text: &str, token: &Token, folded: &mut String) -> Meaning {
    let mut licensed = SmallVec::new();
    // Every form is asked for, so that one that another query knows does not hide this one's.
    text::licensed(text, token, |form| {
        let is_unit = dictionary.word(form).is_some() && form != token.hash;
        if is_unit && positions == Positions::Words && !licensed.contains(&form) {
            licensed.push(form);
        }
        false
    });
    let forms = dictionary.forms(token.hash);
    let mut units = Units::from_iter(forms.and_then(|forms| forms.any));
    text::fold_into(&text[token.start as usize..token.end as usize], folded);
    units.extend(dictionary.wider(folded));
    Meaning { units, exact: forms.is_some_and(|forms| !forms.exact.is_empty()), licensed }
}

/// Whether what lies between two characters ends a name: in a script without spaces 发展中，国家 does
/// not hold 中国.
pub(super) fn separated(between: &str) -> bool {
    between.chars().any(|c| "，。、；：！？,.;:!?…—()（）|/".contains(c))
}
