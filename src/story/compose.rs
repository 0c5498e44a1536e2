//! An alert's record in its final form, and within its bounds.

use jiff::Timestamp;

use crate::message::alert::{Action, Alert, AlertTimes, AlertWatchlist, Reason, StorySummary, Suppressed};
use crate::message::evidence::{EventReference, Hit};
use crate::message::id::hex;
use crate::message::matched::{Match, MatchTimes, MatchedWatchlist};
use crate::story::known::{Last, Story};

/// The most that an alert's JSON may take, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// The most that a summary may take, in characters.
const SUMMARY_CHARACTERS: usize = 300;
/// What a headline, an entity's name or a URL is held to where an alert would be too large otherwise.
const TIGHT_CHARACTERS: usize = 500;
/// How many entities and queries are kept where an alert would be too large otherwise.
const TIGHT_ITEMS: usize = 16;

/// What is told: the event, the evidence, the times.
pub(super) struct Telling<'a> {
    event: EventReference,
    hits: &'a [Hit],
    hits_truncated: u32,
    queries: Vec<String>,
    times: MatchTimes,
}

impl<'a> Telling<'a> {
    pub(super) fn of_match(matched: &'a Match) -> Self {
        Self {
            event: matched.event.clone(),
            hits: &matched.hits,
            hits_truncated: matched.hits_truncated,
            queries: matched.watchlist.queries.clone(),
            times: matched.times.clone(),
        }
    }

    /// A withdrawal has no text, so it has no evidence; what it leaves out is filled in from what was told of the
    /// event, where that is still known.
    pub(super) fn of_withdrawal(story: &Story, event: &EventReference, timestamp: Timestamp) -> Self {
        let mut event = event.clone();
        let last = story.last.last();
        if last.event.id == event.id {
            event.title = event.title.or(last.event.title);
            event.source = event.source.or(last.event.source);
            event.lang = event.lang.or(last.event.lang);
        }
        let times = MatchTimes { published_at: event.published_at, ingested_at: timestamp, matched_at: timestamp };
        Self { event, hits: &[], hits_truncated: 0, queries: last.queries, times }
    }

    /// What a timer tells: the event that told the story last. Its hits are not kept, only counted.
    pub(super) fn of_last(story: &Story) -> Self {
        let Last { event, hits, queries, times } = story.last.last();
        Self { event, hits: &[], hits_truncated: hits, queries, times }
    }
}

/// The record of an alert as its story now stands.
pub(super) fn alert(
    story: &Story,
    watchlist: &MatchedWatchlist,
    telling: Telling<'_>,
    (action, reason): (Action, Reason),
    suppressed: Suppressed,
    now: Timestamp,
) -> Alert {
    let told = story.told.as_ref().expect("who tells has an alert");
    let summary = summary(story, watchlist, &telling);
    let mut alert = Alert {
        schema_version: "1.0".to_owned(),
        id: hex(told.id),
        sequence: told.sequence,
        action,
        reason,
        watchlist: AlertWatchlist {
            id: watchlist.id.clone(),
            title: watchlist.title.clone(),
            revision: watchlist.revision.clone(),
            owner: watchlist.owner.clone(),
            query: telling.queries,
        },
        severity: told.severity,
        labels: watchlist.labels.clone(),
        summary,
        hits: telling.hits.to_vec(),
        hits_truncated: telling.hits_truncated,
        entities: story.entities.iter().map(|entity| (**entity).clone()).collect(),
        event: telling.event,
        story: StorySummary {
            id: hex(story.id),
            first_seen_at: story.first_seen,
            last_seen_at: story.last_seen,
            events: story.events,
            sources: story.sources(),
            languages: story.languages.iter().map(ToString::to_string).collect(),
            lead_event_id: story.lead_event.to_string(),
        },
        suppressed,
        times: AlertTimes {
            published_at: telling.times.published_at,
            ingested_at: telling.times.ingested_at,
            matched_at: telling.times.matched_at,
            emitted_at: now,
        },
    };
    fit(&mut alert);
    alert
}

/// The watchlist's title, the headline and as many entities as there is room for, on one line.
fn summary(story: &Story, watchlist: &MatchedWatchlist, telling: &Telling<'_>) -> String {
    let headline = telling.event.title.as_deref().or_else(|| telling.hits.first().map(|hit| hit.exact.as_str()));
    let mut summary = one_line(&watchlist.title);
    if let Some(headline) = headline {
        summary.push_str(": ");
        summary.push_str(&one_line(headline));
    }
    let mut room = SUMMARY_CHARACTERS.saturating_sub(summary.chars().count() + " ()".len());
    let mut names = Vec::new();
    for entity in &story.entities {
        let name = one_line(&entity.name);
        let Some(left) = room.checked_sub(name.chars().count() + ", ".len()) else { break };
        room = left;
        names.push(name);
    }
    if !names.is_empty() {
        summary.push_str(&format!(" ({})", names.join(", ")));
    }
    shorten(&mut summary, SUMMARY_CHARACTERS);
    summary
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts a text to a number of characters, the last of which then is an ellipsis.
pub(super) fn shorten(text: &mut String, characters: usize) {
    if text.chars().count() > characters {
        let end = text.char_indices().nth(characters - 1).map_or(text.len(), |(end, _)| end);
        text.truncate(end);
        text.push('…');
    }
}

/// Holds an alert to [`MAX_BYTES`]: first by hits from the end, which are counted, then by what is
/// unreasonably long.
fn fit(alert: &mut Alert) {
    let mut size = size_of(alert);
    if size > MAX_BYTES && size - hits_size(alert) > MAX_BYTES {
        for text in [&mut alert.event.title, &mut alert.event.url, &mut alert.event.source, &mut alert.event.lang]
            .into_iter()
            .flatten()
        {
            shorten(text, TIGHT_CHARACTERS);
        }
        alert.story.languages = alert.event.lang.iter().cloned().collect();
        alert.entities.truncate(TIGHT_ITEMS);
        alert.watchlist.query.truncate(TIGHT_ITEMS);
        for entity in &mut alert.entities {
            shorten(&mut entity.name, TIGHT_CHARACTERS);
        }
        size = size_of(alert);
    }
    while size > MAX_BYTES {
        let Some(hit) = alert.hits.pop() else { break };
        alert.hits_truncated = alert.hits_truncated.saturating_add(1);
        size -= json_size(&hit);
    }
}

/// With room for `hits_truncated` to grow.
fn size_of(alert: &Alert) -> usize {
    json_size(alert) + "4294967295".len()
}

fn hits_size(alert: &Alert) -> usize {
    alert.hits.iter().map(json_size).sum()
}

fn json_size(value: &impl serde::Serialize) -> usize {
    serde_json::to_vec(value).expect("messages are maps with text keys").len()
}
