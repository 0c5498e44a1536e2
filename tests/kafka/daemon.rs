//! The built binary as an operator runs it: started with a settings file, asked over HTTP, stopped by signals.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that anything here may take; only what is broken comes near it.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer, for what can only be asked and not awaited.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A running daemon. It is killed when it goes out of scope, and shows the end of its log where a test fails.
pub(crate) struct Daemon {
    child: Child,
    http: SocketAddr,
    log: PathBuf,
}

/// An address on loopback that nobody listens at.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Daemon {
    /// Starts `newswatch run` under a name of its own in the groups, and waits for nothing. Runs both stages
    /// where none is named.
    pub(crate) fn spawn(settings: &Path, instance: &str, stage: Option<&str>, log: PathBuf) -> Self {
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let http = free_address();
        let child = Command::new(env!("CARGO_BIN_EXE_newswatch"))
            .args(["run", "--config"])
            .arg(settings)
            .args(stage.iter().flat_map(|stage| ["--stage", stage]))
            .env("NEWSWATCH__KAFKA__INSTANCE", instance)
            .env("NEWSWATCH__HTTP__LISTEN", http.to_string())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { child, http, log }
    }

    /// Waits until it is ready.
    pub(crate) fn ready(mut self) -> Self {
        self.await_readiness(200);
        self
    }

    /// Waits until `/-/ready` answers with this status; its body.
    pub(crate) fn await_readiness(&mut self, wanted: u16) -> String {
        until(&format!("/-/ready answers {wanted}"), || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the daemon ended by itself: {status}");
            }
            self.get("/-/ready").filter(|(status, _)| *status == wanted).map(|(_, body)| body)
        })
    }

    /// Waits until the log says this.
    pub(crate) fn await_log(&self, text: &str) {
        until(&format!("the log says {text}"), || fs::read_to_string(&self.log).unwrap().contains(text).then_some(()));
    }

    /// The status and body at a path; none where nobody answers.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        self.ask(&format!("GET {path}"), "")
    }

    /// Posts nothing to a path, with a token.
    pub(crate) fn post(&self, path: &str, token: &str) -> (u16, serde_json::Value) {
        let headers = format!("Authorization: Bearer {token}\r\nContent-Length: 0\r\n");
        let (status, body) = self.ask(&format!("POST {path}"), &headers).expect("a daemon that is ready answers");
        (status, serde_json::from_str(&body).unwrap())
    }

    /// What `/api/v1/status` says now.
    pub(crate) fn status(&self) -> serde_json::Value {
        self.page("status")
    }

    /// What a page of `/api/v1/` says now.
    pub(crate) fn page(&self, name: &str) -> serde_json::Value {
        let (_, body) = self.get(&format!("/api/v1/{name}")).expect("a daemon that is ready answers");
        serde_json::from_str(&body).unwrap()
    }

    fn ask(&self, request: &str, headers: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.http).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        write!(stream, "{request} HTTP/1.0\r\nHost: {}\r\n{headers}\r\n", self.http).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split_whitespace().nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// What `/metrics` says now.
    pub(crate) fn metrics(&self) -> Metrics {
        let (status, body) = self.get("/metrics").expect("a daemon that is ready answers");
        assert_eq!(status, 200);
        Metrics(body)
    }

    /// Waits until a metric, summed over its labels, is at least so much.
    pub(crate) fn await_metric(&self, name: &str, least: f64) -> Metrics {
        until(&format!("{name} >= {least}"), || Some(self.metrics()).filter(|metrics| metrics.sum(name) >= least))
    }

    /// SIGKILL: it has no chance to finish anything.
    pub(crate) fn kill9(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGTERM: it drains, and must leave with 0.
    pub(crate) fn terminate(mut self) {
        self.signal("-TERM");
        let status = until("the daemon has drained", || self.child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "a drained daemon leaves with 0");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the daemon's log ends:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"));
        }
    }
}

/// Samples in Prometheus' text form.
pub(crate) struct Metrics(String);

impl Metrics {
    /// Whether a line begins so.
    pub(crate) fn has(&self, start: &str) -> bool {
        self.0.lines().any(|line| line.starts_with(start))
    }

    /// The sum of a metric over all its labels.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.sum_where(name, "")
    }

    /// The sum over the samples whose labels hold this text, e.g. `outcome="matched"`.
    pub(crate) fn sum_where(&self, name: &str, label: &str) -> f64 {
        let samples = self.0.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let (labels, value) = rest.rsplit_once(' ')?;
            let this = labels.is_empty() || labels.starts_with('{');
            (this && labels.contains(label)).then(|| value.parse::<f64>().expect("a sample is a number"))
        });
        samples.sum()
    }
}
