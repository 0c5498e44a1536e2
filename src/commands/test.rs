//! `test`: the tests embedded in watchlists, through the daemon's own engine.

mod junit;
mod text;
mod untested;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::app::files::{Compiled, Files};
use crate::commands::{Common, Exit, report};
use crate::matching::definition::{Definitions, Watchlist, WatchlistTest};
use crate::matching::engine::{Engine, HitRef, Workspace};
use crate::matching::explain::Explanation;
use crate::matching::reading::Kind;
use crate::message::event::{Event, Source};
use crate::message::evidence::Hit;
use untested::Untested;

/// Run the tests embedded in watchlists
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files and folders; those of the settings where none are given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Name the entities, terms and languages of the vocabulary that no test touches
    #[arg(long)]
    pub untested: bool,
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
    /// What ruled it out.
    #[serde(skip)]
    ruled_out: Vec<Hit>,
    /// Of a test that failed: clause by clause, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    let Some(compiled) = compile(&arguments.paths, common)? else { return Ok(Exit::Configuration) };
    let results = run(&compiled.definitions, &compiled.engine);
    if let Some(path) = &arguments.junit {
        std::fs::write(path, junit::render(&results)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    common.print(&results, |results, out| text::write(results, arguments.untested, out))?;
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
    let untested =
        untested::untested(definitions, tests.iter().flat_map(|test| test.hits.iter().chain(&test.ruled_out)));
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
        matched.map(|matched| {
            let queries = matched.queries.iter().map(|query| (*query).to_owned()).collect();
            (queries, matched.hits.iter().map(HitRef::to_hit).collect())
        })
    });
    let (found, error) = match found {
        Ok(found) => (found.unwrap_or_default(), None),
        Err(unfinished) => (Default::default(), Some(unfinished.to_string())),
    };
    let (matched, hits): (BTreeSet<String>, Vec<Hit>) = found;
    let passed = error.is_none() && matched == expected;
    // Of what did not match only an explanation tells what it was ruled out by.
    let number = engine.watchlists().iter().position(|compiled| compiled.id() == id);
    let number = number.filter(|_| !passed || matched.is_empty());
    let explanation = number.map(|number| engine.explain(number, &event, workspace));
    let ruled_out = explanation.as_ref().map(untested::ruled_out).unwrap_or_default();
    let explanation = explanation.filter(|_| !passed);
    let name = &test.name.value;
    TestResult { watchlist: id, name, passed, expected, matched, hits, ruled_out, explanation, error }
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
[[test]]
name = "missed"
lang = "en"
title = "A rule for nobody"
expect = ["other"]
[[query]]
name = "third"
match = '''chip AND harbour'''
"#;

    #[test]
    fn failing_tests_and_what_none_touches_are_named() {
        let compiled = Compiled::new(&[(Kind::Watchlist, SourceFile::new("a.toml", WATCHLIST))]);
        let results = run(&compiled.definitions, &compiled.engine);
        assert_eq!((results.passed, results.failed), (1, 2));
        let mut shown = Vec::new();
        text::write(&results, false, &mut shown).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        for line in [
            "FAILED chips: wrong & odd\n  expected nothing, matched rule\n  `rule` matches by\n",
            "title: A [rule] for a chip",
            "FAILED chips: missed\n  expected other, matched nothing\n  `other` does not match: `submarine` was not found\n",
            "untested chips: no test expects `third`\n",
            "untested chips: no test is in `de`\n",
            "1 tests passed, 2 failed\n",
        ] {
            assert!(shown.contains(line), "{line} is not in\n{shown}");
        }
    }

    #[test]
    fn what_of_the_vocabulary_no_test_touches_is_counted_and_named_on_demand() {
        let vocabulary = "[entity.a]\nen = ['Aco']\nfr = ['Aco']\n[entity.b]\nen = ['Bco']\n[term.t]\nen = ['tide']\n";
        let watchlist = WATCHLIST.replace("chip AND rule", "(chip AND rule) OR (chip AND (@a OR @b OR #t))");
        let files = [(Kind::Vocabulary, vocabulary.to_owned()), (Kind::Watchlist, watchlist)];
        let compiled = Compiled::new(&files.map(|(kind, text)| (kind, SourceFile::new("a.toml", text))));
        assert!(report::errors(&compiled.diagnostics).is_empty(), "{:?}", compiled.diagnostics);
        let results = run(&compiled.definitions, &compiled.engine);
        let shown = |named| {
            let mut shown = Vec::new();
            text::write(&results, named, &mut shown).unwrap();
            String::from_utf8(shown).unwrap()
        };
        let counted = "untested: 2 entities, 1 term, 1 language of the vocabulary (`--untested` names them)\n";
        assert!(shown(false).contains(counted), "{}", shown(false));
        for line in ["untested entities: @a @b\n", "untested terms: #t\n", "untested languages of the vocabulary: fr\n"]
        {
            assert!(shown(true).contains(line) && !shown(false).contains(line), "{}", shown(true));
        }
    }

    #[test]
    fn junit_is_well_formed_whatever_a_test_is_called() {
        let hostile = "<a href=\"x\">&amp; ]]> \u{1}\u{b}\u{fffe}\u{ffff}\u{85}\u{2028} 'é' 港";
        let toml = format!("name = {}", toml::Value::String(hostile.into()));
        let watchlist = WATCHLIST.replace("name = \"wrong & odd\"", &toml);
        let compiled = Compiled::new(&[(Kind::Watchlist, SourceFile::new("a.toml", watchlist))]);
        assert!(report::errors(&compiled.diagnostics).is_empty());
        let xml = junit::render(&run(&compiled.definitions, &compiled.engine));
        let document = roxmltree::Document::parse(&xml).unwrap();
        let suites = document.root_element();
        assert_eq!((suites.attribute("tests"), suites.attribute("failures")), (Some("3"), Some("2")));
        let of = |name: &'static str| document.descendants().filter(move |node| node.has_tag_name(name));
        let names: Vec<_> = of("testcase").map(|case| case.attribute("name").unwrap()).collect();
        assert_eq!(names, ["right", "<a href=\"x\">&amp; ]]> \u{2028} 'é' 港", "missed"]);
        let failures: Vec<_> = of("failure").collect();
        assert_eq!(failures[0].attribute("message"), Some("expected nothing, matched rule"));
        assert!(failures[1].text().unwrap().contains("`submarine` was not found"), "{xml}");
    }
}
