//! The thread that polls: fetches, hands records to the workers, closes batches, answers rebalances.
//! It never waits on anything unbounded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use jiff::Timestamp;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Statistics, TopicPartitionList};

use crate::kafka::advice;
use crate::kafka::stage::batch::{Batch, Chunk, Ended, How, Job, Order, Report};
use crate::kafka::stage::client::Rarely;
use crate::kafka::stage::consumer::{self, Rebalance, StageConsumer};
use crate::kafka::stage::fetched::Fetched;
use crate::kafka::stage::lag::{self, Lag};
use crate::kafka::stage::observe::{Condition, Observe, StageEvent};
use crate::kafka::stage::reached::Reached;
use crate::kafka::stage::restoration::Held;
use crate::kafka::stage::stop::Stop;
use crate::kafka::stage::{StageError, TellProgress};
use crate::settings::Settings;

/// How long a poll may take: as often as this the results of batches are looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long the group waits for what is in flight when partitions are to be given up.
const REVOKE: Duration = Duration::from_secs(3);
/// How long the broker may take to tell where partitions are to be read from.
const PLACE: Duration = Duration::from_secs(5);
/// How long a partition may be ours without being fetched: a new one asks for its offset, which takes a moment.
const STALL: Duration = Duration::from_secs(5);
/// How many records a worker is handed at once.
const CHUNK: usize = 32;

/// The thread's state.
pub struct Poller {
    pub(crate) stage: &'static str,
    pub(crate) settings: Arc<Settings>,
    pub(crate) consumer: Arc<StageConsumer>,
    /// None where the stage works in order.
    pub(crate) jobs: Option<Sender<Job>>,
    pub(crate) orders: Sender<Order>,
    pub(crate) reports: Receiver<Report>,
    /// Whether each partition has state that must be there before its records.
    pub(crate) stateful: bool,
    pub(crate) progress: Option<TellProgress>,
    pub(crate) observer: Arc<dyn Observe>,
    pub(crate) stop: Arc<Stop>,
    /// Raised by whoever finds that what is queued must not be committed.
    pub(crate) epoch: Arc<AtomicU64>,
    pub(crate) state: State,
}

/// What the loop keeps between two rounds.
#[derive(Default)]
pub(crate) struct State {
    /// The epoch under which records are fetched now; follows the shared one when it has been rewound.
    epoch: u64,
    open: Option<Batch>,
    chunk: Vec<Fetched>,
    /// Not yet with the transaction's thread.
    waiting: VecDeque<Order>,
    /// Batches that are with it.
    outstanding: usize,
    bytes: usize,
    paused: bool,
    /// What was fetched last is of no use: go back to what is committed, not before this time.
    rewind: Option<Instant>,
    tripped: bool,
    topics: Vec<Arc<str>>,
    lag: Lag,
    reached: Reached,
    said: Rarely,
    joined: bool,
    /// Since when a partition of the assignment is not fetched.
    unfetched: Option<Instant>,
    /// Those whose state is not there yet.
    held: Held,
}

impl Poller {
    /// Runs until stopping is asked for, and drains within its time.
    ///
    /// # Errors
    /// librdkafka has given up on the consumer.
    pub fn run(mut self) -> Result<(), StageError> {
        while !self.stop.requested() {
            self.round()?;
        }
        self.drain();
        Ok(())
    }

    fn round(&mut self) -> Result<(), StageError> {
        self.observer.observe(StageEvent::Ticked);
        while let Ok(report) = self.reports.try_recv() {
            self.heed(report);
        }
        self.rewind_if_due();
        let consumer = Arc::clone(&self.consumer);
        match consumer.poll(self.poll_time()) {
            Some(Ok(message)) => self.take(&message),
            Some(Err(error)) => self.complain(&error)?,
            None => self.dispatch(),
        }
        while let Some(rebalance) = consumer.context().next_rebalance() {
            self.rebalance(rebalance);
        }
        self.close_if_due();
        self.hand_over();
        self.press_back();
        if let Some(statistics) = consumer.context().take_statistics() {
            self.look_for_stall(&statistics);
            let group = statistics.cgrp.as_ref();
            self.join(group.is_some_and(|group| group.state == "up" && group.join_state == "steady"));
            let ended = self.state.lag.report(&statistics, self.observer.as_ref());
            self.state.reached.at_end(ended, statistics.time * 1000);
        }
        Ok(())
    }

