//! What a query costs where no word leads to it. Knows nothing of any event.

use super::expression::{Clause, Expression};
use super::vocabulary::{Atom, Atoms};
use crate::diagnostic::Diagnostic;
use crate::matching::definition::Located;
use crate::matching::query::Node;

/// The warning for a query that words or names do not keep from being looked at.
pub(super) fn warning(
    expression: &Expression,
    clauses: &[Clause],
    node: &Node,
    query: &Located<String>,
    atoms: &Atoms<'_>,
) -> Option<Diagnostic> {
    let span = || query.inside(node.span.clone());
    let help = "add a word or a name that must be there";
    if !clauses.is_empty() && !atoms.dictionary.has_patterns() {
        return None;
    }
    let price =
        |clause: &&Clause| -> u64 { clause.iter().map(|atom| u64::from(atoms.atoms[*atom as usize].price)).sum() };
    match clauses.iter().min_by_key(price) {
        None => {
            let parts = parts(expression);
            let message = format!("no word is required, so that every event is looked at in full (parts: {parts})");
            Some(Diagnostic::warning("NW0217", &query.file, span(), message).help(help))
        }
        Some(clause) if has_pattern(clause, atoms) => {
            let message = "only a pattern is required: every new word is compared with it, and every event that has \
                           one is looked at in full";
            Some(Diagnostic::warning("NW0218", &query.file, span(), message).help(help))
        }
        Some(_) => None,
    }
}

/// Whether a clause, the least common of its query, is led to by a pattern.
fn has_pattern(clause: &Clause, atoms: &Atoms<'_>) -> bool {
    let is_pattern = |atom: &Atom| {
        let mut spellings = atom.spellings.iter().map(|spelling| &atoms.spellings[*spelling as usize]);
        spellings.any(|spelling| atoms.dictionary.is_pattern(spelling.steps[usize::from(spelling.anchor)].unit))
    };
    clause.iter().any(|atom| is_pattern(&atoms.atoms[*atom as usize]))
}

/// Words, names and metadata of a query.
fn parts(expression: &Expression) -> usize {
    match expression {
        Expression::Atom(_) | Expression::Meta(..) => 1,
        Expression::And(all) | Expression::Or(all) => all.iter().map(parts).sum(),
        Expression::Near { sides, .. } | Expression::Together { sides, .. } => sides.iter().map(parts).sum(),
        Expression::Not(inner) | Expression::AtLeast(_, inner) | Expression::Field(_, inner) => parts(inner),
    }
}
