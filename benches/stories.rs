//! What stories cost, from the bytes of a match to those of its alert and of the state: matches per CPU-second,
//! memory and the time to restore, with 100,000 open stories whose texts have a sketch of full length.
//!
//! `cargo bench --bench stories` prints a line for each. CPU time and memory are the process's own, as Linux tells.

#![allow(clippy::print_stdout, reason = "a benchmark talks to the person who runs it")]

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use newswatch::message::policy::AlertPolicy;
use newswatch::message::sketch::Sketch;
use newswatch::pipeline::processed::{Destination, Outcome, Work};
use newswatch::pipeline::record::Record;
use newswatch::pipeline::story_stage::StoryStage;
use newswatch::story::Limits;

const STORIES: usize = 100_000;
const WATCHLISTS: usize = 40;
const COPIES: usize = 3;
const BATCH: usize = 1000;
/// Hashes of a text: enough for a full sketch.
const SHINGLES: u32 = 300;
/// Linux counts CPU time in hundredths of a second.
const TICKS: f64 = 100.0;

fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells of each process");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("the name is in parentheses").split(' ').collect();
    let ticks = |field: &str| field.parse::<f64>().expect("ticks are a number");
    (ticks(fields[11]) + ticks(fields[12])) / TICKS
}

fn megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of each process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("memory is told");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("a number of KiB") / 1024.0
}

/// A pseudo-random number of a seed, the same always.
fn mixed(seed: u64) -> u64 {
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}

/// A match of a story; each copy has another id and source, and a tenth of its text changed.
fn payload(story: usize, copy: usize) -> Vec<u8> {
    let shingle = |i: u32| {
        let of = if i < SHINGLES / 10 { copy as u64 } else { 0 };
        mixed((story as u64) << 32 | of << 16 | u64::from(i)) as u32
    };
    let hit = serde_json::json!({"term": "Nvidia", "entity": "nvidia", "lang": "en", "field": "body", "start": 100,
        "end": 106, "exact": "Nvidia", "before": "of chips that the firm called ", "after": " may sell from next month on"});
    let time = time(story);
    serde_json::to_vec(&serde_json::json!({
        "kind": "match", "schema_version": "1.0", "id": format!("{story:020}{copy:012}"),
        "event": {"id": format!("urn:sample:news:{story}:{copy}"), "version": 1,
            "url": format!("https://news{copy}.example/2026/03/technology/a-story-with-a-name-{story}.html"),
            "title": format!("Sample headline number {story} on what a chip maker may sell, and to whom"),
            "lang": "en", "source": format!("news{copy}.example"), "published_at": time,
            "kafka": {"topic": "news.events", "partition": story % 8, "offset": story}},
        "watchlist": {"id": format!("sample-watchlist-{}", story % WATCHLISTS), "title": "New rules for chips",
            "revision": "0123456789abcdef", "owner": "desk", "queries": ["restriction"], "severity": "high",
            "labels": {"desk": "policy"}, "status": "active", "alert": AlertPolicy::default()},
        "hits": vec![hit; 8], "hits_truncated": 0,
        "entities": [{"id": "nvidia", "name": "Nvidia"}, {"id": "h20", "name": "H20"}, {"id": "us", "name": "United States"}],
        "sketch": Sketch::new((0..SHINGLES).map(shingle).collect()).to_text(),
        "times": {"published_at": time, "ingested_at": time, "matched_at": time},
    }))
    .expect("a match is JSON")
}

/// Two stories a second, so that all fall within the window.
fn time(story: usize) -> Timestamp {
    Timestamp::from_millisecond(1_772_359_200_000 + story as i64 * 500).expect("a time of this century")
}

/// Works on matches in batches, and adds the records of state to the log; gives matches per CPU-second, the bytes of
/// state written, and how many alerted.
fn work(stage: &mut StoryStage, log: &mut impl Write, copy: usize) -> (f64, usize, usize) {
    let (mut seconds, mut bytes, mut alerted) = (0.0, 0, 0);
    for first in (0..STORIES).step_by(BATCH) {
        let payloads: Vec<Vec<u8>> = (first..first + BATCH).map(|story| payload(story, copy)).collect();
        let start = cpu_seconds();
        for (i, payload) in payloads.iter().enumerate() {
            let now = time(first + i);
            let record = Record {
                topic: "newswatch.matches.v1",
                offset: (copy * STORIES + first + i) as i64,
                timestamp: Some(now.as_millisecond()),
                payload: Some(payload),
                ..Record::default()
            };
            alerted += usize::from(stage.process(&record, now).outcome == Outcome::Alerted);
        }
        let changes = stage.finish();
        stage.commit();
        seconds += cpu_seconds() - start;
        for change in changes {
            assert_eq!(change.to, Destination::Stories(0));
            let (key, value) = (change.key.expect("state has a key"), change.payload.expect("nothing is over yet"));
            bytes += value.len();
            [key, value].iter().for_each(|part| write_part(log, part));
        }
    }
    (STORIES as f64 / seconds, bytes / STORIES, alerted)
}

/// With its length before it.
fn write_part(log: &mut impl Write, part: &[u8]) {
    let written = log.write_all(&(part.len() as u32).to_le_bytes()).and_then(|()| log.write_all(part));
    written.expect("a temporary folder can be written to");
}

fn read_part(log: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    log.read_exact(&mut length).ok()?;
    let mut part = vec![0; u32::from_le_bytes(length) as usize];
    log.read_exact(&mut part).expect("what was begun was written to its end");
    Some(part)
}

/// In a process of its own, so that its memory is that of the stories. The log is not compacted.
fn restore(path: &Path) {
    let mut log = BufReader::new(File::open(path).expect("it was written"));
    let (before, start) = (megabytes(), cpu_seconds());
    let (mut stage, mut records) = (StoryStage::new("bench", Limits::default()), 0);
    while let (Some(key), Some(value)) = (read_part(&mut log), read_part(&mut log)) {
        stage.restore(0, &key, Some(&value)).expect("what was written can be read");
        records += 1;
    }
    stage.restored(0).expect("it makes a whole");
    println!("  {records} records restored in {:.2} CPU-seconds", cpu_seconds() - start);
    println!("  {:.0} MB after that", megabytes() - before);
}

fn main() {
    if let Some(path) = std::env::args().skip_while(|argument| argument != "restore").nth(1) {
        return restore(Path::new(&path));
    }
    let path = std::env::temp_dir().join(format!("newswatch-stories-{}", std::process::id()));
    let mut log = BufWriter::new(File::create(&path).expect("a temporary folder can be written to"));
    let before = megabytes();
    let mut stage = StoryStage::new("bench", Limits::default());
    for copy in 0..COPIES {
        let (rate, bytes, alerted) = work(&mut stage, &mut log, copy);
        log.flush().expect("a temporary folder can be written to");
        println!(
            "copy {copy} of {STORIES} stories: {rate:.0} matches per CPU-second, {bytes} bytes of state a match, {alerted} alerted"
        );
        println!("  {:.0} MB", megabytes() - before);
        let this = std::env::current_exe().expect("it runs");
        let status = Command::new(this).arg("restore").arg(&path).status().expect("it can run twice");
        assert!(status.success());
    }
    fs::remove_file(path).expect("it was written");
}
