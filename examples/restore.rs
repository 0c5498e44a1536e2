//! What many open stories cost: `cargo run --release --example restore -- BROKER [STORIES [PARTITIONS]]`, with
//! the daemon built by `cargo build --release`. Has the story stage open so many stories through a real Kafka, starts
//! it again, and prints one JSON line: seconds to read the state back, memory before and after, matches per
//! CPU-second on the way.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, not part of the daemon")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use newswatch::kafka::publisher::Publisher;
use newswatch::message::sketch::Sketch;
use newswatch::settings::Settings;
use serde_json::json;

/// Hashes of a sketch: about those of an article.
const HASHES: u32 = 64;
const WATCHLISTS: usize = 40;

/// The story stage, killed when this goes out of scope.
struct Daemon {
    child: Child,
    http: SocketAddr,
}

impl Daemon {
    fn start(settings: &Path) -> Self {
        let http = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(format!("{}/release/newswatch", target()))
            .args(["run", "--stage", "story", "--config"])
            .arg(settings)
            .env("NEWSWATCH__HTTP__LISTEN", http.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`cargo build --release` comes first");
        Self { child, http }
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.http).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.contains(" 200 ").then(|| body.to_owned())
    }

    /// Waits for a partition to be read back for each that there is, and for readiness.
    fn await_restored(&self, partitions: i32) {
        self.until(|| {
            let restored = self.metric("newswatch_state_restore_duration_seconds_count")?;
            (restored >= f64::from(partitions) && self.get("/-/ready").is_some()).then_some(())
        });
    }

    fn until<T>(&self, mut ask: impl FnMut() -> Option<T>) -> T {
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn metric(&self, name: &str) -> Option<f64> {
        let body = self.get("/metrics")?;
        let value = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        value.parse().ok()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn target() -> String {
    std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned())
}

fn message(number: u32, time: &str) -> (String, String) {
    let watchlist = format!("w{}", number as usize % WATCHLISTS);
    let hash = |n: u32| (number * HASHES + n).wrapping_mul(2_654_435_761);
    let value = json!({
        "kind": "match", "schema_version": "1.0", "id": format!("m{number}"),
        "event": {
            "id": format!("https://news.example/2026/article-{number}"), "version": 1, "status": "usable",
            "title": format!("Sample headline number {number} on a matter of trade"), "lang": "en",
            "source": format!("source-{}.example", number % 200),
            "kafka": {"topic": "news.events", "partition": 0, "offset": number},
        },
        "watchlist": {
            "id": watchlist, "title": "W", "revision": "r", "queries": ["q"], "severity": "medium", "labels": {},
            "status": "active",
            "alert": {
                "group_by": "story", "threshold": {"events": 1, "within": 3600}, "repeat_after": 86_400,
                "quiet_after": 259_200,
            },
        },
        "hits": [{
            "term": "trade", "lang": "en", "field": "title", "start": 40, "end": 45, "exact": "trade", "before": "matter of ",
            "after": "",
        }],
        "hits_truncated": 0, "entities": [{"id": "ministry", "name": "Ministry of Trade"}],
        "sketch": Sketch::new((0..HASHES).map(hash).collect()).to_text(),
        "times": {"ingested_at": time, "matched_at": time},
    });
    (watchlist, value.to_string())
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let broker = arguments.next().expect("the broker's host:port");
    let stories: u32 = arguments.next().map_or(100_000, |text| text.parse().unwrap());
    let partitions: i32 = arguments.next().map_or(4, |text| text.parse().unwrap());
    let prefix = format!("restore-{}", SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newswatch.toml");
    let text = format!(
        "[kafka]\nbrokers = '{broker}'\ngroup = '{prefix}'\n[topics]\npartitions = {partitions}\n\
         matches = '{prefix}.m'\nalerts = '{prefix}.a'\nstories = '{prefix}.s'\ndead_letters = '{prefix}.d'\n"
    );
    std::fs::write(&path, text).unwrap();

    let daemon = Daemon::start(&path);
    daemon.await_restored(partitions);
    let before = daemon.metric("process_cpu_seconds_total").unwrap();
    let mut kafka = Settings::default().kafka;
    kafka.brokers = broker;
    let mut publisher = Publisher::connect(&kafka, &format!("{prefix}.m")).unwrap();
    let now = jiff::Timestamp::now().to_string();
    for number in 0..stories {
        let (key, value) = message(number, &now);
        publisher.send(Some(key.as_bytes()), value.as_bytes()).unwrap();
    }
    publisher.flush().unwrap();
    daemon.until(|| daemon.metric("newswatch_stories_open").filter(|open| *open >= f64::from(stories)));
    let cpu = daemon.metric("process_cpu_seconds_total").unwrap() - before;
    let opened_memory = daemon.metric("process_resident_memory_bytes").unwrap();
    drop(daemon);

    let start = Instant::now();
    let daemon = Daemon::start(&path);
    daemon.await_restored(partitions);
    let ready = start.elapsed().as_secs_f64();
    let open = daemon.metric("newswatch_stories_open").unwrap();
    let restore = daemon.metric("newswatch_state_restore_duration_seconds_sum").unwrap() / f64::from(partitions);
    println!(
        "{}",
        json!({
            "stories": open, "partitions": partitions, "restore_s_mean": restore, "start_to_ready_s": ready,
            "memory_opened_mb": opened_memory / 1e6,
            "memory_restored_mb": daemon.metric("process_resident_memory_bytes").unwrap() / 1e6,
            "restored_cpu_s": daemon.metric("process_cpu_seconds_total").unwrap(),
            "matches_per_cpu_second": f64::from(stories) / cpu,
        })
    );
}
