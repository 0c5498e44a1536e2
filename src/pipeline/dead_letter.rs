//! The dead letter: what is added to a record that could not be used, and when there are too many.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::reason::Rejection;
use super::record::Record;

/// When a record was first found to be bad, kept when it is sent through again.
const FIRST_SEEN: &str = "newswatch.error.first_seen";

/// The headers that follow the record's own, in Kafka Connect's form. They come last, so they win over those
/// of the same name that a record sent through again has already.
pub fn headers(
    record: &Record<'_>,
    stage: &str,
    rejection: &Rejection,
    first_seen: Timestamp,
) -> Vec<(String, Vec<u8>)> {
    let earlier = record.header(FIRST_SEEN).and_then(|value| std::str::from_utf8(value).ok());
    let first_seen = earlier.and_then(|value| value.parse().ok()).unwrap_or(first_seen);
    let connect = |name: &str, value: String| (format!("__connect.errors.{name}"), value.into_bytes());
    vec![
        connect("topic", record.topic.to_owned()),
        connect("partition", record.partition.to_string()),
        connect("offset", record.offset.to_string()),
        connect("stage", stage.to_owned()),
        connect("exception.class.name", rejection.reason.to_string()),
        connect("exception.message", rejection.message.clone()),
        (FIRST_SEEN.to_owned(), first_seen.to_string().into_bytes()),
    ]
}

/// How many bad records are too many. A flood of them means that something other than a record is wrong.
#[derive(Clone, Debug)]
pub struct BadRecordLimits {
    max_ratio: f64,
    max_consecutive: u64,
    window: usize,
    recent: VecDeque<bool>,
    bad_in_window: usize,
    consecutive: u64,
}

/// A limit on bad records was passed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum LimitExceeded {
    /// Too large a share.
    #[error("{bad} of the last {window} records could not be used, more than `dead_letters.max_ratio` = {max} allows")]
    Ratio {
        /// Bad records in the window.
        bad: usize,
        /// Records in the window.
        window: usize,
        /// The limit.
        max: f64,
    },
    /// Too many in a row.
    #[error("{count} records in a row could not be used, more than `dead_letters.max_consecutive` = {max} allows")]
    Consecutive {
        /// Bad records in a row.
        count: u64,
        /// The limit.
        max: u64,
    },
}

impl BadRecordLimits {
    /// `max_ratio` is from 0 to 1 and holds over the last `window` records, once there are so many.
    pub fn new(max_ratio: f64, window: usize, max_consecutive: u64) -> Self {
        let recent = VecDeque::with_capacity(window);
        Self { max_ratio, max_consecutive, window, recent, bad_in_window: 0, consecutive: 0 }
    }

    /// Notes a record; tells when a limit is passed.
    pub fn record(&mut self, bad: bool) -> Option<LimitExceeded> {
        self.consecutive = if bad { self.consecutive + 1 } else { 0 };
        self.recent.push_back(bad);
        self.bad_in_window += usize::from(bad);
        if self.recent.len() > self.window {
            self.bad_in_window -= usize::from(self.recent.pop_front() == Some(true));
        }
        if self.consecutive > self.max_consecutive {
            return Some(LimitExceeded::Consecutive { count: self.consecutive, max: self.max_consecutive });
        }
        let full = self.window > 0 && self.recent.len() == self.window;
        let passed = full && self.bad_in_window as f64 > self.max_ratio * self.window as f64;
        passed.then_some(LimitExceeded::Ratio { bad: self.bad_in_window, window: self.window, max: self.max_ratio })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::reason::Reason;

    fn letter(record: &Record<'_>) -> Vec<(String, String)> {
        let rejection = Rejection { reason: Reason::NotJson, message: "expected value at line 1 column 1".into() };
        headers(record, "match", &rejection, "2026-03-01T10:00:00Z".parse().unwrap())
            .into_iter()
            .map(|(name, value)| (name, String::from_utf8(value).unwrap()))
            .collect()
    }

    #[test]
    fn headers_are_in_kafka_connects_form() {
        let record = Record { topic: "news.events", partition: 3, offset: 42, ..Record::default() };
        let expected = [
            ("__connect.errors.topic", "news.events"),
            ("__connect.errors.partition", "3"),
            ("__connect.errors.offset", "42"),
            ("__connect.errors.stage", "match"),
            ("__connect.errors.exception.class.name", "not_json"),
            ("__connect.errors.exception.message", "expected value at line 1 column 1"),
            ("newswatch.error.first_seen", "2026-03-01T10:00:00Z"),
        ];
        let found = letter(&record);
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_first_sight_is_kept_where_it_can_be_read() {
        let first_seen = |value| {
            let headers = vec![(FIRST_SEEN, Some(value))];
            letter(&Record { headers, ..Record::default() }).pop().unwrap().1
        };
        assert_eq!(first_seen(&b"2026-02-01T00:00:00Z"[..]), "2026-02-01T00:00:00Z");
        assert_eq!(first_seen(b"\xff"), "2026-03-01T10:00:00Z");
    }

    #[test]
    fn a_run_of_bad_records_is_limited() {
        let mut limits = BadRecordLimits::new(1.0, 10, 2);
        assert_eq!([true, true, false, true, true].map(|bad| limits.record(bad)), [None; 5]);
        let exceeded = limits.record(true).unwrap();
        assert_eq!(exceeded, LimitExceeded::Consecutive { count: 3, max: 2 });
        assert!(exceeded.to_string().contains("`dead_letters.max_consecutive` = 2"), "{exceeded}");
    }

    #[test]
    fn a_share_of_bad_records_is_limited_over_a_full_window() {
        let mut limits = BadRecordLimits::new(0.5, 4, 100);
        assert_eq!([true, true, true].map(|bad| limits.record(bad)), [None; 3], "the window is not full yet");
        let exceeded = limits.record(false).unwrap();
        assert_eq!(exceeded, LimitExceeded::Ratio { bad: 3, window: 4, max: 0.5 });
        assert!(exceeded.to_string().contains("`dead_letters.max_ratio` = 0.5"), "{exceeded}");
        assert_eq!(limits.record(false), None, "the first has left the window: 2 of 4");
    }
}
