//! A hash of what a watchlist means: changed by its queries, its filter, the vocabulary they use and
//! what becomes of a match; not by titles, tests, comments or spacing.

use std::collections::BTreeMap;

use crate::matching::definition::{Entry, Located, Vocabulary, Watchlist};
use crate::matching::engine::filter::Filter;
use crate::matching::query::{Kind, Node};
use crate::message::id::id;

/// The revision of one watchlist.
pub(super) fn of(watchlist: &Watchlist, nodes: &[Node], filter: &Filter, vocabulary: &Vocabulary) -> String {
    let mut used = BTreeMap::new();
    nodes.iter().for_each(|node| collect(node, vocabulary, &mut used));
    let mut parts = vec![
        watchlist.id.value.clone(),
        filter.canonical(),
        watchlist.severity.as_str().to_owned(),
        format!("{:?} {:?}", watchlist.status, watchlist.alert),
    ];
    for query in &watchlist.queries {
        parts.push(query.name.value.clone());
        parts.push(query.text.value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    parts.extend(used.into_iter().map(|(name, meaning)| format!("{name} {meaning}")));
    id(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The revision of a set of watchlists.
pub(super) fn of_all<'a>(revisions: impl Iterator<Item = &'a str>) -> String {
    id(&revisions.collect::<Vec<_>>())
}

fn collect(node: &Node, vocabulary: &Vocabulary, used: &mut BTreeMap<String, String>) {
    match &node.kind {
        Kind::Entity(id) => follow(&format!("@{id}"), vocabulary, used),
        Kind::Term(id) => follow(&format!("#{id}"), vocabulary, used),
        Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| collect(part, vocabulary, used)),
        Kind::Near { left, right, .. } | Kind::Together { left, right, .. } => {
            collect(left, vocabulary, used);
            collect(right, vocabulary, used);
        }
        Kind::Not(inner) | Kind::AtLeast(_, inner) | Kind::Field(_, inner) => collect(inner, vocabulary, used),
        Kind::Words(_) | Kind::Exact(_) | Kind::Prefix(_) | Kind::Pattern(_) | Kind::Meta(..) => {}
    }
}

fn follow(reference: &str, vocabulary: &Vocabulary, used: &mut BTreeMap<String, String>) {
    let entry = match reference.split_at_checked(1) {
        Some(("@", id)) => vocabulary.entities.get(id),
        Some(("#", id)) => vocabulary.terms.get(id),
        _ => None,
    };
    let Some(entry) = entry.filter(|_| !used.contains_key(reference)) else { return };
    used.insert(reference.to_owned(), meaning(entry));
    entry.any.iter().chain(&entry.context).for_each(|other| follow(&other.value, vocabulary, used));
}

fn meaning(entry: &Entry) -> String {
    fn values(list: &[Located<String>]) -> Vec<&str> {
        list.iter().map(|item| item.value.as_str()).collect()
    }
    let words: Vec<_> = entry.words.iter().map(|(lang, list)| (lang, values(list))).collect();
    let (any, not_in, context) = (values(&entry.any), values(&entry.not_in), values(&entry.context));
    format!("{words:?} {any:?} {not_in:?} {context:?} {}", entry.within)
}
