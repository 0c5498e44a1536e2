//! Matches to alerts. Knows nothing of Kafka, tokio, metrics, files or the clock: time comes in with the match.
