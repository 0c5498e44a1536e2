//! Work on many things on all cores, with the results in the order of the things. Knows nothing of what they are.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use crossbeam_channel::bounded;

/// As many threads as there are cores.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Gives each thing to a worker of one of so many threads, and what comes of it to `take`, in the order of the
/// things. At most a few things a thread are held at a time. `things` and `take` run on the calling thread.
///
/// # Panics
/// As a worker does.
pub fn in_order<T: Send, R: Send, W: FnMut(T) -> R>(
    threads: usize,
    things: impl Iterator<Item = T>,
    worker: impl Fn() -> W + Sync,
    mut take: impl FnMut(R),
) {
    let threads = threads.max(1);
    let most = 2 * threads + 2;
    let (jobs_in, jobs) = bounded::<(usize, T)>(most);
    let (results_in, results) = bounded::<(usize, Result<R, Box<dyn Any + Send>>)>(most);
    thread::scope(|scope| {
        // The workers end when this is dropped, by a panic too.
        let jobs_in = jobs_in;
        for _ in 0..threads {
            let (jobs, results_in, worker) = (jobs.clone(), results_in.clone(), &worker);
            scope.spawn(move || {
                let mut work = worker();
                for (number, thing) in jobs {
                    let result = catch_unwind(AssertUnwindSafe(|| work(thing)));
                    if results_in.send((number, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop((jobs, results_in));
        let mut things = things.fuse();
        let mut early = BTreeMap::new();
        let (mut given, mut taken) = (0, 0);
        loop {
            let next = if given - taken < most { things.next() } else { None };
            if let Some(thing) = next {
                jobs_in.send((given, thing)).expect("the workers take jobs until there are no more");
                given += 1;
                early.extend(results.try_iter());
            } else if taken < given {
                early.extend([results.recv().expect("each job has a result")]);
            } else {
                break;
            }
            while let Some(result) = early.remove(&taken) {
                taken += 1;
                take(result.unwrap_or_else(|panic| resume_unwind(panic)));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things_on_any_number_of_threads() {
        for threads in [0, 1, 2, 7] {
            let mut taken = Vec::new();
            let worker = || {
                |number: u64| {
                    // The first of every ten is the slowest.
                    let turns = if number.is_multiple_of(10) { 20_000 } else { 10 };
                    (number, (0..turns).fold(number, |sum, turn| sum.wrapping_mul(31).wrapping_add(turn)))
                }
            };
            in_order(threads, 0..300, worker, |(number, _)| taken.push(number));
            assert_eq!(taken, (0..300).collect::<Vec<_>>(), "{threads} threads");
        }
        in_order(2, std::iter::empty::<u8>(), || |_| panic!("there is nothing"), |()| {});
    }

    #[test]
    #[should_panic(expected = "the fifth")]
    fn a_panic_of_a_worker_is_passed_on() {
        in_order(2, 0..100, || |number| assert_ne!(number, 5, "the fifth"), |()| {});
    }
}
