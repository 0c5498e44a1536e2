//! Examples for people to look at: an event that matched, and one that nearly did or should have.

use serde::Serialize;

use crate::matching::explain::{Clause, Explanation};
use crate::message::evidence::{EventReference, Hit};
use crate::message::matched::Match;

/// Hits shown with an example.
const SHOWN_HITS: usize = 4;

/// An event that matched.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sample {
    /// Which.
    pub(super) event: EventReference,
    /// The queries that matched.
    pub(super) queries: Vec<String>,
    /// A few of the hits.
    pub(super) hits: Vec<Hit>,
}

impl Sample {
    pub(super) fn of(matched: &Match) -> Self {
        Self {
            event: matched.event.clone(),
            queries: matched.watchlist.queries.clone(),
            hits: matched.hits.iter().take(SHOWN_HITS).cloned().collect(),
        }
    }
}

/// An event that did not match, and what of the nearest query failed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NearMiss {
    /// Which.
    pub(super) event: EventReference,
    /// The query that came nearest.
    pub(super) query: String,
    /// Its first clause that did not hold, and why; or how the watchlist's filter left the event out.
    pub(super) reason: String,
    /// How many clauses did not hold.
    pub(super) missing: usize,
    /// How many did, by what was found.
    pub(super) found: usize,
    /// A few of the hits.
    pub(super) hits: Vec<Hit>,
}

impl NearMiss {
    /// The query of an explanation that comes nearest: the one of which least is missing, then most was found.
    pub(super) fn of(event: EventReference, explanation: Explanation) -> Option<Self> {
        let nearness = |clause: &Clause| (clause.missing(), usize::MAX - clause.found());
        let nearest = explanation.queries.into_iter().min_by_key(|query| nearness(&query.clause))?;
        let reason = nearest.reason.or(explanation.filtered).unwrap_or_default();
        let hits = nearest.clause.all_hits().into_iter().take(SHOWN_HITS).cloned().collect();
        Some(Self {
            event,
            reason,
            missing: nearest.clause.missing(),
            found: nearest.clause.found(),
            query: nearest.name,
            hits,
        })
    }

    /// Whether one thing only stood between the event and the watchlist.
    pub(super) fn is_near(&self) -> bool {
        self.missing <= 1 && self.found > 0
    }
}
