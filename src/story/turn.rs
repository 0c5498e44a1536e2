//! One record's turn: timers, events, withdrawals, and room for new stories, put down to the memory.

use std::sync::Arc;

use jiff::Timestamp;
use smallvec::SmallVec;

use crate::message::alert::{Alert, Reason};
use crate::message::event::Status;
use crate::message::evidence::EventReference;
use crate::message::id::hex;
use crate::message::matched::{Match, MatchedWatchlist, Notice, WatchlistStatus};
use crate::story::group::{self, Beginning, Target};
use crate::story::known::{Story, Timing, event_key};
use crate::story::life::{self, Changed, Scene, Step};
use crate::story::memory::Memory;
use crate::story::outcome::{AlertAccount, StoryAccount, StoryOutput, Why};
use crate::story::{At, Limits};

/// Timers that one record runs at most, so that a leap of the watermark does not make one record lead to a hundred
/// thousand. The rest is run by the records that follow.
const MOST_TIMERS: usize = 2000;

pub(super) struct Turn<'a> {
    memory: &'a mut Memory,
    limits: Limits,
    at: At,
    /// The event's.
    time: Timestamp,
    alerts: Vec<Alert>,
    timers: Vec<Timestamp>,
    accounts: Vec<StoryAccount>,
    evicted: usize,
}

impl<'a> Turn<'a> {
    pub(super) fn new(memory: &'a mut Memory, limits: Limits, at: At, time: Timestamp) -> Self {
        let (alerts, timers, accounts) = (Vec::new(), Vec::new(), Vec::new());
        Self { memory, limits, at, time, alerts, timers, accounts, evicted: 0 }
    }

    pub(super) fn end(mut self) -> StoryOutput {
        while let Some(number) = self.memory.oldest_beyond(self.limits.stories) {
            self.evict(number);
        }
        StoryOutput::new(self.alerts, self.timers, self.accounts, self.evicted)
    }

    /// Runs what is due by the watermark, the earliest first.
    pub(super) fn run_timers(&mut self) {
        for _ in 0..MOST_TIMERS {
            let Some((due, number)) = self.memory.first_due() else { break };
            let (watchlist, timing) = self.rules(number);
            if self.memory.story(number).is_over(timing, due) {
                self.memory.forget(self.at.batch, number);
                continue;
            }
            let scene = Scene { watchlist: &watchlist, time: due, from: due, now: self.at.now };
            let alert = self.change(number, timing, |story| (scene.timer(story, timing), SmallVec::new()));
            self.timers.extend(alert.as_ref().map(|_| due));
            self.alerts.extend(alert);
        }
    }

    pub(super) fn take_match(&mut self, matched: &Match) {
        let event = event_key(&matched.event.id);
        self.renew_watchlist(&matched.watchlist);
        if matched.event.status != Status::Usable {
            let known = group::known(matched, event, self.memory);
            if known.is_empty() {
                self.accounts.push(account_of_none(matched, Why::Unusable));
            }
            known.iter().for_each(|number| self.withdraw(*number, event, &matched.event, Reason::Retracted));
            return;
        }
        let belonging = group::belonging(matched, event, self.memory, self.limits.similarity);
        for number in belonging.left {
            self.withdraw(number, event, &matched.event, Reason::Corrected);
        }
        for target in belonging.targets {
            self.take_event(target, event, matched);
        }
    }

    /// A match of the same version tells of a correction by itself, so a notice acts only where the event is not
    /// usable any more, or no longer matches.
    pub(super) fn take_notice(&mut self, notice: &Notice) {
        let event = event_key(&notice.event.id);
        for number in self.memory.of_event(event).collect::<SmallVec<[u32; 4]>>() {
            let story = self.memory.story(number);
            let version = story.member(event).map_or(0, |member| story.members[member].version);
            if notice.event.status != Status::Usable && notice.event.version >= version {
                self.withdraw(number, event, &notice.event, Reason::Retracted);
            } else if notice.event.version > version && !notice.watchlists.iter().any(|id| **id == *story.watchlist) {
                self.withdraw(number, event, &notice.event, Reason::Corrected);
            }
        }
    }

    /// The newest form of a watchlist, by the order of the records, is in force for all its stories.
    fn renew_watchlist(&mut self, watchlist: &MatchedWatchlist) {
        if let Some(known) = self.memory.watchlist(&watchlist.id) {
            let newest = without_queries(watchlist);
            if **known != newest {
                self.memory.set_watchlist(self.at.batch, newest);
            }
        }
    }

