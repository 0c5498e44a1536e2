//! How each stage is, for `/-/ready`, `/-/healthy` and `/api/v1/status`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::kafka::stage::observe::{Condition, StageEvent};

/// A loop that did not go round for this long hangs: longer than any call in it may take.
const TICK: Duration = Duration::from_secs(60);
/// Work that is there and of which nothing is done for this long means that the stage is stuck.
const STUCK: Duration = Duration::from_secs(300);

/// What is known of all stages.
#[derive(Debug)]
pub struct Progress {
    stages: Mutex<BTreeMap<&'static str, StageProgress>>,
    stopping: std::sync::atomic::AtomicBool,
}

#[derive(Debug)]
struct StageProgress {
    consumer: Condition,
    producer: Condition,
    state: Condition,
    ticked: Instant,
    progressed: Instant,
    lag: BTreeMap<(String, i32), i64>,
    records: u64,
}

/// A stage, for `/api/v1/status`.
#[derive(Debug, serde::Serialize)]
pub struct StageStatus {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
    records: u64,
    lag: i64,
    partitions: usize,
}

impl Progress {
    /// Of these stages, none of which is ready.
    pub fn new(stages: &[&'static str]) -> Self {
        let starting = || StageProgress {
            consumer: Condition::Waiting("not in the group yet".into()),
            producer: Condition::Waiting("no producer yet".into()),
            state: Condition::Ready,
            ticked: Instant::now(),
            progressed: Instant::now(),
            lag: BTreeMap::new(),
            records: 0,
        };
        let stages = stages.iter().map(|stage| (*stage, starting())).collect();
        Self { stages: Mutex::new(stages), stopping: false.into() }
    }

    /// The daemon drains: not ready any more.
    pub fn stop(&self) {
        self.stopping.store(true, std::sync::atomic::Ordering::Release);
    }

    /// Notes what happened in a stage.
    pub fn observe(&self, stage: &'static str, event: &StageEvent<'_>) {
        let mut stages = self.stages();
        let Some(progress) = stages.get_mut(stage) else { return };
        match event {
            StageEvent::Consumer(condition) => {
                // Only a restart ends this.
                if !matches!(progress.consumer, Condition::Tripped(_)) {
                    progress.consumer = condition.clone();
                }
            }
            StageEvent::Producer(condition) => progress.producer = condition.clone(),
            StageEvent::State(condition) => progress.state = condition.clone(),
            StageEvent::Ticked => progress.ticked = Instant::now(),
            StageEvent::Done([]) | StageEvent::Ended(..) | StageEvent::Rebalanced => {}
            StageEvent::Open(_) | StageEvent::Restored(_) => {}
            StageEvent::Done(done) => {
                progress.records += done.len() as u64;
                progress.progressed = Instant::now();
            }
            StageEvent::Lag { topic, partition, records } => {
                match records {
                    Some(records) => progress.lag.insert(((*topic).to_owned(), *partition), *records),
                    None => progress.lag.remove(&((*topic).to_owned(), *partition)),
                };
                if progress.lag.values().all(|lag| *lag == 0) {
                    progress.progressed = Instant::now();
                }
            }
        }
    }

    /// Why the daemon is not ready; empty where it is.
    pub fn not_ready(&self) -> Vec<String> {
        if self.stopping.load(std::sync::atomic::Ordering::Acquire) {
            return vec!["stopping".into()];
        }
        self.stages().iter().filter_map(|(stage, progress)| Some(format!("{stage}: {}", progress.why_not()?))).collect()
    }

    /// What hangs; empty where nothing does. A broker that is away is no reason, and a tripped limit neither:
    /// a restart would mend neither.
    pub fn unhealthy(&self) -> Vec<String> {
        let stages = self.stages();
        let complaints = stages.iter().filter_map(|(stage, progress)| {
            if progress.ticked.elapsed() > TICK {
                return Some(format!(
                    "{stage}: the loop has not gone round for {} s",
                    progress.ticked.elapsed().as_secs()
                ));
            }
            let stuck = progress.why_not().is_none() && progress.progressed.elapsed() > STUCK;
            stuck.then(|| {
                format!("{stage}: there is lag and no progress for {} s", progress.progressed.elapsed().as_secs())
            })
        });
        complaints.collect()
    }

    /// All stages.
    pub fn status(&self) -> BTreeMap<&'static str, StageStatus> {
        let stages = self.stages();
        let status = stages.iter().map(|(stage, progress)| {
            let why_not = progress.why_not();
            let status = StageStatus {
                ready: why_not.is_none(),
                why_not,
                records: progress.records,
                lag: progress.lag.values().sum(),
                partitions: progress.lag.len(),
            };
            (*stage, status)
        });
        status.collect()
    }

    fn stages(&self) -> MutexGuard<'_, BTreeMap<&'static str, StageProgress>> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StageProgress {
    fn why_not(&self) -> Option<String> {
        [&self.consumer, &self.producer, &self.state].into_iter().find_map(|condition| match condition {
            Condition::Ready => None,
            Condition::Waiting(why) | Condition::Tripped(why) => Some(why.clone()),
        })
    }
}
