//! The keys of the settings and what may stand at each: one table, for the file and the environment alike.

use std::net::SocketAddr;
use std::time::Duration;

use config::ValueKind;

use crate::document::units::{DURATION_FORM, SIZE_FORM, parse_duration, parse_size, show_duration, show_size};

/// What may stand at a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any text that is not empty.
    Text,
    /// Letters, digits, `.`, `_` and `-`, at most 249 of them: a topic's or a group's name.
    Name,
    /// At least one name.
    Names,
    /// `host:port`, more of them with commas.
    Brokers,
    /// A duration from the first to the second.
    Duration(Duration, Duration),
    /// A number of bytes from the first to the second.
    Size(usize, usize),
    /// A whole number from the first to the second.
    Count(i64, i64),
    /// A number from 0 to 1.
    Ratio,
    /// True or false.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// An IP address and a port.
    Address,
    /// One of librdkafka's properties, which are text to it.
    ClientProperty,
    /// A JSON Pointer.
    Pointer,
}

const MIB: usize = 1 << 20;
const MINUTE: Duration = Duration::from_secs(60);

/// Every key but those of the two open tables.
pub const KEYS: [(&str, Kind); 33] = [
    ("deployment", Kind::Name),
    ("kafka.brokers", Kind::Brokers),
    ("kafka.group", Kind::Name),
    ("kafka.instance", Kind::Name),
    ("topics.events", Kind::Names),
    ("topics.matches", Kind::Name),
    ("topics.alerts", Kind::Name),
    ("topics.stories", Kind::Name),
    ("topics.dead_letters", Kind::Name),
    ("topics.create", Kind::Flag),
    ("topics.partitions", Kind::Count(1, 10_000)),
    ("topics.replication", Kind::Count(1, 100)),
    ("delivery.mode", Kind::Choice(&["exactly_once", "at_least_once"])),
    ("delivery.batch_time", Kind::Duration(Duration::from_millis(1), MINUTE)),
    ("delivery.batch_events", Kind::Count(1, 1_000_000)),
    ("delivery.batch_bytes", Kind::Size(1024, 1024 * MIB)),
    ("delivery.in_flight_bytes", Kind::Size(1024, 16 * 1024 * MIB)),
    ("delivery.drain", Kind::Duration(Duration::from_millis(100), Duration::from_secs(600))),
    ("dead_letters.max_ratio", Kind::Ratio),
    ("dead_letters.max_consecutive", Kind::Count(1, u32::MAX as i64)),
    ("events.max_bytes", Kind::Size(1024, 256 * MIB)),
    ("story.similarity", Kind::Ratio),
    ("story.window", Kind::Duration(MINUTE, Duration::from_secs(90 * 24 * 3600))),
    ("story.stories", Kind::Count(1, 10_000_000)),
    ("watchlists.path", Kind::Text),
    ("watchlists.reload", Kind::Choice(&["watch", "signal", "off"])),
    ("vocabulary.path", Kind::Text),
    ("http.listen", Kind::Address),
    ("http.token", Kind::Text),
    ("http.token_file", Kind::Text),
    ("http.allow_without_token", Kind::Flag),
    ("log.format", Kind::Choice(&["text", "json"])),
    ("log.level", Kind::Choice(&["error", "warn", "info", "debug", "trace"])),
];

/// The table of librdkafka's properties.
pub const CLIENT: &str = "kafka.client";
/// The table that maps an event's fields.
pub const FIELDS: &str = "events.fields";
/// The fields of an event that can be mapped.
pub const EVENT_FIELDS: [&str; 11] =
    ["id", "url", "source", "lang", "published_at", "title", "summary", "body", "tags", "version", "status"];

/// What may stand at a key; none where nothing reads it.
pub fn kind_of(key: &str) -> Option<Kind> {
    if let Some(property) = in_table(key, CLIENT) {
        return (!property.is_empty()).then_some(Kind::ClientProperty);
    }
    if let Some(field) = in_table(key, FIELDS) {
        return EVENT_FIELDS.contains(&field).then_some(Kind::Pointer);
    }
    KEYS.iter().find(|(name, _)| *name == key).map(|(_, kind)| *kind)
}

/// What follows the table's name in a key of that table.
pub fn in_table<'k>(key: &'k str, table: &str) -> Option<&'k str> {
    key.strip_prefix(table)?.strip_prefix('.')
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// A string.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Another number.
    Fraction(f64),
    /// True or false.
    Flag(bool),
    /// An array of strings.
    Texts(Vec<String>),
    /// Something that stands at no key, by its TOML name.
    Other(&'static str),
}

