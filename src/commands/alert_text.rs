//! An alert for people: a few lines of plain text, readable in every script.

use std::fmt;

use jiff::Timestamp;

use crate::message::alert::{Action, Alert, StorySummary, Suppressed};
use crate::message::evidence::{Hit, Severity};

/// How many hits are shown.
const SHOWN_HITS: usize = 3;

/// Shows an alert, with colour or without.
pub(crate) struct AlertText<'a> {
    alert: &'a Alert,
    colour: bool,
}

impl<'a> AlertText<'a> {
    pub(crate) fn new(alert: &'a Alert, colour: bool) -> Self {
        Self { alert, colour }
    }

    fn headline(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alert = self.alert;
        let severity = format!("{:<8}", alert.severity.as_str().to_uppercase());
        match colour_of(alert.severity).filter(|_| self.colour) {
            Some(code) => write!(formatter, "\x1b[{code}m{severity}\x1b[0m")?,
            None => formatter.write_str(&severity)?,
        }
        let time = alert.times.published_at.unwrap_or(alert.times.ingested_at);
        write!(formatter, "  {}  {}", minute(time), Plain(&alert.watchlist.title))?;
        match alert.action {
            Action::Open => Ok(()),
            Action::Update => write!(formatter, "  (updated: {})", alert.reason.as_str()),
            Action::Close => formatter.write_str("  (closed)"),
            Action::Retract => formatter.write_str("  (retracted)"),
        }?;
        formatter.write_str("\n")
    }
}

impl fmt::Display for AlertText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alert = self.alert;
        self.headline(formatter)?;
        let title = alert.event.title.as_deref().unwrap_or(&alert.event.id);
        match (&alert.event.source, &alert.event.lang) {
            (Some(source), Some(lang)) => writeln!(formatter, "    {}  — {}, {lang}", Plain(title), Plain(source))?,
            (Some(known), None) | (None, Some(known)) => {
                writeln!(formatter, "    {}  — {}", Plain(title), Plain(known))?;
            }
            (None, None) => writeln!(formatter, "    {}", Plain(title))?,
        }
        let hits: Vec<_> = alert.hits.iter().filter(|hit| !alert.hits.iter().any(|other| covers(other, hit))).collect();
        for hit in hits.iter().take(SHOWN_HITS) {
            writeln!(formatter, "    {:<7}  {}", hit.field, Quote(hit))?;
        }
        let more = hits.len().saturating_sub(SHOWN_HITS) + alert.hits_truncated as usize;
        if more > 0 {
            writeln!(formatter, "             and {more} more")?;
        }
        if !alert.entities.is_empty() {
            let names: Vec<_> = alert.entities.iter().map(|entity| Plain(&entity.name).to_string()).collect();
            writeln!(formatter, "    found    {}", names.join(", "))?;
        }
        story(alert, formatter)?;
        if let Some(url) = &alert.event.url {
            writeln!(formatter, "    read     {}", Plain(url))?;
        }
        Ok(())
    }
}

/// How many told the story, and what was not sent of it since the alert's last record, where there is any.
fn story(alert: &Alert, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let StorySummary { events, sources, first_seen_at, .. } = &alert.story;
    if *events > 1 {
        writeln!(formatter, "    story    {events} events, {sources} sources, since {}", minute(*first_seen_at))?;
    }
    let Suppressed { duplicates, throttled, since } = &alert.suppressed;
    match since {
        Some(since) => {
            let since = minute(*since);
            writeln!(formatter, "    unsent   {duplicates} duplicates, {throttled} throttled, since {since}")
        }
        None => Ok(()),
    }
}

fn minute(time: Timestamp) -> impl fmt::Display {
    time.strftime("%Y-%m-%d %H:%M UTC")
}

fn colour_of(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("1;31"),
        Severity::High => Some("31"),
        Severity::Medium => Some("33"),
        Severity::Low | Severity::Info => None,
    }
}

/// Whether a hit says what another says and more, as `US Commerce Department` does of `US`; of two at one
/// place the first counts.
fn covers(wide: &Hit, narrow: &Hit) -> bool {
    let within = wide.field == narrow.field && wide.start <= narrow.start && narrow.end <= wide.end;
    let same_place = wide.start == narrow.start && wide.end == narrow.end;
    within && (!same_place || std::ptr::from_ref(wide) < std::ptr::from_ref(narrow))
}

/// The exact text of a hit in its surroundings.
pub(crate) struct Quote<'a>(pub(crate) &'a Hit);

