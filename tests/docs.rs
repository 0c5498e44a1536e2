//! The documentation's examples do what it says.

use std::path::Path;
use std::sync::Arc;

use newswatch::diagnostic::{Level, SourceFile};
use newswatch::matching::engine::Engine;
use newswatch::matching::reading::{Kind, read};

fn queries(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new("docs").join(page)).expect("the page is there");
    text.split("```query\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

fn vocabulary() -> Vec<(Kind, Arc<SourceFile>)> {
    let folder = std::fs::read_dir("config/vocabulary").expect("the vocabulary is shipped");
    folder
        .map(|entry| {
            let path = entry.expect("the folder can be read").path();
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            (Kind::Vocabulary, SourceFile::new(path.display().to_string(), text))
        })
        .collect()
}

#[test]
fn every_query_of_the_query_language_page_compiles() {
    let queries = queries("query-language.md");
    assert!(queries.len() >= 5, "the page has examples");
    for query in queries {
        let watchlist = format!("[watchlist]\nid = \"docs\"\n[[query]]\nname = \"example\"\nmatch = '''\n{query}'''\n");
        let mut files = vocabulary();
        files.push((Kind::Watchlist, SourceFile::new("docs.toml", watchlist)));
        let (definitions, mut findings) = read(&files);
        findings.extend(Engine::compile(&definitions).1);
        let errors: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
        assert!(errors.is_empty(), "{query}{errors:#?}");
    }
}
