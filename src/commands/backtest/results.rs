//! What a backtest found, in the form in which it is printed as JSON and from which the text is made.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::commands::backtest::labels::{Counts as LabelCounts, Judgement, Measured, Quality, judge, unknown};
use crate::commands::backtest::outcomes::Story;
use crate::commands::backtest::replay::{Difference, Replay};
use crate::commands::backtest::sample::{NearMiss, Sample};
use crate::commands::backtest::side::Side;
use crate::commands::backtest::tally::{DayCounts, Tally};
use crate::commands::history::input::BadInput;
use crate::commands::suppressed::SuppressedEvent;
use crate::message::alert::Action;
use crate::message::matched::WatchlistStatus;

/// Terms and entities told of for each watchlist.
const TOP_HITS: usize = 10;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    /// Records read: the sum of the outcomes.
    pub(super) events: u64,
    /// By outcome of the match stage.
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    /// The time of the first and of the last event; none where none has a time.
    pub(super) span: Option<Span>,
    /// Events that do not say when they were published: they have the time of the one before.
    pub(super) undated: u64,
    /// The matches went to the story stage in so many parts, each in order of time. One where all fitted into memory.
    pub(super) story_parts: u64,
    pub(super) dead_letters: Vec<DeadLetters>,
    pub(super) watchlists: Vec<WatchlistResults>,
    pub(super) totals: Totals,
    /// Labels that name no watchlist.
    pub(super) unknown_labels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) against: Option<Against>,
}

/// From when to when.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Span {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

/// The dead letters of one reason.
#[derive(Debug, Serialize)]
pub(super) struct DeadLetters {
    pub(super) reason: &'static str,
    pub(super) count: u64,
    pub(super) samples: Vec<BadInput>,
}

/// Over all watchlists.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    /// Pairs of event and watchlist.
    pub(super) matched: u64,
    /// Alerts that were opened.
    pub(super) alerts: u64,
    /// The micro-average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) labelled: Option<Measured<Quality>>,
}

/// One watchlist.
#[derive(Debug, Serialize)]
pub(super) struct WatchlistResults {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) status: WatchlistStatus,
    /// Events that matched, before stories merge them.
    pub(super) matched: u64,
    /// Alerts that were opened.
    pub(super) alerts: u64,
    /// Records that changed an alert after it was opened.
    pub(super) updates: u64,
    /// Alerts that were closed, for it had gone quiet.
    pub(super) closes: u64,
    /// Alerts that were taken back.
    pub(super) retractions: u64,
    /// Matches that led to no alert record, by reason.
    pub(super) suppressed: BTreeMap<&'static str, u64>,
    pub(super) days: Vec<Day>,
    pub(super) top_hits: Vec<TopHit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) labelled: Option<Measured<LabelCounts>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) false_positives: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) false_negatives: Option<Vec<String>>,
    /// Examples of the false positives.
    pub(super) wrong: Vec<Sample>,
    /// Examples of the false negatives.
    pub(super) missed: Vec<NearMiss>,
    pub(super) samples: Vec<Sample>,
    pub(super) near_misses: Vec<NearMiss>,
    /// Some stories or all, with their alert records and their copies.
    pub(super) stories: Vec<Story>,
    /// Some matches that led to no alert record or all, with the reason.
    pub(super) suppressed_events: Vec<SuppressedEvent>,
}

/// A day, in UTC.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Day {
    pub(super) day: Date,
    #[serde(flatten)]
    pub(super) counts: DayCounts,
}

/// What was found most often.
#[derive(Debug, Serialize)]
pub(super) struct TopHit {
    pub(super) term: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity: Option<String>,
    /// In how many events.
    pub(super) events: u64,
}

/// Another revision, beside the one in force.
#[derive(Debug, Serialize)]
pub(super) struct Against {
    pub(super) folder: String,
    pub(super) watchlists: Vec<Compared>,
    pub(super) here: Totals,
    pub(super) there: Totals,
}

/// One watchlist of both revisions.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    pub(super) id: String,
    /// None where that revision has no such watchlist.
    pub(super) here: Option<Figures>,
    pub(super) there: Option<Figures>,
    pub(super) only_here: OnlyOne,
    pub(super) only_there: OnlyOne,
}

/// A watchlist's figures in one revision.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    pub(super) matched: u64,
    pub(super) alerts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) labelled: Option<Measured<LabelCounts>>,
}

/// The events that only one revision matches.
#[derive(Debug, Default, Serialize)]
pub(super) struct OnlyOne {
    pub(super) events: u64,
    pub(super) samples: Vec<Sample>,
}

