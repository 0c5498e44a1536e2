//! The thread that owns the transaction: takes batches in their order, produces what came of their
//! records, and commits results and offsets together.
//!
//! After an end that is not known no transaction is begun on the same producer: a new one with the same
//! transactional id settles the old one's, and the records are read again.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select};
use rdkafka::consumer::{CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use crate::kafka::advice;
use crate::kafka::stage::StageError;
use crate::kafka::stage::batch::{Batch, Chunk, Ended, How, Order, Positions, Report, offsets};
use crate::kafka::stage::client::Rarely;
use crate::kafka::stage::consumer::StageConsumer;
use crate::kafka::stage::fetched::{Fetched, Place};
use crate::kafka::stage::observe::{Condition, Done, Observe, StageEvent, TransactionEnd};
use crate::kafka::stage::oversize::Oversize;
use crate::kafka::stage::producer::{CALL_TIMEOUT, StageProducer};
use crate::kafka::stage::restoration::Restoration;
use crate::kafka::stage::restorer::Part;
use crate::kafka::stage::stop::Stop;
use crate::kafka::stage::worker::{MakeWork, timed};
use crate::pipeline::dead_letter::BadRecordLimits;
use crate::pipeline::processed::{Outcome, Processed, Produce, Work};
use crate::settings::{DeliveryMode, Settings};

/// Fenced twice within this time: somebody else uses our transactional id.
const FENCED_TWICE: Duration = Duration::from_secs(60);
/// How often a call that may be repeated is.
const ATTEMPTS: u32 = 3;

/// The thread's state.
pub struct Transactor {
    pub(crate) stage: &'static str,
    pub(crate) settings: Arc<Settings>,
    pub(crate) orders: Receiver<Order>,
    pub(crate) reports: Sender<Report>,
    /// To the thread that reads state back, and what it has read.
    pub(crate) restorations: Sender<Arc<Restoration>>,
    pub(crate) parts: Receiver<Part>,
    pub(crate) epoch: Arc<AtomicU64>,
    pub(crate) consumer: Arc<StageConsumer>,
    /// Where records are to be processed one after the other.
    pub(crate) work: Option<Box<dyn Work>>,
    pub(crate) make: MakeWork,
    /// Records over which it panicked, until they are committed.
    pub(crate) poisonous: BTreeSet<Place>,
    pub(crate) limits: BadRecordLimits,
    pub(crate) observer: Arc<dyn Observe>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) producer: Option<StageProducer>,
    pub(crate) fenced: Option<Instant>,
    pub(crate) said: Rarely,
    /// The last batch failed by something that a person has to mend.
    pub(crate) troubled: bool,
    pub(crate) oversize: Oversize,
}

/// Why a batch was not committed, and what is left to do.
enum Failure {
    /// The transaction can be aborted.
    Abort(KafkaError),
    /// The producer cannot be used any more, or the end is not known.
    Remake(KafkaError),
    /// Likewise, and it may be committed all the same.
    Unknown(KafkaError),
    /// Its assignment is gone.
    Stale,
    /// What the stage works with panicked and was made anew: it knows nothing.
    Panicked,
    /// Only a person can help.
    Tripped(String),
}

impl Transactor {
    /// Runs until the thread that polls hangs up, or stopping takes too long.
    ///
    /// # Errors
    /// Another instance with the same transactional id.
    pub fn run(mut self) -> Result<(), StageError> {
        self.ready_producer()?;
        loop {
            let report = select! {
                recv(self.orders) -> order => match order {
                    Ok(order) => self.obey(order)?,
                    Err(_) => return Ok(()),
                },
                recv(self.parts) -> part => match part {
                    Ok(part) => self.take_in(part),
                    // There is no state here, or its thread's end stops the daemon.
                    Err(_) => {
                        self.parts = never();
                        None
                    }
                },
            };
            if let Some(open) = self.work.as_ref().and_then(|work| work.open()) {
                self.observer.observe(StageEvent::Open(open));
            }
            // Whoever polls waits for nothing more when it has hung up.
            report.map(|report| self.reports.send(report));
        }
    }

