//! The threads that do the pure part.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;
use jiff::Timestamp;

use crate::kafka::stage::batch::Job;
use crate::kafka::stage::fetched::Fetched;
use crate::kafka::stage::observe::Done;
use crate::pipeline::processed::{Processed, Work, process_or_bury};
use crate::pipeline::record::Record;

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
        timed(fetched, |record, now| process_or_bury(work, || (self.make)(), self.stage, record, now))
    }
}

/// Has one record processed, and takes the time.
pub(crate) fn timed(fetched: &Fetched, process: impl FnOnce(&Record<'_>, Timestamp) -> Processed) -> Done {
    let (start, now) = (Instant::now(), Timestamp::now());
    let mut processed = process(&fetched.record(), now);
    processed.took = start.elapsed();
    Done { topic: Arc::clone(&fetched.topic), partition: fetched.partition, offset: fetched.offset, processed }
}
