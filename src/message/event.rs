//! A decoded news event, borrowed from its record where the JSON has no escapes.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One version of one news article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event<'a> {
    /// The producer's id, else the URL, else `topic/partition/offset`; a hash of what is very long.
    pub id: Cow<'a, str>,
    /// From 1; a higher version of the same id is a correction.
    pub version: u64,
    /// Whether the article may still be used.
    pub status: Status,
    /// Where to read it.
    pub url: Option<Cow<'a, str>>,
    /// Who published it.
    pub source: Source<'a>,
    /// BCP 47, as given.
    pub lang: Option<Cow<'a, str>>,
    /// When it was published, as given.
    pub published_at: Option<Timestamp>,
    /// Not to be published before this time. Holds nothing back by itself.
    pub embargoed_until: Option<Timestamp>,
    /// The headline, as text.
    pub title: Cow<'a, str>,
    /// The summary or lead, as text.
    pub summary: Cow<'a, str>,
    /// The body, as text.
    pub body: Cow<'a, str>,
    /// Keywords, subjects, categories.
    pub tags: Vec<Cow<'a, str>>,
}

/// Who published an event: any of the three may be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source<'a> {
    /// The producer's id of the source; where the source is one string, that string.
    pub id: Option<Cow<'a, str>>,
    /// Its name for people.
    pub name: Option<Cow<'a, str>>,
    /// Its domain, such as `reuters.com`.
    pub domain: Option<Cow<'a, str>>,
}

impl Source<'_> {
    /// The one string that stands for the source on matches and alerts: domain, else id, else name.
    pub fn identity(&self) -> Option<&str> {
        self.domain.as_deref().or(self.id.as_deref()).or(self.name.as_deref())
    }

    /// All that is known, for filters and `source:`.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        [&self.domain, &self.id, &self.name].into_iter().filter_map(|known| known.as_deref())
    }
}

/// Whether an article may be used, as ninjs' `pubstatus`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It may.
    #[default]
    Usable,
    /// Not at present.
    Withheld,
    /// It was withdrawn.
    Canceled,
}
