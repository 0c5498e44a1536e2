//! Durations (`"100ms"`, `"6h"`) and sizes (`"64KiB"`, `"4MiB"`) as people write them.

use std::time::Duration;

/// How a duration may be written, for messages.
pub const DURATION_FORM: &str = "a whole number and ms, s, m, h or d, such as \"100ms\" or \"6h\"";
/// How a size may be written, for messages.
pub const SIZE_FORM: &str = "a whole number and B, KiB, MiB or GiB, such as \"64KiB\"";

const DURATIONS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// The duration that is written so.
pub fn parse_duration(written: &str) -> Option<Duration> {
    parse(written, &DURATIONS).map(Duration::from_millis)
}

/// The number of bytes that is written so.
pub fn parse_size(written: &str) -> Option<usize> {
    parse(written, &SIZES).and_then(|bytes| usize::try_from(bytes).ok())
}

/// The shortest form of a duration that [`parse_duration`] reads; below milliseconds is dropped.
pub fn show_duration(duration: Duration) -> String {
    show(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), &DURATIONS, "s")
}

/// The shortest form of a size that [`parse_size`] reads.
pub fn show_size(bytes: usize) -> String {
    show(bytes as u64, &SIZES, "B")
}

fn parse(written: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = written.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = written.split_at(digits);
    let factor = units.iter().find(|(name, _)| *name == unit.trim_start())?.1;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn show(amount: u64, units: &[(&str, u64)], zero: &str) -> String {
    match units.iter().find(|(_, factor)| amount != 0 && amount.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", amount / factor),
        None => format!("0{zero}"),
    }
}

/// Durations in settings, for serde.
pub(crate) mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::show_duration(*duration))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let written = String::deserialize(deserializer)?;
        super::parse_duration(&written)
            .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&written), &super::DURATION_FORM))
    }
}

/// Sizes in settings, for serde.
pub(crate) mod size {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(bytes: &usize, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::show_size(*bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
        let written = String::deserialize(deserializer)?;
        super::parse_size(&written)
            .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&written), &super::SIZE_FORM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_read_as_written() {
        for (written, milliseconds) in
            [("100ms", 100), ("10s", 10_000), ("5m", 300_000), ("6h", 21_600_000), ("3d", 259_200_000), ("0s", 0)]
        {
            assert_eq!(parse_duration(written), Some(Duration::from_millis(milliseconds)), "{written}");
            assert_eq!(show_duration(Duration::from_millis(milliseconds)), written);
        }
        for (written, bytes) in [("1B", 1), ("64KiB", 65_536), ("4MiB", 4_194_304), ("1GiB", 1_073_741_824)] {
            assert_eq!(parse_size(written), Some(bytes), "{written}");
            assert_eq!(show_size(bytes), written);
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for written in ["", "100", "ms", "-1s", "1.5h", "10 parsecs", "99999999999999999999d", "18446744073709551615d"]
        {
            assert_eq!(parse_duration(written), None, "{written}");
        }
        for written in ["64", "64KB", "64kib", "-1MiB"] {
            assert_eq!(parse_size(written), None, "{written}");
        }
    }
}