/// Why a value cannot stand at a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What would be of the right type.
    WrongType(&'static str),
    /// It cannot be.
    Impossible(String),
}

impl Kind {
    /// What an environment variable's text means at a key of this kind.
    pub fn read(self, text: &str) -> Written {
        let read = match self {
            Self::Count(..) => text.parse().ok().map(Written::Whole),
            Self::Ratio => text.parse().ok().map(Written::Fraction),
            Self::Flag => text.parse().ok().map(Written::Flag),
            Self::Names => Some(Written::Texts(text.split(',').map(|name| name.trim().to_owned()).collect())),
            _ => None,
        };
        read.unwrap_or_else(|| Written::Text(text.to_owned()))
    }

    /// The value, if it can stand at a key of this kind.
    pub fn check(self, written: &Written) -> Result<ValueKind, Refusal> {
        use Written::{Flag, Fraction, Text, Texts, Whole};
        match (self, written) {
            (Self::Flag, Flag(flag)) => Ok((*flag).into()),
            (Self::Count(from, to), Whole(number)) => {
                within(from..=to, number, || format!("from {from} to {to}")).map(|()| (*number).into())
            }
            (Self::Ratio, Whole(number)) => self.check(&Fraction(*number as f64)),
            (Self::Ratio, Fraction(number)) => {
                within(0.0..=1.0, number, || "from 0 to 1".into()).map(|()| (*number).into())
            }
            (Self::Names, Texts(names)) if names.is_empty() => Err(impossible("at least one name is needed")),
            (Self::Names, Texts(names)) => {
                names.iter().try_for_each(|each| name(each))?;
                Ok(names.iter().map(|each| config::Value::from(each.as_str())).collect::<Vec<_>>().into())
            }
            (Self::ClientProperty, Text(text)) => Ok(text.as_str().into()),
            (Self::ClientProperty, Whole(number)) => Ok(number.to_string().into()),
            (Self::ClientProperty, Fraction(number)) => Ok(number.to_string().into()),
            (Self::ClientProperty, Flag(flag)) => Ok(flag.to_string().into()),
            (_, Text(text)) => self.check_text(text).map(|()| text.as_str().into()),
            _ => Err(Refusal::WrongType(self.expected())),
        }
    }

    fn check_text(self, text: &str) -> Result<(), Refusal> {
        match self {
            Self::Text if text.trim().is_empty() => Err(impossible("it is empty")),
            Self::Text => Ok(()),
            Self::Name => name(text),
            Self::Brokers => brokers(text),
            Self::Duration(from, to) => {
                let duration =
                    parse_duration(text).ok_or_else(|| impossible(format!("a duration is {DURATION_FORM}")))?;
                within(from..=to, &duration, || format!("from {} to {}", show_duration(from), show_duration(to)))
            }
            Self::Size(from, to) => {
                let size = parse_size(text).ok_or_else(|| impossible(format!("a size is {SIZE_FORM}")))?;
                within(from..=to, &size, || format!("from {} to {}", show_size(from), show_size(to)))
            }
            Self::Choice(choices) if choices.contains(&text) => Ok(()),
            Self::Choice(choices) => Err(impossible(format!("it must be one of {}", choices.join(", ")))),
            Self::Address if text.parse::<SocketAddr>().is_ok() => Ok(()),
            Self::Address => Err(impossible("it must be an IP address and a port, such as 127.0.0.1:9464")),
            Self::Pointer => pointer(text),
            _ => Err(Refusal::WrongType(self.expected())),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Duration(..) => "a duration in quotes, such as \"100ms\"",
            Self::Size(..) => "a size in quotes, such as \"64KiB\"",
            Self::Count(..) => "a whole number",
            Self::Ratio => "a number from 0 to 1",
            Self::Flag => "true or false",
            Self::Names => "an array of strings",
            Self::ClientProperty => "a string, a number or true or false",
            _ => "a string",
        }
    }
}

fn within<T: PartialOrd>(
    range: std::ops::RangeInclusive<T>,
    value: &T,
    form: impl Fn() -> String,
) -> Result<(), Refusal> {
    if range.contains(value) { Ok(()) } else { Err(impossible(format!("it must be {}", form()))) }
}

fn name(text: &str) -> Result<(), Refusal> {
    let right = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if (1..=249).contains(&text.len()) && text.chars().all(right) && !matches!(text, "." | "..") {
        Ok(())
    } else {
        Err(impossible("a name has 1 to 249 of the characters a-z, A-Z, 0-9, `.`, `_` and `-`"))
    }
}

