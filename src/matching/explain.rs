//! Why a watchlist matched an event, or why not: clause by clause, as text or as data. Knows nothing of
//! how it was found out.

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
    /// The first reason why it did not, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
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
    /// The first reason why it does not match, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The whole of it.
    pub clause: Clause,
}

/// A part of a query.
#[derive(Clone, Debug, Serialize)]
pub struct Clause {
    /// As it stands in the query.
    pub text: String,
    /// What joins its parts; none of a word, a name or metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// Whether it holds.
    pub holds: bool,
    /// Why not, where that is not told by its parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it was found, at most a few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Found>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
}

/// What joins the parts of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// All must hold.
    And,
    /// One must hold.
    Or,
    /// It must not hold.
    Not,
    /// NEAR and BEFORE.
    Distance,
    /// SENTENCE and PARAGRAPH.
    Together,
    /// ATLEAST.
    AtLeast,
    /// A field.
    Field,
}

/// A hit, and what it stands for.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Where and what.
    #[serde(flatten)]
    pub hit: Hit,
    /// The vocabulary's entry; none of a word of the query itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<Named>,
}

/// An entry of the vocabulary, for a reader who does not read the language of its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// `@id` or `#id`.
    pub reference: String,
    /// Its name, or its first English word.
    pub name: String,
}

impl Explanation {
    /// Of a watchlist whose queries were looked at.
    pub fn new(watchlist: &str, filtered: Option<String>, queries: Vec<QueryExplanation>) -> Self {
        let matched = filtered.is_none() && queries.iter().any(|query| query.clause.holds);
        let reason = match &filtered {
            _ if matched => None,
            Some(filter) => Some(filter.clone()),
            // Of several queries the one that came nearest.
            None => queries.iter().rev().max_by_key(|query| query.clause.share()).and_then(|query| {
                let reason = query.reason.as_deref()?;
                Some(if queries.len() == 1 { reason.to_owned() } else { format!("{}: {reason}", query.name) })
            }),
        };
        Self { watchlist: watchlist.to_owned(), matched, reason, filtered, queries }
    }

    /// Whether it matched, or the first reason why not.
    pub fn headline(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: does not match: {reason}", self.watchlist),
            None => format!("{}: matches", self.watchlist),
        }
    }

    /// Clause by clause.
    pub fn details(&self) -> impl fmt::Display + '_ {
        Details(self)
    }
}

impl QueryExplanation {
    /// Of a query whose clauses were looked at.
    pub fn new(name: &str, clause: Clause) -> Self {
        let reason = (!clause.holds).then(|| clause.first_reason());
        Self { name: name.to_owned(), reason, clause }
    }
}

impl Clause {
    /// The first thing to say of a clause that does not hold.
    fn first_reason(&self) -> String {
        let said = |reason: &str| match self.operator {
            None => format!("`{}` {reason}", self.line()),
            Some(_) => format!("`{}`: {reason}", self.line()),
        };
        let missing = || self.clauses.iter().filter(|clause| !clause.holds);
        match (&self.reason, self.operator) {
            (Some(reason), _) => said(reason),
            (None, Some(Operator::Or)) => match missing().find(|clause| clause.is_nearly()) {
                Some(nearest) => nearest.first_reason(),
                None => said(&format!("none of the {} was found", self.clauses.len())),
            },
            (None, _) => missing().next().map_or_else(|| said("does not hold"), Self::first_reason),
        }
    }

    /// Whether a part of it is there.
    fn is_nearly(&self) -> bool {
        let told = self.reason.as_ref().is_some_and(|reason| !reason.starts_with(NOT_FOUND));
        !self.hits.is_empty() || told || self.clauses.iter().any(Self::is_nearly)
    }

    /// How much of it holds, in thousandths.
    fn share(&self) -> usize {
        match self.operator {
            _ if self.holds => 1_000,
            Some(Operator::Or) => self.clauses.iter().map(Self::share).max().unwrap_or(0),
            // What is only denied tells nothing of how near it came.
            _ => {
                let parts = || self.clauses.iter().filter(|clause| clause.operator != Some(Operator::Not));
                parts().map(Self::share).sum::<usize>() / parts().count().max(1)
            }
        }
    }