impl Results {
    /// From a run that has ended. `against` is the folder of the second side; at most so many near misses are told of;
    /// `ids` are all ids that a label may name.
    pub(super) fn of(replay: Replay, against: Option<String>, samples: usize, ids: &HashSet<&str>) -> Self {
        let Replay { counts, sides, differences, .. } = replay;
        let story_parts = sides.iter().map(Side::parts).max().unwrap_or_default();
        let unknown_labels = sides.first().map_or_else(Vec::new, |side| unknown(&side.labelled, ids));
        let unknown_labels = unknown_labels.into_iter().map(str::to_owned).collect();
        let mut sides = sides.into_iter().map(|side| side_results(side, samples));
        let (watchlists, totals) = sides.next().expect("there is the revision in force");
        let against = sides.next().zip(against).map(|((others, there), folder)| {
            let here = Totals { labelled: totals.labelled.clone(), ..totals };
            Against { folder, watchlists: compare(&watchlists, &others, differences), here, there }
        });
        let dead_letters = counts.dead_letters.into_iter();
        Self {
            events: counts.events,
            outcomes: counts.outcomes,
            span: counts.span.map(|(first, last)| Span { first, last }),
            undated: counts.undated,
            story_parts,
            dead_letters: dead_letters
                .map(|(reason, (count, samples))| DeadLetters { reason, count, samples })
                .collect(),
            watchlists,
            totals,
            unknown_labels,
            against,
        }
    }
}

fn side_results(side: Side, samples: usize) -> (Vec<WatchlistResults>, Totals) {
    let Side { engine, tallies, labelled, .. } = side;
    let ids = engine.watchlists().iter().map(|watchlist| watchlist.id());
    let (mut judgements, all) = judge(&labelled, ids);
    let compiled = engine.watchlists().iter().zip(tallies);
    let watchlists: Vec<WatchlistResults> = compiled
        .map(|(watchlist, tally)| {
            let definition = watchlist.definition();
            let head = (definition.id.clone(), definition.title.clone(), definition.status);
            watchlist_results(head, tally, judgements.remove(watchlist.id()), samples)
        })
        .collect();
    let sum = |of: fn(&WatchlistResults) -> u64| watchlists.iter().map(of).sum();
    let totals = Totals { matched: sum(|list| list.matched), alerts: sum(|list| list.alerts), labelled: all };
    (watchlists, totals)
}

fn watchlist_results(
    (id, title, status): (String, String, WatchlistStatus),
    tally: Tally,
    judgement: Option<Judgement>,
    samples: usize,
) -> WatchlistResults {
    let [alerts, updates, closes, retractions] = Action::ALL.map(|action| tally.alerts(action));
    let mut near_misses: Vec<NearMiss> = tally.near_misses.into_kept().into_iter().flatten().collect();
    near_misses.sort_by_key(|near| usize::MAX - near.found);
    near_misses.truncate(samples);
    let mut top_hits: Vec<TopHit> =
        tally.hits.into_iter().map(|((term, entity), events)| TopHit { term, entity, events }).collect();
    top_hits.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.term.cmp(&b.term)));
    top_hits.truncate(TOP_HITS);
    let (labelled, false_positives, false_negatives) = match judgement {
        Some(Judgement { measured, false_positives, false_negatives }) => {
            (Some(measured), Some(false_positives), Some(false_negatives))
        }
        None => (None, None, None),
    };
    let (stories, suppressed_events) = tally.outcomes.into_listed();
    let ids = |list: &Option<Vec<String>>| list.iter().flatten().cloned().collect::<HashSet<String>>();
    let (wrong, missed) = (ids(&false_positives), ids(&false_negatives));
    WatchlistResults {
        id,
        title,
        status,
        matched: tally.matched,
        alerts,
        updates,
        closes,
        retractions,
        suppressed: tally.suppressed,
        days: tally.days.into_iter().map(|(day, counts)| Day { day, counts }).collect(),
        top_hits,
        labelled,
        false_positives,
        false_negatives,
        wrong: tally.wrong.into_chosen().into_iter().filter(|sample| wrong.contains(&sample.event.id)).collect(),
        missed: tally
            .missed
            .into_chosen()
            .into_iter()
            .flatten()
            .filter(|miss| missed.contains(&miss.event.id))
            .collect(),
        samples: tally.samples.into_chosen(),
        near_misses,
        stories,
        suppressed_events,
    }
}

fn compare(
    here: &[WatchlistResults],
    there: &[WatchlistResults],
    mut differences: BTreeMap<String, Vec<Difference>>,
) -> Vec<Compared> {
    let figures = |list: &[WatchlistResults], id: &str| {
        let found = list.iter().find(|watchlist| watchlist.id == id)?;
        Some(Figures { matched: found.matched, alerts: found.alerts, labelled: found.labelled.clone() })
    };
    let new = there.iter().filter(|watchlist| !here.iter().any(|other| other.id == watchlist.id));
    let all = here.iter().chain(new);
    all.map(|watchlist| {
        let id = watchlist.id.clone();
        let mut only = differences
            .remove(&id)
            .unwrap_or_default()
            .into_iter()
            .map(|difference| OnlyOne { events: difference.count, samples: difference.samples.into_chosen() });
        Compared {
            here: figures(here, &id),
            there: figures(there, &id),
            only_here: only.next().unwrap_or_default(),
            only_there: only.next().unwrap_or_default(),
            id,
        }
    })
    .collect()
}
