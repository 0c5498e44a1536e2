//! The life of a story's alert: what an event, a correction, a withdrawal or a timer leads to.
//!
//! # What is told
//!
//! - **Opening.** An event that its story has not known opens the alert as soon as the watchlist's `threshold` is
//!   reached (`first_match` where it is one event, else `threshold_reached`). How many there are within the time is
//!   told by the times of the events, in whatever order they come.
//! - **Updates, at most every `repeat_after`.** Such an event in a story whose alert is open is news where its
//!   source (`new_source`) or one of its entities (`new_entity`) is new to the story, else it is a copy. At
//!   `repeat_after` since the alert's last record or later it is told, a copy as `repeat`. Sooner, news is held back,
//!   counted as throttled, and told by a timer at the end of `repeat_after`; a copy is counted as a duplicate and
//!   sets no timer: copies alone are told when one more comes later on. The same version of an event again is a
//!   duplicate always. Every record carries the counts since the one before.
//! - **Severity.** Where an event brings the story to `escalate`, the alert's severity rises, at once. It
//!   never falls while the alert lives. An edited watchlist's higher severity shows on the next record; it sends none.
//! - **Corrections**, at once: a higher version of a known event is told (`corrected`), and brings a retracted alert
//!   back. It opens no alert that was not told before, unless the threshold is reached.
//! - **Withdrawals**, at once: an event that is withheld or canceled (`retracted`), or whose higher version
//!   does not match any more (`corrected`), counts no longer. Where no other event of the story is left the
//!   alert is retracted; where some still stand it is an update that counts down.
//! - **Closing.** No new event, correction or withdrawal for `quiet_after` closes the alert (`quiet`). It is still
//!   put right by corrections and withdrawals, and stays closed. An event that the story has not known, while the
//!   story is remembered, counts towards the threshold anew and opens another alert, with an id of its own.
//! - **Forgetting.** A story without an open alert is forgotten when it was untouched for the window. An event of it
//!   that comes again after that is told anew, under the ids that it had, from 1: who knows them has seen it.
//! - **Drafts** count, and tell nothing: an active watchlist's next event opens the alert then. Of a watchlist that
//!   became a draft, open alerts close when they are quiet, and are retracted where all is withdrawn.
//! - **Stale** events are not taken in.
//!
//! `spike` is a reason that is reserved: nothing is sent for it.

use jiff::{SignedDuration, Timestamp};
use smallvec::SmallVec;

use crate::message::alert::{Action, Alert, Reason, Suppressed};
use crate::message::evidence::{EventReference, Severity};
use crate::message::id::{digest, hex};
use crate::message::matched::{Match, MatchedWatchlist, WatchlistStatus};
use crate::message::policy::{Count, GroupBy, Threshold};
use crate::story::compose::{self, Telling};
use crate::story::known::{Phase, Story, Timing, Told, after};
use crate::story::outcome::Why;

/// What a story lives by while one record is applied.
pub(super) struct Scene<'a> {
    pub(super) watchlist: &'a MatchedWatchlist,
    /// The event's.
    pub(super) time: Timestamp,
    /// Not before the watermark: what throttles and timers run from.
    pub(super) from: Timestamp,
    /// Written on the alert.
    pub(super) now: Timestamp,
}

/// The events of a story that came, changed or went.
pub(super) type Changed = SmallVec<[u128; 2]>;

/// What it came to, and the record to write.
pub(super) type Step = (Why, Option<Alert>);

/// Why an event that its story has not known is too old for the watchlist, if it is. An event that does not say
/// when it was published is not.
pub(super) fn stale(matched: &Match, time: Timestamp) -> Option<Why> {
    let (max_age, published_at) = (matched.watchlist.alert.max_age?, matched.times.published_at?);
    let age = time.duration_since(published_at);
    (age > SignedDuration::try_from(max_age).ok()?).then_some(Why::Stale { age, max_age })
}

