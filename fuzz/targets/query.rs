//! Any query, and behind a NUL any text: it is compiled or refused with a reason that points into the file, and the
//! engine's answer is that of the explanation, with evidence that stands in the text.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use newswatch::diagnostic::{Diagnostic, SourceFile};
use newswatch::matching::engine::Engine;
use newswatch::matching::reading::{Kind, read};
use newswatch::message::event::{Event, Source};

const VOCABULARY: &str = r##"
[entity.a]
name = "A"
en = ["nvidia", "=HGX", "H 20"]
zh = ["英伟达", "海思"]
ar = ["انفيديا"]
ko = ["엔비디아"]
not_in = ["海思科"]

[entity.b]
name = "B"
en = ["=SMIC"]
zh = ["美"]
context = ["@a", "#t"]
within = 4

[entity.c]
name = "C"
any = ["@a", "@b"]

[term.t]
en = ["restrict", "export control"]
zh = ["限制"]
"##;

static NAMES: LazyLock<Vec<(Kind, std::sync::Arc<SourceFile>)>> =
    LazyLock::new(|| vec![(Kind::Vocabulary, SourceFile::new("vocabulary.toml", VOCABULARY))]);

fn check(findings: &[Diagnostic]) {
    for found in findings {
        let places = found.related.iter().map(|related| (&related.file, &related.span));
        for (file, span) in places.chain([(&found.file, &found.span)]) {
            assert!(file.text.get(span.clone()).is_some(), "{}: {span:?} is no place", found.message);
        }
        assert!(!found.message.is_empty() && !found.message.contains('\n'), "{}", found.message);
    }
}

fuzz_target!(|input: &str| -> Corpus {
    let (query, text) = input.split_once('\0').unwrap_or((input, "nvidia restricts HGX exports. 海思 英伟达"));
    if query.contains("'''") {
        return Corpus::Reject;
    }
    let watchlist = format!("[watchlist]\nid = \"w\"\n[[query]]\nname = \"q\"\nmatch = '''\n{query}'''\n");
    let mut files = NAMES.clone();
    files.push((Kind::Watchlist, SourceFile::new("w.toml", watchlist)));
    let (definitions, mut findings) = read(&files);
    if definitions.watchlists.iter().all(|watchlist| watchlist.queries.is_empty()) {
        assert!(findings.iter().any(Diagnostic::is_error), "a query is gone without a word");
        return Corpus::Reject;
    }
    let (engine, found) = Engine::compile(&definitions);
    findings.extend(found);
    check(&findings);
    let [_] = engine.watchlists() else {
        assert!(findings.iter().any(Diagnostic::is_error), "refused without a reason");
        return Corpus::Keep;
    };
    let (title, body) = text.split_once('\n').unwrap_or(("", text));
    let event = Event {
        id: "e".into(),
        title: title.into(),
        body: body.into(),
        source: Source { domain: Some("example.com".into()), ..Source::default() },
        ..Event::default()
    };
    let explained = engine.explain(0, &event, &mut engine.workspace());
    let mut workspace = engine.workspace();
    if let Ok(matches) = engine.evaluate(&event, &mut workspace) {
        assert_eq!(!matches.is_empty(), explained.matched, "the explanation differs");
        assert_eq!(explained.matched, explained.reason.is_none());
        for hit in matches.iter().flat_map(|matched| &matched.hits) {
            let field = if hit.field == "title" { title } else { body };
            let there: String = field.chars().skip(hit.start as usize).take((hit.end - hit.start) as usize).collect();
            assert_eq!(there, hit.exact);
        }
    }
    Corpus::Keep
});