    fn obey(&mut self, order: Order) -> Result<Option<Report>, StageError> {
        match order {
            Order::Release(partitions) => {
                if let Some(work) = &mut self.work {
                    partitions.into_iter().for_each(|partition| work.release(partition));
                }
            }
            Order::Restore(restoration) => {
                if let Some(work) = &mut self.work {
                    work.release(restoration.partition);
                }
                // Its end stops the daemon.
                let _ = self.restorations.send(restoration);
            }
            Order::End(batch) => {
                let bytes = batch.bytes;
                let how = self.end(*batch)?;
                return Ok(Some(Report::Ended(Ended { bytes, how })));
            }
        }
        Ok(None)
    }

    /// Takes in what was read of a partition's state, unless it was given up meanwhile.
    fn take_in(&mut self, Part { of, records, last }: Part) -> Option<Report> {
        let work = self.work.as_mut().filter(|_| !of.is_cancelled())?;
        let mut taken = records.iter().try_for_each(|(key, value)| work.restore(of.partition, key, value.as_deref()));
        if last && taken.is_ok() {
            taken = work.restored(of.partition);
        }
        match taken {
            Ok(()) => last.then_some(Report::Restored(of)),
            Err(unreadable) => {
                of.cancel();
                work.release(of.partition);
                let why = format!("partition {} stands still, its stories are kept: {unreadable}", of.partition);
                tracing::error!(stage = self.stage, "{why}");
                Some(Report::Unreadable(of, why))
            }
        }
    }

    fn end(&mut self, batch: Batch) -> Result<How, StageError> {
        let start = Instant::now();
        let Batch { epoch, chunks, positions, produce, group, .. } = batch;
        let mut begun = false;
        let outcome = self.collect(epoch, chunks).and_then(|mut done| {
            let produce = produce.into_iter().chain(done.iter_mut().flat_map(take_produce));
            self.attempt(epoch, &positions, group.as_ref(), produce, &mut begun)?;
            Ok(done)
        });
        let failure = match outcome {
            Ok(done) => {
                if let Some(work) = &mut self.work {
                    work.commit();
                }
                self.oversize.passed();
                self.poisonous.retain(|(topic, partition, offset)| {
                    positions.get(&(Arc::clone(topic), *partition)).is_none_or(|next| next <= offset)
                });
                if std::mem::take(&mut self.troubled) {
                    self.observer.observe(StageEvent::Producer(Condition::Ready));
                    self.said.clear();
                }
                self.log_dead_letters(&done);
                self.observer.observe(StageEvent::Done(&done));
                self.observer.observe(StageEvent::Ended(TransactionEnd::Committed, start.elapsed()));
                return Ok(How::Committed(positions));
            }
            Err(failure) => failure,
        };
        // What was closed after this batch under the same epoch must not overtake it.
        self.epoch.fetch_max(epoch + 1, Ordering::AcqRel);
        if let Some(work) = &mut self.work {
            work.rollback();
        }
        if begun {
            self.observer.observe(StageEvent::Ended(TransactionEnd::Aborted, start.elapsed()));
        }
        let how = match failure {
            Failure::Tripped(_) => How::Tripped,
            Failure::Unknown(_) | Failure::Panicked => How::Doubtful,
            _ => How::Aborted,
        };
        self.settle(failure, begun)?;
        Ok(how)
    }

    /// The batch's results, in the order of its records.
    fn collect(&mut self, epoch: u64, chunks: Vec<Chunk>) -> Result<Vec<Done>, Failure> {
        let mut done = Vec::new();
        for chunk in chunks {
            if self.stale(epoch) {
                return Err(Failure::Stale);
            }
            match chunk {
                // A worker that is gone has stopped the daemon already.
                Chunk::Pending(results) => done.extend(results.recv().map_err(|_| Failure::Stale)?),
                Chunk::Raw(records) => {
                    for fetched in &records {
                        done.push(self.process(fetched)?);
                    }
                }
            }
        }
        for record in &done {
            let bad = matches!(record.processed.outcome, Outcome::DeadLettered(_));
            if let Some(tripped) = self.limits.record(bad) {
                return Err(Failure::Tripped(tripped.to_string()));
            }
        }
        Ok(done)
    }

