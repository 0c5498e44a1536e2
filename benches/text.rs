//! Bytes of text per second, text to tokens, in three scripts, against decoding the same records.
//!
//! Reads real articles from `../shared/corpora`; says that it measured nothing where they are not there.
#![allow(missing_docs, reason = "criterion's macros make items without documentation")]

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write as _};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use newswatch::matching::text::{Sink, Token, scan};
use serde::Deserialize;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/mixed-22k.jsonl.zst");

/// Bytes of text per language: more than the caches hold.
const BYTES: usize = 8_000_000;

#[derive(Deserialize)]
struct Article<'a> {
    #[serde(borrow)]
    lang: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    body: std::borrow::Cow<'a, str>,
}

/// Adds hashes up, so that nothing can be left out.
#[derive(Default)]
struct Sum(u64);

impl Sink for Sum {
    fn token(&mut self, token: Token) {
        self.0 = self.0.wrapping_add(token.hash);
    }
}

/// Records by primary language, up to [`BYTES`] each.
fn records() -> std::io::Result<BTreeMap<String, Vec<String>>> {
    let mut records: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for line in BufReader::new(zstd::Decoder::new(File::open(CORPUS)?)?).lines() {
        let line = line?;
        let Ok(article) = serde_json::from_str::<Article<'_>>(&line) else { continue };
        let lang = article.lang.split('-').next().unwrap_or_default().to_owned();
        let (bytes, lines) = records.entry(lang).or_default();
        if *bytes < BYTES {
            *bytes += article.body.len();
            lines.push(line);
        }
    }
    Ok(records.into_iter().map(|(lang, (_, lines))| (lang, lines)).collect())
}

fn text(criterion: &mut Criterion) {
    let records = match records() {
        Ok(records) => records,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "NOTHING MEASURED: {CORPUS}: {error}");
            return;
        }
    };
    let mut group = criterion.benchmark_group("text");
    group.sample_size(10).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    for (lang, lines) in &records {
        let bodies: Vec<String> = lines
            .iter()
            .filter_map(|line| Some(serde_json::from_str::<Article<'_>>(line).ok()?.body.into_owned()))
            .collect();
        group.throughput(Throughput::Bytes(bodies.iter().map(|body| body.len() as u64).sum()));
        group.bench_function(format!("scan/{lang}"), |bencher| {
            bencher.iter(|| {
                let mut sum = Sum::default();
                for body in &bodies {
                    scan(body, &mut sum);
                }
                black_box(sum.0)
            });
        });
        group.bench_function(format!("decode/{lang}"), |bencher| {
            bencher.iter(|| {
                for line in lines {
                    let _ = black_box(serde_json::from_str::<Article<'_>>(line));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, text);
criterion_main!(benches);