    /// How few words, names, distances or exclusions would have to be otherwise for this to hold; 0 where it does.
    pub fn missing(&self) -> usize {
        let parts = self.clauses.iter().map(Self::missing);
        match self.operator {
            _ if self.holds => 0,
            Some(Operator::Or) => parts.min().unwrap_or(1),
            // A distance or an exclusion fails while its parts hold.
            _ => parts.sum::<usize>().max(1),
        }
    }

    /// How many of the words and names that it needs were found.
    pub fn found(&self) -> usize {
        let parts = self.clauses.iter().map(Self::found);
        match self.operator {
            Some(Operator::Not) => 0,
            Some(Operator::Or) => parts.max().unwrap_or(0),
            _ => parts.sum::<usize>() + usize::from(!self.hits.is_empty()),
        }
    }

    /// All that was found by its parts, each once.
    pub fn all_hits(&self) -> Vec<&Hit> {
        let mut hits: Vec<&Hit> = self.hits.iter().map(|found| &found.hit).collect();
        for hit in self.clauses.iter().flat_map(Self::all_hits) {
            if !hits.contains(&hit) {
                hits.push(hit);
            }
        }
        hits
    }

    fn line(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        let mark = if self.holds { "yes" } else { "no " };
        write!(f, "{indent}{mark} {}", self.line())?;
        if let Some(reason) = &self.reason {
            write!(f, " — {reason}")?;
        }
        writeln!(f)?;
        self.hits.iter().try_for_each(|found| writeln!(f, "{indent}      {found}"))?;
        self.clauses.iter().try_for_each(|clause| clause.write(f, depth + 1))
    }
}

/// How the reason begins for a word of which nothing is there.
pub const NOT_FOUND: &str = "was not found";

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hit { field, start, end, exact, .. } = &self.hit;
        write!(f, "{field}[{start}..{end}] {exact}")?;
        match (&self.stands_for, &self.hit.lang) {
            (Some(Named { reference, name }), Some(lang)) => write!(f, " = {name} ({reference}, {lang})"),
            (Some(Named { reference, name }), None) => write!(f, " = {name} ({reference})"),
            (None, _) => Ok(()),
        }
    }
}

/// The headline, then the details.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.headline(), self.details())
    }
}

/// The queries of an explanation, clause by clause.
struct Details<'a>(&'a Explanation);

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explanation { queries, filtered, .. } = self.0;
        for query in queries {
            match &query.reason {
                Some(reason) if queries.len() > 1 || filtered.is_some() => {
                    writeln!(f, "  query {}: no: {reason}", query.name)?;
                }
                _ => writeln!(f, "  query {}", query.name)?,
            }
            query.clause.write(f, 2)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::SourceFile;
    use crate::matching::engine::Engine;
    use crate::matching::reading::{Kind, read};
    use crate::message::event::Event;

    #[test]
    fn what_is_missing_and_what_was_found_are_counted() {
        for (query, title, missing, found) in [
            ("chip AND rule", "a chip rule", 0, 2),
            ("chip AND rule", "a chip", 1, 1),
            ("chip AND rule AND port", "a chip", 2, 1),
            ("chip AND (rule OR law)", "a chip", 1, 1),
            ("chip AND NOT rule", "a chip rule", 1, 1),
            ("chip AND (chip OR rule)", "a chip", 0, 2),
            ("chip NEAR/1 rule", "a chip that is no rule", 1, 2),
            ("title:(chip AND rule)", "rule", 1, 1),
            ("(chip AND port) OR (chip AND rule AND law)", "a chip rule", 1, 2),
        ] {
            let text = format!("[watchlist]\nid = 'w'\n[[query]]\nname = 'q'\nmatch = '{query}'\n");
            let (definitions, _) = read(&[(Kind::Watchlist, SourceFile::new("w.toml", text))]);
            let engine = Engine::compile(&definitions).0;
            let explanation =
                engine.explain(0, &Event { title: title.into(), ..Event::default() }, &mut engine.workspace());
            let clause = &explanation.queries[0].clause;
            assert_eq!((clause.missing(), clause.found()), (missing, found), "{query}");
            let words =
                ["chip", "rule"].into_iter().filter(|word| title.contains(word) && query.contains(word)).count();
            assert_eq!(clause.all_hits().len(), words, "{query}");
        }
    }
}
