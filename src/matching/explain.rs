//! Why a watchlist matched an event, or why not: clause by clause, as text or as data.

use std::fmt;

use serde::Serialize;

use crate::message::evidence::Hit;

/// What became of one event in one watchlist.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The watchlist's id.
    pub watchlist: String,
    /// Whether it matched.
    pub matched: bool,
    /// Why its filter left the event out, if it did; its queries are explained all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtered: Option<String>,
    /// Its queries.
    pub queries: Vec<QueryExplanation>,
}

/// What became of an event in one query.
#[derive(Clone, Debug, Serialize)]
pub struct QueryExplanation {
    /// The query's name.
    pub name: String,
    /// The whole of it.
    pub clause: Clause,
}

/// A part of a query.
#[derive(Clone, Debug, Serialize)]
pub struct Clause {
    /// As it stands in the query.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// Why not, where that is not told by its parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it was found, at most a few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.watchlist, if self.matched { "matches" } else { "does not match" })?;
        if let Some(reason) = &self.filtered {
            writeln!(f, "  left out: {reason}")?;
        }
        for query in &self.queries {
            writeln!(f, "  query {}", query.name)?;
            query.clause.write(f, 2)?;
        }
        Ok(())
    }
}

impl Clause {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        let mark = if self.holds { "yes" } else { "no " };
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(f, "{indent}{mark} {text}")?;
        if let Some(reason) = &self.reason {
            write!(f, " — {reason}")?;
        }
        writeln!(f)?;
        for hit in &self.hits {
            let entity = hit.entity.as_ref().map_or(String::new(), |id| format!(" @{id}"));
            writeln!(f, "{indent}      {}[{}..{}] {}{entity}", hit.field, hit.start, hit.end, hit.exact)?;
        }
        self.clauses.iter().try_for_each(|clause| clause.write(f, depth + 1))
    }
}