fn brokers(text: &str) -> Result<(), Refusal> {
    let right = |broker: &str| {
        broker
            .trim()
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    if text.split(',').all(right) { Ok(()) } else { Err(impossible("it must be host:port, more of them with commas")) }
}

fn pointer(text: &str) -> Result<(), Refusal> {
    if !text.starts_with('/') {
        return Err(impossible("a JSON Pointer begins with /, such as /payload/headline"));
    }
    if text.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
        return Err(impossible("in a JSON Pointer ~ is written ~0 and / is written ~1"));
    }
    Ok(())
}

fn impossible(why: impl Into<String>) -> Refusal {
    Refusal::Impossible(why.into())
}

/// Why one of librdkafka's properties is not for the settings to set.
pub fn forbidden(property: &str) -> Option<&'static str> {
    Some(match property {
        "bootstrap.servers" | "metadata.broker.list" => "set `kafka.brokers`",
        "group.id" => "set `kafka.group`: each stage has a group of its own",
        "group.instance.id" | "client.id" => "set `kafka.instance`: it is made from that",
        "transactional.id" => {
            "it is made from `kafka.group` and `kafka.instance`, and must stay the same across restarts"
        }
        "enable.auto.commit" | "auto.commit.enable" | "auto.commit.interval.ms" | "enable.auto.offset.store" => {
            "offsets are committed with the results, never by themselves"
        }
        "isolation.level" => "results of a transaction that was aborted must never be read",
        "auto.offset.reset" => "events would be passed over without a word",
        "enable.idempotence"
        | "acks"
        | "request.required.acks"
        | "retries"
        | "message.send.max.retries"
        | "max.in.flight"
        | "max.in.flight.requests.per.connection"
        | "enable.gapless.guarantee" => "alerts could be lost, doubled or out of order",
        "partitioner" => "other clients must find a key on the same partition",
        "partition.assignment.strategy" | "group.protocol" => "revoking partitions relies on it",
        "statistics.interval.ms" => "lag and readiness rely on it",
        "enable.partition.eof" => "restoring stories relies on it",
        "message.max.bytes" => "a dead letter holds its record whole",
        "transaction.timeout.ms" | "message.timeout.ms" | "delivery.timeout.ms" => {
            "a replica that dies must free what it holds soon"
        }
        "plugin.library.paths" => "code is not loaded by the settings",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_stand_at_its_key() {
        let defaults = serde_json::to_value(crate::settings::Settings::default()).unwrap();
        for (key, kind) in KEYS {
            let Some(value) = defaults.pointer(&format!("/{}", key.replace('.', "/"))) else {
                assert!(["topics.replication", "http.token", "http.token_file", "log.format"].contains(&key), "{key}");
                continue;
            };
            let written = match value {
                serde_json::Value::String(text) => Written::Text(text.clone()),
                serde_json::Value::Bool(flag) => Written::Flag(*flag),
                serde_json::Value::Array(_) => Written::Texts(vec!["news.events".into()]),
                number => number.as_i64().map_or_else(|| Written::Fraction(number.as_f64().unwrap()), Written::Whole),
            };
            assert!(kind.check(&written).is_ok(), "{key} = {value}");
        }
    }

    #[test]
    fn impossible_values_are_refused() {
        for (key, text) in [
            ("kafka.brokers", "localhost"),
            ("kafka.brokers", "a:9092,b:0"),
            ("kafka.group", "a b"),
            ("topics.alerts", ".."),
            ("topics.events", ""),
            ("topics.partitions", "0"),
            ("delivery.mode", "twice"),
            ("delivery.batch_events", "0"),
            ("delivery.batch_time", "0s"),
            ("delivery.batch_bytes", "1GB"),
            ("delivery.drain", "11m"),
            ("dead_letters.max_ratio", "1.1"),
            ("dead_letters.max_ratio", "NaN"),
            ("events.fields.title", "payload"),
            ("http.listen", "localhost"),
            ("watchlists.reload", "on"),
            ("log.level", "loud"),
        ] {
            let kind = kind_of(key).unwrap();
            let refusal = kind.check(&kind.read(text));
            assert!(matches!(refusal, Err(Refusal::Impossible(_))), "{key} = {text}: {refusal:?}");
        }
    }

    #[test]
    fn a_wrong_type_says_what_would_be_right() {
        let kind = kind_of("delivery.batch_time").unwrap();
        assert_eq!(
            kind.check(&Written::Whole(100)),
            Err(Refusal::WrongType("a duration in quotes, such as \"100ms\""))
        );
        let kind = kind_of("topics.create").unwrap();
        assert_eq!(kind.check(&kind.read("yes")), Err(Refusal::WrongType("true or false")));
    }
}
