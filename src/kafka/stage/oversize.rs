//! Records that a topic refuses as too large. Without this their batch would be tried for ever.
//!
//! Which of several records was refused cannot be told where they went in one request. So after such a refusal
//! each record goes alone: a dead letter that is refused then goes without its value, which still lies where
//! the letter says, and anything else stops the stage until somebody allows larger records.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::pipeline::processed::{Destination, Produce};

/// On a dead letter without its value: how large that is.
const LEFT_OUT: &str = "newswatch.error.value_left_out";

/// What is known of what is too large.
#[derive(Debug, Default)]
pub(crate) struct Oversize {
    /// Each record goes alone until a batch is committed.
    alone: bool,
    /// The smallest dead letter that was refused, in bytes.
    refused: Option<usize>,
}

impl Oversize {
    /// One of several records was refused, if the error says so.
    pub(crate) fn note(&mut self, error: &KafkaError) {
        self.alone |= is_meant_by(error);
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.alone
    }

    /// A batch was committed.
    pub(crate) fn passed(&mut self) {
        self.alone = false;
    }

    /// The record as it can be sent.
    pub(crate) fn fit(&self, mut record: Produce) -> Produce {
        let refused = self.refused.is_some_and(|refused| size(&record) >= refused);
        if record.to == Destination::DeadLetters && refused && record.payload.is_some() {
            let bytes = record.payload.take().map_or(0, |payload| payload.len());
            let left_out = format!("{bytes} bytes, more than the topic takes");
            record.headers.push((LEFT_OUT.to_owned(), Some(left_out.into_bytes())));
        }
        record
    }

    /// A record was refused, if the error says so. Why nothing but a person can help, where that is so.
    pub(crate) fn refused(&mut self, record: &Produce, error: &KafkaError) -> Option<String> {
        if !is_meant_by(error) {
            return None;
        }
        if record.to == Destination::DeadLetters && record.payload.is_some() {
            self.refused = Some(size(record));
            return None;
        }
        let topic = match record.to {
            Destination::Matches | Destination::EveryMatchesPartition => "topics.matches",
            Destination::Alerts => "topics.alerts",
            Destination::Stories(_) => "topics.stories",
            Destination::DeadLetters => "topics.dead_letters",
        };
        Some(format!("{topic} takes no record of {} bytes: allow larger ones (max.message.bytes)", size(record)))
    }
}

fn is_meant_by(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
}

fn size(record: &Produce) -> usize {
    let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let headers: usize = record.headers.iter().map(|(name, value)| name.len() + length(value)).sum();
    headers + length(&record.key) + length(&record.payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_LARGE: KafkaError = KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge);

    fn record(to: Destination, bytes: usize) -> Produce {
        Produce { to, key: None, payload: Some(vec![b'x'; bytes]), headers: Vec::new(), timestamp: None }
    }

    #[test]
    fn a_dead_letter_that_is_refused_alone_goes_without_its_value_and_says_so() {
        let mut oversize = Oversize::default();
        let large = record(Destination::DeadLetters, 2000);
        oversize.note(&KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut));
        assert!(!oversize.is_alone());
        oversize.note(&TOO_LARGE);
        assert!(oversize.is_alone());
        assert_eq!(oversize.fit(large.clone()), large, "it may have been another: it is tried alone");
        assert_eq!(oversize.refused(&large, &TOO_LARGE), None);
        let fitted = oversize.fit(large);
        assert_eq!(fitted.payload, None);
        let (name, value) = &fitted.headers[0];
        assert_eq!(name, LEFT_OUT);
        assert_eq!(value.as_deref(), Some(&b"2000 bytes, more than the topic takes"[..]));
        for other in [record(Destination::DeadLetters, 1999), record(Destination::Alerts, 2000)] {
            assert_eq!(oversize.fit(other.clone()), other);
        }
        oversize.passed();
        assert!(!oversize.is_alone());
    }

    #[test]
    fn anything_else_that_is_refused_alone_is_for_a_person() {
        let mut oversize = Oversize::default();
        let large = record(Destination::Alerts, 2000);
        let timed_out = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
        assert_eq!(oversize.refused(&large, &timed_out), None);
        let why = oversize.refused(&large, &TOO_LARGE).unwrap();
        assert!(why.contains("topics.alerts") && why.contains("2000 bytes"), "{why}");
    }
}
