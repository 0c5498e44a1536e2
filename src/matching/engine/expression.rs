//! A query's tree with its words looked up, and what can be told from it without an event: which
//! words it cannot do without.

use smallvec::SmallVec;

use super::vocabulary::{Atom, AtomId, Atoms, Mode};
use crate::diagnostic::Diagnostic;
use crate::matching::definition::Located;
use crate::matching::query::{Field, Kind, Meta, Node, Unit};

/// A compiled query: the shape is that of [`Node`], so that an explanation can walk both.
#[derive(Debug)]
pub(super) enum Expression {
    Atom(AtomId),
    And(Box<[Expression]>),
    Or(Box<[Expression]>),
    Not(Box<Expression>),
    Near { sides: Box<[Expression; 2]>, words: u32, ordered: bool },
    Together { sides: Box<[Expression; 2]>, unit: Unit },
    AtLeast(u32, Box<Expression>),
    Field(Field, Box<Expression>),
    Meta(Meta, Box<str>),
}

/// Looks up the words of a query; none where one of them does not exist, which is told.
pub(super) fn compile(node: &Node, query: &Located<String>, atoms: &mut Atoms<'_>) -> Option<Expression> {
    let both = |left: &Node, right: &Node, atoms: &mut Atoms<'_>| {
        let (left, right) = (compile(left, query, atoms), compile(right, query, atoms));
        Some(Box::new([left?, right?]))
    };
    Some(match &node.kind {
        Kind::Words(written) => bare(node, query, written, Mode::Folded, atoms)?,
        Kind::Exact(written) => bare(node, query, written, Mode::Exact, atoms)?,
        Kind::Prefix(written) => bare(node, query, written, Mode::Prefix, atoms)?,
        Kind::Pattern(pattern) => Expression::Atom(atoms.pattern(pattern)),
        Kind::Entity(id) => named(node, query, '@', id, atoms)?,
        Kind::Term(id) => named(node, query, '#', id, atoms)?,
        Kind::And(parts) => Expression::And(all(parts, query, atoms)?),
        Kind::Or(parts) => Expression::Or(all(parts, query, atoms)?),
        Kind::Not(inner) => Expression::Not(Box::new(compile(inner, query, atoms)?)),
        Kind::Near { left, right, words, ordered } => {
            Expression::Near { sides: both(left, right, atoms)?, words: *words, ordered: *ordered }
        }
        Kind::Together { left, right, unit } => Expression::Together { sides: both(left, right, atoms)?, unit: *unit },
        Kind::AtLeast(least, inner) => Expression::AtLeast(*least, Box::new(compile(inner, query, atoms)?)),
        Kind::Field(field, inner) => Expression::Field(*field, Box::new(compile(inner, query, atoms)?)),
        Kind::Meta(meta, value) => Expression::Meta(*meta, value.as_str().into()),
    })
}

fn all(parts: &[Node], query: &Located<String>, atoms: &mut Atoms<'_>) -> Option<Box<[Expression]>> {
    let compiled: Vec<_> = parts.iter().map(|part| compile(part, query, atoms)).collect();
    compiled.into_iter().collect()
}

fn bare(node: &Node, query: &Located<String>, written: &str, mode: Mode, atoms: &mut Atoms<'_>) -> Option<Expression> {
    let atom = atoms.bare(written, mode);
    if atom.is_none() {
        let span = query.inside(node.span.clone());
        let message = "there is no letter or digit to search for";
        atoms.findings.push(Diagnostic::error("NW0215", &query.file, span, message));
    }
    atom.map(Expression::Atom)
}

fn named(node: &Node, query: &Located<String>, sigil: char, id: &str, atoms: &mut Atoms<'_>) -> Option<Expression> {
    if !atoms.is_defined(sigil, id) {
        let finding = atoms.unknown(sigil, id, &query.file, query.inside(node.span.clone()));
        atoms.findings.push(finding);
        return None;
    }
    // A broken entry was told of where it stands.
    atoms.named(sigil, id).map(Expression::Atom)
}

/// Atoms of which one must be in the event.
pub(super) type Clause = SmallVec<[AtomId; 2]>;

/// The clauses of which each must hold, the least common first; empty where no word is required.
pub(super) fn required(expression: &Expression, atoms: &[Atom]) -> Vec<Clause> {
    let mut clauses = clauses(expression);
    clauses.sort_by_cached_key(|clause| price(clause, atoms));
    clauses
}

fn price(clause: &Clause, atoms: &[Atom]) -> u32 {
    clause.iter().map(|atom| atoms[*atom as usize].price).fold(0, u32::saturating_add)
}

fn clauses(expression: &Expression) -> Vec<Clause> {
    match expression {
        Expression::Atom(atom) => vec![Clause::from_elem(*atom, 1)],
        Expression::And(parts) => parts.iter().flat_map(clauses).collect(),
        Expression::Near { sides, .. } | Expression::Together { sides, .. } => sides.iter().flat_map(clauses).collect(),
        Expression::AtLeast(_, inner) | Expression::Field(_, inner) => clauses(inner),
        Expression::Not(_) | Expression::Meta(..) => Vec::new(),
        Expression::Or(parts) => {
            // One clause of each part, together: the shortest, so that the sum stays small.
            let mut union = Clause::new();
            for part in parts {
                match clauses(part).into_iter().min_by_key(|clause| clause.len()) {
                    Some(clause) => union.extend(clause),
                    None => return Vec::new(),
                }
            }
            union.sort_unstable();
            union.dedup();
            vec![union]
        }
    }
}
