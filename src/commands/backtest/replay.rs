//! The run: pieces of input through the match stage on all cores, and what comes of them, in order, to each side.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::parallel;
use crate::commands::backtest::labels::Labelled;
use crate::commands::backtest::sample::Sample;
use crate::commands::backtest::side::{Evaluated, Side};
use crate::commands::backtest::spread::Spread;
use crate::commands::history::input::{BadInput, Given, Piece};
use crate::commands::history::{Dating, UNDATED};
use crate::matching::engine::Engine;
use crate::message::matched::Match;
use crate::pipeline::decode::Decoder;
use crate::pipeline::match_stage::{MatchStage, STAGE};
use crate::pipeline::processed::{Outcome, Processed, process_or_bury};
use crate::pipeline::record::Record;

/// A batch goes to a worker when it has so many records,
const BATCH_RECORDS: usize = 64;
/// or so many bytes.
const BATCH_BYTES: usize = 512 << 10;
/// Examples of dead letters kept for each reason, where no more are asked for.
const DEAD_LETTERS_SHOWN: usize = 3;

/// What was counted over all events.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) events: u64,
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    /// The first and the last time of an event.
    pub(super) span: Option<(Timestamp, Timestamp)>,
    /// Events that do not say when they were published.
    pub(super) undated: u64,
    pub(super) dead_letters: BTreeMap<&'static str, (u64, Vec<BadInput>)>,
}

/// The events of one watchlist that one revision matches and the other does not.
pub(super) struct Difference {
    pub(super) count: u64,
    pub(super) samples: Spread<Sample>,
}

/// A run over events.
pub(super) struct Replay {
    pub(super) counts: Counts,
    /// The revision in force; then the one it is held against.
    pub(super) sides: Vec<Side>,
    /// By watchlist: events that only the one side matches, of each side.
    pub(super) differences: BTreeMap<String, Vec<Difference>>,
    decoder: Arc<Decoder>,
    samples: usize,
    /// Whether records are lines of files.
    files: bool,
}

/// A piece of input on its way.
struct Entry {
    given: Given,
    at: Timestamp,
    dated: bool,
    labelled: Option<Labelled>,
}

impl Entry {
    /// The record with the event's time; none where it is none.
    fn record(&self) -> Option<Record<'_>> {
        match &self.given {
            Given::Record(fetched) => Some(Record { timestamp: Some(self.at.as_millisecond()), ..fetched.record() }),
            Given::Bad(_) => None,
        }
    }
}

impl Replay {
    pub(super) fn new(sides: Vec<Side>, decoder: Arc<Decoder>, samples: usize, files: bool) -> Self {
        Self { counts: Counts::default(), sides, differences: BTreeMap::new(), decoder, samples, files }
    }

    /// Takes all pieces.
    pub(super) fn run(&mut self, next: impl FnMut() -> Option<Piece>) {
        let feed = Feed { next, decoder: Arc::clone(&self.decoder), dating: Dating::new() };
        let engines: Vec<Arc<Engine>> = self.sides.iter().map(|side| Arc::clone(&side.engine)).collect();
        let (decoder, near) = (Arc::clone(&self.decoder), self.samples > 0);
        let stage = |engine: &Arc<Engine>| Box::new(MatchStage::new(Arc::clone(&decoder), Arc::clone(engine)));
        let worker = || {
            let mut stages: Vec<Box<MatchStage>> = engines.iter().map(stage).collect();
            let (engines, stage) = (&engines, &stage);
            move |batch: Vec<Entry>| -> Vec<(Vec<Evaluated>, Entry)> {
                let mut evaluated = |entry: &Entry| -> Vec<Evaluated> {
                    let Some(record) = entry.record() else { return Vec::new() };
                    let sides = stages.iter_mut().zip(engines);
                    sides.map(|(work, engine)| evaluate(work, || stage(engine), &record, entry.at, near)).collect()
                };
                batch.into_iter().map(|entry| (evaluated(&entry), entry)).collect()
            }
        };
        parallel::in_order(parallel::cores(), feed, worker, |batch| {
            batch.into_iter().for_each(|(evaluated, entry)| self.take(&entry, evaluated));
        });
        let last = self.counts.span.map_or(UNDATED, |(_, last)| last);
        self.sides.iter_mut().for_each(|side| side.finish(last));
    }

