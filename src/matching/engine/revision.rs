//! A hash of what a watchlist means: changed by its queries, its filter, the vocabulary they use and
//! what becomes of a match; not by titles, tests, comments or spacing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::matching::definition::{Entry, Located, Vocabulary, Watchlist};
use crate::matching::engine::filter::Filter;
use crate::matching::query::{Kind, Node};
use crate::message::id::id;
use crate::message::matched::WatchlistStatus;
use crate::message::policy::AlertPolicy;

/// A hash of a policy, kept for the next watchlist: most have the same.
pub(super) type Policy = Option<(WatchlistStatus, AlertPolicy, String)>;

fn of_policy<'p>(watchlist: &Watchlist, last: &'p mut Policy) -> &'p str {
    let (status, policy) = (watchlist.status, &watchlist.alert);
    if last.as_ref().is_none_or(|known| known.0 != status || known.1 != *policy) {
        *last = None;
    }
    &last.get_or_insert_with(|| (status, policy.clone(), id(&[&format!("{status:?} {policy:?}")]))).2
}

/// The revision of one watchlist.
pub(super) fn of(
    watchlist: &Watchlist,
    nodes: &[Node],
    filter: &Filter,
    vocabulary: &Vocabulary,
    policy: &mut Policy,
) -> String {
    let mut used = BTreeMap::new();
    nodes.iter().for_each(|node| collect(node, vocabulary, &mut used));
    let filter = filter.canonical();
    let texts: Vec<_> = watchlist.queries.iter().map(|query| spaced(&query.text.value)).collect();
    let used: Vec<_> = used.into_iter().map(|(name, meaning)| format!("{name} {meaning}")).collect();
    let mut parts = vec![&*watchlist.id.value, &filter, watchlist.severity.as_str(), of_policy(watchlist, policy)];
    parts.extend(watchlist.queries.iter().zip(&texts).flat_map(|(query, text)| [&*query.name.value, &**text]));
    parts.extend(used.iter().map(String::as_str));
    id(&parts)
}

/// A query with single spaces between its parts.
fn spaced(query: &str) -> Cow<'_, str> {
    let mut last = ' ';
    let is_plain = |c: char| {
        let before = std::mem::replace(&mut last, c);
        !c.is_whitespace() || (c == ' ' && before != ' ')
    };
    if query.chars().all(is_plain) && !query.ends_with(' ') {
        return Cow::Borrowed(query);
    }
    Cow::Owned(query.split_whitespace().collect::<Vec<_>>().join(" "))
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
