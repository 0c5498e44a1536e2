//! Builds an [`Explanation`]: the query's tree and its compiled form, walked side by side.

mod reason;

use super::budget::{Budget, OverBudget};
use super::evaluate::Evaluation;
use super::evidence::settle;
use super::expression::Expression;
use super::filter::Filter;
use super::{Engine, Query, Workspace};
use crate::matching::explain::{Clause, Explanation, Found, Named, Operator, QueryExplanation};
use crate::matching::query::{Field, Kind, Node, parse_text};
use crate::matching::spoken::Spoken;
use crate::message::event::Event;

/// Hits shown per clause.
const SHOWN: usize = 5;

impl Engine {
    /// Why a watchlist (by its number in [`Engine::watchlists`]) matches an event, or why not.
    ///
    /// # Panics
    /// Where there is no such watchlist.
    pub fn explain(&self, watchlist: usize, event: &Event<'_>, workspace: &mut Workspace) -> Explanation {
        self.read(event, workspace);
        let compiled = &self.watchlists[watchlist];
        let refuses = |filter: &Filter| filter.refuses(event, &Spoken::in_event(event), &workspace.found);
        let filtered = compiled.filter.as_deref().and_then(refuses);
        let mut evaluation = self.evaluation(event, workspace);
        let queries =
            self.queries[compiled.queries.clone()].iter().map(|query| query.account(&mut evaluation)).collect();
        Explanation::new(compiled.id(), filtered, queries)
    }

    /// The vocabulary's entry that a spelling belongs to.
    fn stands_for(&self, spelling: u32) -> Option<Named> {
        let of_entry = |(atom, _): &&(u32, Named)| self.atoms[*atom as usize].spellings.contains(&spelling);
        self.labels.iter().find(of_entry).map(|(_, label)| label.clone())
    }
}

impl Query {
    fn account(&self, evaluation: &mut Evaluation<'_, '_>) -> QueryExplanation {
        let node = parse_text(self.text()).expect("a query in the engine was parsed when it was compiled");
        evaluation.budget = Budget::default();
        let answered = self.is_answered(evaluation);
        let mut clause = Walk { text: self.text(), evaluation }.clause(&node, &self.expression, None);
        if answered.is_err() {
            clause.reason = Some(OverBudget.to_string());
        }
        clause.holds = answered.unwrap_or(false);
        QueryExplanation::new(self.name(), clause)
    }

    /// Whether it matches, as the engine decides it: with evidence within the budget.
    fn is_answered(&self, evaluation: &mut Evaluation<'_, '_>) -> Result<bool, OverBudget> {
        let holds = evaluation.holds(&self.expression, None)?;
        evaluation.budget.next_query();
        if holds {
            evaluation.evidence(&self.expression, None, None, &mut Vec::new())?;
        }
        Ok(holds)
    }
}

struct Walk<'a, 'e, 'w> {
    text: &'a str,
    evaluation: &'a mut Evaluation<'e, 'w>,
}

impl Walk<'_, '_, '_> {
    fn clause(&mut self, node: &Node, expression: &Expression, field: Option<Field>) -> Clause {
        let (operator, clauses) = self.parts(node, expression, field);
        let mut clause = Clause {
            text: self.text[node.span.clone()].to_owned(),
            operator,
            holds: false,
            reason: None,
            hits: Vec::new(),
            clauses,
        };
        self.evaluation.budget.next_query();
        if let Err(over_budget) = self.judge(&mut clause, expression, field) {
            clause.reason = Some(over_budget.to_string());
        }
        clause
    }

    fn parts(&mut self, node: &Node, expression: &Expression, field: Option<Field>) -> (Option<Operator>, Vec<Clause>) {
        match (&node.kind, expression) {
            (Kind::And(nodes), Expression::And(parts)) => (Some(Operator::And), self.all(nodes, parts, field)),
            (Kind::Or(nodes), Expression::Or(parts)) => (Some(Operator::Or), self.all(nodes, parts, field)),
            (Kind::Near { left, right, .. }, Expression::Near { sides, .. }) => {
                (Some(Operator::Distance), self.both(left, right, sides, field))
            }
            (Kind::Together { left, right, .. }, Expression::Together { sides, .. }) => {
                (Some(Operator::Together), self.both(left, right, sides, field))
            }
            (Kind::Not(node), Expression::Not(inner)) => (Some(Operator::Not), vec![self.clause(node, inner, field)]),
            (Kind::AtLeast(_, node), Expression::AtLeast(_, inner)) => {
                (Some(Operator::AtLeast), vec![self.clause(node, inner, field)])
            }
            (Kind::Field(_, node), Expression::Field(field, inner)) => {
                (Some(Operator::Field), vec![self.clause(node, inner, Some(*field))])
            }
            _ => (None, Vec::new()),
        }
    }

    fn all(&mut self, nodes: &[Node], parts: &[Expression], field: Option<Field>) -> Vec<Clause> {
        nodes.iter().zip(parts).map(|(node, part)| self.clause(node, part, field)).collect()
    }

    fn both(&mut self, left: &Node, right: &Node, sides: &[Expression; 2], field: Option<Field>) -> Vec<Clause> {
        vec![self.clause(left, &sides[0], field), self.clause(right, &sides[1], field)]
    }

    fn judge(&mut self, clause: &mut Clause, expression: &Expression, field: Option<Field>) -> Result<(), OverBudget> {
        clause.holds = self.evaluation.holds(expression, field)?;
        if matches!(expression, Expression::Atom(_)) {
            clause.hits = self.hits(expression, field)?;
        }
        if !clause.holds {
            clause.reason = self.evaluation.reason(expression, field, &clause.clauses)?;
        }
        Ok(())
    }

    fn hits(&mut self, expression: &Expression, field: Option<Field>) -> Result<Vec<Found>, OverBudget> {
        let mut places = self.evaluation.places(expression, field)?;
        let engine = self.evaluation.engine;
        settle(&mut places, engine, self.evaluation.event);
        let shown = places.iter().take(SHOWN).map(|place| Found {
            hit: self.evaluation.hit(place).to_hit(),
            stands_for: engine.stands_for(place.spelling),
        });
        Ok(shown.collect())
    }
}

#[cfg(test)]
mod tests;
