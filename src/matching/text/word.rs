//! Where words begin and end: the plain definition, which [`super::scan`] must equal on every text.
//!
//! - A change of script ends a word, but digits stay with Latin, Cyrillic and Greek letters (`H20`, `2nm`).
//! - Han, kana and Thai: every character with its marks is a word.
//! - A hyphen ends a word. A full stop does, except between digits (`4.5`) and between single letters:
//!   `U.S.` is `us`.
//! - An apostrophe between letters: possessives, English contractions and Turkish case endings after it
//!   are dropped (`Nvidia's`, `Nvidia'nın`), elided articles before it too (`l'IA`); otherwise it is
//!   left out and the word goes on (`O'Neill` is `oneill`).
//! - Hebrew acronyms with a quotation mark inside are one word.

use super::affix;
use super::breaks::{Abbreviation, Breaks};
use super::unit::{Kind, Unit, digits_around, units};
use super::{Script, Token, Word, hash};

/// The words of a text.
///
/// # Panics
/// If the text is longer than 4 GiB.
pub fn words(text: &str) -> Vec<Word> {
    let units = units(text);
    let mut words: Vec<Word> = Vec::new();
    let mut breaks = Breaks::default();
    let mut word_end = None;
    let mut at = 0;
    while let Some(unit) = units.get(at) {
        match unit.kind {
            Kind::Letter(_) => {
                let found = Found::at(&units, at);
                let (start, end) = (units[found.first].start, units[found.last].end);
                let after_dot = found.first > 0 && units[found.first - 1].kind == Kind::Dot;
                let token = Token {
                    hash: hash(&found.folded),
                    start: offset(start),
                    end: offset(end),
                    script: found.script,
                    breaks: breaks.before(text, start, found.script, after_dot),
                };
                breaks = Breaks::after_word();
                words.push(Word { folded: found.folded, token });
                word_end = Some(found.next);
                at = found.next;
                continue;
            }
            Kind::Newline => breaks.newline(),
            Kind::Stop => breaks.stop(),
            Kind::Dot => breaks.dot(match words.last() {
                Some(word) if word_end == Some(at) => Abbreviation::of(text, &word.token),
                _ => Abbreviation::Not,
            }),
            Kind::Unseen | Kind::Apostrophe | Kind::Quote | Kind::Gap => {}
        }
        at += 1;
    }
    words
}

fn offset(byte: usize) -> u32 {
    u32::try_from(byte).expect("a text is shorter than 4 GiB")
}

/// Letters and full stops of the longest acronym, so that no text makes one word of itself.
pub(super) const MAX_INITIALS: usize = 16;

/// A word among units.
struct Found {
    folded: String,
    script: Script,
    /// Its first unit, after what was elided.
    first: usize,
    /// Its last unit.
    last: usize,
    /// The unit after it and its dropped suffix.
    next: usize,
}

impl Found {
    /// The word that begins with the letter at `at`.
    fn at(units: &[Unit], at: usize) -> Self {
        let letter = |i: usize| match units.get(i).map(|unit| unit.kind) {
            Some(Kind::Letter(script)) => Some(script),
            _ => None,
        };
        let script = letter(at).expect("a word begins with a letter");
        let mut word = Found { folded: units[at].folded.clone(), script, first: at, last: at, next: at + 1 };
        loop {
            let i = word.next;
            let Some(unit) = units.get(i) else { return word };
            let following = letter(i + 1).filter(|&script| word.script.join(script).is_some());
            let joins = match (unit.kind, following) {
                (Kind::Letter(script), _) if script.is_single() => {
                    if !(script == Script::Thai && unit.mark && word.script == script) {
                        return word;
                    }
                    word.append(unit, script);
                    continue;
                }
                (Kind::Letter(script), _) => match word.script.join(script) {
                    Some(joined) => {
                        word.append(unit, joined);
                        continue;
                    }
                    None => return word,
                },
                (Kind::Dot, Some(_)) if digits_around(units, i) => {
                    word.folded.push('.');
                    true
                }
                (Kind::Dot, Some(_)) => {
                    word.is_initials(units) && {
                        let single = letter(i + 2).is_none_or(|script| word.script.join(script).is_none());
                        single && letter(i + 1) == Some(word.script)
                    }
                }
                (Kind::Quote, Some(Script::Hebrew)) => true,
                (Kind::Apostrophe, Some(next)) if affix::may_hold_apostrophe(word.script, next) => {
                    match affix::around(&word.folded, &suffix(units, i + 1)) {
                        affix::Affix::Suffix => {
                            word.next = i + 1 + suffix_len(units, i + 1);
                            return word;
                        }
                        affix::Affix::Prefix => {
                            word = Found { folded: String::new(), script: next, first: i + 1, last: i, next: i + 1 };
                            continue;
                        }
                        affix::Affix::None => true,
                    }
                }
                _ => false,
            };
            if !joins {
                return word;
            }
            word.next = i + 1;
        }
    }

    fn append(&mut self, unit: &Unit, script: Script) {
        self.folded.push_str(&unit.folded);
        self.script = script;
        self.last = self.next;
        self.next += 1;
    }

    /// Whether so far there are only a few single letters, each after a full stop.
    fn is_initials(&self, units: &[Unit]) -> bool {
        self.script.is_alphabetic()
            && self.next - self.first < MAX_INITIALS
            && units[self.first..self.next].iter().enumerate().all(|(i, unit)| match unit.kind {
                Kind::Letter(script) => i % 2 == 0 && script == self.script,
                Kind::Dot => i % 2 == 1,
                _ => false,
            })
    }
}

/// The folded letters and digits from `at` on, as far as they are one word.
fn suffix(units: &[Unit], at: usize) -> String {
    units[at..at + suffix_len(units, at)].iter().map(|unit| unit.folded.as_str()).collect()
}

fn suffix_len(units: &[Unit], at: usize) -> usize {
    let mut script: Option<Script> = None;
    units[at..]
        .iter()
        .take_while(|unit| {
            let Kind::Letter(next) = unit.kind else { return false };
            script = match script {
                None => Some(next),
                Some(script) => script.join(next),
            };
            script.is_some()
        })
        .count()
}
