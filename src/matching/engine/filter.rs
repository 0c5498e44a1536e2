//! What is known of an event besides its text: language, source, tags.

use std::borrow::Cow;

use super::language::{primary, script};
use super::scan::Found;
use crate::matching::definition;
use crate::matching::query::Meta;
use crate::matching::spoken::Spoken;
use crate::matching::text::{Script, fold};
use crate::message::event::{Event, Source};

/// A watchlist's filter, compiled.
#[derive(Debug, Default)]
pub(super) struct Filter {
    languages: Vec<String>,
    sources: Vec<String>,
    exclude_sources: Vec<String>,
}

impl Filter {
    pub(super) fn new(filter: &definition::Filter) -> Self {
        let values = |list: &[definition::Located<String>]| list.iter().map(|item| item.value.clone()).collect();
        Self {
            languages: values(&filter.languages),
            sources: values(&filter.sources),
            exclude_sources: values(&filter.exclude_sources),
        }
    }

    /// Whether it takes every event.
    pub(super) fn is_empty(&self) -> bool {
        self.languages.is_empty() && self.sources.is_empty() && self.exclude_sources.is_empty()
    }

    /// Whether an event is looked at.
    pub(super) fn takes(&self, event: &Event<'_>, spoken: &Spoken<'_>, found: &Found) -> bool {
        self.takes_language(spoken, found) && self.takes_source(event) && self.excluded(event).is_none()
    }

    fn takes_language(&self, spoken: &Spoken<'_>, found: &Found) -> bool {
        self.languages.is_empty() || self.languages.iter().any(|range| has_language(spoken, found, range))
    }

    fn takes_source(&self, event: &Event<'_>) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|wanted| is_from(&event.source, wanted))
    }

    fn excluded(&self, event: &Event<'_>) -> Option<&String> {
        self.exclude_sources.iter().find(|excluded| is_from(&event.source, excluded))
    }

    /// Why an event is not looked at; none where it is.
    pub(super) fn refuses(&self, event: &Event<'_>, spoken: &Spoken<'_>, found: &Found) -> Option<String> {
        if !self.takes_language(spoken, found) {
            let lang = spoken.tag().unwrap_or("not given, and its script is of none of them");
            return Some(format!("the filter takes {}; the event's language is {lang}", self.languages.join(", ")));
        }
        let source = event.source.identity().unwrap_or("not given");
        if !self.takes_source(event) {
            return Some(format!("the filter takes {}; the event's source is {source}", self.sources.join(", ")));
        }
        let excluded = self.excluded(event)?;
        Some(format!("the filter excludes {excluded}; the event's source is {source}"))
    }

    /// What of it belongs to the watchlist's meaning.
    pub(super) fn canonical(&self) -> Cow<'static, str> {
        if self.is_empty() {
            return "[] [] []".into();
        }
        format!("{:?} {:?} {:?}", self.languages, self.sources, self.exclude_sources).into()
    }
}

/// Where nobody knows the language, that of its script may be meant.
fn has_language(spoken: &Spoken<'_>, found: &Found, range: &str) -> bool {
    spoken.is(range).unwrap_or_else(|| match (found.main_script(), script(&primary(range))) {
        (None, _) => true,
        (Some(main), Script::Kana) => matches!(main, Script::Kana | Script::Han),
        (Some(main), expected) => expected == main,
    })
}

/// Whether a source is the one written: its domain or one above it, its id or its name.
fn is_from(source: &Source<'_>, written: &str) -> bool {
    let written = written.trim();
    let same = |known: &str| known.eq_ignore_ascii_case(written) || fold(known) == fold(written);
    let below = |domain: &str| {
        let cut = domain.len().checked_sub(written.len() + 1);
        cut.is_some_and(|at| {
            domain.is_char_boundary(at + 1)
                && domain.as_bytes()[at] == b'.'
                && domain[at + 1..].eq_ignore_ascii_case(written)
        })
    };
    source.all().any(same) || source.domain.as_deref().is_some_and(below)
}

/// Whether `lang:`, `source:` or `tag:` holds.
pub(super) fn meta(meta: Meta, value: &str, event: &Event<'_>, spoken: &Spoken<'_>) -> bool {
    match meta {
        Meta::Lang => spoken.is(value) == Some(true),
        Meta::Source => is_from(&event.source, value),
        Meta::Tag => event.tags.iter().any(|tag| tag.eq_ignore_ascii_case(value) || fold(tag) == fold(value)),
    }
}

/// What an event has for `lang:`, `source:` or `tag:`.
pub(super) fn known(meta: Meta, event: &Event<'_>, spoken: &Spoken<'_>) -> String {
    match meta {
        Meta::Lang => spoken.tag().unwrap_or_default().to_owned(),
        Meta::Source => event.source.all().collect::<Vec<_>>().join(", "),
        Meta::Tag => event.tags.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_known_by_domain_id_or_name() {
        let source =
            Source { id: Some("rtr".into()), name: Some("Reuters".into()), domain: Some("uk.reuters.com".into()) };
        for written in ["reuters.com", "REUTERS.COM", "uk.reuters.com", "rtr", "reuters"] {
            assert!(is_from(&source, written), "{written}");
        }
        for written in ["euters.com", "com.reuters", "bbc.com", "com.", ""] {
            assert!(!is_from(&source, written), "{written}");
        }
    }
}
