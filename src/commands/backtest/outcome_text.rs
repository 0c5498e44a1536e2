//! Stories for people: what each told and what it did not, in the order of time, and why.

use std::io::{self, Write};

use jiff::Timestamp;

use crate::commands::alert_text::Plain;
use crate::commands::backtest::outcomes::{Listed, Story, StoryMatch, StoryRecord};
use crate::commands::backtest::results::WatchlistResults;
use crate::commands::backtest::text::event;
use crate::commands::counted;
use crate::commands::suppressed::SuppressedEvent;
use crate::story::{StoryAccount, Why};

/// Where all are listed every story, else those of more than one match: a story of one says no more than its alert. Then
/// the events that no alert could have told of, as far as no story above has them.
pub(super) fn write(list: &WatchlistResults, listed: Listed, out: &mut impl Write) -> io::Result<()> {
    let all = listed == Listed::All;
    let shown: Vec<&Story> = list.stories.iter().filter(|story| all || story.matched > 1).collect();
    if !shown.is_empty() {
        writeln!(out, "  stories{}", if all { "" } else { " of several matches" })?;
    }
    shown.iter().try_for_each(|one| story(one, out))?;
    let is_above = |account: &StoryAccount| shown.iter().any(|story| account.story.as_ref() == Some(&story.id));
    // Of drafts the counts say enough.
    let is_shown = |event: &&SuppressedEvent| {
        let tells = |account: &StoryAccount| account.alert.is_none() && account.why != Why::Draft && !is_above(account);
        event.accounts.iter().any(tells)
    };
    suppressed(list.suppressed_events.iter().filter(is_shown), out)
}

fn story(story: &Story, out: &mut impl Write) -> io::Result<()> {
    let title = story.title.as_deref().unwrap_or(&story.lead_event_id);
    writeln!(
        out,
        "    {}  {}  [{}]",
        story.first_seen_at.strftime("%Y-%m-%d"),
        Plain(title),
        Plain(&story.lead_event_id)
    )?;
    if story.matched > 1 {
        summary(story, out)?;
    }
    // What a match told at once is told with the match.
    let mut records = story.records.iter().filter(|record| !record.of_match).peekable();
    for matched in &story.matches {
        while let Some(record) = records.next_if(|record| record.time <= matched.time) {
            by_itself(record, out)?;
        }
        of_match(story, matched, out)?;
    }
    match story.matched - story.matches.len() as u64 {
        0 => records.try_for_each(|record| by_itself(record, out)),
        more => writeln!(out, "        and {more} more"),
    }
}

fn summary(story: &Story, out: &mut impl Write) -> io::Result<()> {
    let (events, sources) = (story.events.len() as u64, story.sources.len() as u64);
    let (events, sources) = (counted(events, "event"), counted(sources, "source"));
    writeln!(out, "        {events} from {sources}, {} to {}", minute(story.first_seen_at), minute(story.last_seen_at))
}

/// What a timer told, or a withdrawal.
fn by_itself(record: &StoryRecord, out: &mut impl Write) -> io::Result<()> {
    let (action, reason) = (record.action.as_str(), record.reason.as_str());
    writeln!(out, "        {}  {action} ({reason})", minute(record.time))
}

fn of_match(story: &Story, matched: &StoryMatch, out: &mut impl Write) -> io::Result<()> {
    let said = match &matched.why {
        Why::Throttled { until } => format!("throttled until {}", minute(*until)),
        why => why.words(&story.lead_event_id).to_string(),
    };
    write!(out, "        {}  {}  — ", minute(matched.time), Plain(&said))?;
    if let Some(source) = &matched.source {
        write!(out, "{} ", Plain(source))?;
    }
    writeln!(out, "[{}]", Plain(&matched.event_id))
}

fn minute(time: Timestamp) -> impl std::fmt::Display {
    time.strftime("%Y-%m-%d %H:%M")
}

fn suppressed<'e>(events: impl Iterator<Item = &'e SuppressedEvent>, out: &mut impl Write) -> io::Result<()> {
    let mut events = events.peekable();
    if events.peek().is_some() {
        writeln!(out, "  matched, and not alerted")?;
    }
    events.try_for_each(|suppressed| {
        event(&suppressed.matched.event, out)?;
        suppressed.accounts.iter().try_for_each(|account| {
            writeln!(out, "        {}", Plain(&account.why.words(&account.lead_event_id).to_string()))
        })
    })
}
