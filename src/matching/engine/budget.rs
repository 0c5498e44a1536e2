//! How much work an event may make: counted in places looked at, so that the same event is given up
//! on every machine or on none.

use std::fmt;

use super::{Engine, WatchlistMatch};

/// Places that one query may look at in one event, and again for its evidence: some hundred bytes of
/// memory and a few nanoseconds each at the worst.
pub(super) const QUERY_BUDGET: u64 = 4_000_000;
/// Places that all queries together may look at in one event.
pub(super) const EVENT_BUDGET: u64 = 8 * QUERY_BUDGET;

/// A query needs more work than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it takes more work than a query may take in one event")]
pub(super) struct OverBudget;

/// What of the budget is left.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    /// Of the event, less what the query has.
    event: u64,
}

impl Default for Budget {
    fn default() -> Self {
        let mut budget = Self { left: 0, event: EVENT_BUDGET };
        budget.next_query();
        budget
    }
}

impl Budget {
    /// Begins a query, which gets what one may take as far as the event still has it.
    pub(super) fn next_query(&mut self) {
        self.event += self.left;
        self.left = QUERY_BUDGET.min(self.event);
        self.event -= self.left;
    }

    /// Takes so many places from the query, and one for having looked.
    pub(super) fn spend(&mut self, places: usize) -> Result<(), OverBudget> {
        let left = self.left.checked_sub(places as u64 + 1);
        self.left = left.unwrap_or_default();
        left.map(|_| ()).ok_or(OverBudget)
    }
}

/// Some queries were given up; the others answered.
#[derive(thiserror::Error)]
#[error("{}", self.reason())]
pub struct Unfinished<'e> {
    /// What the other queries matched.
    pub matches: Vec<WatchlistMatch<'e>>,
    /// The watchlists and names of the queries that were given up, at least one.
    pub queries: Vec<(&'e str, &'e str)>,
}

impl Unfinished<'_> {
    fn reason(&self) -> String {
        let (watchlist, query) = self.queries[0];
        let others = match self.queries.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("query `{query}` of watchlist `{watchlist}` takes more work than a query may take in one event{others}")
    }
}

impl fmt::Debug for Unfinished<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Engine {
    pub(super) fn unfinished<'e>(&'e self, matches: Vec<WatchlistMatch<'e>>, mut over: Vec<u32>) -> Unfinished<'e> {
        over.sort_unstable();
        let names = |number: u32| {
            let query = &self.queries[number as usize];
            (self.watchlists[query.watchlist as usize].id(), query.name())
        };
        Unfinished { matches, queries: over.into_iter().map(names).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_leaves_goes_back_to_the_event() {
        let mut budget = Budget::default();
        for _ in 0..100 {
            budget.next_query();
            assert_eq!(budget.spend(9), Ok(()));
        }
        assert_eq!(budget.event + budget.left, EVENT_BUDGET - 1_000);
    }

    #[test]
    fn queries_that_run_over_leave_the_others_theirs_until_the_event_has_none() {
        let mut budget = Budget::default();
        let worst = EVENT_BUDGET / QUERY_BUDGET;
        for _ in 0..worst - 1 {
            budget.next_query();
            assert_eq!(budget.spend(usize::MAX - 1), Err(OverBudget));
        }
        budget.next_query();
        assert_eq!(budget.spend(QUERY_BUDGET as usize - 1), Ok(()));
        budget.next_query();
        assert_eq!(budget.spend(0), Err(OverBudget));
    }
}
