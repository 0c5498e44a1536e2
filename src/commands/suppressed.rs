//! Matches that led to no alert record, each with the reason.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::commands::alert_text::Plain;
use crate::message::evidence::EventReference;
use crate::message::matched::Match;
use crate::story::StoryAccount;

/// A match as it is told of: which event, and by which queries.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MatchedEvent {
    pub(crate) event: EventReference,
    pub(crate) queries: Vec<String>,
}

impl MatchedEvent {
    pub(crate) fn of(matched: &Match) -> Self {
        Self { event: matched.event.clone(), queries: matched.watchlist.queries.clone() }
    }
}

/// A match that led to no alert record when it came.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SuppressedEvent {
    #[serde(flatten)]
    pub(crate) matched: MatchedEvent,
    pub(crate) time: Timestamp,
    /// One for each story that it concerns.
    pub(crate) accounts: Vec<StoryAccount>,
}

impl SuppressedEvent {
    /// The id of the watchlist that matched.
    pub(crate) fn watchlist(&self) -> &str {
        self.accounts.first().map_or("", |account| &account.watchlist)
    }
}

/// For people: when, for which watchlist, which event, and why.
impl fmt::Display for SuppressedEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = &self.matched.event;
        writeln!(formatter, "{:<8}  {}  {}", "-", self.time.strftime("%Y-%m-%d %H:%M UTC"), self.watchlist())?;
        let title = event.title.as_deref().unwrap_or(&event.id);
        let from: Vec<&str> = [&event.source, &event.lang].into_iter().filter_map(|known| known.as_deref()).collect();
        writeln!(formatter, "    {}  — {} [{}]", Plain(title), Plain(&from.join(", ")), Plain(&event.id))?;
        self.accounts.iter().try_for_each(|account| writeln!(formatter, "    {}", Plain(&account.to_string())))
    }
}