    /// A partition that is ours and is not fetched would be silent for ever and show no lag.
    fn look_for_stall(&mut self, statistics: &Statistics) {
        let assignment = self.consumer.assignment().unwrap_or_default();
        let Some(partition) = lag::unfetched(statistics, &assignment) else {
            self.state.unfetched = None;
            return;
        };
        if self.state.unfetched.get_or_insert_with(Instant::now).elapsed() < STALL {
            return;
        }
        let why = format!(
            "{partition} is not read: the broker does not tell the offset committed there, as while a transaction \
             of a killed member is open; if this lasts, look for one that hangs on __consumer_offsets \
             (kafka-transactions.sh describe-producers)"
        );
        self.state.said.warn(self.stage, &why);
        self.state.joined = false;
        self.observer.observe(StageEvent::Consumer(Condition::Waiting(why)));
    }

    fn poll_time(&self) -> Duration {
        let until_due = self
            .state
            .open
            .as_ref()
            .map_or(POLL, |open| self.settings.delivery.batch_time.saturating_sub(open.opened.elapsed()));
        // A chunk that is begun is handed on as soon as nothing more is there.
        if self.state.chunk.is_empty() { POLL.min(until_due) } else { Duration::from_millis(1).min(until_due) }
    }

    fn take(&mut self, message: &BorrowedMessage<'_>) {
        if self.state.rewind.is_some() || self.state.tripped {
            return;
        }
        if self.state.held.holds(message.partition()) {
            // Never seen: it is paused. Without its state it would be told again what was told.
            self.epoch.fetch_add(1, Ordering::AcqRel);
            return self.start_over();
        }
        self.join(true);
        let topic = self.topic(message.topic());
        let fetched = Fetched::copy(message, Arc::clone(&topic));
        let epoch = self.state.epoch;
        let batch = self.state.open.get_or_insert_with(|| Batch::open(epoch));
        let size = fetched.size();
        batch.bytes += size;
        batch.records += 1;
        batch.positions.insert((Arc::clone(&topic), fetched.partition), fetched.offset + 1);
        self.state.bytes += size;
        self.state.lag.taken(&topic, fetched.partition, fetched.offset + 1);
        self.state.reached.taken(&topic, fetched.partition, fetched.timestamp);
        self.state.chunk.push(fetched);
        if self.state.chunk.len() >= CHUNK {
            self.dispatch();
        }
    }

    fn topic(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.state.topics.iter().find(|known| ***known == *name) {
            return Arc::clone(known);
        }
        let topic: Arc<str> = name.into();
        self.state.topics.push(Arc::clone(&topic));
        topic
    }

    /// Hands what was fetched to the workers.
    fn dispatch(&mut self) {
        let Some(open) = self.state.open.as_mut().filter(|_| !self.state.chunk.is_empty()) else { return };
        let records = std::mem::take(&mut self.state.chunk);
        let chunk = match &self.jobs {
            None => Chunk::Raw(records),
            Some(jobs) => {
                let (results, pending) = crossbeam_channel::bounded(1);
                // Bounded by the bytes in flight; a worker that is gone has stopped the daemon already.
                let _ = jobs.send(Job { records, results });
                Chunk::Pending(pending)
            }
        };
        open.chunks.push(chunk);
    }

    fn close_if_due(&mut self) {
        let delivery = &self.settings.delivery;
        let due = self.state.open.as_ref().is_some_and(|open| {
            open.records >= delivery.batch_events
                || open.bytes >= delivery.batch_bytes
                || open.opened.elapsed() >= delivery.batch_time
        });
        let tell = self.state.open.is_none()
            && self.state.outstanding == 0
            && self.state.rewind.is_none()
            && !self.state.tripped
            && self.is_progress_due();
        if tell {
            self.state.open = Some(Batch::open(self.state.epoch));
        }
        if due || tell {
            self.close();
        }
    }

    fn is_progress_due(&self) -> bool {
        self.progress.is_some() && self.state.reached.is_due()
    }

    fn close(&mut self) {
        self.dispatch();
        let progress = self.progress.filter(|_| self.state.reached.is_due());
        if let Some(mut batch) = self.state.open.take() {
            // True when the batch is committed, and never told when it is not.
            batch.produce = progress.map(|record| {
                let now = Timestamp::now();
                record(self.state.reached.tell(now), now)
            });
            batch.group = self.consumer.group_metadata();
            self.state.waiting.push_back(Order::End(Box::new(batch)));
        }
    }

