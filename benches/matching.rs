//! What matching costs, over real articles in three scripts: the words looked up, the queries that may match
//! chosen, and matches made with their evidence. `benches/text.rs` has the text, `benches/decode.rs` the decoding.
//!
//! The articles are read from `../shared/corpora/mixed-22k.jsonl.zst`; where that is not there, nothing
//! is measured and that is said.

#![allow(clippy::print_stderr, reason = "a benchmark talks to the person who runs it")]

use std::hint::black_box;
use std::io::BufRead;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use newswatch::diagnostic::SourceFile;
use newswatch::matching::definition::Definitions;
use newswatch::matching::engine::{Engine, Workspace};
use newswatch::matching::reading::{Kind, read};
use newswatch::matching::text;
use newswatch::message::event::Event;
use serde_json::Value;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/mixed-22k.jsonl.zst");
/// Articles measured: every so manieth, so that all sources are among them.
const EVERY: usize = 11;

/// Subjects: their names in English, Chinese and Arabic.
const NAMES: [[&str; 3]; 10] = [
    ["Nvidia", "英伟达", "إنفيديا"],
    ["Huawei", "华为", "هواوي"],
    ["China", "中国", "الصين"],
    ["United States", "美国", "الولايات المتحدة"],
    ["Saudi Arabia", "沙特", "السعودية"],
    ["Microsoft", "微软", "مايكروسوفت"],
    ["Bank of Japan", "日本央行", "بنك اليابان"],
    ["European Union", "欧盟", "الاتحاد الأوروبي"],
    ["OPEC", "欧佩克", "أوبك"],
    ["Samsung", "三星", "سامسونج"],
];
/// What is said of them.
const WORDS: [[&str; 3]; 4] = [
    ["restrict", "限制", "قيود"],
    ["invest", "投资", "استثمار"],
    ["acquire", "收购", "استحواذ"],
    ["sanction", "制裁", "عقوبات"],
];

fn watchlist(id: &str, query: &str) -> (Kind, Arc<SourceFile>) {
    let text = format!("[watchlist]\nid = \"{id}\"\n[[query]]\nname = \"q\"\nmatch = '''{query}'''\n");
    (Kind::Watchlist, SourceFile::new(format!("{id}.toml"), text))
}

fn entry(table: &str, [en, zh, ar]: &[&str; 3]) -> String {
    format!("[{table}]\nen = [\"{en}\"]\nzh = [\"{zh}\"]\nar = [\"{ar}\"]\n")
}

/// Forty watchlists over the names and words.
fn realistic() -> Definitions {
    let mut vocabulary = String::new();
    let mut files = Vec::new();
    for (i, words) in WORDS.iter().enumerate() {
        vocabulary.push_str(&entry(&format!("term.t{i}"), words));
    }
    for (i, names) in NAMES.iter().enumerate() {
        vocabulary.push_str(&entry(&format!("entity.e{i}"), names));
        for t in 0..WORDS.len() {
            let query = format!("@e{i} NEAR/25 #t{t} AND NOT title:(earnings OR \"stock price\")");
            files.push(watchlist(&format!("w{i}-{t}"), &query));
        }
    }
    files.push((Kind::Vocabulary, SourceFile::new("vocabulary.toml", vocabulary)));
    read(&files).0
}

/// Many queries of two or three words taken from the articles themselves.
fn many(articles: &[Event<'_>], count: usize) -> Definitions {
    let words: Vec<String> = articles
        .iter()
        .flat_map(|article| text::words(&article.body).into_iter().skip(3).step_by(17).map(|word| word.folded))
        .filter(|word| word.chars().count() > 1)
        .take(count * 3)
        .collect();
    let queries = words.chunks_exact(3).enumerate().map(|(i, three)| {
        let [a, b, c] = three else { unreachable!("chunks are of three") };
        let text = match i % 3 {
            0 => format!("\"{a}\" AND \"{b}\""),
            1 => format!("\"{a}\" NEAR/10 (\"{b}\" OR \"{c}\")"),
            _ => format!("\"{a} {b}\" OR \"{c}\" AND \"{a}\"").replace(" OR ", " AND NOT "),
        };
        watchlist(&format!("w{i}"), &text)
    });
    read(&queries.collect::<Vec<_>>()).0
}

fn articles() -> Option<Vec<Event<'static>>> {
    let file = std::fs::File::open(CORPUS).ok()?;
    let lines = std::io::BufReader::new(zstd::Decoder::new(file).ok()?).lines();
    let of = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let event = |line: std::io::Result<String>| {
        let value: Value = serde_json::from_str(&line.ok()?).ok()?;
        Some(Event {
            id: of(&value, "id").into(),
            lang: Some(of(&value, "lang").into()),
            title: of(&value, "title").into(),
            body: of(&value, "body").into(),
            ..Event::default()
        })
    };
    Some(lines.step_by(EVERY).filter_map(event).collect())
}

fn matching(criterion: &mut Criterion) {
    let Some(articles) = articles() else {
        eprintln!("SKIPPED: {CORPUS} is not there, nothing was measured");
        return;
    };
    let bytes: usize = articles.iter().map(|article| article.title.len() + article.body.len()).sum();
    eprintln!("{} articles, {} bytes each on average", articles.len(), bytes / articles.len());
    let mut group = criterion.benchmark_group("matching");
    group.sample_size(10).throughput(Throughput::Elements(articles.len() as u64));
    let sets = [("40 realistic", realistic()), ("10,000", many(&articles, 10_000))];
    for (name, definitions) in &sets {
        group.bench_function(format!("compile {name}"), |bencher| bencher.iter(|| Engine::compile(definitions)));
        let (engine, findings) = Engine::compile(definitions);
        let mut workspace = engine.workspace();
        // Each does what the one before does, and more.
        type Piece = fn(&Engine, &Event<'_>, &mut Workspace) -> usize;
        let pieces: [(&str, Piece); 3] = [
            ("look up", |engine, article, workspace| engine.look_up(article, workspace)),
            ("candidates", |engine, article, workspace| engine.candidates(article, workspace)),
            ("evaluate", |engine, article, workspace| {
                engine.evaluate(article, workspace).map_or(0, |found| found.len())
            }),
        ];
        eprintln!("{name}: {} watchlists, {} findings", engine.watchlists().len(), findings.len());
        for (piece, of_one) in pieces {
            let mut all = || -> usize { articles.iter().map(|article| of_one(&engine, article, &mut workspace)).sum() };
            eprintln!("{name}, {piece}: {}", all());
            group.bench_function(format!("{piece} {name}"), |bencher| bencher.iter(|| black_box(all())));
        }
    }
    group.finish();
}

criterion_group!(benches, matching);
criterion_main!(benches);