    /// A panic over a record makes it a dead letter when it comes again, after all state was read back: what the
    /// panic left of it cannot be relied on.
    fn process(&mut self, fetched: &Fetched) -> Result<Done, Failure> {
        let work = self.work.as_mut().expect("only a stage that works in order leaves its records raw");
        if self.poisonous.contains(&fetched.place()) {
            return Ok(timed(fetched, |record, now| Processed::panicked(record, self.stage, now)));
        }
        let processed = || timed(fetched, |record, now| work.process(record, now));
        catch_unwind(AssertUnwindSafe(processed)).map_err(|_| {
            *work = (self.make)();
            self.poisonous.insert(fetched.place());
            Failure::Panicked
        })
    }

    fn attempt(
        &mut self,
        epoch: u64,
        positions: &Positions,
        group: Option<&ConsumerGroupMetadata>,
        produce: impl Iterator<Item = Produce>,
        begun: &mut bool,
    ) -> Result<(), Failure> {
        let exactly_once = self.settings.delivery.mode == DeliveryMode::ExactlyOnce;
        let Some(producer) = &mut self.producer else { return Err(Failure::Stale) };
        if exactly_once {
            producer.inner.begin_transaction().map_err(Failure::Remake)?;
        }
        *begun = true;
        for record in produce {
            send(producer, &mut self.oversize, record)?;
        }
        if !exactly_once {
            // An alert that is not there must not be known as told.
            let oversize = &mut self.oversize;
            producer.delivered().inspect_err(|error| oversize.note(error)).map_err(Failure::Remake)?;
        }
        for record in self.work.as_mut().map_or_else(Vec::new, |work| work.finish()) {
            send(producer, &mut self.oversize, record)?;
        }
        // What is still on its way when a delivery has failed may arrive after an abort, and with the same
        // epoch it would begin a transaction that nobody ends. A new producer's epoch shuts it out.
        let oversize = &mut self.oversize;
        producer.delivered().inspect_err(|error| oversize.note(error)).map_err(Failure::Remake)?;
        if self.epoch.load(Ordering::Acquire) != epoch {
            return Err(Failure::Stale);
        }
        let offsets = (!positions.is_empty()).then(|| offsets(positions)).transpose().map_err(Failure::Abort)?;
        if !exactly_once {
            let commit = |offsets| self.consumer.commit(&offsets, CommitMode::Sync);
            return offsets.map_or(Ok(()), commit).map_err(Failure::Abort);
        }
        let producer = &producer.inner;
        if let Some(offsets) = offsets {
            let group = group.ok_or(Failure::Abort(KafkaError::Canceled))?;
            retry(|| producer.send_offsets_to_transaction(&offsets, group, CALL_TIMEOUT))?;
        }
        retry(|| producer.commit_transaction(CALL_TIMEOUT)).map_err(|failure| match failure {
            Failure::Remake(error) => Failure::Unknown(error),
            failure => failure,
        })
    }

    /// Leaves nothing under way: aborts, or makes a new producer. Blocks until the broker is there again.
    fn settle(&mut self, failure: Failure, begun: bool) -> Result<(), StageError> {
        let error = match failure {
            Failure::Tripped(why) => {
                self.observer.observe(StageEvent::Consumer(Condition::Tripped(why.clone())));
                tracing::error!(stage = self.stage, "{why}: the stage stops until somebody looks");
                None
            }
            Failure::Stale | Failure::Panicked => None,
            Failure::Abort(error) => Some((error, false)),
            Failure::Remake(error) | Failure::Unknown(error) => Some((error, true)),
        };
        if !begun && error.is_none() {
            return Ok(());
        }
        let remake = error.as_ref().is_some_and(|(_, remake)| *remake);
        if let Some((error, _)) = &error {
            self.said
                .warn(self.stage, &format!("a batch is not committed and is read again: {}", advice::explain(error)));
            self.check_fenced(error)?;
            if error.rdkafka_error_code().is_some_and(|code| advice::advice(code).is_some()) {
                self.troubled = true;
                self.observer.observe(StageEvent::Producer(Condition::Waiting(advice::explain(error))));
            }
        }
        if !remake && self.aborted() {
            // Not at the speed of light where the same thing fails again and again.
            if error.is_some() {
                self.stop.pause(Duration::from_millis(100));
            }
            return Ok(());
        }
        self.producer = None;
        self.ready_producer()
    }