    fn hand_over(&mut self) {
        while let Some(order) = self.state.waiting.pop_front() {
            let is_batch = matches!(order, Order::End(_));
            match self.orders.try_send(order) {
                Ok(()) => self.state.outstanding += usize::from(is_batch),
                Err(TrySendError::Full(order)) => {
                    self.state.waiting.push_front(order);
                    return;
                }
                // That thread's end stops the daemon.
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
    }

    fn heed(&mut self, report: Report) {
        match report {
            Report::Ended(ended) => self.ended(ended),
            Report::Restored(restoration) => {
                if self.state.held.restored(&restoration) {
                    self.observer.observe(StageEvent::Restored(restoration.begun.elapsed()));
                    self.resume();
                }
            }
            Report::Unreadable(restoration, why) => self.state.held.unreadable(&restoration, why),
        }
        self.observer.observe(StageEvent::State(self.state.held.condition()));
    }

    fn ended(&mut self, ended: Ended) {
        self.state.outstanding -= 1;
        self.state.bytes -= ended.bytes;
        match ended.how {
            How::Committed(positions) => self.state.lag.committed(positions),
            How::Aborted => self.start_over(),
            How::Doubtful => {
                self.start_over();
                if let Ok(assignment) = self.consumer.assignment() {
                    self.restore(&assignment);
                }
            }
            How::Tripped => {
                self.state.tripped = true;
                self.start_over();
            }
        }
    }

    /// Drops what is queued; goes back to what is committed as soon as nothing is under way.
    fn start_over(&mut self) {
        self.state.chunk.clear();
        let open = self.state.open.take();
        let (dropped, kept): (VecDeque<Order>, VecDeque<Order>) =
            std::mem::take(&mut self.state.waiting).into_iter().partition(|order| matches!(order, Order::End(_)));
        self.state.waiting = kept;
        self.state.bytes -= open.map_or(0, |open| open.bytes);
        for order in dropped {
            if let Order::End(batch) = order {
                self.state.bytes -= batch.bytes;
            }
        }
        self.state.rewind = Some(Instant::now());
    }

    fn rewind_if_due(&mut self) {
        let due = self.state.rewind.is_some_and(|at| at <= Instant::now());
        if !due || self.state.outstanding > 0 || self.state.tripped {
            return;
        }
        match consumer::rewind(&self.consumer, PLACE) {
            Ok(()) => {
                self.state.rewind = None;
                self.state.epoch = self.epoch.load(Ordering::Acquire);
                self.state.lag.rewound();
                self.state.reached.rewound();
                self.hold_back();
            }
            Err(error) => {
                self.state
                    .said
                    .warn(self.stage, &format!("cannot go back to what is committed yet: {}", advice::explain(&error)));
                self.state.rewind = Some(Instant::now() + Duration::from_millis(500));
            }
        }
    }

    /// Pauses above the budget of bytes, and resumes well below it.
    fn press_back(&mut self) {
        let budget = self.settings.delivery.in_flight_bytes;
        let pause = if self.state.paused { self.state.bytes > budget / 2 } else { self.state.bytes > budget };
        if (pause || self.state.tripped) == self.state.paused {
            return;
        }
        let Ok(assignment) = self.consumer.assignment() else { return };
        if self.state.paused {
            self.state.paused = false;
            self.resume();
        } else {
            self.state.paused = self.consumer.pause(&assignment).is_ok();
        }
    }

    /// Has everything fetched that need not be paused.
    fn resume(&mut self) {
        if self.state.paused {
            return;
        }
        let resumed = self.consumer.assignment().and_then(|assignment| self.consumer.resume(&assignment));
        if let Err(error) = resumed {
            self.state.said.warn(self.stage, &format!("partitions are paused still: {error}"));
        }
        self.hold_back();
    }

    /// Has the state of partitions read back; they are paused until it is there.
    fn restore(&mut self, partitions: &TopicPartitionList) {
        if !self.stateful {
            return;
        }
        for partition in partitions.elements() {
            let restoration = self.state.held.hold(partition.topic(), partition.partition());
            self.state.waiting.push_back(Order::Restore(restoration));
        }
        self.hold_back();
        self.hand_over();
        self.observer.observe(StageEvent::State(self.state.held.condition()));
    }

    /// Pauses those that are held; whatever was assigned or resumed may be among them.
    fn hold_back(&mut self) {
        if let Err(error) = self.consumer.pause(&self.state.held.partitions()) {
            self.state.said.warn(self.stage, &format!("partitions are not paused: {error}"));
        }
    }

    fn rebalance(&mut self, rebalance: Rebalance) {
        self.observer.observe(StageEvent::Rebalanced);
        let answered = match &rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(stage = self.stage, partitions = partitions.count(), "partitions assigned");
                self.join(true);
                // What is new is not paused yet.
                self.state.paused = false;
                let assigned = consumer::assign(&self.consumer, partitions, PLACE);
                self.restore(partitions);
                assigned
            }
            Rebalance::Revoke(partitions) => {
                self.give_up(partitions);
                self.consumer.incremental_unassign(partitions)
            }
        };
        if let Err(error) = answered {
            self.state.said.warn(self.stage, &format!("a rebalance failed: {error}"));
        }
    }

