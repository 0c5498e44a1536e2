//! `newswatch tail`: alerts as they come, and what matches and leads to none.

mod shadow;

use std::io::{self, Write};
use std::time::Duration;

use crate::commands::alert_text::AlertText;
use crate::commands::suppressed::SuppressedEvent;
use crate::kafka::reader::{Reader, Start};
use crate::message::alert::Alert;
use crate::settings::Settings;
use shadow::Shadow;

/// How long the next alert is waited for,
const AWAIT_ALERT: Duration = Duration::from_millis(500);
/// and where there are matches to be looked at too.
const AWAIT_BOTH: Duration = Duration::from_millis(100);

/// Its arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct TailArguments {
    /// Where to begin
    #[arg(long, value_enum, default_value = "end")]
    from: From,
    /// End after this many alerts
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Only alerts of this watchlist (may be repeated)
    #[arg(long, value_name = "ID")]
    watchlist: Vec<String>,
    /// Also the events that match and lead to no alert, with the reason
    #[arg(long)]
    suppressed: bool,
}

impl TailArguments {
    fn wants(&self, watchlist: &str) -> bool {
        self.watchlist.is_empty() || self.watchlist.iter().any(|id| id == watchlist)
    }
}

/// Where to begin.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum From {
    /// With the oldest alert that is kept
    Beginning,
    /// With the next alert
    End,
}

/// How alerts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text {
        /// Whether the terminal shows colours.
        colour: bool,
    },
    /// One alert's value a line and nothing else.
    Json,
}

/// Prints alerts until there were as many as asked for, or until nobody reads them any more.
pub fn tail(arguments: &TailArguments, settings: &Settings, form: Form, out: &mut impl Write) -> anyhow::Result<()> {
    match follow(arguments, settings, form, out) {
        Err(error) if error.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe) => Ok(()),
        ended => ended,
    }
}

fn follow(arguments: &TailArguments, settings: &Settings, form: Form, out: &mut impl Write) -> anyhow::Result<()> {
    let start = match arguments.from {
        From::Beginning => Start::Beginning,
        From::End => Start::End,
    };
    let reader = Reader::open(&settings.kafka, &settings.topics.alerts, start)?;
    let told = |event: &SuppressedEvent, out: &mut _| match arguments.wants(event.watchlist()) {
        true => print_suppressed(event, form, out),
        false => Ok(()),
    };
    let mut shadow = None;
    if arguments.suppressed {
        shadow = Some(Shadow::open(settings, start, |event| told(event, out))?);
    }
    let wait = if shadow.is_some() { AWAIT_BOTH } else { AWAIT_ALERT };
    let mut printed = 0;
    while arguments.count.is_none_or(|count| printed < count) {
        if let Some(shadow) = &mut shadow {
            shadow.look(|event| told(event, out))?;
        }
        let Some(value) = reader.next(wait)? else { continue };
        let Ok(alert) = serde_json::from_slice::<Alert>(&value) else {
            tracing::warn!(topic = settings.topics.alerts, "a record is not an alert that this version can read");
            continue;
        };
        if arguments.wants(&alert.watchlist.id) {
            print(&alert, value, form, out)?;
            printed += 1;
        }
    }
    Ok(())
}

/// Prints what led to no alert.
fn print_suppressed(event: &SuppressedEvent, form: Form, out: &mut impl Write) -> io::Result<()> {
    match form {
        Form::Text { .. } => writeln!(out, "{event}")?,
        Form::Json => {
            serde_json::to_writer(&mut *out, event)?;
            writeln!(out)?;
        }
    }
    out.flush()
}

/// Prints one alert. As JSON it is its value as it was written, with all that a later version may have added.
pub(crate) fn print(alert: &Alert, mut value: Vec<u8>, form: Form, out: &mut impl Write) -> io::Result<()> {
    match form {
        Form::Text { colour } => writeln!(out, "{}", AlertText::new(alert, colour))?,
        Form::Json => {
            // JSON has line breaks between its tokens only.
            value.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
            value.push(b'\n');
            out.write_all(&value)?;
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::embedded::EmbeddedBroker;
    use crate::kafka::publisher::Publisher;

    fn alert(watchlist: &str) -> String {
        serde_json::json!({
            "schema_version": "1.7", "id": "a1", "sequence": 1, "action": "open", "reason": "first_match",
            "watchlist": {"id": watchlist, "title": "T", "revision": "r", "query": ["q"]},
            "severity": "low", "labels": {}, "summary": "s", "hits": [], "hits_truncated": 0, "entities": [],
            "event": {"id": "e", "version": 1, "kafka": {"topic": "t", "partition": 0, "offset": 0}},
            "story": {"id": "s", "first_seen_at": "2026-03-02T16:14:00Z", "last_seen_at": "2026-03-02T16:14:00Z",
                "events": 1, "sources": 1, "languages": ["zh"], "lead_event_id": "e"},
            "suppressed": {"duplicates": 0, "throttled": 0},
            "times": {"ingested_at": "2026-03-02T16:14:01Z", "matched_at": "2026-03-02T16:14:01Z",
                "emitted_at": "2026-03-02T16:14:01Z"},
            "of_a_later_version": true
        })
        .to_string()
    }

    #[test]
    fn only_the_watchlists_asked_for_and_no_more_than_asked_for() {
        let broker = EmbeddedBroker::start([("newswatch.alerts.v1", 1)]).unwrap();
        let mut settings = Settings::default();
        settings.kafka.brokers = broker.address();
        let mut publisher = Publisher::connect(&settings.kafka, &settings.topics.alerts).unwrap();
        for value in ["not an alert", &alert("v"), &alert("w"), &alert("w"), &alert("w")] {
            publisher.send(None, value.as_bytes()).unwrap();
        }
        publisher.flush().unwrap();
        let arguments =
            TailArguments { from: From::Beginning, count: Some(2), watchlist: vec!["w".into()], suppressed: false };
        let mut out = Vec::new();
        tail(&arguments, &settings, Form::Json, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("{0}\n{0}\n", alert("w")));
    }

    #[test]
    fn a_value_written_over_several_lines_is_one_line() {
        let pretty = serde_json::to_vec_pretty(&serde_json::from_str::<Alert>(&alert("w")).unwrap()).unwrap();
        let mut out = Vec::new();
        print(&serde_json::from_slice(&pretty).unwrap(), pretty, Form::Json, &mut out).unwrap();
        assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
        serde_json::from_slice::<Alert>(&out).unwrap();
    }
}
