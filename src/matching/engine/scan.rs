//! One pass over an event's text: which units stand where.
//!
//! Positions are half words from the start of the event; between fields there is a gap wider than
//! any distance, so that nothing is near across a field's end.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::Positions;
use super::dictionary::{Dictionary, Forms, Unit, Units};
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

/// What the pass over an event found. Reused from event to event.
#[derive(Default)]
pub(super) struct Found {
    /// Places by unit.
    places: Vec<Vec<Place>>,
    /// Units that have places.
    pub(super) touched: Vec<Unit>,
    /// The first position of each field, and one past the last.
    bounds: [u32; 4],
    sentences: Vec<u32>,
    paragraphs: Vec<u32>,
    scripts: [u32; Script::ALL.len()],
    /// Words that stand for some unit, as they were met before.
    seen: HashMap<u64, Seen>,
    nothing: Nothing,
    /// A folded word, while it is looked at.
    folded: String,
    positions: Positions,
}

/// What is known of a word that was met before.
#[derive(Default)]
struct Seen {
    /// Units that do not depend on how it is written.
    units: Units,
    exact: bool,
    /// Shorter forms of it that are units.
    licensed: SmallVec<[u64; 1]>,
}

impl Seen {
    fn is_nothing(&self) -> bool {
        self.units.is_empty() && !self.exact && self.licensed.is_empty()
    }
}

/// Words remembered per worker: a few megabytes.
const REMEMBERED: usize = 1 << 16;

/// Words that stand for no unit: most of any text ends here. Each has a place that the high bits of its hash
/// tell, until another takes it.
struct Nothing {
    /// What the last few texts are written with, small enough to stay near.
    near: Box<[u64; 1 << NEAR_BITS]>,
    /// What the news of a day is written with: two megabytes.
    far: Box<[u64; 1 << FAR_BITS]>,
}

const NEAR_BITS: u32 = 13;
const FAR_BITS: u32 = 18;

fn places<const N: usize>() -> Box<[u64; N]> {
    // Empty places hold what cannot be there: of 0 the place is the first, of the highest hash the last.
    let mut hashes = vec![0; N];
    hashes[0] = u64::MAX;
    hashes.into_boxed_slice().try_into().expect("it was made of this length")
}

impl Default for Nothing {
    fn default() -> Self {
        Self { near: places(), far: places() }
    }
}

impl Nothing {
    #[inline(always)]
    fn is_near(&self, hash: u64) -> bool {
        self.near[(hash >> (u64::BITS - NEAR_BITS)) as usize] == hash
    }

    /// Whether a word is among them; from now on it is near if so.
    fn holds(&mut self, hash: u64) -> bool {
        let holds = self.far[(hash >> (u64::BITS - FAR_BITS)) as usize] == hash;
        if holds {
            self.near[(hash >> (u64::BITS - NEAR_BITS)) as usize] = hash;
        }
        holds
    }

    fn add(&mut self, hash: u64) {
        self.near[(hash >> (u64::BITS - NEAR_BITS)) as usize] = hash;
        self.far[(hash >> (u64::BITS - FAR_BITS)) as usize] = hash;
    }
}

impl Found {
    pub(super) fn for_units(units: usize, positions: Positions) -> Self {
        Self { places: vec![Vec::new(); units], positions, ..Self::default() }
    }

    /// Forgets the last event and reads the next.
    pub(super) fn read(&mut self, dictionary: &Dictionary, event: &Event<'_>) {
        for unit in self.touched.drain(..) {
            self.places[unit as usize].clear();
        }
        self.sentences.clear();
        self.paragraphs.clear();
        self.scripts = [0; Script::ALL.len()];
        if self.seen.len() > REMEMBERED {
            self.seen.clear();
        }
        let mut at = 0;
        for field in 0..FIELDS.len() {
            self.bounds[field] = at;
            self.sentences.push(at);
            self.paragraphs.push(at);
            let text = text_of(event, field);
            let mut pass = Pass { found: self, dictionary, text, at, single: None };
            text::scan(text, &mut pass);
            at = pass.at + FIELD_GAP;
        }
        self.bounds[FIELDS.len()] = at;
    }