    /// Finishes what is in flight, or sees to it that it is aborted.
    fn give_up(&mut self, partitions: &TopicPartitionList) {
        let lost = self.consumer.assignment_lost();
        tracing::info!(stage = self.stage, partitions = partitions.count(), lost, "partitions revoked");
        if lost || !self.finish(Instant::now() + REVOKE) {
            self.epoch.fetch_add(1, Ordering::AcqRel);
            self.start_over();
        }
        let numbers = partitions.elements().iter().map(|partition| partition.partition()).collect();
        self.state.waiting.push_back(Order::Release(numbers));
        self.hand_over();
        for partition in partitions.elements() {
            self.state.held.drop(partition.partition());
            self.state.reached.gone(partition.topic(), partition.partition());
            self.state.lag.gone(partition.topic(), partition.partition(), self.observer.as_ref());
        }
        self.observer.observe(StageEvent::State(self.state.held.condition()));
    }

    /// Waits until nothing is in flight. True where it came to that in time.
    fn finish(&mut self, until: Instant) -> bool {
        self.close();
        loop {
            self.hand_over();
            if self.state.outstanding == 0 && self.state.waiting.is_empty() {
                return true;
            }
            let step = until.saturating_duration_since(Instant::now()).min(Duration::from_millis(50));
            if step.is_zero() {
                return false;
            }
            match self.reports.recv_timeout(step) {
                Ok(report) => self.heed(report),
                Err(RecvTimeoutError::Timeout) => self.observer.observe(StageEvent::Ticked),
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn drain(mut self) {
        let clean = self.finish(Instant::now() + self.settings.delivery.drain.mul_f32(0.6));
        if !clean {
            self.epoch.fetch_add(1, Ordering::AcqRel);
            tracing::warn!(stage = self.stage, "what was in flight is not committed and will be read again");
        }
        self.consumer.context().close();
        tracing::info!(stage = self.stage, clean, "drained");
    }

    fn join(&mut self, joined: bool) {
        let stalled = self.state.unfetched.is_some_and(|since| since.elapsed() >= STALL);
        if joined && !stalled && !self.state.joined {
            self.state.joined = true;
            if self.state.said.clear() {
                tracing::info!(stage = self.stage, "the consumer is at work again");
            }
            self.observer.observe(StageEvent::Consumer(Condition::Ready));
        }
    }

    fn complain(&mut self, error: &KafkaError) -> Result<(), StageError> {
        if let KafkaError::MessageConsumptionFatal(_) = error {
            return Err(StageError::Consumer { stage: self.stage, reason: error.to_string() });
        }
        let why = advice::explain(error);
        self.state.said.warn(self.stage, &why);
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset) {
            self.epoch.fetch_add(1, Ordering::AcqRel);
            self.start_over();
            return Ok(());
        }
        let code = error.rdkafka_error_code();
        let down = code.is_some_and(|code| advice::advice(code).is_some())
            || code == Some(RDKafkaErrorCode::UnknownTopicOrPartition);
        // One broker of several that is gone is no reason not to be ready.
        if down && code != Some(RDKafkaErrorCode::BrokerTransportFailure) && !self.state.tripped {
            self.state.joined = false;
            self.observer.observe(StageEvent::Consumer(Condition::Waiting(why)));
        }
        Ok(())
    }
}
