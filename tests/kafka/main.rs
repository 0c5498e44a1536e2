//! The daemon through a real Kafka, seen from outside: what goes in, what comes out, and what faults do to it.

mod broker;
mod consumer;
mod isolation;
mod topics;
