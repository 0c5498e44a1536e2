//! One revision of the watchlists over the events, one after the other: what matched goes to its tally and on to the
//! story stage, what did not and came near is explained.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::commands::backtest::labels::Labelled;
use crate::commands::backtest::outcomes::Listed;
use crate::commands::backtest::sample::{NearMiss, Sample};
use crate::commands::backtest::tally::Tally;
use crate::commands::history::stories::StoryOrder;
use crate::commands::suppressed::MatchedEvent;
use crate::matching::engine::{Engine, Workspace};
use crate::message::alert::{Action, Alert};
use crate::message::event::Event;
use crate::message::matched::{Match, MatchMessage};
use crate::pipeline::decode::Decoder;
use crate::pipeline::match_stage::reference;
use crate::pipeline::processed::{Destination, Processed};
use crate::pipeline::record::Record;
use crate::settings::Settings;

/// Events explained in all, so that thousands of watchlists take no longer than a few.
const MOST_EXPLAINED: u64 = 20_000;

/// What the match stage made of one record.
pub(super) struct Evaluated {
    pub(super) processed: Processed,
    /// The watchlists, by number, that it came near.
    pub(super) touched: Vec<usize>,
}

/// Whose match it is, by the watchlist's number, and which.
struct Whose {
    watchlist: usize,
    matched: MatchedEvent,
}

/// One revision of the watchlists, and what comes of them.
pub(super) struct Side {
    pub(super) engine: Arc<Engine>,
    pub(super) tallies: Vec<Tally>,
    pub(super) labelled: Vec<Labelled>,
    numbers: HashMap<String, usize>,
    stories: StoryOrder<Whose>,
    decoder: Arc<Decoder>,
    /// For what is explained.
    workspace: Workspace,
    explained: u64,
}

impl Side {
    /// With at most so many examples of each kind for each watchlist.
    pub(super) fn new(
        engine: Arc<Engine>,
        decoder: Arc<Decoder>,
        settings: &Settings,
        samples: usize,
        listed: Listed,
    ) -> Self {
        let ids = engine.watchlists().iter().map(|watchlist| watchlist.id().to_owned());
        Self {
            tallies: engine.watchlists().iter().map(|_| Tally::new(samples, listed)).collect(),
            labelled: Vec::new(),
            numbers: ids.zip(0..).collect(),
            stories: StoryOrder::new(settings),
            workspace: engine.workspace(),
            engine,
            decoder,
            explained: 0,
        }
    }

    /// Takes what came of one record; gives its matches.
    pub(super) fn take(
        &mut self,
        record: &Record<'_>,
        at: Timestamp,
        evaluated: Evaluated,
        labelled: Option<&Labelled>,
    ) -> Vec<Match> {
        let Evaluated { processed, touched } = evaluated;
        let labelled = labelled.map(|labelled| labelled.with_matched(&processed.matched));
        let missed = labelled.as_ref().map_or_else(Vec::new, |event| self.missed(event));
        self.explain(record, &touched, &missed, &processed.matched);
        let mut matches = Vec::new();
        for produce in processed.produce.into_iter().filter(|produce| produce.to != Destination::DeadLetters) {
            let value = produce.payload.unwrap_or_default();
            let mut whose = None;
            if let Ok(MatchMessage::Match(matched)) = serde_json::from_slice(&value) {
                if let Some(number) = self.numbers.get(&matched.watchlist.id).copied() {
                    whose = Some(Whose { watchlist: number, matched: MatchedEvent::of(&matched) });
                    self.tallies[number].matched(at, &matched);
                    if labelled.as_ref().is_some_and(|event| !event.wants(&matched.watchlist.id)) {
                        self.tallies[number].wrong.offer(|| Sample::of(&matched));
                    }
                }
                matches.push(*matched);
            }
            if !self.stories.hold(at, whose, value) {
                self.tell();
            }
        }
        self.labelled.extend(labelled);
        matches
    }

    /// The watchlists, by number, that should have matched and did not.
    fn missed(&self, event: &Labelled) -> Vec<usize> {
        let missed = |id: &str| event.wants(id) && !event.matched.iter().any(|known| known == id);
        (0..self.tallies.len()).filter(|number| missed(self.id(*number))).collect()
    }

    /// Explains the event to those watchlists that it came near, as far as they want more examples.
    fn explain(&mut self, record: &Record<'_>, touched: &[usize], missed: &[usize], matched: &[String]) {
        if touched.is_empty() && missed.is_empty() {
            return;
        }
        let Ok(decoded) = self.decoder.decode(record) else { return };
        let event = &decoded.event;
        let near: Vec<usize> =
            touched.iter().copied().filter(|number| !matched.iter().any(|id| id == self.id(*number))).collect();
        for number in near {
            if self.explained < MOST_EXPLAINED {
                let (engine, workspace, explained) = (&self.engine, &mut self.workspace, &mut self.explained);
                self.tallies[number].near_misses.offer(|| {
                    *explained += 1;
                    near_miss(engine, number, event, record, workspace).filter(NearMiss::is_near)
                });
            }
        }
        for number in missed {
            let (engine, workspace) = (&self.engine, &mut self.workspace);
            self.tallies[*number].missed.offer(|| near_miss(engine, *number, event, record, workspace));
        }
    }

    /// Tells the story stage what is held for it.
    fn tell(&mut self) {
        let (tallies, numbers) = (&mut self.tallies, &self.numbers);
        self.stories.tell(|at, whose, processed| told(tallies, numbers, (at, whose), processed));
    }

    /// There is nothing more to come; the last event is of this time.
    pub(super) fn finish(&mut self, last: Timestamp) {
        self.tell();
        let (tallies, numbers) = (&mut self.tallies, &self.numbers);
        self.stories.finish(last, |at, whose, processed| told(tallies, numbers, (at, whose), processed));
    }

    /// In how many parts the matches were told, each in order of time.
    pub(super) fn parts(&self) -> u64 {
        self.stories.parts()
    }

    /// A watchlist's id by its number.
    pub(super) fn id(&self, number: usize) -> &str {
        self.engine.watchlists()[number].id()
    }
}

/// Takes down what the story stage made of a record.
fn told(
    tallies: &mut [Tally],
    numbers: &HashMap<String, usize>,
    (at, whose): (Timestamp, Option<Whose>),
    processed: &Processed,
) {
    let is_match = whose.is_some();
    if let Some(Whose { watchlist, matched }) = whose {
        tallies[watchlist].told(at, matched, processed);
    }
    let records = processed.produce.iter().filter(|produce| produce.to == Destination::Alerts);
    for (record, published) in records.zip(&processed.published) {
        let alert = serde_json::from_slice::<Alert>(record.payload.as_deref().unwrap_or_default());
        if let (Ok(alert), Some(number)) = (alert, numbers.get(&published.watchlist)) {
            let of_match = is_match && published.due.is_none() && alert.action != Action::Close;
            tallies[*number].alerted(published.due.unwrap_or(at), alert, of_match);
        }
    }
}

fn near_miss(
    engine: &Engine,
    number: usize,
    event: &Event<'_>,
    record: &Record<'_>,
    workspace: &mut Workspace,
) -> Option<NearMiss> {
    NearMiss::of(reference(event, record), engine.explain(number, event, workspace))
}
