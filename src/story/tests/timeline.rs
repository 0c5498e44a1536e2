//! Timelines as text: what comes in on the left, what goes out on the right.
//!
//! ```text
//! repeat_after = 1h                                       a setting, from here on
//! 09:00     e1 v1 reuters.com A @nvidia -> open first_match events=1
//! 09:20     e2 afp.com A                -> throttled until=10:00
//! +1d 09:00 notice e1 v2 canceled       -> update retracted + ...
//! 10:00     progress p0=10:00           -> update new_source dup=0 thr=1
//! ```
//! Of an event only its id must be given; then its version, source, text (see `sketch`), entities and `key=value`s.
//! Expected are the alert records in their order, then the record's own outcome where it is suppressed; of their
//! values those that are named. Each timeline runs three times: in one go, with a roll back before and with a
//! restart after each record; the sequences of each alert must have no gaps.

use std::collections::HashMap;
use std::time::Duration;

use super::*;
use crate::message::alert::Alert;
use crate::message::evidence::EntityReference;
use crate::message::matched::{MatchedWatchlist, PartitionProgress, Progress};
use crate::message::policy::{Count, Escalation, GroupBy, Threshold};
use crate::story::{StoryOutcome, StoryOutput, Why};

#[derive(Clone)]
struct Scene {
    limits: Limits,
    watchlist: MatchedWatchlist,
    max_age: Option<Duration>,
}

pub(super) fn timeline(text: &str) {
    for way in ["in one go", "with a roll back before each", "with a restart after each"] {
        run(text, way);
    }
}

fn run(text: &str, way: &str) {
    let mut scene = Scene { limits: Limits::default(), watchlist: matched("e", 1, 0).watchlist, max_age: None };
    let (mut stories, mut topic) = (None, Topic::default());
    let mut alerts = Alerts::default();
    for (number, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let Some((left, right)) = line.split_once("->") else {
            scene.set(line);
            continue;
        };
        let (seconds, words) = time(left);
        let message = scene.message(seconds, &words);
        let stories = stories.get_or_insert_with(|| Stories::new(scene.limits));
        let batch = number as u64;
        if way.contains("roll back") {
            let first = stories.apply(&message, place(batch, number, seconds));
            stories.rollback();
            assert_eq!(first, stories.apply(&message, place(batch, number, seconds)), "{line}: {way}");
            stories.rollback();
        }
        let output = stories.apply(&message, place(batch, number, seconds));
        topic.write(stories.changes());
        stories.commit(batch);
        if way.contains("restart") {
            *stories = topic.restore(scene.limits);
        }
        alerts.compare(&output, right, &format!("{line}\n{way}"));
    }
}

/// Seconds, and what follows the time.
fn time(left: &str) -> (i64, Vec<&str>) {
    let mut words: Vec<&str> = left.split_whitespace().collect();
    let days = words[0].strip_prefix('+').map_or(0, |days| days.trim_end_matches('d').parse::<i64>().unwrap());
    if days > 0 {
        words.remove(0);
    }
    (days * 24 * HOUR + clock(words.remove(0)), words)
}

fn clock(text: &str) -> i64 {
    let (hours, minutes) = text.split_once(':').expect("a time is HH:MM");
    hours.parse::<i64>().unwrap() * HOUR + minutes.parse::<i64>().unwrap() * MINUTE
}

fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let seconds = ["m", "h", "d"].iter().position(|known| *known == unit).map(|i| [60, 3600, 86_400][i]).unwrap();
    Duration::from_secs(number.parse::<u64>().unwrap() * seconds)
}

/// `sources 3 within 6h`
fn threshold(text: &str) -> Threshold {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = words[1].parse().unwrap();
    let count = if words[0] == "events" { Count::Events(number) } else { Count::Sources(number) };
    Threshold { count, within: duration(words[3]) }
}