    fn aborted(&mut self) -> bool {
        let Some(producer) = &self.producer else { return true };
        if self.settings.delivery.mode == DeliveryMode::AtLeastOnce {
            producer.forget();
            return producer.inner.in_flight_count() == 0;
        }
        let aborted = retry(|| producer.inner.abort_transaction(CALL_TIMEOUT)).is_ok();
        producer.forget();
        aborted
    }

    /// Makes the producer, again and again until it is there or stopping is asked for.
    fn ready_producer(&mut self) -> Result<(), StageError> {
        let mut wait = Duration::from_millis(100);
        while self.producer.is_none() && !self.stop.requested() {
            match StageProducer::make(&self.settings, self.stage) {
                Ok(producer) => {
                    self.producer = Some(producer);
                    self.observer.observe(StageEvent::Producer(Condition::Ready));
                    if self.said.clear() {
                        tracing::info!(stage = self.stage, "the producer is ready again");
                    }
                }
                Err(KafkaError::ClientConfig(_, description, property, _)) => {
                    return Err(StageError::Client { property, description });
                }
                Err(error) => {
                    let why = format!("no producer yet: {}", advice::explain(&error));
                    self.said.warn(self.stage, &why);
                    self.observer.observe(StageEvent::Producer(Condition::Waiting(why)));
                    self.check_fenced(&error)?;
                    self.stop.pause(wait);
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
            }
        }
        Ok(())
    }

    fn check_fenced(&mut self, error: &KafkaError) -> Result<(), StageError> {
        let fenced =
            matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced));
        if !fenced {
            return Ok(());
        }
        if self.fenced.is_some_and(|at| at.elapsed() < FENCED_TWICE) {
            return Err(StageError::Fenced { stage: self.stage, instance: self.settings.kafka.instance.clone() });
        }
        self.fenced = Some(Instant::now());
        Ok(())
    }

    fn stale(&self, epoch: u64) -> bool {
        self.epoch.load(Ordering::Acquire) != epoch || self.stop.expired()
    }

    fn log_dead_letters(&self, done: &[Done]) {
        for record in done {
            if let Outcome::DeadLettered(reason) = record.processed.outcome {
                tracing::warn!(
                    stage = self.stage,
                    topic = &*record.topic,
                    partition = record.partition,
                    offset = record.offset,
                    event = record.processed.event_id.as_deref(),
                    reason = reason.as_str(),
                    "dead letter: {}",
                    record.processed.complaint.as_deref().unwrap_or("no more is known"),
                );
            }
        }
    }
}

/// Queues a record; where one was refused for its size, waits for what becomes of it.
fn send(producer: &mut StageProducer, oversize: &mut Oversize, record: Produce) -> Result<(), Failure> {
    let record = oversize.fit(record);
    let alone = oversize.is_alone();
    let sent = producer.send(&record).and_then(|()| if alone { producer.delivered() } else { Ok(()) });
    sent.map_err(|error| oversize.refused(&record, &error).map_or(Failure::Remake(error), Failure::Tripped))
}

fn take_produce(done: &mut Done) -> Vec<Produce> {
    std::mem::take(&mut done.processed.produce)
}

/// The same call again where librdkafka allows it, and what its failure means.
fn retry(mut call: impl FnMut() -> KafkaResult<()>) -> Result<(), Failure> {
    let mut attempt = 1;
    loop {
        let error = match call() {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match &error {
            KafkaError::Transaction(cause) if cause.is_fatal() => return Err(Failure::Remake(error)),
            KafkaError::Transaction(cause) if cause.txn_requires_abort() => return Err(Failure::Abort(error)),
            KafkaError::Transaction(cause) if cause.is_retriable() && attempt < ATTEMPTS => attempt += 1,
            KafkaError::Flush(_) => return Err(Failure::Abort(error)),
            _ => return Err(Failure::Remake(error)),
        }
    }
}
