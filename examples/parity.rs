//! Holds the engine against another on the same queries and documents, and measures it:
//!
//!     cargo run --release --example parity -- match QUERIES DOCS
//!     cargo run --release --example parity -- tokens DOCS
//!     cargo run --release --example parity -- bench QUERIES DOCS [--every N] [--rounds N]
//!
//! `match` prints, per document, its id, a tab and the ids of the queries that match, a shorter id
//! before a longer one (q2 before q10). `tokens` prints the words of each document, for an engine that
//! is given bare tokens. `bench` prints one line of JSON: medians and percentiles per document, the
//! documents in memory, all evidence built.
//!
//! QUERIES holds a line `{"id", "text"}` a query, each of which is a watchlist of its own. DOCS holds
//! a line `{"id", "title", "body"}` a document, packed with zstd or not; `-` is standard input. A
//! document is one text: title, a newline, body. Each token is one position ([`Positions::Tokens`]).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use anyhow::{Context, anyhow, bail, ensure};
use newswatch::diagnostic::{Level, SourceFile};
use newswatch::matching::definition::{Definitions, Filter, Located, Query, Watchlist};
use newswatch::matching::engine::{Engine, Positions, WatchlistMatch, Workspace};
use newswatch::matching::text;
use newswatch::message::event::Event;
use newswatch::message::evidence::Severity;
use newswatch::message::matched::WatchlistStatus;
use newswatch::message::policy::AlertPolicy;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct QueryLine<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct DocumentLine<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    title: Cow<'a, str>,
    #[serde(borrow, default)]
    body: Cow<'a, str>,
}

impl DocumentLine<'_> {
    fn text(&self) -> String {
        apart(&format!("{}\n{}", self.title, self.body))
    }
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    match arguments[..] {
        ["match", queries, documents] => matches(queries, documents, &mut out)?,
        ["tokens", documents] => tokens(documents, &mut out)?,
        ["bench", queries, documents, ref options @ ..] => bench(queries, documents, options, &mut out)?,
        _ => bail!("say `match QUERIES DOCS`, `tokens DOCS` or `bench QUERIES DOCS [--every N] [--rounds N]`"),
    }
    Ok(out.flush()?)
}

fn matches(queries: &str, documents: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let engine = compile(&definitions(queries)?)?;
    let mut workspace = engine.workspace();
    each_document(documents, |document| {
        let event = Event { body: document.text().into(), ..Event::default() };
        let found = evaluate(&engine, &event, &mut workspace)?;
        let mut ids: Vec<&str> = found.iter().map(|found| found.watchlist.id()).collect();
        ids.sort_unstable_by_key(|id| (id.len(), *id));
        Ok(writeln!(out, "{}\t{}", document.id, ids.join(" "))?)
    })
}

fn evaluate<'e>(
    engine: &'e Engine,
    event: &'e Event<'_>,
    workspace: &mut Workspace,
) -> anyhow::Result<Vec<WatchlistMatch<'e>>> {
    engine.evaluate(event, workspace).map_err(|unfinished| anyhow!("{unfinished}"))
}

fn tokens(documents: &str, out: &mut impl Write) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Tokens<'a> {
        id: &'a str,
        tokens: Vec<String>,
    }
    each_document(documents, |document| {
        let words = text::words(&document.text());
        let tokens = words.into_iter().map(|word| word.folded.chars().map(put_together).collect()).collect();
        serde_json::to_writer(&mut *out, &Tokens { id: &document.id, tokens })?;
        Ok(writeln!(out)?)
    })
}

/// How the measuring is done.
struct Plan {
    /// Every so manieth document is measured.
    every: usize,
    /// Passes over the documents.
    rounds: usize,
}

impl Plan {
    fn read(options: &[&str]) -> anyhow::Result<Self> {
        let mut plan = Self { every: 1, rounds: 5 };
        for option in options.chunks(2) {
            match *option {
                ["--every", number] => plan.every = number.parse()?,
                ["--rounds", number] => plan.rounds = number.parse()?,
                _ => bail!("there is no option {}", option.join(" ")),
            }
        }
        ensure!(plan.every > 0 && plan.rounds > 0, "nothing would be measured");
        Ok(plan)
    }
}

#[derive(Serialize)]
struct Measured {
    queries: usize,
    documents: usize,
    /// Thread CPU, the median of the rounds.
    cpu_us_per_doc: f64,
    /// Thread CPU of one document, over as many rounds.
    p50_us: f64,
    p99_us: f64,
    /// Thread CPU, from the texts of the queries to an engine.
    compile_cpu_s: f64,
    /// The most that the process held in memory until the queries were compiled and a workspace was made.
    memory_bytes: u64,
    matches_per_doc: f64,
    hits_per_match: f64,
}