impl Scene {
    fn set(&mut self, line: &str) {
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("neither a setting nor a step: {line}"));
        let (key, value) = (key.trim(), value.trim());
        let word = |value: &str| serde_json::Value::from(value);
        let alert = &mut self.watchlist.alert;
        match key {
            "group_by" => alert.group_by = serde_json::from_value::<GroupBy>(word(value)).unwrap(),
            "threshold" => alert.threshold = threshold(value),
            "repeat_after" => alert.repeat_after = duration(value),
            "quiet_after" => alert.quiet_after = duration(value),
            "max_age" => self.max_age = Some(duration(value)),
            "escalate" => {
                let (when, severity) = value.split_once(" to ").unwrap();
                let severity = serde_json::from_value(word(severity)).unwrap();
                alert.escalate = Some(Escalation { threshold: threshold(when), severity });
            }
            "severity" => self.watchlist.severity = serde_json::from_value(word(value)).unwrap(),
            "status" => self.watchlist.status = serde_json::from_value(word(value)).unwrap(),
            "title" => self.watchlist.title = value.to_owned(),
            "revision" => self.watchlist.revision = value.to_owned(),
            "queries" => self.watchlist.queries = vec![value.to_owned()],
            "window" => self.limits.window = duration(value),
            "stories" => self.limits.stories = value.parse().unwrap(),
            _ => panic!("no such setting: {key}"),
        }
    }

    fn message(&self, seconds: i64, words: &[&str]) -> MatchMessage {
        match words[0] {
            "progress" => progress(seconds, &words[1..]),
            "notice" => {
                let (event, version, status, rest) = event(&words[1..]);
                let watchlists: Vec<&str> = rest.iter().filter_map(|word| word.strip_prefix("matches=")).collect();
                MatchMessage::Notice(super::notice(event, version, status, &watchlists))
            }
            _ => MatchMessage::Match(Box::new(self.matched(seconds, words))),
        }
    }

    fn matched(&self, seconds: i64, words: &[&str]) -> Match {
        let (event, version, status, rest) = event(words);
        let mut matched = super::matched(event, version, seconds);
        matched.watchlist = self.watchlist.clone();
        matched.watchlist.alert.max_age = self.max_age;
        (matched.event.status, matched.entities) = (status, Vec::new());
        for word in rest {
            match word.split_once('=') {
                Some(("watchlist", id)) => matched.watchlist.id = id.to_owned(),
                Some(("lang", lang)) => matched.event.lang = Some(lang.to_owned()),
                Some(("partition", number)) => matched.event.kafka.partition = number.parse().unwrap(),
                Some(("old", age)) => matched.times.published_at = Some(at(seconds) - duration(age)),
                Some(("clock", time)) => matched.times.matched_at = at(clock(time)),
                Some(_) => panic!("no such key: {word}"),
                None if word.starts_with('@') => {
                    matched.entities.push(EntityReference { id: word[1..].to_owned(), name: word[1..].to_uppercase() });
                }
                None if word.contains('.') => matched.event.source = Some((*word).to_owned()),
                None => matched.sketch = sketch(word),
            }
        }
        matched
    }
}

