//! Results of tests for people: each that failed with the reason, and what no test touches.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::commands::test::untested::Untested;
use crate::commands::test::{Results, TestResult};
use crate::message::evidence::Hit;

/// Writes all of it; what of the vocabulary no test touches is counted, and named where that is asked for.
pub(super) fn write(results: &Results<'_>, name_untested: bool, out: &mut impl Write) -> io::Result<()> {
    for test in results.tests.iter().filter(|test| !test.passed) {
        writeln!(out, "FAILED {}: {}", test.watchlist, test.name)?;
        complaints(test).iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    for untested in &results.untested {
        match untested {
            Untested::Query { watchlist, query } => writeln!(out, "untested {watchlist}: no test expects `{query}`")?,
            Untested::Language { watchlist: Some(watchlist), language } => {
                writeln!(out, "untested {watchlist}: no test is in `{language}`")?;
            }
            _ => {}
        }
    }
    of_vocabulary(&results.untested, name_untested, out)?;
    writeln!(out, "{} tests passed, {} failed", results.passed, results.failed)
}

fn of_vocabulary(untested: &[Untested<'_>], named: bool, out: &mut impl Write) -> io::Result<()> {
    let all = |of: fn(&Untested<'_>) -> Option<String>| untested.iter().filter_map(of).collect::<Vec<_>>();
    let kinds = [
        (["entity", "entities"], all(entity)),
        (["term", "terms"], all(term)),
        (["language of the vocabulary", "languages of the vocabulary"], all(language)),
    ];
    let some = || kinds.iter().filter(|(_, untested)| !untested.is_empty());
    if named {
        return some().try_for_each(|([_, kind], untested)| writeln!(out, "untested {kind}: {}", untested.join(" ")));
    }
    let count = |(kind, untested): &([&str; 2], Vec<String>)| {
        let count = untested.len();
        format!("{count} {}", kind[usize::from(count != 1)])
    };
    let counts: Vec<String> = some().map(count).collect();
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "untested: {} (`--untested` names them)", counts.join(", "))
}

fn language(untested: &Untested<'_>) -> Option<String> {
    match untested {
        Untested::Language { watchlist: None, language } => Some((*language).to_owned()),
        _ => None,
    }
}

fn entity(untested: &Untested<'_>) -> Option<String> {
    match untested {
        Untested::Entity { entity } => Some(format!("@{entity}")),
        _ => None,
    }
}

fn term(untested: &Untested<'_>) -> Option<String> {
    match untested {
        Untested::Term { term } => Some(format!("#{term}")),
        _ => None,
    }
}

/// What is wrong with a test that failed, and for each query why: what it was found by, or the first clause that did not
/// hold.
pub(super) fn complaints(test: &TestResult<'_>) -> Vec<String> {
    let mut lines = vec![format!("expected {}, matched {}", list(&test.expected), list(&test.matched))];
    lines.extend(test.error.clone());
    if let Some(filter) = test.explanation.as_ref().and_then(|explanation| explanation.filtered.as_ref()) {
        lines.push(filter.clone());
    }
    for query in test.explanation.iter().flat_map(|explanation| &explanation.queries) {
        let (expected, matched) = (test.expected.contains(&query.name), test.matched.contains(&query.name));
        if let (true, false, Some(reason)) = (expected, matched, &query.reason) {
            lines.push(format!("`{}` does not match: {reason}", query.name));
        }
        if let (false, true) = (expected, matched) {
            lines.push(format!("`{}` matches by", query.name));
            lines.extend(query.clause.all_hits().into_iter().map(|hit| format!("  {}", hit_line(hit))));
        }
    }
    lines
}

fn list(queries: &BTreeSet<String>) -> String {
    if queries.is_empty() { "nothing".into() } else { queries.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// A hit in its surroundings.
fn hit_line(hit: &Hit) -> String {
    let by = hit.entity.as_ref().map_or_else(|| hit.term.clone(), |entity| format!("{} (@{entity})", hit.term));
    format!("{}: {}[{}]{}  by {by}", hit.field, hit.before, hit.exact, hit.after)
}
