//! A record to an event to its outcome: synchronous and without I/O. What the Kafka layer runs on
//! its workers, and what `test`, `explain` and `backtest` run without Kafka.

pub mod dead_letter;
pub mod decode;
pub mod engines;
pub mod match_stage;
pub mod processed;
pub mod reason;
pub mod record;
pub mod story_stage;
