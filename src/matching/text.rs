//! Text to words: the one normaliser and segmenter that events and queries both go through.
//!
//! [`words`] is the definition, slow and plain; [`scan`] gives the same tokens without allocating.
//! What a word is, and what of it is folded, is told in the modules below:
//!
//! - `fold`: one character to its folded form (NFKC, case, marks, letter variants);
//! - `unit`: the characters of a text one by one, with their classes, unseen ones left out;
//! - `word`, `affix`: where words begin and end; `breaks`: what lies between them;
//! - `table`, `read`, `block`, `window`, `eight`: the same told quickly; `hash`: the number a word is known by;
//! - `licence`: shorter forms a written word may stand for, when the vocabulary knows them.

mod affix;
mod block;
mod breaks;
mod eight;
mod fold;
mod han;
mod hash;
mod licence;
mod read;
mod scan;
mod table;
mod unit;
mod window;
mod word;

pub use hash::{Few, beginnings, hash};
pub use licence::{licensed, may_license};
pub use read::{fold, fold_into, heads};
pub use scan::scan;
pub use word::words;

/// One word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// [`hash`] of the folded word.
    pub hash: u64,
    /// First byte in the text.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// What it is written in.
    pub script: Script,
    /// What lies between the token before and this one.
    pub breaks: Break,
}

impl Token {
    /// How much distance the word makes, in half words: Han, kana and Hangul count two characters as
    /// a word.
    pub fn half_words(&self) -> u32 {
        match self.script {
            Script::Hangul => ((self.end - self.start) / 3).max(1) * self.script.half_words(),
            other => other.half_words(),
        }
    }
}

/// What a word is written in. Those of which every character is a word come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Script {
    /// Latin letters, with or without digits.
    Latin,
    /// Digits alone, perhaps with a decimal point.
    Digits,
    /// Cyrillic letters, with or without digits.
    Cyrillic,
    /// Greek letters, with or without digits.
    Greek,
    /// Arabic letters: Arabic, Persian, Urdu.
    Arabic,
    /// Hebrew letters.
    Hebrew,
    /// A run of Hangul, particles and all.
    Hangul,
    /// Devanagari letters.
    Devanagari,
    /// Letters of any other script.
    Other,
    /// One Han character.
    Han,
    /// One character of hiragana or katakana.
    Kana,
    /// One cluster of Thai, or of Lao, Khmer or Myanmar, which are written without spaces too.
    Thai,
}

impl Script {
    /// All of them, each at its own number.
    pub(super) const ALL: [Self; 12] = [
        Self::Latin,
        Self::Digits,
        Self::Cyrillic,
        Self::Greek,
        Self::Arabic,
        Self::Hebrew,
        Self::Hangul,
        Self::Devanagari,
        Self::Other,
        Self::Han,
        Self::Kana,
        Self::Thai,
    ];

    /// Half words that one token makes (of Hangul: one syllable).
    pub fn half_words(self) -> u32 {
        match self {
            Script::Han | Script::Kana | Script::Hangul | Script::Thai => 1,
            _ => 2,
        }
    }

    /// Whether words of it have letters with case, and may hold digits, apostrophes and full stops.
    fn is_alphabetic(self) -> bool {
        matches!(self, Script::Latin | Script::Cyrillic | Script::Greek)
    }

    /// Whether every character (with its marks) is a token of its own.
    #[inline(always)]
    pub fn is_single(self) -> bool {
        self >= Script::Han
    }

    /// The script of a word that goes on with a letter of `next`; none where the word ends.
    fn join(self, next: Script) -> Option<Script> {
        match (self, next) {
            (a, b) if a == b && !a.is_single() => Some(a),
            (a, Script::Digits) if a.is_alphabetic() => Some(a),
            (Script::Digits, b) if b.is_alphabetic() => Some(b),
            _ => None,
        }
    }
}

/// What lies between two words beyond spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// Nothing: the sentence goes on.
    #[default]
    None,
    /// The end of a sentence.
    Sentence,
    /// The end of a line.
    Paragraph,
}

/// Takes the tokens of a text in their order.
pub trait Sink {
    /// The next token.
    fn token(&mut self, token: Token);

    /// The next few.
    #[inline(always)]
    fn tokens(&mut self, tokens: impl Iterator<Item = Token>) {
        tokens.for_each(|token| self.token(token));
    }
}

impl Sink for Vec<Token> {
    fn token(&mut self, token: Token) {
        self.push(token);
    }

    #[inline(always)]
    fn tokens(&mut self, tokens: impl Iterator<Item = Token>) {
        self.extend(tokens);
    }
}

/// A token with its folded word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The folded word.
    pub folded: String,
    /// The token.
    pub token: Token,
}

#[cfg(test)]
mod tests;
