//! `test`: the tests embedded in watchlists, through the daemon's own engine.

mod junit;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::app::files::{Compiled, Files};
use crate::commands::{Common, Exit, Output, report};
use crate::matching::definition::{Definitions, Watchlist, WatchlistTest};
use crate::matching::engine::{Engine, Workspace};
use crate::matching::explain::Explanation;
use crate::matching::reading::Kind;
use crate::message::event::{Event, Source};
use crate::message::evidence::Hit;

/// Run the tests embedded in watchlists
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files and folders; those of the settings where none are given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Write the results as JUnit XML too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// What became of all tests.
#[derive(Debug, Serialize)]
struct Results<'d> {
    passed: usize,
    failed: usize,
    tests: Vec<TestResult<'d>>,
    /// What no test touches.
    untested: Vec<Untested<'d>>,
}

/// What became of one test.
#[derive(Debug, Serialize)]
struct TestResult<'d> {
    watchlist: &'d str,
    name: &'d str,
    passed: bool,
    expected: BTreeSet<String>,
    matched: BTreeSet<String>,
    /// Where it matched.
    hits: Vec<Hit>,
    /// Of a test that failed: clause by clause, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A query that no test expects, or a language that no test is in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Untested<'d> {
    Query { watchlist: &'d str, query: &'d str },
    Language { watchlist: &'d str, language: &'d str },
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(compiled) = compile(&arguments.paths, common)? else { return Ok(Exit::Configuration) };
    let results = run(&compiled.definitions, &compiled.engine);
    if let Some(path) = &arguments.junit {
        std::fs::write(path, junit::render(&results)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut stdout = io::stdout().lock();
    match common.output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut stdout, &results)?;
            writeln!(stdout)?;
        }
        Output::Text => write(&results, &mut stdout)?,
    }
    Ok(if results.failed == 0 { Exit::Fine } else { Exit::Findings })
}

/// The watchlists at these paths, or of the settings; none where something is wrong with them, which is
/// said on stderr. Where the paths hold no vocabulary, that of the settings is used.
pub(super) fn compile(paths: &[PathBuf], common: &Common) -> anyhow::Result<Option<Compiled>> {
    let mut files = Files::at(paths);
    if paths.is_empty() || files.definitions.iter().all(|(kind, _)| *kind == Kind::Watchlist) {
        let Some(settings) = common.settings()? else { return Ok(None) };
        if paths.is_empty() {
            files = Files::of_settings(&settings);
        } else {
            files.definitions.extend(Files::of_vocabulary(&settings).definitions);
        }
    }
    let compiled = files.compile();
    let errors = report::errors(&compiled.diagnostics);
    if errors.is_empty() {
        return Ok(Some(compiled));
    }
    report::to_stderr(&errors)?;
    Ok(None)
}

fn run<'d>(definitions: &'d Definitions, engine: &Engine) -> Results<'d> {
    let mut workspace = engine.workspace();
    let all = definitions.watchlists.iter().flat_map(|list| list.tests.iter().map(move |test| (list, test)));
    let tests: Vec<_> = all.map(|(list, test)| run_one(list, test, engine, &mut workspace)).collect();
    let passed = tests.iter().filter(|test| test.passed).count();
    let untested = definitions.watchlists.iter().flat_map(untested).collect();
    Results { passed, failed: tests.len() - passed, tests, untested }
}

fn run_one<'d>(
    watchlist: &'d Watchlist,
    test: &'d WatchlistTest,
    engine: &Engine,
    workspace: &mut Workspace,
) -> TestResult<'d> {
    let event = event(test);
    let expected: BTreeSet<String> = test.expect.iter().map(|query| query.value.clone()).collect();
    let id = &watchlist.id.value;
    let found = engine.evaluate(&event, workspace).map(|matches| {
        let matched = matches.into_iter().find(|matched| matched.watchlist.id() == id);
        matched.map(|matched| (matched.queries.iter().map(|query| (*query).to_owned()).collect(), matched.hits))
    });
    let (found, error) = match found {
        Ok(found) => (found.unwrap_or_default(), None),
        Err(unfinished) => (Default::default(), Some(unfinished.to_string())),
    };
    let (matched, hits): (BTreeSet<String>, Vec<Hit>) = found;
    let passed = error.is_none() && matched == expected;
    let explanation = if passed {
        None
    } else {
        let number = engine.watchlists().iter().position(|compiled| compiled.id() == id);
        number.map(|number| engine.explain(number, &event))
    };
    TestResult { watchlist: id, name: &test.name.value, passed, expected, matched, hits, explanation, error }
}

