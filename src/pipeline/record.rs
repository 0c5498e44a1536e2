//! An event in its undecoded form, as Kafka holds it.

/// One Kafka record, borrowed.
#[derive(Clone, Debug, Default)]
pub struct Record<'a> {
    /// The topic it was read from.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Milliseconds since 1970, where the record has a timestamp.
    pub timestamp: Option<i64>,
    /// The key, byte for byte.
    pub key: Option<&'a [u8]>,
    /// The value, byte for byte; none for a tombstone.
    pub payload: Option<&'a [u8]>,
    /// The headers in their order; a header may come twice, and may have no value.
    pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
}

impl<'a> Record<'a> {
    /// The value of the last header of this name, which wins where it comes twice.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().rev().find(|(header, _)| header.eq_ignore_ascii_case(name)).and_then(|(_, value)| *value)
    }
}
