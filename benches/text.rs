//! CPU time from text to words and units, against that of decoding the same records: the ratio is what counts.
//!
//! Reads real articles in three scripts from `../shared/corpora`; says that it measured nothing where
//! they are not there. Thread CPU time, turn by turn, medians of the rounds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;

use newswatch::diagnostic::SourceFile;
use newswatch::matching::engine::{Engine, Workspace};
use newswatch::matching::reading::{Kind, read};
use newswatch::matching::text::{Sink, Token, scan};
use newswatch::message::event::Event;
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/mixed-22k.jsonl.zst");
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config");
const ROUNDS: usize = 7;

/// What is measured in every round.
const MEASURES: [&str; 4] = ["serde_json", "scan", "look up, new worker", "look up, warm"];

/// Records as they are decoded: borrowed where the JSON has no escapes.
#[derive(Deserialize)]
struct Article<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    lang: Cow<'a, str>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow)]
    body: Cow<'a, str>,
}

/// Adds hashes up, so that nothing can be left out.
#[derive(Default)]
struct Sum(u64);

impl Sink for Sum {
    #[inline]
    fn token(&mut self, token: Token) {
        self.0 = self.0.wrapping_add(token.hash);
    }
}

/// The articles of a language.
#[derive(Default)]
struct Corpus {
    records: Vec<String>,
    events: Vec<Event<'static>>,
    bytes: usize,
}

fn corpora() -> std::io::Result<BTreeMap<String, Corpus>> {
    let mut corpora: BTreeMap<String, Corpus> = BTreeMap::new();
    for line in BufReader::new(zstd::Decoder::new(File::open(CORPUS)?)?).lines() {
        let line = line?;
        let article: Article<'_> = serde_json::from_str(&line)?;
        let corpus = corpora.entry(article.lang.split('-').next().unwrap_or_default().to_owned()).or_default();
        corpus.bytes += article.title.len() + article.body.len();
        corpus.events.push(Event {
            id: article.id.into_owned().into(),
            lang: Some(article.lang.into_owned().into()),
            title: article.title.into_owned().into(),
            body: article.body.into_owned().into(),
            ..Event::default()
        });
        corpus.records.push(line);
    }
    Ok(corpora)
}

/// The watchlists and the vocabulary that are shipped.
fn shipped() -> std::io::Result<Engine> {
    let mut files = Vec::new();
    for (folder, kind) in [("watchlists", Kind::Watchlist), ("vocabulary", Kind::Vocabulary)] {
        for entry in Path::new(CONFIG).join(folder).read_dir()? {
            let path = entry?.path();
            files.push((kind, SourceFile::new(path.display().to_string(), std::fs::read_to_string(&path)?)));
        }
    }
    Ok(Engine::compile(&read(&files).0).0)
}

/// CPU seconds of this thread.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn timed<T>(work: impl FnOnce() -> T) -> f64 {
    let began = cpu();
    black_box(work());
    cpu() - began
}

/// CPU seconds of each of [`MEASURES`].
fn round(corpus: &Corpus, engine: &Engine, warm: &mut Workspace) -> [f64; MEASURES.len()] {
    let look_up = |workspace: &mut Workspace| -> usize {
        corpus.events.iter().map(|event| engine.look_up(event, workspace)).sum()
    };
    let decode =
        || corpus.records.iter().filter(|record| serde_json::from_str::<Article<'_>>(black_box(record)).is_ok());
    let mut sum = Sum::default();
    let mut new = engine.workspace();
    [
        timed(|| decode().count()),
        timed(|| {
            for event in &corpus.events {
                scan(&event.title, &mut sum);
                scan(&event.body, &mut sum);
            }
            sum.0
        }),
        timed(|| look_up(&mut new)),
        timed(|| look_up(warm)),
    ]
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// One line a measure: bytes of text per CPU second, and the CPU time beside that of the first measure.
fn table(language: &str, bytes: usize, rounds: &[[f64; MEASURES.len()]]) -> String {
    let line = |(i, measure): (usize, &&str)| {
        let speed = bytes as f64 / 1e6 / median(rounds.iter().map(|round| round[i]));
        let ratio = median(rounds.iter().map(|round| round[i] / round[0]));
        format!("{language:4} {measure:20} {speed:6.0} MB/s {ratio:6.2}\n")
    };
    MEASURES.iter().enumerate().map(line).collect()
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let corpora = match corpora() {
        Ok(corpora) => corpora,
        Err(error) => return writeln!(out, "NOTHING MEASURED: {CORPUS}: {error}"),
    };
    let engine = shipped()?;
    let mut warm = engine.workspace();
    let mut rounds: BTreeMap<&str, Vec<[f64; MEASURES.len()]>> = BTreeMap::new();
    for _ in 0..=ROUNDS {
        let mut all = [0.0; MEASURES.len()];
        for (language, corpus) in &corpora {
            let of_one = round(corpus, &engine, &mut warm);
            all.iter_mut().zip(of_one).for_each(|(sum, one)| *sum += one);
            rounds.entry(language).or_default().push(of_one);
        }
        rounds.entry("all").or_default().push(all);
    }
    writeln!(
        out,
        "text per CPU second, and CPU time as a multiple of serde_json's; {ROUNDS} rounds after one to warm up"
    )?;
    for (language, rounds) in rounds {
        let of_one = corpora.get(language).map(|corpus| corpus.bytes);
        let bytes = of_one.unwrap_or_else(|| corpora.values().map(|corpus| corpus.bytes).sum());
        write!(out, "{}", table(language, bytes, &rounds[1..]))?;
    }
    Ok(())
}
