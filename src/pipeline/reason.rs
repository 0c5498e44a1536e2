//! Why a record could not be used: the closed set of reason codes that dead letters, logs and metrics share.

use std::fmt;

/// A reason code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The record has no value.
    Empty,
    /// The value is larger than `events.max_bytes`.
    TooLarge,
    /// The value is not UTF-8.
    NotUtf8,
    /// The value is not JSON.
    NotJson,
    /// The JSON nests 128 levels or deeper.
    TooDeep,
    /// The JSON is not an object.
    NotAnObject,
    /// The value is Avro behind a Schema Registry prefix or a container header.
    Avro,
    /// The value is Protobuf behind a Schema Registry prefix or a content type.
    Protobuf,
    /// A CloudEvents envelope whose content cannot be read.
    CloudEvents,
    /// There is neither a title nor a body.
    NoText,
    /// A field has the wrong type.
    WrongType,
    /// A date that cannot be.
    ImpossibleDate,
    /// A match message that this version cannot read (story stage).
    UnreadableMatch,
    /// Evaluating it would take more than the work budget.
    OverBudget,
    /// Matching it failed by a fault of ours.
    Panicked,
}

impl Reason {
    /// All of them, so that each is counted from zero.
    pub const ALL: [Self; 15] = [
        Self::Empty,
        Self::TooLarge,
        Self::NotUtf8,
        Self::NotJson,
        Self::TooDeep,
        Self::NotAnObject,
        Self::Avro,
        Self::Protobuf,
        Self::CloudEvents,
        Self::NoText,
        Self::WrongType,
        Self::ImpossibleDate,
        Self::UnreadableMatch,
        Self::OverBudget,
        Self::Panicked,
    ];

    /// As it is written in dead letters, logs and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::TooDeep => "too_deep",
            Self::NotAnObject => "not_an_object",
            Self::Avro => "avro",
            Self::Protobuf => "protobuf",
            Self::CloudEvents => "cloudevents",
            Self::NoText => "no_text",
            Self::WrongType => "wrong_type",
            Self::ImpossibleDate => "impossible_date",
            Self::UnreadableMatch => "unreadable_match",
            Self::OverBudget => "over_budget",
            Self::Panicked => "panicked",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A record that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Rejection {
    /// The code.
    pub reason: Reason,
    /// What exactly, for a person: a lowercase fragment, at most 500 characters, no text of the event.
    pub message: String,
}
