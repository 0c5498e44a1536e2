//! What no test touches: queries that none expects, languages that none is in, and names and words of the vocabulary
//! that the queries rest on and none finds.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::matching::definition::{Definitions, Entry, Vocabulary, Watchlist};
use crate::matching::explain::{Clause, Explanation, Operator};
use crate::matching::query::{Kind, Node, parse};
use crate::message::evidence::Hit;

/// Something that no test touches.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Untested<'d> {
    /// No test expects it.
    Query { watchlist: &'d str, query: &'d str },
    /// No test of the watchlist is in a language that its filter takes; or, where no watchlist is named, no test at all
    /// is in a language that the vocabulary has words in.
    Language {
        #[serde(skip_serializing_if = "Option::is_none")]
        watchlist: Option<&'d str>,
        language: &'d str,
    },
    /// No test finds a name of it.
    Entity { entity: &'d str },
    /// No test finds a word of it.
    Term { term: &'d str },
}

/// All of it, with the hits of all tests. Of the vocabulary only what queries use: `check` tells of the rest.
pub(super) fn untested<'d, 'h>(definitions: &'d Definitions, hits: impl Iterator<Item = &'h Hit>) -> Vec<Untested<'d>> {
    let Definitions { watchlists, vocabulary } = definitions;
    let hits: Vec<&Hit> = hits.collect();
    let mut used = BTreeSet::new();
    for query in watchlists.iter().flat_map(|watchlist| &watchlist.queries) {
        parse(&query.text).0.iter().for_each(|node| named(node, vocabulary, &mut used));
    }
    let entries = used.iter().filter(|id| !is_found(id, vocabulary, &hits));
    let entries = entries.map(|id| match id {
        Id::Entity(entity) => Untested::Entity { entity },
        Id::Term(term) => Untested::Term { term },
    });
    let of_watchlists = watchlists.iter().flat_map(of_watchlist);
    of_watchlists.chain(languages(watchlists, vocabulary, &used)).chain(entries).collect()
}

/// What an event was ruled out by: what was found of the exclusions that did not hold.
pub(super) fn ruled_out(explanation: &Explanation) -> Vec<Hit> {
    fn walk(clause: &Clause, into: &mut Vec<Hit>) {
        if clause.operator == Some(Operator::Not) && !clause.holds {
            into.extend(clause.all_hits().into_iter().cloned());
        } else {
            clause.clauses.iter().for_each(|part| walk(part, into));
        }
    }
    let mut hits = Vec::new();
    explanation.queries.iter().for_each(|query| walk(&query.clause, &mut hits));
    hits
}

/// An entry of the vocabulary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Id<'d> {
    Entity(&'d str),
    Term(&'d str),
}

impl<'d> Id<'d> {
    fn entry(self, vocabulary: &'d Vocabulary) -> Option<&'d Entry> {
        match self {
            Self::Entity(id) => vocabulary.entities.get(id),
            Self::Term(id) => vocabulary.terms.get(id),
        }
    }

    /// The entry that `@id` or `#id` names.
    fn written(written: &str, vocabulary: &'d Vocabulary) -> Option<Self> {
        let term = |id: &str| vocabulary.terms.get_key_value(id).map(|(id, _)| Self::Term(id));
        let entity = |id: &str| vocabulary.entities.get_key_value(id).map(|(id, _)| Self::Entity(id));
        written.strip_prefix('@').and_then(entity).or_else(|| written.strip_prefix('#').and_then(term))
    }
}

/// The entries that a query names, and those that they are made of.
fn named<'d>(node: &Node, vocabulary: &'d Vocabulary, into: &mut BTreeSet<Id<'d>>) {
    match &node.kind {
        Kind::Entity(id) => with_members(Id::written(&format!("@{id}"), vocabulary), vocabulary, into),
        Kind::Term(id) => with_members(Id::written(&format!("#{id}"), vocabulary), vocabulary, into),
        Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| named(part, vocabulary, into)),
        Kind::Not(inner) | Kind::AtLeast(_, inner) | Kind::Field(_, inner) => named(inner, vocabulary, into),
        Kind::Near { left, right, .. } | Kind::Together { left, right, .. } => {
            named(left, vocabulary, into);
            named(right, vocabulary, into);
        }
        _ => {}
    }
}

fn with_members<'d>(id: Option<Id<'d>>, vocabulary: &'d Vocabulary, into: &mut BTreeSet<Id<'d>>) {
    let Some(id) = id else { return };
    if into.insert(id) {
        let members = id.entry(vocabulary).into_iter().flat_map(|entry| &entry.any);
        members.for_each(|member| with_members(Id::written(&member.value, vocabulary), vocabulary, into));
    }
}

