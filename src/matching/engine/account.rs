//! Builds an [`Explanation`]: the query's tree and its compiled form, walked side by side.

use super::budget::OverBudget;
use super::evaluate::Evaluation;
use super::evidence::{hit, settle};
use super::expression::Expression;
use super::{Engine, Query};
use crate::matching::explain::{Clause, Explanation, QueryExplanation};
use crate::matching::query::{Field, Kind, Node, parse_text};
use crate::message::event::Event;
use crate::message::evidence::Hit;

/// Hits shown per clause.
const SHOWN: usize = 5;

impl Engine {
    /// Why a watchlist (by its number in [`Engine::watchlists`]) matches an event, or why not.
    ///
    /// # Panics
    /// Where there is no such watchlist.
    pub fn explain(&self, watchlist: usize, event: &Event<'_>) -> Explanation {
        let mut workspace = self.workspace();
        self.read(event, &mut workspace);
        let compiled = &self.watchlists[watchlist];
        let filtered = compiled.filter.refuses(event, &workspace.found);
        let mut evaluation = self.evaluation(event, &mut workspace);
        let queries: Vec<_> =
            self.queries[compiled.queries.clone()].iter().map(|query| query.account(&mut evaluation)).collect();
        let matched = filtered.is_none() && queries.iter().any(|query| query.clause.holds);
        Explanation { watchlist: compiled.id().to_owned(), matched, filtered, queries }
    }
}

impl Query {
    fn account(&self, evaluation: &mut Evaluation<'_>) -> QueryExplanation {
        let node = parse_text(&self.text).expect("a query in the engine was parsed when it was compiled");
        evaluation.budget.next_query();
        let mut walk = Walk { text: &self.text, evaluation };
        let clause = walk.clause(&node, &self.expression, None).unwrap_or_else(|_| Clause {
            text: self.text.to_string(),
            holds: false,
            reason: Some(OverBudget.to_string()),
            hits: Vec::new(),
            clauses: Vec::new(),
        });
        QueryExplanation { name: self.name.to_string(), clause }
    }
}

struct Walk<'a, 'e> {
    text: &'a str,
    evaluation: &'a mut Evaluation<'e>,
}

impl Walk<'_, '_> {
    fn clause(&mut self, node: &Node, expression: &Expression, field: Option<Field>) -> Result<Clause, OverBudget> {
        let holds = self.evaluation.holds(expression, field)?;
        let clauses = match (&node.kind, expression) {
            (Kind::And(nodes), Expression::And(parts)) | (Kind::Or(nodes), Expression::Or(parts)) => {
                let both = nodes.iter().zip(parts.iter());
                both.map(|(node, part)| self.clause(node, part, field)).collect::<Result<_, _>>()?
            }
            (Kind::Near { left, right, .. }, Expression::Near { sides, .. })
            | (Kind::Together { left, right, .. }, Expression::Together { sides, .. }) => {
                vec![self.clause(left, &sides[0], field)?, self.clause(right, &sides[1], field)?]
            }
            (Kind::Not(node), Expression::Not(inner)) | (Kind::AtLeast(_, node), Expression::AtLeast(_, inner)) => {
                vec![self.clause(node, inner, field)?]
            }
            (Kind::Field(_, node), Expression::Field(field, inner)) => vec![self.clause(node, inner, Some(*field))?],
            _ => Vec::new(),
        };
        let reason = if holds { None } else { self.reason(expression, field, &clauses)? };
        let hits = if matches!(expression, Expression::Atom(_)) { self.hits(expression, field)? } else { Vec::new() };
        Ok(Clause { text: self.text[node.span.clone()].to_owned(), holds, reason, hits, clauses })
    }

    fn hits(&mut self, expression: &Expression, field: Option<Field>) -> Result<Vec<Hit>, OverBudget> {
        let mut places = self.evaluation.places(expression, field)?;
        let Evaluation { engine, event, found, .. } = *self.evaluation;
        settle(&mut places, engine);
        Ok(places.iter().take(SHOWN).map(|place| hit(place, engine, event, found.field(place.start))).collect())
    }

    fn reason(
        &mut self,
        expression: &Expression,
        field: Option<Field>,
        clauses: &[Clause],
    ) -> Result<Option<String>, OverBudget> {
        Ok(match expression {
            Expression::Atom(atom) => Some(match (field, self.evaluation.atom(*atom)?.is_empty()) {
                (Some(_), false) => "found, but not in this field".to_owned(),
                _ if self.evaluation.is_ruled_out(*atom)? => {
                    "written there, but ruled out by `not_in`, `context` or the list's language".to_owned()
                }
                _ => "not found".to_owned(),
            }),
            Expression::Near { .. } | Expression::Together { .. } if clauses.iter().all(|clause| clause.holds) => {
                Some("both are there, but not so near, or not in this order".to_owned())
            }
            Expression::AtLeast(_, inner) => Some(format!("found {} times", self.evaluation.count(inner, field)?)),
            Expression::Not(_) => Some("it must not be there".to_owned()),
            Expression::Meta(..) => Some("the event has another".to_owned()),
            _ => None,
        })
    }
}
