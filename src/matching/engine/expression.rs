//! A query's tree with its words looked up, and what can be told from it without an event: which
//! words it cannot do without.

use smallvec::SmallVec;

use super::vocabulary::{AtomId, Atoms, Mode};
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
    let mut compiled = Vec::with_capacity(parts.len());
    // All of them, so that all that is wrong is told.
    parts.iter().for_each(|part| compiled.extend(compile(part, query, atoms)));
    (compiled.len() == parts.len()).then(|| compiled.into())
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
pub(super) type Clause = SmallVec<[AtomId; 4]>;

/// The clauses of which each must hold; empty where no word is required.
pub(super) fn required(expression: &Expression) -> Vec<Clause> {
    let mut all = Vec::new();
    clauses(expression, &mut all);
    all
}

fn clauses(expression: &Expression, into: &mut Vec<Clause>) {
    match expression {
        Expression::Atom(atom) => into.push(Clause::from_slice(&[*atom])),
        Expression::And(parts) => parts.iter().for_each(|part| clauses(part, into)),
        Expression::Near { sides, .. } | Expression::Together { sides, .. } => {
            sides.iter().for_each(|part| clauses(part, into));
        }
        Expression::AtLeast(_, inner) | Expression::Field(_, inner) => clauses(inner, into),
        Expression::Not(_) | Expression::Meta(..) => {}
        Expression::Or(parts) => into.extend(one_of(parts)),
    }
}

/// One clause of each part, together: the shortest, so that the sum stays small. None where a part has
/// none.
fn one_of(parts: &[Expression]) -> Option<Clause> {
    let mut union = Clause::new();
    let mut of_part = Vec::new();
    for part in parts {
        if let Expression::Atom(atom) = part {
            union.push(*atom);
            continue;
        }
        clauses(part, &mut of_part);
        union.extend(of_part.drain(..).min_by_key(Clause::len)?);
    }
    union.sort_unstable();
    union.dedup();
    Some(union)
}
