//! Events that are past: where they come from, when they happened, and the stories that they make. Knows nothing of
//! what is made of them.

pub(super) mod input;
pub(super) mod moment;
pub(super) mod stories;

use jiff::Timestamp;

use crate::message::event::Event;
use crate::pipeline::record::Record;

/// The time of an event that has none, and none before it. No news is from then.
pub(super) const UNDATED: Timestamp = Timestamp::UNIX_EPOCH;

/// Tells when events happened, one after the other: when they were published, else the time of their record, else that
/// of the event before.
pub(super) struct Dating {
    last: Timestamp,
}

impl Dating {
    pub(super) fn new() -> Self {
        Self { last: UNDATED }
    }

    /// The event's time, and whether it is its own; of what cannot be decoded there is no event.
    pub(super) fn date(&mut self, record: &Record<'_>, event: Option<&Event<'_>>) -> (Timestamp, bool) {
        let published_at = event.and_then(|event| event.published_at);
        let of_record = record.timestamp.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let own = published_at.or(of_record);
        self.last = own.unwrap_or(self.last);
        (self.last, own.is_some())
    }
}
