//! An event's text to matches: pure, and the same for the daemon, `explain`, `test` and `backtest`.
//! Knows nothing of Kafka, tokio, metrics, files or the clock.
//!
//! Files that people wrote become [`definition`]s with the places they stand at; those are compiled
//! once into an engine that all workers share.

pub mod definition;
pub mod engine;
pub mod explain;
#[cfg(test)]
mod naive;
pub mod query;
pub mod reading;
pub mod sketch;
pub mod spoken;
pub mod text;
