//! The daemon through a real Kafka, seen from outside: what goes in, what comes out, and what faults do to it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "all of it is tests; the lints see only the functions that are marked so"
)]

mod backtest;
mod broker;
mod consumer;
mod daemon;
mod delivery;
mod isolation;
mod load;
mod online;
mod panic;
mod readiness;
mod reload;
mod state;
mod tail;
mod topics;
mod trial;
mod world;
