//! The records of the stories topic.

/// One record of the stories topic, written to the number of the matches topic's partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRecord {
    /// Starts with the watchlist's id.
    pub key: String,
    /// JSON; none is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// A record of the stories topic that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the story record `{key}` cannot be read: {what}")]
pub struct UnreadableState {
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}