impl fmt::Display for Quote<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hit { before, exact, after, .. } = self.0;
        write!(formatter, "{}«{}»{}", Plain(before), Plain(exact), Plain(after))
    }
}

/// Text from outside on one line, without what would steer the terminal.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steers = |character: char| {
            character.is_control()
                || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        self.0.chars().map(|character| if steers(character) { ' ' } else { character }).try_for_each(|character| {
            use fmt::Write;
            formatter.write_char(character)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Alert {
        serde_json::from_value(serde_json::json!({
            "schema_version": "1.0", "id": "a1", "sequence": 1, "action": "open", "reason": "first_match",
            "watchlist": {"id": "w", "title": "Chip rules", "revision": "r", "query": ["q"]},
            "severity": "high", "labels": {}, "summary": "s",
            "hits": [{"term": "英伟达", "entity": "nvidia", "lang": "zh", "field": "title", "start": 4, "end": 7,
                "exact": "英伟达", "before": "美国收紧", "after": "芯片对华出口限制"}],
            "hits_truncated": 2,
            "entities": [{"id": "nvidia", "name": "NVIDIA"}, {"id": "us", "name": "United States"}],
            "event": {"id": "e", "version": 1, "url": "https://news.example/zh-01", "lang": "zh",
                "title": "美国收紧英伟达芯片对华出口限制", "source": "huabei.example",
                "kafka": {"topic": "t", "partition": 0, "offset": 0}},
            "story": {"id": "s", "first_seen_at": "2026-03-02T16:14:00Z", "last_seen_at": "2026-03-02T16:14:00Z",
                "events": 1, "sources": 1, "languages": ["zh"], "lead_event_id": "e"},
            "suppressed": {"duplicates": 0, "throttled": 0},
            "times": {"published_at": "2026-03-02T16:14:00Z", "ingested_at": "2026-03-02T16:14:01Z",
                "matched_at": "2026-03-02T16:14:01Z", "emitted_at": "2026-03-02T16:14:01Z"}
        }))
        .unwrap()
    }

    #[test]
    fn an_alert_reads_well_in_any_script() {
        assert_eq!(
            AlertText::new(&alert(), false).to_string(),
            "HIGH      2026-03-02 16:14 UTC  Chip rules\n\
             \x20   美国收紧英伟达芯片对华出口限制  — huabei.example, zh\n\
             \x20   title    美国收紧«英伟达»芯片对华出口限制\n\
             \x20            and 2 more\n\
             \x20   found    NVIDIA, United States\n\
             \x20   read     https://news.example/zh-01\n"
        );
    }

    #[test]
    fn what_was_not_sent_is_told_with_the_next_record() {
        let mut alert = alert();
        (alert.action, alert.reason) = (Action::Update, crate::message::alert::Reason::NewSource);
        (alert.story.events, alert.story.sources) = (4, 3);
        let since = Some("2026-03-02T17:00:00Z".parse().unwrap());
        alert.suppressed = Suppressed { duplicates: 2, throttled: 1, since };
        let text = AlertText::new(&alert, false).to_string();
        for line in [
            "Chip rules  (updated: new_source)\n",
            "    story    4 events, 3 sources, since 2026-03-02 16:14 UTC\n",
            "    unsent   2 duplicates, 1 throttled, since 2026-03-02 17:00 UTC\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_hit_inside_another_is_not_shown_again() {
        let mut alert = alert();
        alert.hits_truncated = 0;
        let whole = alert.hits[0].clone();
        let part = Hit { term: "英".into(), exact: "英".into(), end: whole.start + 1, ..whole.clone() };
        alert.hits = vec![part, whole.clone(), whole];
        let text = AlertText::new(&alert, false).to_string();
        assert_eq!(text.matches('«').count(), 1, "{text}");
        assert!(text.contains("«英伟达»") && !text.contains("more"), "{text}");
    }

    #[test]
    fn colour_only_where_asked_for_and_news_cannot_steer_the_terminal() {
        let mut alert = alert();
        assert!(AlertText::new(&alert, true).to_string().starts_with("\x1b[31mHIGH    \x1b[0m"));
        alert.event.title = Some("a\x1b[2Jb\nc\u{202e}d".into());
        alert.action = Action::Retract;
        let text = AlertText::new(&alert, false).to_string();
        assert!(text.contains("a [2Jb c d"), "{text}");
        assert!(text.contains("Chip rules  (retracted)\n"), "{text}");
        assert!(!text.contains('\x1b'));
    }
}