    /// A usable event in one of the stories that it belongs to.
    fn take_event(&mut self, target: Target, event: u128, matched: &Match) {
        let number = match target {
            Target::Known(number) => number,
            Target::New(beginning) => match life::stale(matched, self.time) {
                Some(why) => return self.accounts.push(account_of_none(matched, why)),
                None => self.begin(beginning, matched),
            },
        };
        let story = self.memory.story(number);
        let known = story.member(event).map(|member| (member, story.members[member]));
        let version = matched.event.version;
        match known {
            None => match life::stale(matched, self.time) {
                Some(why) => self.accounts.push(account(story, why)),
                None => self.step(number, |story, scene| scene.arrive(story, event, matched)),
            },
            Some((member, known)) if version > known.version => {
                let changed = SmallVec::from_slice(&[event]);
                self.step(number, |story, scene| (scene.correct(story, member, matched), changed));
            }
            Some((_, known)) if version < known.version || !known.usable => {
                self.accounts.push(account(story, Why::Superseded { version: known.version }));
            }
            Some(_) => self.step(number, |story, scene| (scene.repeat(story), SmallVec::new())),
        }
    }

    fn withdraw(&mut self, number: u32, event: u128, reference: &EventReference, reason: Reason) {
        let story = self.memory.story(number);
        let Some(member) = story.member(event) else { return };
        let version = story.members[member].version;
        if reference.version < version {
            return self.accounts.push(account(story, Why::Superseded { version }));
        }
        let changed = SmallVec::from_slice(&[event]);
        self.step(number, |story, scene| (scene.withdraw(story, member, reference, reason), changed));
    }

    /// What the record does to a story, and what came of it.
    fn step(&mut self, number: u32, step: impl FnOnce(&mut Story, &Scene<'_>) -> (Step, Changed)) {
        let (watchlist, timing) = self.rules(number);
        let from = self.time.max(self.memory.clock().watermark());
        let scene = Scene { watchlist: &watchlist, time: self.time, from, now: self.at.now };
        let (why, alert) = self.change(number, timing, |story| step(story, &scene));
        self.accounts.push(account(self.memory.story(number), why));
        self.alerts.extend(alert);
    }

    fn change<T>(&mut self, number: u32, timing: Timing, change: impl FnOnce(&mut Story) -> (T, Changed)) -> T {
        let offset = self.at.offset;
        self.memory.change(self.at.batch, number, |story| {
            let result = change(story);
            story.offset = offset;
            story.due = story.next_due(timing);
            result
        })
    }

    fn begin(&mut self, beginning: Beginning, matched: &Match) -> u32 {
        if self.memory.watchlist(&matched.watchlist.id).is_none() {
            self.memory.set_watchlist(self.at.batch, without_queries(&matched.watchlist));
        }
        let number = self.memory.new_number(self.at.batch);
        self.memory.begin(self.at.batch, beginning.story(number, matched, self.time));
        number
    }

    /// Forgets a story for want of room. Its alert, the quietest of its watchlist's, is closed first.
    fn evict(&mut self, number: u32) {
        let (watchlist, timing) = self.rules(number);
        if self.memory.story(number).is_open() {
            let from = self.memory.clock().watermark();
            let scene = Scene { watchlist: &watchlist, time: self.time, from, now: self.at.now };
            let alert = self.change(number, timing, |story| (scene.close(story), SmallVec::new()));
            self.alerts.push(alert);
        }
        self.memory.forget(self.at.batch, number);
        self.evicted += 1;
    }

    /// What a story lives by.
    fn rules(&self, number: u32) -> (Arc<MatchedWatchlist>, Timing) {
        let story = self.memory.story(number);
        let watchlist = self.memory.watchlist(&story.watchlist).expect("a story stands on its watchlist's shelf");
        let policy = &watchlist.alert;
        let timing = Timing {
            draft: watchlist.status == WatchlistStatus::Draft,
            repeat_after: policy.repeat_after,
            quiet_after: policy.quiet_after,
            window: self.limits.window,
            kept: self.limits.window.max(policy.threshold.within),
        };
        (Arc::clone(watchlist), timing)
    }
}

fn without_queries(watchlist: &MatchedWatchlist) -> MatchedWatchlist {
    MatchedWatchlist { queries: Vec::new(), ..watchlist.clone() }
}

fn account(story: &Story, why: Why) -> StoryAccount {
    StoryAccount {
        watchlist: story.watchlist.to_string(),
        story: Some(hex(story.id)),
        lead_event_id: story.lead_event.to_string(),
        alert: story.told.as_ref().map(|told| AlertAccount {
            id: hex(told.id),
            sequence: told.sequence,
            phase: told.phase,
        }),
        why,
    }
}

fn account_of_none(matched: &Match, why: Why) -> StoryAccount {
    StoryAccount {
        watchlist: matched.watchlist.id.clone(),
        story: None,
        lead_event_id: matched.event.id.clone(),
        alert: None,
        why,
    }
}
