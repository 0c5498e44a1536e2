//! The documentation's examples do what it says, and its lists are whole.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use newswatch::diagnostic::{Diagnostic, Level, SourceFile};
use newswatch::matching::engine::Engine;
use newswatch::matching::reading::{Kind, read};
use newswatch::message::event::Event;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new("docs").join(name)).unwrap()
}

fn vocabulary() -> Vec<(Kind, Arc<SourceFile>)> {
    let folder = std::fs::read_dir("config/vocabulary").unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let file = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (Kind::Vocabulary, SourceFile::new(path.display().to_string(), text))
    };
    paths.map(file).collect()
}

/// Each query in a watchlist and a file of its own, by its number; what is said of their use and of tests is
/// left out.
fn compile<'q>(queries: impl IntoIterator<Item = &'q str>) -> (Engine, Vec<Diagnostic>) {
    let mut files = vocabulary();
    for (number, query) in queries.into_iter().enumerate() {
        let text = format!("[watchlist]\nid = \"{number}\"\n[[query]]\nname = \"example\"\nmatch = '''\n{query}'''\n");
        files.push((Kind::Watchlist, SourceFile::new(number.to_string(), text)));
    }
    let (definitions, mut findings) = read(&files);
    let (engine, compiled) = Engine::compile(&definitions);
    findings.extend(compiled);
    findings.retain(|finding| !["NW0112", "NW0113"].contains(&finding.code));
    (engine, findings)
}

/// A query of the page, with the texts said to match it or not.
struct Example {
    query: String,
    texts: Vec<Said>,
}

/// Whether it matches, the event's other fields, its body.
type Said = (bool, Vec<(String, String)>, String);

fn examples(page: &str) -> Vec<Example> {
    page.split("```query\n").skip(1).map(|block| example(block.split_once("```\n").unwrap())).collect()
}

/// `- yes: body` or `- no (title Some words; lang en): body`.
fn example((query, rest): (&str, &str)) -> Example {
    let text = |line: &str| {
        let (said, body) = line.split_once(": ").unwrap();
        let (said, fields) = said.split_once(" (").unwrap_or((said, ")"));
        let field = |field: &str| field.split_once(' ').map(|(key, value)| (key.to_owned(), value.to_owned()));
        let fields = fields.strip_suffix(')').unwrap().split("; ").filter_map(field).collect();
        assert!(["yes", "no"].contains(&said), "{line}");
        (said == "yes", fields, body.to_owned())
    };
    let lines = rest.lines().map_while(|line| line.strip_prefix("- "));
    Example { query: query.to_owned(), texts: lines.map(text).collect() }
}

fn event<'a>(fields: &'a [(String, String)], body: &'a str) -> Event<'a> {
    let mut event = Event { body: body.into(), ..Event::default() };
    for (key, value) in fields {
        let value = Cow::from(value.as_str());
        match key.as_str() {
            "title" => event.title = value,
            "lang" => event.lang = Some(value),
            "source" => event.source.domain = Some(value),
            other => panic!("an example has no `{other}`"),
        }
    }
    event
}

#[test]
fn every_query_of_the_page_matches_what_it_is_said_to_and_nothing_else() {
    let examples = examples(&page("query-language.md"));
    assert!(examples.len() >= 12, "the page has examples");
    let (engine, findings) = compile(examples.iter().map(|example| &*example.query));
    let errors: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for (number, Example { query, texts }) in examples.iter().enumerate() {
        assert!(texts.iter().any(|(yes, ..)| *yes), "{query} has no text that matches");
        for (yes, fields, body) in texts {
            let explanation = engine.explain(number, &event(fields, body), &mut engine.workspace());
            assert_eq!(explanation.matched, *yes, "{explanation}{body}");
        }
    }
}

#[test]
fn the_explanation_on_the_page_is_what_is_said() {
    let (engine, _) = compile(["@nvidia NEAR/2 #restrict"]);
    let shown = engine.explain(0, &event(&[], "英伟达一二三四五六七八限制"), &mut engine.workspace()).to_string();
    let on_page = page("query-language.md");
    for line in shown.lines().skip(2) {
        assert!(on_page.contains(line), "{line}");
    }
}

/// The cells of each row that begins with a code.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let rows = page.lines().filter(|line| line.starts_with("| NW"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn every_code_is_on_the_page_and_the_page_has_no_other() {
    fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, codes);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let found = text.match_indices("NW0").filter_map(|(at, _)| text.get(at..at + 6));
                let is_code = |code: &&str| code[2..].chars().all(|c| c.is_ascii_digit());
                // NW00 stands for any code in tests of what all files share.
                codes.extend(found.filter(is_code).filter(|code| !code.starts_with("NW00")).map(str::to_owned));
            }
        }
    }
    let mut codes = BTreeSet::new();
    collect(Path::new("src"), &mut codes);
    let page = page("diagnostics.md");
    let rows = rows(&page);
    let listed: BTreeSet<String> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(rows.len(), listed.len(), "each once");
    assert_eq!(codes, listed);
    assert!(rows.iter().all(|row| row.len() == 5 && row.iter().all(|cell| !cell.is_empty())), "{rows:?}");
}

#[test]
fn each_mistake_in_a_query_has_its_code_and_its_mend_has_none() {
    let page = page("diagnostics.md");
    let quoted = |cell: &str| {
        let inside = cell.strip_prefix('`')?.strip_suffix('`')?;
        (!inside.contains('`')).then(|| inside.to_owned())
    };
    let all = rows(&page);
    let tried: Vec<_> = all
        .iter()
        .filter(|row| row[0].starts_with("NW02"))
        .filter_map(|row| Some((row, quoted(row[3])?, quoted(row[4])?)))
        .collect();
    assert_eq!(tried.len(), 17, "all but the two that no short query can show");
    let queries = tried.iter().flat_map(|(_, mistake, mended)| [&**mistake, &**mended]);
    let (_, findings) = compile(queries);
    let of = |number: usize| findings.iter().filter(move |finding| finding.file.name == number.to_string());
    for (number, (row, mistake, mended)) in tried.iter().enumerate() {
        let level = |finding: &Diagnostic| if finding.level == Level::Error { "error" } else { "warning" };
        let told = of(2 * number).any(|finding| finding.code == row[0] && level(finding) == row[1]);
        assert!(told, "{mistake}: {:?}", of(2 * number).collect::<Vec<_>>());
        assert!(of(2 * number).all(|finding| finding.help.is_some()), "{mistake}: there is a way out");
        let left: Vec<_> = of(2 * number + 1).collect();
        assert!(left.is_empty(), "{mended}: {left:?}");
    }
}
