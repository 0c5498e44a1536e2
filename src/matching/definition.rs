//! Watchlists and vocabulary as people wrote them, with the place of every part, before they are compiled.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnostic::SourceFile;
use crate::message::evidence::Severity;
use crate::message::matched::WatchlistStatus;
use crate::message::policy::AlertPolicy;

/// A value and where it stands in its file.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The file.
    pub file: Arc<SourceFile>,
    /// Bytes of the file. Of a string: what is inside the quotes, so that in a `'''` literal byte `i`
    /// of the value is byte `span.start + i` of the file.
    pub span: Range<usize>,
}

impl<T> Located<T> {
    /// The bytes of the file at which bytes `range` of a string value stand: exact in a literal, the
    /// whole string where it was written with escapes.
    pub fn inside(&self, range: Range<usize>) -> Range<usize>
    where
        T: AsRef<str>,
    {
        if self.file.text.get(self.span.clone()) == Some(self.value.as_ref()) {
            self.span.start + range.start..self.span.start + range.end
        } else {
            self.span.clone()
        }
    }
}

/// All that was read from a set of files.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// The watchlists, by the order of their files' names.
    pub watchlists: Vec<Watchlist>,
    /// What they share.
    pub vocabulary: Vocabulary,
}

/// One watchlist file.
#[derive(Clone, Debug)]
pub struct Watchlist {
    /// Its id.
    pub id: Located<String>,
    /// Its title; the id where none is given.
    pub title: String,
    /// Who owns it.
    pub owner: Option<String>,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it publishes.
    pub status: WatchlistStatus,
    /// Carried on the alert.
    pub labels: BTreeMap<String, String>,
    /// It matches when one of these does. At least one.
    pub queries: Vec<Query>,
    /// Which events it looks at.
    pub filter: Filter,
    /// When matches become alerts; holds `[filter] max_age` too.
    pub alert: AlertPolicy,
    /// Its own tests.
    pub tests: Vec<WatchlistTest>,
}

/// One named query of a watchlist.
#[derive(Clone, Debug)]
pub struct Query {
    /// Its name, unique in the watchlist.
    pub name: Located<String>,
    /// Its text in the query language.
    pub text: Located<String>,
}

/// Which events a watchlist looks at.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Primary language subtags or BCP 47 tags; empty means all.
    pub languages: Vec<Located<String>>,
    /// Domains, ids or names of sources; empty means all.
    pub sources: Vec<Located<String>>,
    /// None of these.
    pub exclude_sources: Vec<Located<String>>,
    /// An older event is counted as stale.
    pub max_age: Option<Duration>,
}

/// A test embedded in a watchlist.
#[derive(Clone, Debug)]
pub struct WatchlistTest {
    /// Its name.
    pub name: Located<String>,
    /// The event's language.
    pub lang: Option<String>,
    /// The event's title.
    pub title: String,
    /// The event's summary.
    pub summary: String,
    /// The event's body.
    pub body: String,
    /// The event's source.
    pub source: Option<String>,
    /// The event's tags.
    pub tags: Vec<String>,
    /// The queries that must match, no more and no fewer; empty means that none may.
    pub expect: Vec<Located<String>>,
}

/// Names and words that queries share.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// `[entity.ID]`: names, never stemmed; used as `@id`.
    pub entities: BTreeMap<String, Entry>,
    /// `[term.ID]`: words, whose inflected forms count; used as `#id`.
    pub terms: BTreeMap<String, Entry>,
}

/// One entry of the vocabulary.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id, without the `@` or `#`.
    pub id: Located<String>,
    /// The canonical name for people; the id where none is given.
    pub name: String,
    /// Names or words by language (BCP 47 primary subtag, or with a script as in `zh-Hant`).
    /// Each is a word or phrase; a leading `=` means exactly as written, a trailing `*` any ending.
    pub words: BTreeMap<String, Vec<Located<String>>>,
    /// Other entries (`@id`, `#id`) that this one is made of.
    pub any: Vec<Located<String>>,
    /// Phrases inside which a name does not count, such as 海思科 for 海思.
    pub not_in: Vec<Located<String>>,
    /// Words, phrases, `@id` or `#id` of which one must stand within [`Entry::within`] words for a
    /// name to count; empty means that it always counts.
    pub context: Vec<Located<String>>,
    /// How near the context must be, in words; 30 where nothing is said.
    pub within: u32,
}
