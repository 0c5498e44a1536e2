//! The threads that do the pure part.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;
use jiff::Timestamp;

use crate::kafka::stage::batch::Job;
use crate::kafka::stage::fetched::Fetched;
use crate::kafka::stage::observe::Done;
use crate::pipeline::processed::{Processed, Work};
use crate::pipeline::reason::{Reason, Rejection};

/// Makes what a worker works with; called again after a panic.
pub type MakeWork = Arc<dyn Fn() -> Box<dyn Work> + Send + Sync>;

/// One worker's thread.
pub struct Worker {
    pub(crate) stage: &'static str,
    pub(crate) jobs: Receiver<Job>,
    pub(crate) make: MakeWork,
}

impl Worker {
    /// Runs until there are no more jobs. A panic over one record is that record's dead letter.
    pub fn run(self) {
        let mut work = (self.make)();
        for job in &self.jobs {
            let done = job.records.iter().map(|fetched| self.process(&mut work, fetched)).collect();
            // A batch that was dropped meanwhile wants no results.
            let _ = job.results.send(done);
        }
    }

    fn process(&self, work: &mut Box<dyn Work>, fetched: &Fetched) -> Done {
        let now = Timestamp::now();
        catch_unwind(AssertUnwindSafe(|| process(work.as_mut(), fetched, now))).unwrap_or_else(|_| {
            *work = (self.make)();
            let rejection =
                Rejection { reason: Reason::Panicked, message: "a fault of newswatch; the log has more".into() };
            done(fetched, Processed::dead_letter(&fetched.record(), self.stage, rejection, now))
        })
    }
}

/// Has one record processed, and takes the time.
pub(crate) fn process(work: &mut dyn Work, fetched: &Fetched, now: Timestamp) -> Done {
    let start = Instant::now();
    let mut processed = work.process(&fetched.record(), now);
    processed.took = start.elapsed();
    done(fetched, processed)
}

fn done(fetched: &Fetched, processed: Processed) -> Done {
    Done { topic: Arc::clone(&fetched.topic), partition: fetched.partition, offset: fetched.offset, processed }
}
