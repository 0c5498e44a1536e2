//! The query language: text to a tree with places, or to everything that is wrong with it.
//! Knows nothing of the vocabulary; names are resolved when a query is compiled.
//!
//! | code | what |
//! |---|---|
//! | NW0201 | the query is empty, or a pair of parentheses is |
//! | NW0202 | parentheses or quotes are not balanced |
//! | NW0203 | AND and OR are mixed without parentheses |
//! | NW0204 | the query, or a part of it, can only say no |
//! | NW0205 | no such entity |
//! | NW0206 | no such term |
//! | NW0207 | a wildcard that cannot be used |
//! | NW0208 | an operator without its distance or number, or with one out of range |
//! | NW0209 | an operator where a word is needed, or two words without an operator |
//! | NW0210 | warning: a lower-case operator between words |
//! | NW0211 | nested too deep, or too long |
//! | NW0212 | no such field |
//! | NW0213 | something that cannot stand inside a distance or a field |
//! | NW0214 | a regular expression that cannot be used |
//! | NW0215 | nothing to search for: punctuation only |
//! | NW0216 | an entry of the vocabulary that refers to itself |
//! | NW0217 | warning: no word is required, so that every event is looked at |
//! | NW0218 | warning: only a pattern is required |
//! | NW0219 | warning: a wildcard in quotes |

mod lexer;
mod parser;
mod pattern;

use std::ops::Range;

pub use parser::parse;
pub(in crate::matching) use parser::parse_text;
pub use pattern::{LARGEST_PATTERN, LONGEST_FITTED, Pattern, Patterns};

/// The longest query, in characters: twice the longest that media monitors are known to be asked for.
pub const LONGEST: usize = 32_768;
/// The deepest nesting of parentheses and fields.
pub const DEEPEST: usize = 200;
/// The deepest tree of a query, to which distances in a row add too: every pass over a query recurses.
pub const HIGHEST: usize = 2 * DEEPEST;
/// The largest distance of NEAR and BEFORE, in words: far beyond a paragraph.
pub const FARTHEST: u32 = 1_000;

/// A part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Bytes of the query's text.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

impl Node {
    /// Levels of the tree from here on.
    fn height(&self) -> usize {
        let below = match &self.kind {
            Kind::And(parts) | Kind::Or(parts) => parts.iter().map(Self::height).max(),
            Kind::Near { left, right, .. } | Kind::Together { left, right, .. } => {
                Some(left.height().max(right.height()))
            }
            Kind::Not(inner) | Kind::AtLeast(_, inner) | Kind::Field(_, inner) => Some(inner.height()),
            _ => None,
        };
        1 + below.unwrap_or(0)
    }
}

/// What a part of a query is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word or a phrase, compared folded.
    Words(String),
    /// A word or a phrase, exactly as written.
    Exact(String),
    /// A word with any ending; without its `*`.
    Prefix(String),
    /// A word of a certain look: `colo?r` or `/H\d+/`.
    Pattern(Pattern),
    /// `@id`.
    Entity(String),
    /// `#id`.
    Term(String),
    /// All of these, some of which may be [`Kind::Not`].
    And(Vec<Node>),
    /// One of these.
    Or(Vec<Node>),
    /// Not this; only inside [`Kind::And`].
    Not(Box<Node>),
    /// Two parts with at most so many words between.
    Near {
        /// The one.
        left: Box<Node>,
        /// The other.
        right: Box<Node>,
        /// Words between, at most.
        words: u32,
        /// Whether the left one must come first.
        ordered: bool,
    },
    /// Two parts in one sentence or paragraph.
    Together {
        /// The one.
        left: Box<Node>,
        /// The other.
        right: Box<Node>,
        /// In what.
        unit: Unit,
    },
    /// At least so many occurrences.
    AtLeast(u32, Box<Node>),
    /// In one field only.
    Field(Field, Box<Node>),
    /// `lang:`, `source:`, `tag:`.
    Meta(Meta, String),
}

/// What SENTENCE and PARAGRAPH keep together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A sentence.
    Sentence,
    /// A paragraph.
    Paragraph,
}

/// Where words may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The headline.
    Title,
    /// The summary.
    Summary,
    /// The body.
    Body,
    /// The headline, and the first hundred words of the summary and of the body.
    Lead,
}

/// What is known of an event besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// Its language.
    Lang,
    /// Its source.
    Source,
    /// One of its tags.
    Tag,
}
