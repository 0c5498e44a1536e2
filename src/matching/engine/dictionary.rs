//! What the words of the text are looked up in: one dictionary for all queries and vocabulary.
//!
//! A *unit* is the smallest thing that is found by a lookup: a folded word, two neighbouring
//! characters of a script without spaces (one alone is too common to be an index), a word exactly as
//! written, the beginning of a word, or a stem. Equal units of all queries are one.

use std::sync::OnceLock;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::function_words;
use super::hashed::{Hashed, Sieve};
use super::language::{Stem, Stemming};
use super::lists::Set;
use crate::matching::query::{Pattern, Patterns};
use crate::matching::text::{self, Few};

/// The number of a unit.
pub(super) type Unit = u32;

/// Units of a word: few.
pub(super) type Units = SmallVec<[Unit; 2]>;

/// Units by what finds them.
#[derive(Default)]
pub(super) struct Dictionary {
    words: Hashed<Forms>,
    pairs: Hashed<Unit>,
    prefixes: Hashed<Unit>,
    patterns: Vec<(Pattern, Unit)>,
    /// All patterns together, compiled when the first word is met.
    automaton: OnceLock<Patterns>,
    stems: HashMap<(Stem, Box<str>), Unit>,
    stemming: Stemming,
    /// The first three letters, or all there are, of the words that have stems and of the beginnings.
    heads: Hashed<()>,
    /// The units that lead to queries.
    leading: Set,
    /// Characters that are such a unit by themselves, or as they are written.
    leading_characters: Few,
    /// Pairs that are.
    leading_pairs: Sieve,
    /// The hashes of both and their units, until it is told which lead.
    characters: Vec<u64>,
    made_of: Vec<(u64, Unit)>,
    prices: Vec<u32>,
}

/// Letters that a stem keeps of a word.
const HEAD: usize = 3;

/// What is looked for of a folded word.
#[derive(Default)]
pub(super) struct Forms {
    /// However it is written.
    pub(super) any: Option<Unit>,
    /// Exactly as written.
    pub(super) exact: Vec<(Box<str>, Unit)>,
}

impl Forms {
    fn all(&self) -> impl Iterator<Item = Unit> {
        self.any.into_iter().chain(self.exact.iter().map(|(_, unit)| *unit))
    }
}

/// The key of two neighbouring characters.
#[inline]
fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The key of a word's stem: with the letters that the word begins with, so that what is stemmed for
/// one query does not change what another finds.
fn stem_key(stem: Stem, folded: &str, stemmed: &str) -> (Stem, Box<str>) {
    let mut key: String = folded.chars().take(3).collect();
    key.push('/');
    key.push_str(stemmed);
    (stem, key.into_boxed_str())
}

/// What a pattern costs as a required word: more than any word or beginning, so that it is the last choice.
const PRICE_OF_PATTERN: u32 = 10_000_000;

/// How common a word is, roughly, by its hash and letters: only the order of these figures matters.
fn price_of_word(hash: u64, letters: usize) -> u32 {
    // Of the words that every text has, one is the more common the higher it ranks.
    function_words::rank(hash).map_or(price_of_length(letters), |rank| 200_000 / (10 + rank))
}

/// The same of the letters alone.
fn price_of_length(letters: usize) -> u32 {
    match letters {
        0..=1 => 3_000,
        2 => 1_000,
        3 => 300,
        4 => 100,
        5 => 50,
        6 => 30,
        _ => 15,
    }
}

impl Dictionary {
    fn unit(prices: &mut Vec<u32>, price: u32) -> Unit {
        prices.push(price);
        u32::try_from(prices.len() - 1).expect("units are fewer than the characters of all queries")
    }

    /// The unit of a folded word of so many letters, or of one character of a script without spaces.
    pub(super) fn add_word(&mut self, hash: u64, letters: usize) -> Unit {
        let forms = self.words.get_or_insert_with(hash, Forms::default);
        *forms.any.get_or_insert_with(|| Self::unit(&mut self.prices, price_of_word(hash, letters)))
    }

    /// A word that is a character of a script without spaces, by itself or as it is written.
    pub(super) fn add_character(&mut self, hash: u64) {
        self.characters.push(hash);
    }

    /// The unit of two neighbouring characters.
    pub(super) fn add_pair(&mut self, first: u64, second: u64) -> Unit {
        let (prices, made_of) = (&mut self.prices, &mut self.made_of);
        *self.pairs.get_or_insert_with(pair(first, second), || {
            let unit = Self::unit(prices, 40);
            made_of.push((pair(first, second), unit));
            unit
        })
    }

    /// The unit of a word exactly as written, by the hash of its folded form.
    pub(super) fn add_exact(&mut self, hash: u64, written: &str) -> Unit {
        let forms = &mut self.words.get_or_insert_with(hash, Forms::default).exact;
        if let Some((_, unit)) = forms.iter().find(|(form, _)| **form == *written) {
            return *unit;
        }
        let unit = Self::unit(&mut self.prices, price_of_length(written.chars().count()) / 3);
        forms.push((written.into(), unit));
        unit
    }

