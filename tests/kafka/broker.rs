//! One real broker for the whole run: the one that `NEWSWATCH_TEST_KAFKA=host:port` names, or one that
//! `deploy/local/kafka` starts and that ends with this process.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

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
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/local/kafka");
    let output = Command::new(script)
        .args(["start", "--port", "0", "--with-pid", &std::process::id().to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .ok()?;
    let address = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !address.is_empty()).then_some(address)
}
