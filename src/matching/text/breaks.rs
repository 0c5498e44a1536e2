//! Which breaks lie between two words. Shared by both passes; knows nothing of how they read the text.

use std::sync::LazyLock;

use super::{Break, Few, Script, Token, hash};

/// What was seen since the last word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaks {
    /// Whether there was a word before.
    inside: bool,
    hard: Break,
    /// A full stop that ends a sentence if the next word does not go on with it.
    dot: bool,
    /// A full stop after `No`, which goes on if a number follows.
    number: bool,
}

impl Breaks {
    /// Right after a word.
    #[inline]
    pub(super) fn after_word() -> Self {
        Breaks { inside: true, ..Breaks::default() }
    }

    /// There was a word before.
    pub(super) fn inside(&mut self) {
        self.inside = true;
    }

    pub(super) fn newline(&mut self) {
        self.hard = Break::Paragraph;
    }

    pub(super) fn stop(&mut self) {
        self.hard = self.hard.max(Break::Sentence);
    }

    /// A full stop right after `abbreviation`.
    pub(super) fn dot(&mut self, abbreviation: Abbreviation) {
        match abbreviation {
            Abbreviation::Word => {}
            Abbreviation::Number => self.number = true,
            Abbreviation::Not => self.dot = true,
        }
    }

    /// What lies before the word at byte `start` of `text`, which may stand right `after_dot`.
    #[inline]
    pub(super) fn before(&self, text: &str, start: usize, script: Script, after_dot: bool) -> Break {
        if !self.inside {
            Break::None
        } else if self.hard == Break::None && (self.dot || self.number) {
            self.after_dots(&text[start..], script, after_dot)
        } else {
            self.hard
        }
    }

    fn after_dots(&self, written: &str, script: Script, after_dot: bool) -> Break {
        let number = script == Script::Digits;
        let fraction = number && after_dot;
        if (self.dot && !fraction || self.number && !number) && !begins_lower(written) {
            Break::Sentence
        } else {
            Break::None
        }
    }
}

fn begins_lower(written: &str) -> bool {
    written.chars().next().is_some_and(char::is_lowercase)
}

/// Whether a full stop right after a word may belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Abbreviation {
    /// It does not.
    Not,
    /// It does.
    Word,
    /// It does where a number follows: `No. 5`.
    Number,
}

impl Abbreviation {
    /// What the word of `token` in `text` is.
    pub(super) fn of(text: &str, token: &Token) -> Self {
        let (written, folded) = (&text[token.start as usize..token.end as usize], token.hash);
        if token.script == Script::Arabic && written.chars().nth(1).is_none() {
            // د. محمد: a title of one letter.
            return Abbreviation::Word;
        }
        if !token.script.is_alphabetic() {
            return Abbreviation::Not;
        }
        let mut chars = written.chars();
        let upper = chars.next().is_some_and(char::is_uppercase);
        let initials = match chars.next() {
            None => upper,
            Some(second) => second == '.',
        };
        if initials || SHORTENED.contains(folded, upper) {
            Abbreviation::Word
        } else if upper && folded == SHORTENED.number {
            Abbreviation::Number
        } else {
            Abbreviation::Not
        }
    }
}

/// Words that end in a full stop, by the hash of their folded form.
struct Shortened {
    /// Whether they must be capitalised.
    words: Vec<(u64, bool)>,
    few: Few,
    number: u64,
}

impl Shortened {
    fn new() -> Self {
        let of = |words: &'static [&str], capitalised: bool| words.iter().map(move |word| (hash(word), capitalised));
        let mut words: Vec<(u64, bool)> = of(&CAPITALISED, true).chain(of(&ANY, false)).collect();
        words.sort_unstable();
        Self { few: words.iter().map(|(hash, _)| *hash).collect(), words, number: hash("no") }
    }

    fn contains(&self, folded: u64, upper: bool) -> bool {
        let known = || self.words.binary_search_by_key(&folded, |(hash, _)| *hash);
        self.few.may_have(folded) && known().is_ok_and(|at| upper || !self.words[at].1)
    }
}

static SHORTENED: LazyLock<Shortened> = LazyLock::new(Shortened::new);

/// Titles, firms, months and places, which are names when written with a capital.
const CAPITALISED: [&str; 44] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "gen", "gov", "sen", "rep", "lt", "col", "sgt", "capt", "maj",
    "rev", "hon", "pres", "inc", "corp", "co", "ltd", "bros", "dept", "univ", "mt", "ft", "jan", "feb", "mar", "apr",
    "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "fig", "nos", "mme",
];

/// Words that are shortened whatever their case.
const ANY: [&str; 4] = ["vs", "etc", "approx", "cf"];