    /// Where a unit stands, in order.
    pub(super) fn places(&self, unit: Unit) -> &[Place] {
        &self.places[unit as usize]
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

    fn put(&mut self, unit: Unit, place: Place) {
        put(&mut self.places, &mut self.touched, unit, place);
    }
}

fn put(places: &mut [Vec<Place>], touched: &mut Vec<Unit>, unit: Unit, place: Place) {
    let places = &mut places[unit as usize];
    if places.is_empty() {
        touched.push(unit);
    }
    places.push(place);
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
    /// The character before, where it is a token of its own: its hash, first byte and end.
    single: Option<(u64, u32, u32)>,
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
        let place = Place { start, end: self.at, spelling: NO_SPELLING, from: token.start, to: token.end };
        if is_single(token.script) {
            self.single(&token, place);
        } else {
            self.single = None;
            if !self.found.nothing.is_near(token.hash) {
                self.word(&token, place);
            }
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
    fn single(&mut self, token: &Token, place: Place) {
        if let Some(forms) = self.dictionary.forms(token.hash) {
            self.forms(forms, token, place);
        }
        if let Some((hash, from, to)) = self.single
            && let Some(unit) = self.dictionary.pair(hash, token.hash)
        {
            self.pair(unit, to, token.start, Place { start: place.start - 1, from, ..place });
        }
        self.single = Some((token.hash, token.start, token.end));
    }

    #[inline(never)]
    fn pair(&mut self, unit: Unit, to: u32, from: u32, place: Place) {
        if self.found.positions == Positions::Tokens || !separated(&self.text[to as usize..from as usize]) {
            self.found.put(unit, place);
        }
    }

    #[inline(never)]
    fn forms(&mut self, forms: &Forms, token: &Token, place: Place) {
        if let Some(unit) = forms.any {
            self.found.put(unit, place);
        }
        self.exact(&forms.exact, token, place);
    }

    fn exact(&mut self, exact: &[(Box<str>, Unit)], token: &Token, place: Place) {
        let written = &self.text[token.start as usize..token.end as usize];
        for (form, unit) in exact {
            if **form == *written {
                self.found.put(*unit, place);
            }
        }
    }

    #[inline(never)]
    fn word(&mut self, token: &Token, place: Place) {
        if self.found.nothing.holds(token.hash) {
            return;
        }
        if !self.found.seen.contains_key(&token.hash) {
            let seen = self.look_up(token);
            if seen.is_nothing() {
                return self.found.nothing.add(token.hash);
            }
            self.found.seen.insert(token.hash, seen);
        }
        let Found { seen, places, touched, .. } = &mut *self.found;
        let seen = &seen[&token.hash];
        for unit in &seen.units {
            put(places, touched, *unit, place);
        }
        for hash in &seen.licensed {
            if let Some((_, from, to)) = text::licensed(self.text, token, |form| form == *hash)
                && let Some(unit) = self.dictionary.word(*hash)
            {
                put(places, touched, unit, Place { from, to, ..place });
            }
        }
        if seen.exact
            && let Some(forms) = self.dictionary.forms(token.hash)
        {
            self.exact(&forms.exact, token, place);
        }
    }

    #[cold]
    fn look_up(&mut self, token: &Token) -> Seen {
        let mut licensed = SmallVec::new();
        // Every form is asked for, so that one that another query knows does not hide this one's.
        text::licensed(self.text, token, |form| {
            let is_unit = self.dictionary.word(form).is_some() && form != token.hash;
            if is_unit && self.found.positions == Positions::Words && !licensed.contains(&form) {
                licensed.push(form);
            }
            false
        });
        let forms = self.dictionary.forms(token.hash);
        let mut units = Units::from_iter(forms.and_then(|forms| forms.any));
        text::fold_into(&self.text[token.start as usize..token.end as usize], &mut self.found.folded);
        units.extend(self.dictionary.wider(&self.found.folded));
        Seen { units, exact: forms.is_some_and(|forms| !forms.exact.is_empty()), licensed }
    }
}

/// Whether what lies between two characters ends a name: in a script without spaces 发展中，国家 does
/// not hold 中国.
pub(super) fn separated(between: &str) -> bool {
    between.chars().any(|c| "，。、；：！？,.;:!?…—()（）|/".contains(c))
}
