//! A watchlist's `[alert]`, and the values that its parts share.

use std::time::Duration;

use crate::diagnostic::did_you_mean;
use crate::document::units::{DURATION_FORM, parse_duration};
use crate::document::{Findings, Keys, Text};
use crate::matching::reading::code;
use crate::message::evidence::Severity;
use crate::message::policy::{AlertPolicy, Count, Escalation, GroupBy, Threshold};

/// Policies travel in whole seconds.
const SHORTEST: Duration = Duration::from_secs(1);
/// Nothing is remembered for longer.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

pub(super) fn read(mut keys: Keys<'_>, findings: &mut Findings<'_>) -> AlertPolicy {
    let mut policy = AlertPolicy::default();
    if let Some(text) = keys.text("group_by", findings) {
        let choices = [
            ("story", GroupBy::Story),
            ("event", GroupBy::Event),
            ("source", GroupBy::Source),
            ("entity", GroupBy::Entity),
        ];
        policy.group_by = choice("group_by", &text, &choices, findings).unwrap_or_default();
    }
    if let Some(mut table) = keys.table("threshold", findings) {
        policy.threshold = threshold("threshold", &mut table, policy.threshold, findings);
        table.finish(findings);
    }
    for (key, time) in [("repeat_after", &mut policy.repeat_after), ("quiet_after", &mut policy.quiet_after)] {
        if let Some(read) = keys.text(key, findings).and_then(|text| duration(key, &text, findings)) {
            *time = read;
        }
    }
    if let Some(mut table) = keys.table("escalate", findings) {
        let threshold = threshold("escalate", &mut table, policy.threshold, findings);
        match table.text("severity", findings) {
            Some(text) => {
                policy.escalate = severity(&text, findings).map(|severity| Escalation { threshold, severity });
            }
            None if !table.table.contains_key("severity") => {
                findings.error(code::REQUIRED, table.span.clone(), "`escalate` does not say to which `severity`");
            }
            None => {}
        }
        table.finish(findings);
    }
    keys.finish(findings);
    policy
}

fn threshold(key: &str, keys: &mut Keys<'_>, default: Threshold, findings: &mut Findings<'_>) -> Threshold {
    let (events, sources) = (keys.count("events", findings), keys.count("sources", findings));
    let named = ["events", "sources"].map(|name| keys.table.contains_key(name));
    if named[0] == named[1] {
        let message = format!("`{key}` counts either `events` or `sources`");
        findings.error(code::IMPOSSIBLE, keys.span.clone(), message);
    }
    let within = keys.text("within", findings).and_then(|text| duration("within", &text, findings));
    Threshold {
        count: events.map(Count::Events).or(sources.map(Count::Sources)).unwrap_or(default.count),
        within: within.unwrap_or(default.within),
    }
}

/// A duration from a second to a year.
pub(super) fn duration(key: &str, text: &Text, findings: &mut Findings<'_>) -> Option<Duration> {
    let Some(duration) = parse_duration(&text.value) else {
        let found = findings.error(code::IMPOSSIBLE, text.span.clone(), format!("`{key}` is not a duration"));
        found.help = Some(format!("a duration is {DURATION_FORM}"));
        return None;
    };
    if !(SHORTEST..=LONGEST).contains(&duration) {
        findings.error(code::IMPOSSIBLE, text.span.clone(), format!("`{key}` must be from 1s to 366d"));
        return None;
    }
    Some(duration)
}

pub(super) fn severity(text: &Text, findings: &mut Findings<'_>) -> Option<Severity> {
    choice("severity", text, &Severity::ALL.map(|severity| (severity.as_str(), severity)), findings)
}

/// One of a few words.
pub(super) fn choice<T: Copy>(key: &str, text: &Text, choices: &[(&str, T)], findings: &mut Findings<'_>) -> Option<T> {
    let found = choices.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let help = match did_you_mean(&text.value, words.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("one of {}", words.join(", ")),
        };
        let message = format!("`{key}` cannot be \"{}\"", text.value);
        findings.error(code::IMPOSSIBLE, text.span.clone(), message).help = Some(help);
    }
    found
}
