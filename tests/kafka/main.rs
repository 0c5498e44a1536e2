//! The daemon through a real Kafka, seen from outside: what goes in, what comes out, and what faults do to it.

#![allow(clippy::unwrap_used, reason = "all of it is tests; lints see only the functions marked so")]

mod broker;
mod consumer;
mod isolation;
mod topics;