    fn take(&mut self, entry: &Entry, evaluated: Vec<Evaluated>) {
        self.counts.events += 1;
        let record = match (&entry.given, entry.record()) {
            (Given::Bad(bad), _) => return self.dead_letter(bad.clone()),
            (_, None) => return,
            (_, Some(record)) => record,
        };
        if let Some(Evaluated { processed, .. }) = evaluated.first() {
            self.note(entry, &record, processed);
        }
        let labels = entry.labelled.as_ref();
        let sides = self.sides.iter_mut().zip(evaluated);
        let matches: Vec<Vec<Match>> =
            sides.map(|(side, evaluated)| side.take(&record, entry.at, evaluated, labels)).collect();
        if let [here, there] = &matches[..] {
            self.compare([here, there]);
        }
    }

    /// Counts a record's outcome, which is the first side's.
    fn note(&mut self, entry: &Entry, record: &Record<'_>, processed: &Processed) {
        if let Outcome::DeadLettered(reason) = processed.outcome {
            let Record { topic, partition, offset, .. } = record;
            let place = if self.files { format!("{topic}:{offset}") } else { format!("{topic}/{partition}/{offset}") };
            let message = processed.complaint.clone().unwrap_or_default();
            return self.dead_letter(BadInput { reason: reason.as_str(), place, message });
        }
        *self.counts.outcomes.entry(processed.outcome.as_str()).or_default() += 1;
        self.counts.undated += u64::from(!entry.dated);
        if entry.at != UNDATED {
            let (first, last) = self.counts.span.get_or_insert((entry.at, entry.at));
            (*first, *last) = (entry.at.min(*first), entry.at.max(*last));
        }
    }

    fn compare(&mut self, matches: [&[Match]; 2]) {
        for (number, (these, others)) in [(matches[0], matches[1]), (matches[1], matches[0])].into_iter().enumerate() {
            for matched in these {
                let id = &matched.watchlist.id;
                if !others.iter().any(|other| other.watchlist.id == *id) {
                    let fresh = || Difference { count: 0, samples: Spread::new(self.samples) };
                    let both = self.differences.entry(id.clone()).or_insert_with(|| vec![fresh(), fresh()]);
                    both[number].count += 1;
                    both[number].samples.offer(|| Sample::of(matched));
                }
            }
        }
    }

    fn dead_letter(&mut self, bad: BadInput) {
        let most = self.samples.max(DEAD_LETTERS_SHOWN);
        *self.counts.outcomes.entry("dead_lettered").or_default() += 1;
        let (count, shown) = self.counts.dead_letters.entry(bad.reason).or_default();
        *count += 1;
        if shown.len() < most {
            shown.push(bad);
        }
    }
}

fn evaluate(
    stage: &mut Box<MatchStage>,
    make: impl Fn() -> Box<MatchStage>,
    record: &Record<'_>,
    at: Timestamp,
    near: bool,
) -> Evaluated {
    let processed = process_or_bury(stage, make, STAGE, record, at);
    let decoded = !matches!(processed.outcome, Outcome::DeadLettered(_));
    let touched = if near && decoded { stage.touched() } else { Vec::new() };
    Evaluated { processed, touched }
}

/// Pieces of input to batches of entries with their time and labels.
struct Feed<F> {
    next: F,
    decoder: Arc<Decoder>,
    dating: Dating,
}

impl<F: FnMut() -> Option<Piece>> Feed<F> {
    fn entry(&mut self, (input, given): Piece) -> Entry {
        let Given::Record(fetched) = &given else {
            return Entry { given, at: UNDATED, dated: false, labelled: None };
        };
        let record = fetched.record();
        let decoded = self.decoder.decode(&record).ok();
        let (at, dated) = self.dating.date(&record, decoded.as_ref().map(|decoded| &decoded.event));
        let mut labelled = Labelled::read(record.payload.unwrap_or_default(), input);
        if let (Some(labelled), Some(decoded)) = (&mut labelled, decoded) {
            labelled.id = decoded.event.id.into_owned();
        }
        Entry { given, at, dated, labelled }
    }
}

impl<F: FnMut() -> Option<Piece>> Iterator for Feed<F> {
    type Item = Vec<Entry>;

    fn next(&mut self) -> Option<Vec<Entry>> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH_RECORDS && bytes < BATCH_BYTES {
            let Some(piece) = (self.next)() else { break };
            if let Given::Record(fetched) = &piece.1 {
                bytes += fetched.size();
            }
            batch.push(self.entry(piece));
        }
        (!batch.is_empty()).then_some(batch)
    }
}