/// Whether a test finds the entry or something that it is made of.
fn is_found(id: &Id<'_>, vocabulary: &Vocabulary, hits: &[&Hit]) -> bool {
    let mut all = BTreeSet::new();
    with_members(Some(*id), vocabulary, &mut all);
    all.into_iter().any(|id| hits.iter().any(|hit| is_of(hit, id, vocabulary)))
}

/// Whether a hit is by a name of the entity or a word of the term. Of a term a hit carries the word and the language of
/// its list: where two terms have it both count as found.
fn is_of(hit: &Hit, id: Id<'_>, vocabulary: &Vocabulary) -> bool {
    match id {
        Id::Entity(entity) => hit.entity.as_deref() == Some(entity),
        Id::Term(term) => {
            let words = hit.lang.as_ref().and_then(|lang| vocabulary.terms.get(term)?.words.get(lang));
            hit.entity.is_none() && words.into_iter().flatten().any(|word| word.value == hit.term)
        }
    }
}

fn of_watchlist(watchlist: &Watchlist) -> Vec<Untested<'_>> {
    let id = &*watchlist.id.value;
    let queries = watchlist.queries.iter().filter(|query| {
        !watchlist.tests.iter().flat_map(|test| &test.expect).any(|expected| expected.value == query.name.value)
    });
    let languages = watchlist.filter.languages.iter().filter(|language| {
        !watchlist.tests.iter().any(|test| test.lang.as_deref().map(primary) == Some(primary(&language.value)))
    });
    let queries = queries.map(|query| Untested::Query { watchlist: id, query: &query.name.value });
    let languages = languages.map(|language| Untested::Language { watchlist: Some(id), language: &language.value });
    queries.chain(languages).collect()
}

/// The languages of the vocabulary that the queries use, in which there is no test.
fn languages<'d>(watchlists: &[Watchlist], vocabulary: &'d Vocabulary, used: &BTreeSet<Id<'d>>) -> Vec<Untested<'d>> {
    let tests = || watchlists.iter().flat_map(|watchlist| &watchlist.tests);
    let tested = |language: &str| tests().any(|test| test.lang.as_deref().map(primary) == Some(primary(language)));
    let entries = used.iter().filter_map(|id| id.entry(vocabulary));
    let languages: BTreeSet<&str> = entries.flat_map(|entry| entry.words.keys()).map(String::as_str).collect();
    let untested = languages.into_iter().filter(|language| !tested(language));
    untested.map(|language| Untested::Language { watchlist: None, language }).collect()
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::matching::reading;

    const VOCABULARY: &str = r#"
[entity.portline]
en = ["Portline"]
zh = ["港联"]
[entity.quayco]
en = ["Quayco"]
[entity.operators]
any = ["@portline", "@quayco"]
[entity.unused]
fr = ["Personne"]
[term.strike]
en = ["strike"]
ar = ["إضراب"]
[term.delay]
en = ["delay"]
"#;

    const WATCHLIST: &str = r#"
[watchlist]
id = "ports"
[[query]]
name = "strike"
match = '''@operators NEAR/9 (#strike OR #delay)'''
[[query]]
name = "snow"
match = '''snow'''
[filter]
languages = ["en", "de"]
[[test]]
name = "t"
lang = "en-GB"
title = "Strike at Portline"
expect = ["strike"]
"#;

    #[test]
    fn all_that_no_test_touches_is_named_and_what_no_query_uses_is_not() {
        let files = [(reading::Kind::Vocabulary, VOCABULARY), (reading::Kind::Watchlist, WATCHLIST)];
        let files = files.map(|(kind, text)| (kind, SourceFile::new("a.toml", text)));
        let (definitions, _) = reading::read(&files);
        let hit = |term: &str, entity: Option<&str>| Hit {
            term: term.into(),
            entity: entity.map(Into::into),
            lang: Some("en".into()),
            field: "title".into(),
            start: 0,
            end: 1,
            exact: term.into(),
            before: String::new(),
            after: String::new(),
        };
        let hits = [hit("Portline", Some("portline")), hit("strike", None)];
        let expected = [
            Untested::Query { watchlist: "ports", query: "snow" },
            Untested::Language { watchlist: Some("ports"), language: "de" },
            Untested::Language { watchlist: None, language: "ar" },
            Untested::Language { watchlist: None, language: "zh" },
            Untested::Entity { entity: "quayco" },
            Untested::Term { term: "delay" },
        ];
        assert_eq!(untested(&definitions, hits.iter()), expected);
    }
}
