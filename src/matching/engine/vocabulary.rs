//! Words, names and terms become *atoms*: what is found in an event once, for all queries that use it.
//!
//! Names of every language count in every event. Words of a `#term` written in Latin letters count
//! only in events of the list's language, in events that name no language, and from English lists
//! everywhere; in any other script they always count. Inflected forms count where the list's language
//! has a stemmer.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet, HashTable};
use smallvec::SmallVec;

use super::dictionary::{Dictionary, Unit};
use super::language::{Stem, case_forms, primary};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::matching::definition::{Entry, Located, Vocabulary};
use crate::matching::explain::Named;
use crate::matching::query::{FARTHEST, Pattern};
use crate::matching::text::{Script, Token, fold, scan};
use crate::message::evidence::EntityReference;

/// The number of an atom.
pub(super) type AtomId = u32;

/// One step of a phrase.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Step {
    pub(super) unit: Unit,
    /// How many half words it shares with the step before: pairs overlap.
    pub(super) overlap: u8,
    /// Whether it is two neighbouring characters.
    pub(super) is_pair: bool,
}

impl Step {
    /// How many tokens it is.
    pub(super) fn tokens(self) -> u32 {
        1 + u32::from(self.is_pair)
    }
}

/// One way to write something: a word or a phrase.
pub(super) struct Spelling {
    pub(super) steps: SmallVec<[Step; 1]>,
    /// The step that is the least common.
    pub(super) anchor: u8,
    /// As it stands in the query or the vocabulary.
    pub(super) term: Term,
    /// Of the vocabulary only.
    list: Option<Box<List>>,
}

/// The texts of all spellings, one behind the other.
#[derive(Default)]
pub(super) struct Terms(String);

/// Where one is.
#[derive(Clone, Copy)]
pub(super) struct Term {
    start: u32,
    length: u32,
}

impl Terms {
    fn add(&mut self, term: &str) -> Term {
        let start = u32::try_from(self.0.len()).expect("all that is written in queries is shorter than 4 GiB");
        self.0.push_str(term);
        Term { start, length: term.len() as u32 }
    }

    pub(super) fn of(&self, term: Term) -> &str {
        &self.0[term.start as usize..(term.start + term.length) as usize]
    }
}

/// The list that a spelling stands in.
struct List {
    lang: Box<str>,
    /// Counts only in events of this language.
    only: Option<Box<str>>,
}

impl Spelling {
    /// The language of its list.
    pub(super) fn lang(&self) -> Option<&str> {
        self.list.as_ref().map(|list| &*list.lang)
    }

    /// The one language in whose events it counts.
    pub(super) fn only(&self) -> Option<&str> {
        self.list.as_ref()?.only.as_deref()
    }

    /// The unit it is looked for by.
    pub(super) fn anchor_unit(&self) -> Unit {
        self.steps[usize::from(self.anchor)].unit
    }
}

/// What is found once for all queries.
#[derive(Default)]
pub(super) struct Atom {
    pub(super) spellings: SmallVec<[u32; 2]>,
    pub(super) any: Box<[AtomId]>,
    pub(super) not_in: Box<[u32]>,
    pub(super) context: Box<[AtomId]>,
    pub(super) within: u32,
    pub(super) entity: Option<u32>,
    pub(super) price: u32,
}

/// How the words of a spelling are compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    Folded,
    Exact,
    Prefix,
    Pattern,
    Stemmed(Stem),
}

/// What the atoms are made with.
pub(super) struct Atoms<'d> {
    vocabulary: &'d Vocabulary,
    pub(super) dictionary: Dictionary,
    pub(super) atoms: Vec<Atom>,
    pub(super) spellings: Vec<Spelling>,
    pub(super) entities: Vec<EntityReference>,
    /// What entries are called, for explanations.
    pub(super) labels: Vec<(AtomId, Named)>,
    named: HashMap<(char, String), Option<AtomId>>,
    pub(super) terms: Terms,
    /// Words and phrases as they stand in queries: how they are compared, and their atom.
    pub(super) bare: HashTable<(Mode, Term, AtomId)>,
    hasher: DefaultHashBuilder,
    /// Room for the tokens of a spelling.
    tokens: Vec<Token>,
    open: HashSet<(char, String)>,
    pub(super) findings: Vec<Diagnostic>,
}