fn event(test: &WatchlistTest) -> Event<'_> {
    Event {
        id: test.name.value.as_str().into(),
        version: 1,
        lang: test.lang.as_deref().map(Into::into),
        title: test.title.as_str().into(),
        summary: test.summary.as_str().into(),
        body: test.body.as_str().into(),
        tags: test.tags.iter().map(|tag| tag.as_str().into()).collect(),
        source: source(test.source.as_deref()),
        ..Event::default()
    }
}

/// A test's source is one string, and stands for whatever a filter or `source:` may name.
fn source(source: Option<&str>) -> Source<'_> {
    Source { id: source.map(Into::into), name: None, domain: source.map(Into::into) }
}

fn untested(watchlist: &Watchlist) -> Vec<Untested<'_>> {
    let id = &*watchlist.id.value;
    let queries = watchlist.queries.iter().filter(|query| {
        !watchlist.tests.iter().flat_map(|test| &test.expect).any(|expected| expected.value == query.name.value)
    });
    let languages = watchlist.filter.languages.iter().filter(|language| {
        let primary = |tag: &str| tag.split('-').next().map(str::to_owned);
        let touches = |test: &WatchlistTest| test.lang.as_deref().and_then(primary) == primary(&language.value);
        !watchlist.tests.iter().any(touches)
    });
    let queries = queries.map(|query| Untested::Query { watchlist: id, query: &query.name.value });
    queries.chain(languages.map(|language| Untested::Language { watchlist: id, language: &language.value })).collect()
}

fn write(results: &Results<'_>, out: &mut impl Write) -> io::Result<()> {
    for test in results.tests.iter().filter(|test| !test.passed) {
        writeln!(out, "FAILED {}: {}", test.watchlist, test.name)?;
        writeln!(out, "  expected {}", list(&test.expected))?;
        match &test.error {
            Some(error) => writeln!(out, "  {error}")?,
            None => writeln!(out, "  matched  {}", list(&test.matched))?,
        }
        for hit in &test.hits {
            writeln!(out, "    {}", hit_line(hit))?;
        }
        for line in
            test.explanation.iter().flat_map(|all| all.to_string().lines().map(str::to_owned).collect::<Vec<_>>())
        {
            writeln!(out, "  {line}")?;
        }
    }
    for untested in &results.untested {
        match untested {
            Untested::Query { watchlist, query } => writeln!(out, "untested {watchlist}: no test expects `{query}`")?,
            Untested::Language { watchlist, language } => {
                writeln!(out, "untested {watchlist}: no test is in `{language}`")?;
            }
        }
    }
    writeln!(out, "{} tests passed, {} failed", results.passed, results.failed)
}

fn list(queries: &BTreeSet<String>) -> String {
    if queries.is_empty() { "nothing".into() } else { queries.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// A hit in its surroundings.
pub(super) fn hit_line(hit: &Hit) -> String {
    let by = hit.entity.as_ref().map_or_else(|| hit.term.clone(), |entity| format!("{} (@{entity})", hit.term));
    format!("{}: {}[{}]{}  by {by}", hit.field, hit.before, hit.exact, hit.after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    const WATCHLIST: &str = r#"
[watchlist]
id = "chips"
[[query]]
name = "rule"
match = '''chip AND rule'''
[[query]]
name = "other"
match = '''submarine'''
[filter]
languages = ["en", "de"]
[[test]]
name = "right"
lang = "en"
title = "A rule for a chip"
expect = ["rule"]
[[test]]
name = "wrong & odd"
lang = "en"
title = "A rule for a chip"
expect = []
"#;

    #[test]
    fn failing_tests_and_what_none_touches_are_named() {
        let compiled = Compiled::new(&[(Kind::Watchlist, SourceFile::new("a.toml", WATCHLIST))]);
        let results = run(&compiled.definitions, &compiled.engine);
        assert_eq!((results.passed, results.failed), (1, 1));
        let mut shown = Vec::new();
        write(&results, &mut shown).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        for line in [
            "FAILED chips: wrong & odd\n  expected nothing\n  matched  rule\n",
            "title: A [rule] for a chip",
            "untested chips: no test expects `other`\n",
            "untested chips: no test is in `de`\n",
            "1 tests passed, 1 failed\n",
        ] {
            assert!(shown.contains(line), "{line} is not in\n{shown}");
        }
        let xml = junit::render(&results);
        assert!(xml.contains("tests=\"2\" failures=\"1\"") && xml.contains("name=\"wrong &amp; odd\""), "{xml}");
    }
}
