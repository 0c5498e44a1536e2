//! One real broker for the whole run: the one that `NEWSWATCH_TEST_KAFKA=host:port` names, or one that
//! `deploy/local/kafka` starts and that ends with this process.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

static BROKER: OnceLock<Option<String>> = OnceLock::new();

/// Where the broker answers. Where there is none, says loudly which test is skipped, and fails it under `CI=true`.
pub(crate) fn address(test: &str) -> Option<String> {
    let broker = BROKER.get_or_init(start).clone();
    if broker.is_none() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "{test}: no broker can be had, and CI=true allows no skip"
        );
        // Past the test runner's capture, which would hide it.
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {test} needs a Kafka, and none could be started ***\n");
    }
    broker
}

fn start() -> Option<String> {
    if let Ok(given) = std::env::var("NEWSWATCH_TEST_KAFKA") {
        return Some(given);
    }
    script(&["start", "--port", "0", "--with-pid", &std::process::id().to_string()])
}

/// What `deploy/local/kafka` prints; none where it fails, which it explains by itself.
fn script(arguments: &[&str]) -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/local/kafka");
    let output = Command::new(script).args(arguments).stderr(Stdio::inherit()).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    output.status.success().then_some(printed)
}

/// A broker of one test's own, which takes it away and brings it back.
pub(crate) struct OwnBroker {
    data: TempDir,
    pub(crate) address: String,
}

impl OwnBroker {
    /// Not running yet, but with an address.
    pub(crate) fn prepared() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut broker = Self { data, address: String::new() };
        broker.address = broker.run("start", &["--port", "0"]);
        broker.stop();
        broker
    }

    /// Starts it at its address, with the data that it had.
    pub(crate) fn start(&self) {
        let (_, port) = self.address.split_once(':').unwrap();
        assert_eq!(self.run("start", &["--port", port]), self.address);
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        self.run("stop", &[]);
    }

    fn run(&self, command: &str, more: &[&str]) -> String {
        let process = std::process::id().to_string();
        let with = [command, "--data", self.data.path().to_str().unwrap(), "--with-pid", &process];
        script(&[&with, more].concat()).expect("what started once starts again")
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        self.stop();
    }
}
