//! What can only be seen by looking at all files together, or at a whole watchlist.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::matching::definition::{Definitions, Entry, Located, Vocabulary, Watchlist};
use crate::matching::reading::{code, has_error, primary, reach};
use crate::message::matched::WatchlistStatus;

pub(super) fn across(definitions: &Definitions, so_far: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    duplicate_watchlists(&definitions.watchlists, &mut found);
    shared_aliases(&definitions.vocabulary, &mut found);
    if !definitions.watchlists.is_empty() {
        unused_entries(definitions, &mut found);
    }
    for watchlist in &definitions.watchlists {
        // Advice on tests can wait until the file is right.
        if !has_error(so_far, &watchlist.id.file) {
            untested(watchlist, &mut found);
            reach::unreachable(watchlist, &definitions.vocabulary, &mut found);
        }
    }
    found
}

fn duplicate_watchlists(watchlists: &[Watchlist], found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, &Located<String>> = BTreeMap::new();
    for id in watchlists.iter().map(|watchlist| &watchlist.id) {
        if let Some(other) = first.get(id.value.as_str()) {
            let message = format!("there are two watchlists with the id `{}`", id.value);
            found.push(Diagnostic::error(code::DUPLICATE, &id.file, id.span.clone(), message).related(
                &other.file,
                other.span.clone(),
                "the other one",
            ));
        } else {
            first.insert(&id.value, id);
        }
    }
}

fn shared_aliases(vocabulary: &Vocabulary, found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<String, (&Entry, &Located<String>)> = BTreeMap::new();
    for entry in vocabulary.entities.values() {
        for alias in entry.words.values().flatten() {
            let key = alias.value.trim_start_matches('=').to_lowercase();
            match first.get(&key) {
                // A context on both sides is how two bearers of one name are told apart.
                Some((other, _)) if !other.context.is_empty() && !entry.context.is_empty() => {}
                Some((other, place)) if other.id.value != entry.id.value => {
                    let message =
                        format!("\"{}\" is a name of both `{}` and `{}`", alias.value, other.id.value, entry.id.value);
                    let diagnostic = Diagnostic::warning(code::SHARED_ALIAS, &alias.file, alias.span.clone(), message)
                        .help("take it from one of them, or tell them apart with `context`")
                        .related(&place.file, place.span.clone(), format!("here for `{}`", other.id.value));
                    found.push(diagnostic);
                }
                Some(_) => {}
                None => {
                    first.insert(key, (entry, alias));
                }
            }
        }
    }
}

fn unused_entries(definitions: &Definitions, found: &mut Vec<Diagnostic>) {
    let vocabulary = &definitions.vocabulary;
    let queries = definitions.watchlists.iter().flat_map(|watchlist| &watchlist.queries).map(|query| &query.text);
    let entries = vocabulary.entities.values().chain(vocabulary.terms.values());
    let in_entries = entries.flat_map(|entry| entry.any.iter().chain(&entry.context));
    let used: BTreeSet<&str> = queries.chain(in_entries).flat_map(|text| references(&text.value)).collect();
    for (sigil, kind, entries) in [("@", "entity", &vocabulary.entities), ("#", "term", &vocabulary.terms)] {
        for entry in entries.values().filter(|entry| !used.contains(&*format!("{sigil}{}", entry.id.value))) {
            let message = format!("nobody uses the {kind} `{}`", entry.id.value);
            found.push(
                Diagnostic::warning(code::UNUSED, &entry.id.file, entry.id.span.clone(), message)
                    .help(format!("use it in a query as {sigil}{}, or remove it", entry.id.value)),
            );
        }
    }
}

/// All `@id` and `#id` in a text, with their sign.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(['@', '#']).map(|(start, _)| {
        let id = &text[start + 1..];
        let end = id.find(|each: char| !(each.is_ascii_lowercase() || each.is_ascii_digit() || ".-".contains(each)));
        &text[start..start + 1 + end.unwrap_or(id.len())]
    })
}

fn untested(watchlist: &Watchlist, found: &mut Vec<Diagnostic>) {
    let mut warn = |place: &Located<String>, code, message: String, help: String| {
        found.push(Diagnostic::warning(code, &place.file, place.span.clone(), message).help(help));
    };
    let must_match = watchlist.tests.iter().any(|test| !test.expect.is_empty());
    let must_not = watchlist.tests.iter().any(|test| test.expect.is_empty());
    if watchlist.status == WatchlistStatus::Active && !(must_match && must_not) {
        let missing = match (must_match, must_not) {
            (false, false) => "no test",
            (false, true) => "no test that must match",
            _ => "no test that must not match",
        };
        let help = "add [[test]] with `expect`, one with a query's name and one with []".into();
        warn(&watchlist.id, code::UNTESTED, format!("`{}` is active and has {missing}", watchlist.id.value), help);
    }
    for language in &watchlist.filter.languages {
        let touched = |lang: &String| primary(lang) == primary(&language.value);
        if !watchlist.tests.iter().filter_map(|test| test.lang.as_ref()).any(touched) {
            let help = format!("add [[test]] with lang = \"{}\"", language.value);
            warn(language, code::UNTESTED_LANGUAGE, format!("no test is in `{}`", language.value), help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_with_their_sign() {
        let found: Vec<_> = references("@nvidia-chips NEAR/25 (#restrict OR title:@h20)").collect();
        assert_eq!(found, ["@nvidia-chips", "#restrict", "@h20"]);
    }
}
