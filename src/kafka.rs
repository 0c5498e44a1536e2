//! Kafka: clients, topics, delivery. The only place that names rdkafka.

mod advice;
pub mod connection;
pub mod embedded;
pub mod online;
pub mod publisher;
pub mod reader;
pub mod stage;