    /// The unit of all words that begin so.
    pub(super) fn add_prefix(&mut self, folded: &str) -> Unit {
        self.add_head(folded);
        let prices = &mut self.prices;
        // As common as a word that is a letter shorter, and in more than one form.
        let price = price_of_length(folded.chars().count().saturating_sub(1)) * 3;
        *self.prefixes.get_or_insert_with(text::hash(folded), || Self::unit(prices, price))
    }

    /// The unit of all words that fit a pattern, which is added once.
    pub(super) fn add_pattern(&mut self, pattern: &Pattern) -> Unit {
        let unit = Self::unit(&mut self.prices, PRICE_OF_PATTERN);
        self.patterns.push((pattern.clone(), unit));
        unit
    }

    /// Whether there is a pattern at all.
    pub(super) fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether a unit is of a pattern.
    pub(super) fn is_pattern(&self, unit: Unit) -> bool {
        self.prices[unit as usize] == PRICE_OF_PATTERN
    }

    /// The unit of all words with the stem of this one.
    pub(super) fn add_stem(&mut self, stem: Stem, folded: &str) -> Unit {
        self.stemming.add(stem, folded);
        self.add_head(folded);
        let stemmed = stem.of(folded);
        let key = stem_key(stem, folded, &stemmed);
        // What it finds is no rarer than the stem as a word: `fora` is looked for by its stem `for`.
        let price = price_of_word(text::hash(&stemmed), folded.chars().count()) * 2;
        let prices = &mut self.prices;
        *self.stems.entry(key).or_insert_with(|| Self::unit(prices, price))
    }

    fn add_head(&mut self, folded: &str) {
        if let Some(head) = text::beginnings(folded).take(HEAD).last() {
            self.heads.get_or_insert_with(head, || ());
        }
    }

    /// Says which units lead to queries; no unit is added after that.
    pub(super) fn set_leading(&mut self, leading: Set) {
        let leads = |unit: Unit| leading.has(unit);
        let (characters, pairs) = (std::mem::take(&mut self.characters), std::mem::take(&mut self.made_of));
        let is_leading = |hash: &&u64| self.forms(**hash).is_some_and(|forms| forms.all().any(leads));
        self.leading_characters = characters.iter().filter(is_leading).copied().collect();
        self.leading_pairs = Sieve::of(pairs.iter().filter(|(_, unit)| leads(*unit)).map(|(pair, _)| *pair));
        self.leading = leading;
    }

    /// Whether a unit leads to queries.
    #[inline]
    pub(super) fn leads(&self, unit: Unit) -> bool {
        self.leading.has(unit)
    }

    /// Whether a character, or the pair that it makes with the one before it, may be a unit that leads to queries; no is
    /// certain.
    #[inline(always)]
    pub(super) fn may_lead(&self, before: u64, character: u64) -> bool {
        self.leading_characters.may_have(character) | self.leading_pairs.lets_through(pair(before, character))
    }

    /// How many units there are.
    pub(super) fn len(&self) -> usize {
        self.prices.len()
    }

    /// How common a unit is, roughly.
    pub(super) fn price(&self, unit: Unit) -> u32 {
        self.prices[unit as usize]
    }

    /// What is looked for of a folded word or character.
    #[inline]
    pub(super) fn forms(&self, hash: u64) -> Option<&Forms> {
        self.words.get(hash)
    }

    /// The unit of a folded word or character.
    #[inline]
    pub(super) fn word(&self, hash: u64) -> Option<Unit> {
        self.forms(hash)?.any
    }

    /// The units of a word exactly as written, by the hash of its folded form.
    pub(super) fn exact(&self, hash: u64, written: &str) -> impl Iterator<Item = Unit> {
        let exact = self.forms(hash).map_or(&[][..], |forms| &forms.exact);
        exact.iter().filter(move |(form, _)| **form == *written).map(|(_, unit)| *unit)
    }

    /// The unit of two neighbouring characters.
    #[inline]
    pub(super) fn pair(&self, first: u64, second: u64) -> Option<Unit> {
        self.pairs.get(pair(first, second)).copied()
    }

    /// Whether a word may be a unit or a form of one, by its hash and those of its first letters; no is certain.
    pub(super) fn may_know(&self, hash: u64, heads: [u64; HEAD]) -> bool {
        let known = |head: u64| self.heads.get(head).is_some();
        !self.patterns.is_empty() || heads.into_iter().any(known) || self.forms(hash).is_some()
    }

    /// The units of all words that this one is a form of, or fits.
    pub(super) fn wider(&self, folded: &str) -> Units {
        let mut units = Units::new();
        if !self.prefixes.is_empty() {
            units.extend(text::beginnings(folded).filter_map(|hash| self.prefixes.get(hash).copied()));
        }
        if !self.patterns.is_empty() {
            let automaton =
                self.automaton.get_or_init(|| Patterns::new(self.patterns.iter().map(|(pattern, _)| pattern)));
            units.extend(automaton.fitting(folded).map(|number| self.patterns[number].1));
        }
        for stem in self.stemming.candidates(folded) {
            units.extend(self.stems.get(&stem_key(*stem, folded, &stem.of(folded))).copied());
        }
        units
    }
}
