//! What is around an event's JSON: the framing of schema registries, and CloudEvents.

mod cloudevents;

use std::borrow::Cow;

use crate::pipeline::reason::{Reason, Rejection};
use crate::pipeline::record::Record;

pub(super) use cloudevents::{Attributes, unwrap};

/// The JSON bytes, and whether a Confluent prefix (0x00 and a schema id of 4 bytes) was before them.
pub(super) fn unframe<'r>(payload: &'r [u8], content_type: &str) -> Result<(&'r [u8], bool), Rejection> {
    let refuse = |reason, message: &str| Err(Rejection { reason, message: message.to_owned() });
    if payload.starts_with(b"Obj\x01") {
        return refuse(Reason::Avro, "the value is an Avro container; only JSON is read");
    }
    if payload.starts_with(&[0xC3, 0x01]) {
        return refuse(Reason::Avro, "the value is Avro in single-object encoding; only JSON is read");
    }
    let (content, prefixed) = match payload {
        [0, _, _, _, _, content @ ..] => (content, true),
        content => (content, false),
    };
    if looks_like_json(content) {
        return Ok((content, prefixed));
    }
    if content_type.contains("avro") {
        return refuse(Reason::Avro, "the content type says Avro; only JSON is read");
    }
    if content_type.contains("protobuf") {
        return refuse(Reason::Protobuf, "the content type says Protobuf; only JSON is read");
    }
    if !prefixed {
        return Ok((payload, false));
    }
    if is_protobuf(content) {
        return refuse(Reason::Protobuf, "Protobuf behind a schema registry prefix; only JSON is read");
    }
    refuse(Reason::Avro, "Avro behind a schema registry prefix; only JSON is read")
}

fn looks_like_json(content: &[u8]) -> bool {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content).trim_ascii_start();
    matches!(content.first(), Some(b'{' | b'['))
}

/// Whether it is a list of message indexes (most often one 0x00) and then a whole Protobuf message.
fn is_protobuf(content: &[u8]) -> bool {
    let mut rest = content;
    let Some(count) = varint(&mut rest) else { return false };
    // Indexes are zigzag-encoded; nobody nests message types deeper than this.
    let count = count / 2;
    if count > 16 || (0..count).any(|_| varint(&mut rest).is_none()) {
        return false;
    }
    while !rest.is_empty() {
        let Some(tag) = varint(&mut rest) else { return false };
        let length = match tag & 7 {
            _ if tag >> 3 == 0 => return false,
            0 => varint(&mut rest).map(|_| 0),
            1 => Some(8),
            2 => varint(&mut rest),
            5 => Some(4),
            _ => None,
        };
        let after = length.and_then(|length| usize::try_from(length).ok()).and_then(|length| rest.get(length..));
        match after {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let length = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let (read, rest) = bytes.split_at(length);
    *bytes = rest;
    Some(read.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7F)))
}

/// The media type of the value, in lower case and without parameters; empty where none is given.
pub(super) fn content_type<'r>(record: &Record<'r>) -> Cow<'r, str> {
    let value = record.header("content-type").and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim();
    if media.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(media.to_ascii_lowercase())
    } else {
        Cow::Borrowed(media)
    }
}

/// A `traceparent` of W3C Trace Context that is valid: two hexadecimal digits each of version and flags,
/// 32 of trace and 16 of parent, neither all zero.
pub(super) fn traceparent(value: &str) -> Option<String> {
    let value = value.trim();
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut parts = value.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let valid = hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && trace.bytes().any(|byte| byte != b'0')
        && hex(parent, 16)
        && parent.bytes().any(|byte| byte != b'0')
        && hex(flags, 2)
        // Version 00 ends here; later versions may go on.
        && (version != "00" || parts.next().is_none());
    valid.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_is_told_apart() {
        fn reason<'r>(payload: &'r [u8], content_type: &str) -> Result<(&'r [u8], bool), Reason> {
            unframe(payload, content_type).map_err(|rejection| rejection.reason)
        }
        assert_eq!(reason(b"{}", ""), Ok((&b"{}"[..], false)));
        assert_eq!(reason(b"\0\0\0\0\x07 {}", ""), Ok((&b" {}"[..], true)));
        assert_eq!(reason(b"{}", "application/avro"), Ok((&b"{}"[..], false)), "the value outweighs the type");
        assert_eq!(reason(b"text", ""), Ok((&b"text"[..], false)));
        assert_eq!(reason(b"Obj\x01....", ""), Err(Reason::Avro));
        assert_eq!(reason(b"\xC3\x01........", ""), Err(Reason::Avro));
        assert_eq!(reason(b"\x0a\x03abc", "avro/binary"), Err(Reason::Avro));
        assert_eq!(reason(b"\x0a\x03abc", "application/x-protobuf"), Err(Reason::Protobuf));
        assert_eq!(reason(b"\0\0\0\0\x07\x00\x0a\x03abc", ""), Err(Reason::Protobuf));
        assert_eq!(reason(b"\0\0\0\0\x07\x02\x01\x0a\x03abc\x10\x01", ""), Err(Reason::Protobuf));
        assert_eq!(reason(b"\0\0\0\0\x07\x06abc\x0aHello", ""), Err(Reason::Avro));
    }

    #[test]
    fn traceparents_are_checked() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(traceparent(good).as_deref(), Some(good));
        let later = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more";
        assert_eq!(traceparent(later).as_deref(), Some(later));
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        ] {
            assert_eq!(traceparent(bad), None, "{bad}");
        }
    }
}
