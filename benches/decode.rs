//! What decoding costs beside a bare struct that borrows, on records of the plain form.

use std::borrow::Cow;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use newswatch::pipeline::decode::Decoder;
use newswatch::pipeline::record::Record;
use serde::Deserialize;

/// The same members with no checks at all: the floor.
#[derive(Deserialize)]
#[allow(dead_code, reason = "read by serde only")]
struct Bare<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lang: Option<Cow<'a, str>>,
    #[serde(borrow)]
    published_at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow)]
    summary: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tags: Vec<Cow<'a, str>>,
    version: Option<u64>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
}

fn event(sentence: &str, sentences: usize) -> String {
    serde_json::json!({
        "id": "sample-1", "url": "https://example.com/news/sample-1", "source": "example.com", "lang": "en",
        "published_at": "2026-03-01T10:00:00Z", "title": sentence, "summary": sentence,
        "body": sentence.repeat(sentences), "tags": ["chips", "export"], "version": 1, "status": "usable",
    })
    .to_string()
}

fn decode(criterion: &mut Criterion) {
    let records = [
        ("brief", event("Regulators weigh new rules for chips. ", 1)),
        ("english", event("Regulators weigh new rules for chips. ", 80)),
        ("escaped", event("\"New rules,\" said the regulator.\n", 80)),
        ("chinese", event("监管机构正在考虑新的芯片规则。", 80)),
        ("html", event("<p>Regulators weigh <b>new rules</b> for R&amp;D.</p>", 60)),
    ];
    let decoder = Decoder::default();
    let mut group = criterion.benchmark_group("decode");
    for (name, json) in &records {
        let payload = json.as_bytes();
        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_with_input(BenchmarkId::new("bare", name), payload, |bencher, payload| {
            bencher.iter(|| serde_json::from_slice::<Bare<'_>>(black_box(payload)).map(|bare| bare.tags.len()));
        });
        group.bench_with_input(BenchmarkId::new("event", name), payload, |bencher, payload| {
            let record = Record { topic: "news.events", payload: Some(payload), ..Record::default() };
            bencher.iter(|| decoder.decode(black_box(&record)).map(|decoded| decoded.event.tags.len()));
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
