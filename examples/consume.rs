//! Reads alerts: each once, whatever is delivered twice. `cargo run --example consume -- BROKERS TOPIC COUNT`
//!
//! Uses rdkafka and serde_json only, as a service downstream would that does not know newswatch's code.
#![allow(clippy::print_stdout, reason = "the output is what it is for")]

use std::collections::HashMap;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [brokers, topic, count] = &arguments[..] else { anyhow::bail!("usage: consume BROKERS TOPIC COUNT") };
    let mut count: u64 = count.parse()?;
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "my-relay")
        // Records of a transaction that was taken back are never seen.
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "earliest")
        // Committed below, once the alert was acted on.
        .set("enable.auto.commit", "false")
        .create()?;
    consumer.subscribe(&[topic])?;

    // The last sequence that was acted on, by alert. Keep it where your results are: in the same transaction.
    let mut acted_on: HashMap<String, u64> = HashMap::new();
    while count > 0 {
        let Some(record) = consumer.poll(std::time::Duration::from_secs(1)) else { continue };
        let record = record?;
        let (alert, sequence) = identity(&record).ok_or_else(|| anyhow::anyhow!("a record without ce_id"))?;
        if sequence > acted_on.get(&alert).copied().unwrap_or_default() {
            let value: serde_json::Value = serde_json::from_slice(record.payload().unwrap_or_default())?;
            println!("{} {} {}", value["action"], value["watchlist"]["id"], value["summary"]);
            acted_on.insert(alert, sequence);
        }
        consumer.commit_message(&record, CommitMode::Sync)?;
        count -= 1;
    }
    Ok(())
}

/// The alert's id and the record's sequence, from `ce_id`.
fn identity(record: &BorrowedMessage<'_>) -> Option<(String, u64)> {
    let header = record.headers()?.iter().find(|header| header.key == "ce_id")?;
    let (alert, sequence) = std::str::from_utf8(header.value?).ok()?.rsplit_once('.')?;
    Some((alert.to_owned(), sequence.parse().ok()?))
}
