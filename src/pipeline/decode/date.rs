//! Dates as producers write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

use crate::pipeline::reason::{Reason, Rejection};

/// Reads RFC 3339 with or without seconds, ISO 8601 without an offset (taken as UTC), a date alone
/// (midnight UTC), or RFC 2822 as feeds use it.
pub(super) fn parse(field: &str, text: &str) -> Result<Timestamp, Rejection> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse() {
        return Ok(timestamp);
    }
    let civil = text.parse::<DateTime>().ok().and_then(|date| TimeZone::UTC.to_timestamp(date).ok());
    let mail = || rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok();
    // A date with an offset that got here is impossible; reading it as local time would hide that.
    let civil = civil.filter(|_| !has_offset(text));
    civil.or_else(mail).ok_or_else(|| Rejection {
        reason: Reason::ImpossibleDate,
        message: format!("`{field}` is not a date that can be: RFC 3339, a date alone, or RFC 2822 are read"),
    })
}

fn has_offset(text: &str) -> bool {
    text.get(10..).is_some_and(|time| time.ends_with(['Z', 'z']) || time.contains(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_that_are_read() {
        for (text, expected) in [
            ("2026-03-01T10:20:30Z", "2026-03-01T10:20:30Z"),
            ("2026-03-01T10:20:30.25+02:00", "2026-03-01T08:20:30.25Z"),
            ("2026-03-01t10:20:30z", "2026-03-01T10:20:30Z"),
            ("2026-03-01 10:20:30+0800", "2026-03-01T02:20:30Z"),
            ("2026-03-01T10:20Z", "2026-03-01T10:20:00Z"),
            ("2026-03-01T10:20:30", "2026-03-01T10:20:30Z"),
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            (" 2026-03-01 ", "2026-03-01T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("Sun, 01 Mar 2026 10:20:30 GMT", "2026-03-01T10:20:30Z"),
            ("Mon, 01 Mar 2026 10:20:30 +0100", "2026-03-01T09:20:30Z"),
            ("1 Mar 2026 10:20 +0000", "2026-03-01T10:20:00Z"),
        ] {
            assert_eq!(parse("d", text).unwrap(), expected.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn the_dates_that_cannot_be() {
        for text in [
            "2026-02-30",
            "2025-02-29T00:00:00Z",
            "99999-01-01T00:00:00Z",
            "2026-13-01",
            "2026-03-01T25:00:00Z",
            "2026-03-01T10:61:00Z",
            "2026-03-01T10:20:30+99:00",
            "yesterday",
            "1767225600",
            "30 Feb 2026 10:20:30 +0000",
        ] {
            let rejection = parse("published_at", text).unwrap_err();
            assert_eq!(rejection.reason, Reason::ImpossibleDate, "{text}");
            assert!(rejection.message.contains("published_at") && !rejection.message.contains(text), "{rejection}");
        }
    }
}
