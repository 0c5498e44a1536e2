//! A match stage and a story stage of one's own, which may have lived through events before: what comes of one more.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::commands::counted;
use crate::commands::explain::{ByWatchlist, Explained};
use crate::commands::history::input::{Files, Given};
use crate::commands::history::stories::StoryOrder;
use crate::commands::history::{Dating, UNDATED};
use crate::matching::engine::Engine;
use crate::message::event::Event;
use crate::pipeline::decode::Decoder;
use crate::pipeline::match_stage::{MatchStage, STAGE};
use crate::pipeline::processed::{Destination, Outcome, Processed, process_or_bury};
use crate::pipeline::reason::Rejection;
use crate::pipeline::record::Record;
use crate::settings::Settings;
use crate::story::StoryAccount;

pub(super) struct World {
    topic: String,
    decoder: Arc<Decoder>,
    engine: Arc<Engine>,
    matching: Box<MatchStage>,
    stories: StoryOrder<()>,
}

/// An event that is to be explained.
pub(super) struct Asked<'p> {
    pub(super) line: i64,
    payload: &'p [u8],
    /// When it comes in.
    at: Timestamp,
}

impl Asked<'_> {
    fn record<'a>(&'a self, topic: &'a str) -> Record<'a> {
        let (payload, timestamp) = (Some(self.payload), Some(self.at.as_millisecond()));
        Record { topic, offset: self.line, timestamp, payload, ..Record::default() }
    }
}

/// What was lived through.
#[derive(Default)]
pub(super) struct Past {
    events: u64,
    matched: u64,
    unusable: u64,
    /// Left out, for they happened later.
    later: u64,
}

impl fmt::Display for Past {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, of which {} matched", counted(self.events, "event"), self.matched)?;
        let rest = [(self.unusable, "could not be used"), (self.later, "happened later and do not count")];
        let mut rest = rest.into_iter().filter(|(count, _)| *count > 0);
        rest.try_for_each(|(count, what)| write!(formatter, "; {count} {what}"))
    }
}

impl World {
    pub(super) fn new(settings: &Settings, decoder: Arc<Decoder>, engine: Arc<Engine>) -> Self {
        Self {
            topic: settings.topics.events[0].clone(),
            matching: Box::new(MatchStage::new(Arc::clone(&decoder), Arc::clone(&engine))),
            stories: StoryOrder::new(settings),
            decoder,
            engine,
        }
    }

    /// Events with their times: the one that is given, else that at which they were published, else that of the event
    /// before, else now.
    pub(super) fn ask<'p>(&self, payloads: Vec<(i64, &'p [u8])>, at: Option<Timestamp>) -> Vec<Asked<'p>> {
        let mut dating = Dating::new();
        let asked = payloads.into_iter().map(|(line, payload)| {
            let record = Record { topic: &self.topic, payload: Some(payload), ..Record::default() };
            let decoded = self.decoder.decode(&record).ok();
            let (dated, _) = dating.date(&record, decoded.as_ref().map(|decoded| &decoded.event));
            let at = at.unwrap_or(if dated == UNDATED { Timestamp::now() } else { dated });
            Asked { line, payload, at }
        });
        asked.collect()
    }

    /// Lives through those events that happened before what is asked.
    pub(super) fn live_through(&mut self, mut files: Files, asked: &[Asked<'_>]) -> Past {
        let times = || asked.iter().map(|asked| asked.at);
        let (first, last) = (times().min(), times().max());
        let (mut past, mut dating) = (Past::default(), Dating::new());
        while let Some((_, given)) = files.next() {
            let Given::Record(fetched) = given else {
                past.unusable += 1;
                continue;
            };
            let record = fetched.record();
            let decoded = self.decoder.decode(&record).ok();
            let (at, _) = dating.date(&record, decoded.as_ref().map(|decoded| &decoded.event));
            if last.is_some_and(|last| at >= last) {
                past.later += 1;
                continue;
            }
            let processed = self.matching(&record, at);
            past.events += 1;
            past.matched += u64::from(processed.outcome == Outcome::Matched);
            past.unusable += u64::from(matches!(processed.outcome, Outcome::DeadLettered(_)));
            if !self.hold(processed, at) {
                self.stories.tell_before(first, |_, _, _| {});
            }
        }
        past
    }

    /// Explains one more event to these watchlists, by number.
    ///
    /// # Errors
    /// It cannot be decoded.
    pub(super) fn explain(&mut self, asked: &Asked<'_>, numbers: &[usize]) -> Result<Explained, Rejection> {
        let (topic, decoder) = (self.topic.clone(), Arc::clone(&self.decoder));
        let record = asked.record(&topic);
        let event = decoder.decode(&record)?.event;
        self.stories.tell_before(Some(asked.at), |_, _, _| {});
        let processed = self.matching(&record, asked.at);
        let given_up = matches!(processed.outcome, Outcome::DeadLettered(_));
        let dead_letter = processed.complaint.clone().filter(|_| given_up);
        let accounts = self.accounts(processed, asked.at);
        Ok(Explained {
            id: event.id.to_string(),
            title: event.title.to_string(),
            time: asked.at,
            dead_letter,
            watchlists: self.watchlists(&event, &accounts, numbers),
        })
    }

    fn watchlists(&self, event: &Event<'_>, accounts: &[StoryAccount], numbers: &[usize]) -> Vec<ByWatchlist> {
        let mut workspace = self.engine.workspace();
        let explained = numbers.iter().map(|number| {
            let explanation = self.engine.explain(*number, event, &mut workspace);
            let own = accounts.iter().filter(|account| account.watchlist == explanation.watchlist);
            ByWatchlist { accounts: own.cloned().collect(), explanation }
        });
        let mut explained: Vec<_> = explained.collect();
        explained.sort_by_key(|one| !one.explanation.matched);
        explained
    }

    /// What an event comes to, of each story once: what its notice finds after its match is no news.
    fn accounts(&mut self, processed: Processed, at: Timestamp) -> Vec<StoryAccount> {
        let messages = processed.produce.into_iter().filter(|produce| produce.to != Destination::DeadLetters);
        let mut accounts: Vec<StoryAccount> = Vec::new();
        for message in messages {
            let told = self.stories.process(at, &message.payload.unwrap_or_default());
            let is_known = |known: &StoryAccount, account: &StoryAccount| {
                (&known.watchlist, &known.story) == (&account.watchlist, &account.story)
            };
            for account in &told.accounts {
                if !accounts.iter().any(|known| is_known(known, account)) {
                    accounts.push(account.clone());
                }
            }
        }
        accounts
    }

    fn matching(&mut self, record: &Record<'_>, at: Timestamp) -> Processed {
        let record = Record { timestamp: Some(at.as_millisecond()), ..record.clone() };
        let (decoder, engine) = (&self.decoder, &self.engine);
        let make = || Box::new(MatchStage::new(Arc::clone(decoder), Arc::clone(engine)));
        process_or_bury(&mut self.matching, make, STAGE, &record, at)
    }

    /// Holds what the match stage made of a record for the story stage. Tells whether there is room for more.
    fn hold(&mut self, processed: Processed, at: Timestamp) -> bool {
        let mut room = true;
        for message in processed.produce.into_iter().filter(|produce| produce.to != Destination::DeadLetters) {
            room &= self.stories.hold(at, None, message.payload.unwrap_or_default());
        }
        room
    }
}