impl<'d> Atoms<'d> {
    pub(super) fn new(vocabulary: &'d Vocabulary) -> Self {
        Self {
            vocabulary,
            dictionary: Dictionary::default(),
            atoms: Vec::new(),
            spellings: Vec::new(),
            terms: Terms::default(),
            entities: Vec::new(),
            labels: Vec::new(),
            named: HashMap::new(),
            bare: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            tokens: Vec::new(),
            open: HashSet::new(),
            findings: Vec::new(),
        }
    }

    pub(super) fn vocabulary(&self) -> &'d Vocabulary {
        self.vocabulary
    }

    /// Compiles all entries, so that the vocabulary's own mistakes are found whoever uses it.
    pub(super) fn whole_vocabulary(&mut self) {
        for (sigil, entries) in [('@', &self.vocabulary.entities), ('#', &self.vocabulary.terms)] {
            for id in entries.keys() {
                self.named(sigil, id);
            }
        }
    }

    fn add(&mut self, mut atom: Atom) -> AtomId {
        let spellings = atom.spellings.iter().map(|id| &self.spellings[*id as usize]);
        let own: u32 = spellings.map(|s| self.dictionary.price(s.steps[usize::from(s.anchor)].unit)).sum();
        atom.price = atom.any.iter().map(|member| self.atoms[*member as usize].price).fold(own, u32::saturating_add);
        self.atoms.push(atom);
        u32::try_from(self.atoms.len() - 1).expect("atoms are fewer than the characters of all queries")
    }

    /// The atom of a word or phrase that stands in a query; none where there is nothing to search for.
    pub(super) fn bare(&mut self, written: &str, mode: Mode) -> Option<AtomId> {
        if let Some(known) = self.known(written, mode) {
            return Some(known);
        }
        let spelling = self.spelling(written, mode, written, None, None)?;
        Some(self.know(written, mode, spelling))
    }

    /// The atom of a pattern that stands in a query.
    pub(super) fn pattern(&mut self, pattern: &Pattern) -> AtomId {
        let written = pattern.written();
        if let Some(known) = self.known(written, Mode::Pattern) {
            return known;
        }
        let unit = self.dictionary.add_pattern(pattern);
        let steps = SmallVec::from_elem(Step { unit, overlap: 0, is_pair: false }, 1);
        let term = self.terms.add(written);
        let spelling = self.put(Spelling { steps, anchor: 0, term, list: None });
        self.know(written, Mode::Pattern, spelling)
    }

    fn known(&self, written: &str, mode: Mode) -> Option<AtomId> {
        let is_it = |(known, term, _): &(Mode, Term, AtomId)| *known == mode && self.terms.of(*term) == written;
        self.bare.find(self.hasher.hash_one((mode, written)), is_it).map(|(.., atom)| *atom)
    }

    fn know(&mut self, written: &str, mode: Mode, spelling: u32) -> AtomId {
        let atom = self.add(Atom { spellings: SmallVec::from_slice(&[spelling]), ..Atom::default() });
        let (hasher, terms) = (&self.hasher, &self.terms);
        let again = |(mode, term, _): &(Mode, Term, AtomId)| hasher.hash_one((*mode, terms.of(*term)));
        let entry = (mode, self.spellings[spelling as usize].term, atom);
        self.bare.insert_unique(hasher.hash_one((mode, written)), entry, again);
        atom
    }

    /// The atom of `@id` or `#id`; none where there is none, or where it is broken.
    pub(super) fn named(&mut self, sigil: char, id: &str) -> Option<AtomId> {
        let key = (sigil, id.to_owned());
        if let Some(known) = self.named.get(&key) {
            return *known;
        }
        let entries = if sigil == '@' { &self.vocabulary.entities } else { &self.vocabulary.terms };
        let entry = entries.get(id)?;
        if !self.open.insert(key.clone()) {
            let message = format!("`{sigil}{id}` is made of itself");
            let finding = Diagnostic::error("NW0216", &entry.id.file, entry.id.span.clone(), message);
            self.findings.push(finding.help("remove it from `any` or `context` along the way"));
            return None;
        }
        let atom = self.entry(sigil, entry);
        self.open.remove(&key);
        self.named.insert(key, atom);
        atom
    }

    fn entry(&mut self, sigil: char, entry: &Entry) -> Option<AtomId> {
        let mut atom = Atom { within: entry.within.min(FARTHEST), ..Atom::default() };
        for (lang, list) in &entry.words {
            let primary = primary(lang);
            for word in list {
                self.vocabulary_word(&mut atom, sigil, lang, &primary, word);
            }
        }
        let any: Vec<_> = entry.any.iter().map(|reference| self.reference(reference)).collect();
        let phrase = |phrase: &Located<String>| self.spelling(&phrase.value, Mode::Folded, &phrase.value, None, None);
        atom.not_in = entry.not_in.iter().filter_map(phrase).collect();
        let context: Vec<_> = entry.context.iter().map(|context| self.context(context)).collect();
        let whole = any.iter().chain(&context).all(Option::is_some);
        atom.any = any.into_iter().flatten().collect();
        atom.context = context.into_iter().flatten().collect();
        if sigil == '@' && !atom.spellings.is_empty() {
            self.entities.push(EntityReference { id: entry.id.value.clone(), name: entry.name.clone() });
            atom.entity = u32::try_from(self.entities.len() - 1).ok();
        }
        whole.then(|| {
            let id = self.add(atom);
            self.labels.push((id, label(sigil, entry)));
            id
        })
    }

    fn context(&mut self, context: &Located<String>) -> Option<AtomId> {
        if context.value.starts_with(['@', '#']) {
            return self.reference(context);
        }
        let (bare, mode) = unmarked(&context.value);
        let found = self.bare(bare, mode);
        if found.is_none() {
            self.nothing(context);
        }
        found
    }

    fn nothing(&mut self, word: &Located<String>) {
        let message = "there is no letter or digit to search for";
        self.findings.push(Diagnostic::error("NW0215", &word.file, word.span.clone(), message));
    }

    fn vocabulary_word(&mut self, atom: &mut Atom, sigil: char, lang: &str, primary: &str, word: &Located<String>) {
        let (bare, marked) = unmarked(&word.value);
        let stem = Stem::of_language(primary).filter(|_| sigil == '#' && marked == Mode::Folded);
        let mode = stem.map_or(marked, Mode::Stemmed);
        let only = (sigil == '#' && primary != "en" && is_latin(bare)).then_some(primary);
        let Some(spelling) = self.spelling(bare, mode, &word.value, Some(lang), only) else {
            self.nothing(word);
            return;
        };
        atom.spellings.push(spelling);
        if sigil == '@' && mode == Mode::Folded {
            for form in case_forms(primary, bare) {
                atom.spellings.extend(self.spelling(&form, mode, &word.value, Some(lang), None));
            }
        }
    }

    /// The atom of a written `@id` or `#id`, with a finding where there is none.
    pub(super) fn reference(&mut self, written: &Located<String>) -> Option<AtomId> {
        match written
            .value
            .strip_prefix('@')
            .map(|id| ('@', id))
            .or(written.value.strip_prefix('#').map(|id| ('#', id)))
        {
            Some((sigil, id)) => {
                if !self.is_defined(sigil, id) {
                    let finding = self.unknown(sigil, id, &written.file, written.span.clone());
                    self.findings.push(finding);
                }
                self.named(sigil, id)
            }
            None => {
                let message = "`any` holds other entries, as @id or #id";
                self.findings.push(Diagnostic::error("NW0205", &written.file, written.span.clone(), message));
                None
            }
        }
    }

    /// Whether the vocabulary has such an entry.
    pub(super) fn is_defined(&self, sigil: char, id: &str) -> bool {
        let entries = if sigil == '@' { &self.vocabulary.entities } else { &self.vocabulary.terms };
        entries.contains_key(id)
    }

    /// The finding for an entry that is not there.
    pub(super) fn unknown(
        &self,
        sigil: char,
        id: &str,
        file: &std::sync::Arc<crate::diagnostic::SourceFile>,
        span: std::ops::Range<usize>,
    ) -> Diagnostic {
        let (code, kind, entries, others, other) = match sigil {
            '@' => ("NW0205", "entity", &self.vocabulary.entities, &self.vocabulary.terms, '#'),
            _ => ("NW0206", "term", &self.vocabulary.terms, &self.vocabulary.entities, '@'),
        };
        let finding = Diagnostic::error(code, file, span, format!("there is no {kind} `{sigil}{id}`"));
        let near = did_you_mean(id, entries.keys().map(String::as_str));
        let (sign, entry) = match (near.and_then(|near| entries.get(near)), others.get(id)) {
            (_, Some(entry)) => (other, entry),
            (Some(entry), None) => (sigil, entry),
            (None, None) => return finding.help(format!("define [{kind}.{id}] in the vocabulary")),
        };
        finding.help(format!("did you mean `{sign}{}`?", entry.id.value)).related(
            &entry.id.file,
            entry.id.span.clone(),
            "defined here",
        )
    }

    fn spelling(&mut self, bare: &str, mode: Mode, term: &str, lang: Option<&str>, only: Option<&str>) -> Option<u32> {
        let steps = self.steps(bare, mode);
        let anchor = (0..steps.len()).min_by_key(|at| self.dictionary.price(steps[*at].unit))?;
        let anchor = u8::try_from(anchor).unwrap_or(0);
        let list = lang.map(|lang| Box::new(List { lang: lang.into(), only: only.map(Into::into) }));
        let spelling = Spelling { steps, anchor, term: self.terms.add(term), list };
        Some(self.put(spelling))
    }

    fn put(&mut self, spelling: Spelling) -> u32 {
        self.spellings.push(spelling);
        u32::try_from(self.spellings.len() - 1).expect("spellings are fewer than the characters of all queries")
    }

    fn steps(&mut self, bare: &str, mode: Mode) -> SmallVec<[Step; 1]> {
        let mut tokens = std::mem::take(&mut self.tokens);
        tokens.clear();
        scan(bare, &mut tokens);
        let mut steps = SmallVec::new();
        let mut at = 0;
        while at < tokens.len() {
            let run = if mode == Mode::Exact { 1 } else { run_of_singles(&tokens[at..]) };
            if run >= 2 {
                for first in at..at + run - 1 {
                    let unit = self.dictionary.add_pair(tokens[first].hash, tokens[first + 1].hash);
                    steps.push(Step { unit, overlap: u8::from(first > at), is_pair: true });
                }
                at += run;
            } else {
                let last = at + 1 == tokens.len();
                let unit = self.single(&tokens[at], bare, mode, last);
                steps.push(Step { unit, overlap: 0, is_pair: false });
                at += 1;
            }
        }
        self.tokens = tokens;
        steps
    }

    fn single(&mut self, token: &Token, bare: &str, mode: Mode, last: bool) -> Unit {
        let written = &bare[token.start as usize..token.end as usize];
        if token.script.is_single() {
            self.dictionary.add_character(token.hash);
        }
        match mode {
            Mode::Exact => self.dictionary.add_exact(token.hash, written),
            Mode::Prefix if last && !token.script.is_single() => self.dictionary.add_prefix(&fold(written)),
            Mode::Stemmed(stem) if !token.script.is_single() && token.script != Script::Digits => {
                self.dictionary.add_stem(stem, &fold(written))
            }
            _ => self.dictionary.add_word(token.hash, written.chars().count()),
        }
    }
}

/// What an entry is called by people: its name, or where it has none its first English word.
fn label(sigil: char, entry: &Entry) -> Named {
    let id = &entry.id.value;
    let english = entry.words.get("en").and_then(|list| list.first()).filter(|_| entry.name == *id);
    let name = english.map_or(entry.name.as_str(), |word| unmarked(&word.value).0);
    Named { reference: format!("{sigil}{id}"), name: name.to_owned() }
}

/// A vocabulary's word without its marks, and what they mean.
pub(super) fn unmarked(written: &str) -> (&str, Mode) {
    if let Some(exact) = written.strip_prefix('=') {
        (exact, Mode::Exact)
    } else if let Some(prefix) = written.strip_suffix('*') {
        (prefix, Mode::Prefix)
    } else {
        (written, Mode::Folded)
    }
}

fn run_of_singles(tokens: &[Token]) -> usize {
    tokens.iter().take_while(|token| token.script.is_single()).count().max(1)
}

/// Whether a spelling is in Latin letters, which many languages share.
pub(super) fn is_latin(bare: &str) -> bool {
    let mut tokens: Vec<Token> = Vec::new();
    scan(bare, &mut tokens);
    tokens.iter().all(|token| matches!(token.script, Script::Latin | Script::Digits))
}