impl Scene<'_> {
    fn is_draft(&self) -> bool {
        self.watchlist.status == WatchlistStatus::Draft
    }

    /// An event that the story has not known; gives the members that came and went with it.
    pub(super) fn arrive(&self, story: &mut Story, event: u128, matched: &Match) -> (Step, Changed) {
        let (news, forgotten) = story.add(event, matched, self.time);
        self.touch(story);
        (self.tell_news(story, news.reason(), matched), [Some(event), forgotten].into_iter().flatten().collect())
    }

    fn tell_news(&self, story: &mut Story, reason: Reason, matched: &Match) -> Step {
        if self.is_draft() {
            return (Why::Draft, None);
        }
        if !story.is_open() {
            return self.open(story, matched);
        }
        if let Some(severity) = self.raised(story) {
            return self.raise(story, severity, matched);
        }
        let told = story.told.as_mut().expect("an open alert was told");
        let until = after(told.told_at, self.watchlist.alert.repeat_after);
        let strongest = told.held_back.map_or(reason, |held_back| strongest(held_back, reason));
        if self.from >= until {
            return self.tell(story, (Action::Update, strongest), Telling::of_match(matched));
        }
        told.suppressed.since.get_or_insert(self.time);
        if reason == Reason::Repeat {
            told.suppressed.duplicates += 1;
            return (Why::Duplicate { same: story.group_by }, None);
        }
        told.suppressed.throttled += 1;
        told.held_back = Some(strongest);
        (Why::Throttled { until }, None)
    }

    /// A higher version of a member.
    pub(super) fn correct(&self, story: &mut Story, member: usize, matched: &Match) -> Step {
        story.correct(member, matched);
        self.touch(story);
        if self.is_draft() {
            return (Why::Draft, None);
        }
        if let Some(severity) = self.raised(story) {
            return self.raise(story, severity, matched);
        }
        match &mut story.told {
            Some(told) => {
                if told.phase == Phase::Retracted {
                    told.phase = Phase::Open;
                }
                self.tell(story, (Action::Update, Reason::Corrected), Telling::of_match(matched))
            }
            None => self.open(story, matched),
        }
    }

    /// The same version of a member once more.
    pub(super) fn repeat(&self, story: &mut Story) -> Step {
        if let Some(told) = &mut story.told {
            told.suppressed.duplicates += 1;
            told.suppressed.since.get_or_insert(self.time);
        }
        (Why::Duplicate { same: GroupBy::Event }, None)
    }

    /// A member that is not to be used any more, or does not match any more.
    pub(super) fn withdraw(&self, story: &mut Story, member: usize, event: &EventReference, reason: Reason) -> Step {
        let before = story.events;
        story.withdraw(member, event.version);
        if story.events == before {
            return (Why::Unusable, None);
        }
        self.touch(story);
        let left = story.events > 0;
        let Some(told) = story.told.as_mut().filter(|told| told.phase != Phase::Retracted) else {
            return (Why::Unusable, None);
        };
        if left && self.is_draft() {
            return (Why::Draft, None);
        }
        let action = if left { Action::Update } else { Action::Retract };
        if !left {
            told.phase = Phase::Retracted;
            story.counted_from = story.arrivals;
        }
        let telling = Telling::of_withdrawal(story, event, self.time);
        self.tell(story, (action, reason), telling)
    }

    /// What a timer does that is due: one thing a time, in the order of an alert's life.
    pub(super) fn timer(&self, story: &mut Story, timing: Timing) -> Option<Alert> {
        let open = story.told.as_mut().filter(|told| told.phase == Phase::Open);
        if let Some(told) = open {
            let update =
                told.held_back.filter(|_| !timing.draft && after(told.told_at, timing.repeat_after) <= self.from);
            if let Some(reason) = update {
                let telling = Telling::of_last(story);
                return Some(self.record(story, (Action::Update, reason), telling));
            }
            if after(story.touched, timing.quiet_after) <= self.from {
                return Some(self.close(story));
            }
        }
        if after(story.touched, timing.window) <= self.from {
            story.findable = false;
        }
        None
    }

    /// An open alert of which there is no more news.
    pub(super) fn close(&self, story: &mut Story) -> Alert {
        story.told.as_mut().expect("an open alert was told").phase = Phase::Closed;
        story.counted_from = story.arrivals;
        let telling = Telling::of_last(story);
        self.record(story, (Action::Close, Reason::Quiet), telling)
    }

    fn touch(&self, story: &mut Story) {
        story.last_seen = story.last_seen.max(self.time);
        story.touched = story.touched.max(self.from);
        story.findable = !story.sketch.is_empty();
    }

    fn open(&self, story: &mut Story, matched: &Match) -> Step {
        let threshold = self.watchlist.alert.threshold;
        if !story.reaches(threshold, self.time) {
            return (Why::BelowThreshold { counted: story.counted(threshold, self.time), threshold }, None);
        }
        let id = digest(&[&story.watchlist, &hex(story.id), &matched.event.id]);
        // An event that was forgotten and comes again may have opened the story's last alert.
        let sequence = story.told.as_ref().filter(|told| told.id == id).map_or(0, |told| told.sequence);
        story.told = Some(Told {
            id,
            sequence,
            phase: Phase::Open,
            severity: self.watchlist.severity,
            told_at: self.from,
            held_back: None,
            suppressed: Suppressed::default(),
        });
        if let (Some(severity), Some(told)) = (self.raised(story), &mut story.told) {
            told.severity = severity;
        }
        let reason = if is_one(threshold) { Reason::FirstMatch } else { Reason::ThresholdReached };
        self.tell(story, (Action::Open, reason), Telling::of_match(matched))
    }

    /// The severity that `escalate` raises an open alert to, where it does.
    fn raised(&self, story: &Story) -> Option<Severity> {
        let escalate = self.watchlist.alert.escalate?;
        let told = story.told.as_ref().filter(|told| told.phase == Phase::Open)?;
        let rises = escalate.severity > told.severity.max(self.watchlist.severity);
        (rises && story.reaches(escalate.threshold, self.time)).then_some(escalate.severity)
    }

    fn raise(&self, story: &mut Story, severity: Severity, matched: &Match) -> Step {
        story.told.as_mut().expect("an open alert was told").severity = severity;
        self.tell(story, (Action::Update, Reason::SeverityRaised), Telling::of_match(matched))
    }

    fn tell(&self, story: &mut Story, step: (Action, Reason), telling: Telling<'_>) -> Step {
        let (action, reason) = step;
        (Why::Told { action, reason }, Some(self.record(story, step, telling)))
    }

    /// The alert's next record. It carries all that was held back.
    fn record(&self, story: &mut Story, step: (Action, Reason), telling: Telling<'_>) -> Alert {
        let told = story.told.as_mut().expect("who tells has an alert");
        told.sequence += 1;
        told.severity = told.severity.max(self.watchlist.severity);
        told.told_at = told.told_at.max(self.from);
        told.held_back = None;
        let suppressed = std::mem::take(&mut told.suppressed);
        compose::alert(story, self.watchlist, telling, step, suppressed, self.now)
    }
}

fn is_one(threshold: Threshold) -> bool {
    matches!(threshold.count, Count::Events(1) | Count::Sources(1))
}

/// A source before an entity before copies.
fn strongest(one: Reason, other: Reason) -> Reason {
    [Reason::NewSource, Reason::NewEntity].into_iter().find(|reason| [one, other].contains(reason)).unwrap_or(other)
}
