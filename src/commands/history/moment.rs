//! A time as a person gives it.

use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::document::units::parse_duration;

/// A time, or so long before now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At this time.
    At(Timestamp),
    /// So long ago.
    Ago(Duration),
}

impl Moment {
    /// The time that is meant. What lies before all time is the beginning of it.
    pub(in crate::commands) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(duration) => SignedDuration::try_from(duration)
                .ok()
                .and_then(|duration| now.checked_sub(duration).ok())
                .unwrap_or(Timestamp::MIN),
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let ago = parse_duration(written).map(Self::Ago);
        ago.or_else(|| written.parse().ok().map(Self::At))
            .ok_or("a time is as in 2026-03-01T08:00:00Z, or as long ago as in 48h or 7d")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rfc_3339_or_so_long_ago() {
        let now = "2026-03-08T08:00:00Z".parse().unwrap();
        for (written, meant) in [
            ("7d", "2026-03-01T08:00:00Z"),
            ("48h", "2026-03-06T08:00:00Z"),
            ("2026-03-01T16:00:00+08:00", "2026-03-01T08:00:00Z"),
        ] {
            assert_eq!(written.parse::<Moment>().unwrap().before(now), meant.parse().unwrap(), "{written}");
        }
        for wrong in ["", "7", "yesterday", "2026-03-01", "-7d"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
        assert_eq!(Moment::Ago(Duration::MAX).before(now), Timestamp::MIN);
    }
}