/// Id, version, status, and the rest.
fn event<'a, 'w>(words: &'w [&'a str]) -> (&'a str, u64, Status, &'w [&'a str]) {
    let (id, mut rest) = words.split_first().unwrap();
    let (mut version, mut status) = (1, Status::Usable);
    while let Some((word, after)) = rest.split_first() {
        match *word {
            "canceled" => status = Status::Canceled,
            "withheld" => status = Status::Withheld,
            _ => match word.strip_prefix('v').and_then(|number| number.parse().ok()) {
                Some(number) => version = number,
                None => break,
            },
        }
        rest = after;
    }
    (id, version, status, rest)
}

fn progress(seconds: i64, words: &[&str]) -> MatchMessage {
    let partition = |word: &&str| {
        let (partition, time) = word.split_once('=').unwrap_or((word, ""));
        let time = if time.is_empty() { at(seconds) } else { at(clock(time)) };
        PartitionProgress { topic: "news.events".to_owned(), partition: partition[1..].parse().unwrap(), time }
    };
    let partitions = words.iter().map(partition).collect();
    MatchMessage::Progress(Progress { schema_version: "1.0".to_owned(), partitions, sent_at: at(seconds) })
}

/// The alerts seen so far, by the order of their opening: a, b, c ...
#[derive(Default)]
struct Alerts(HashMap<String, (String, u64)>);

impl Alerts {
    fn compare(&mut self, output: &StoryOutput, right: &str, line: &str) {
        let mut actual: Vec<(String, HashMap<&str, String>)> =
            output.alerts.iter().map(|alert| self.alert(alert, line)).collect();
        if let (StoryOutcome::Suppressed(reason), true) =
            (output.outcome, actual.is_empty() || !output.accounts.is_empty())
        {
            actual.push((reason.as_str().to_owned(), why(output)));
        }
        let expected: Vec<&str> = right.split(" + ").map(str::trim).collect();
        assert_eq!(actual.len(), expected.len(), "{line}\n{actual:#?}");
        for ((words, values), expected) in actual.iter().zip(expected) {
            let (keys, names): (Vec<&str>, Vec<&str>) =
                expected.split_whitespace().partition(|word| word.contains('='));
            assert_eq!(*words, names.join(" "), "{line}");
            for (key, value) in keys.iter().map(|key| key.split_once('=').unwrap()) {
                assert_eq!(values.get(key).map(String::as_str), Some(value), "{key} in {line}");
            }
        }
    }

    fn alert(&mut self, alert: &Alert, line: &str) -> (String, HashMap<&'static str, String>) {
        let letter = char::from(b'a' + u8::try_from(self.0.len()).unwrap()).to_string();
        let (letter, sequence) = self.0.entry(alert.id.clone()).or_insert((letter, 0));
        *sequence += 1;
        assert_eq!(alert.sequence, *sequence, "a gap at {line}");
        let entities: Vec<&str> = alert.entities.iter().map(|entity| &*entity.id).collect();
        let values = HashMap::from([
            ("alert", letter.clone()),
            ("n", alert.sequence.to_string()),
            ("events", alert.story.events.to_string()),
            ("sources", alert.story.sources.to_string()),
            ("langs", alert.story.languages.join(",")),
            ("lead", alert.story.lead_event_id.clone()),
            ("event", alert.event.id.clone()),
            ("entities", entities.join(",")),
            ("severity", alert.severity.as_str().to_owned()),
            ("dup", alert.suppressed.duplicates.to_string()),
            ("thr", alert.suppressed.throttled.to_string()),
            ("since", alert.suppressed.since.map_or(String::new(), hours)),
            ("watchlist", alert.watchlist.id.clone()),
            ("title", alert.watchlist.title.clone()),
            ("revision", alert.watchlist.revision.clone()),
            ("query", alert.watchlist.query.join(",")),
        ]);
        (format!("{} {}", alert.action.as_str(), alert.reason.as_str()), values)
    }
}

/// Why the first story says that it was suppressed.
fn why(output: &StoryOutput) -> HashMap<&'static str, String> {
    let Some(account) = output.accounts.first() else { return HashMap::new() };
    let mut values = HashMap::from([("of", account.lead_event_id.clone())]);
    match &account.why {
        Why::Throttled { until } => drop(values.insert("until", hours(*until))),
        Why::Duplicate { same } => drop(values.insert("same", format!("{same:?}").to_lowercase())),
        Why::BelowThreshold { counted, .. } => drop(values.insert("counted", counted.to_string())),
        Why::Superseded { version } => drop(values.insert("by", format!("v{version}"))),
        Why::Stale { age, .. } => drop(values.insert("age", format!("{}h", age.as_hours()))),
        _ => {}
    }
    values
}

fn hours(time: Timestamp) -> String {
    let minutes = time.duration_since(at(0)).as_mins();
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