fn bench(queries: &str, documents: &str, options: &[&str], out: &mut impl Write) -> anyhow::Result<()> {
    let plan = Plan::read(options)?;
    let definitions = definitions(queries)?;
    let before = cpu_seconds();
    let engine = compile(&definitions)?;
    let mut workspace = engine.workspace();
    let compile_cpu_s = cpu_seconds() - before;
    drop(definitions);
    let memory_bytes = most_memory()?;
    let mut number = 0;
    let mut events = Vec::new();
    each_document(documents, |document| {
        if number % plan.every == 0 {
            events.push(Event { body: document.text().into(), ..Event::default() });
        }
        number += 1;
        Ok(())
    })?;
    ensure!(!events.is_empty(), "there are no documents");
    let (mut matches, mut hits) = (0, 0);
    // The first pass finds out which words are of interest and pays for memory once.
    for event in &events {
        let found = evaluate(&engine, event, &mut workspace)?;
        matches += found.len();
        hits += found.iter().map(|found| found.hits.len()).sum::<usize>();
    }
    let (mut cpu, mut latency) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let before = cpu_seconds();
        for event in &events {
            black_box(evaluate(&engine, event, &mut workspace)?);
        }
        cpu.push((cpu_seconds() - before) * 1e6 / events.len() as f64);
        // By itself, for asking the clock costs about as much as a short document.
        for event in &events {
            let before = cpu_seconds();
            black_box(evaluate(&engine, event, &mut workspace)?);
            latency.push((cpu_seconds() - before) * 1e6);
        }
    }
    let measured = Measured {
        queries: engine.watchlists().len(),
        documents: events.len(),
        cpu_us_per_doc: quantile(&mut cpu, 0.5),
        p50_us: quantile(&mut latency, 0.5),
        p99_us: quantile(&mut latency, 0.99),
        compile_cpu_s,
        memory_bytes,
        matches_per_doc: matches as f64 / events.len() as f64,
        hits_per_match: hits as f64 / matches.max(1) as f64,
    };
    serde_json::to_writer(&mut *out, &measured)?;
    Ok(writeln!(out)?)
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[(share * (values.len() - 1) as f64).round() as usize]
}

/// Seconds that this thread has run.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The peak resident set of this process in bytes, as Linux tells it.
fn most_memory() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("there is no VmHWM")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024)
}

fn compile(definitions: &Definitions) -> anyhow::Result<Engine> {
    let (engine, findings) = Engine::compile_by(definitions, Positions::Tokens);
    if let Some(finding) = findings.iter().find(|finding| finding.level == Level::Error) {
        bail!("{}: {}", &finding.file.text[finding.span.clone()], finding.message);
    }
    Ok(engine)
}

/// A watchlist for each query.
fn definitions(path: &str) -> anyhow::Result<Definitions> {
    let (mut texts, mut queries) = (String::new(), Vec::new());
    each_line(path, |line| {
        let query: QueryLine<'_> = serde_json::from_str(line).with_context(|| line.to_owned())?;
        let start = texts.len();
        texts.push_str(&apart(&query.text));
        queries.push((String::from(query.id), start..texts.len()));
        Ok(())
    })?;
    let file = SourceFile::new(path, texts);
    let watchlists = queries.into_iter().map(|(id, span)| {
        let located = |value: String| Located { value, file: Arc::clone(&file), span: span.clone() };
        let text = located(file.text[span.clone()].to_owned());
        watchlist(located(id), Query { name: located("q".to_owned()), text })
    });
    let watchlists = watchlists.collect();
    Ok(Definitions { watchlists, ..Definitions::default() })
}

fn watchlist(id: Located<String>, query: Query) -> Watchlist {
    Watchlist {
        title: id.value.clone(),
        id,
        owner: None,
        severity: Severity::default(),
        status: WatchlistStatus::default(),
        labels: BTreeMap::new(),
        queries: vec![query],
        filter: Filter::default(),
        alert: AlertPolicy::default(),
        tests: Vec::new(),
    }
}

fn each_document(path: &str, mut each: impl FnMut(&DocumentLine<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    each_line(path, |line| each(&serde_json::from_str(line).with_context(|| line.to_owned())?))
}

fn each_line(path: &str, mut each: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut reader = open(path)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        if !line.trim().is_empty() {
            each(&line)?;
        }
        line.clear();
    }
    Ok(())
}

/// A file or standard input, unpacked where it begins as zstd does.
fn open(path: &str) -> anyhow::Result<Box<dyn BufRead>> {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let mut raw: Box<dyn BufRead> = match path {
        "-" => Box::new(BufReader::new(io::stdin())),
        _ => Box::new(BufReader::new(File::open(path).with_context(|| path.to_owned())?)),
    };
    if raw.fill_buf()?.starts_with(&ZSTD) {
        return Ok(Box::new(BufReader::new(zstd::Decoder::with_buffer(raw)?)));
    }
    Ok(raw)
}

const HAN: RangeInclusive<u32> = 0x3400..=0x9fff;
/// Han characters of the supplementary plane, which have no variants here and are in no news.
const SPARE: u32 = 0x2_0000;

/// Traditional characters are other characters here: the query's word in the other engine is compared
/// as it is written, and ours would be found by its variants too. They get spare ones to stand for them.
fn apart(text: &str) -> String {
    static VARIANTS: LazyLock<Vec<bool>> = LazyLock::new(|| {
        let is_variant = |c: char| text::fold(c.encode_utf8(&mut [0; 4])) != c.to_string();
        HAN.map(|code| char::from_u32(code).is_some_and(is_variant)).collect()
    });
    let spare = |c: char| {
        let code = u32::from(c);
        let is_variant = HAN.contains(&code) && VARIANTS[(code - HAN.start()) as usize];
        if is_variant { char::from_u32(code - HAN.start() + SPARE).unwrap_or(c) } else { c }
    };
    text.chars().map(spare).collect()
}

/// What [`apart`] made of it, back again.
fn put_together(c: char) -> char {
    let code = u32::from(c).checked_sub(SPARE).map(|code| code + HAN.start());
    code.filter(|code| HAN.contains(code)).and_then(char::from_u32).unwrap_or(c)
}
