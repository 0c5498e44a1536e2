//! newswatch reads news events from Kafka, matches them against watchlists and publishes alerts.
//!
//! The modules follow the path of an event, and arrows between them go down only:
//!
//! | layer | holds | knows nothing of |
//! |---|---|---|
//! | [`message`], [`diagnostic`], [`document`] | the forms of what goes in and out, and what is wrong with it | everything below |
//! | [`matching`] | text, vocabulary, queries: an event to matches | Kafka, tokio, metrics, files, the clock |
//! | [`story`] | matches to alerts | likewise; time comes in with the match |
//! | [`pipeline`] | record to event to outcome | I/O |
//! | [`app`] | builds, runs, drains | how it is asked |
//! | [`commands`] | what a person types | |
//! | [`settings`] | what the daemon is told: file, environment, secret files | the layers above |
//!
//! `ARCHITECTURE.md` has the picture.

pub mod app;
pub mod commands;
pub mod diagnostic;
pub mod document;
pub mod kafka;
pub mod matching;
pub mod message;
pub mod pipeline;
pub mod settings;
pub mod story;
