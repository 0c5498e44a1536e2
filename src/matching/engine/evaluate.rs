//! Whether a query holds in an event, and where: sorted lists of places, joined.

use super::Engine;
use super::budget::{Budget, OverBudget};
use super::evidence::CodePoints;
use super::expression::Expression;
use super::filter;
use super::index::Reached;
use super::phrase::Around;
use super::scan::{Found, NO_SPELLING, Place};
use super::vocabulary::{Atom, AtomId, Spelling};
use crate::matching::query::{Field, Unit};
use crate::matching::spoken::Spoken;
use crate::message::event::Event;

/// The places of atoms in the present event, each computed once.
#[derive(Default)]
pub(super) struct Cache {
    /// By atom: the event it was computed for, and where in `pool`.
    known: Vec<(u32, u32, u32)>,
    pool: Vec<Place>,
    event: u32,
    /// Room for places that is not in use.
    spare: Vec<Vec<Place>>,
    pub(super) code_points: CodePoints,
}

impl Cache {
    pub(super) fn for_atoms(atoms: usize) -> Self {
        Self { known: vec![(0, 0, 0); atoms], ..Self::default() }
    }

    pub(super) fn next_event(&mut self) {
        self.pool.clear();
        self.code_points.next_event();
        self.event = self.event.wrapping_add(1);
        if self.event == 0 {
            self.known.fill((0, 0, 0));
            self.event = 1;
        }
    }

    fn room(&mut self) -> Vec<Place> {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes back what [`Evaluation::places`] gave.
    pub(super) fn give_back(&mut self, mut places: Vec<Place>) {
        places.clear();
        self.spare.push(places);
    }
}

/// One event being looked at.
pub(super) struct Evaluation<'e, 'w> {
    pub(super) engine: &'e Engine,
    pub(super) event: &'e Event<'e>,
    pub(super) found: &'w Found,
    pub(super) reached: &'w Reached,
    pub(super) cache: &'w mut Cache,
    pub(super) spoken: Spoken<'e>,
    pub(super) budget: Budget,
}

impl Evaluation<'_, '_> {
    fn spend(&mut self, places: usize) -> Result<(), OverBudget> {
        self.budget.spend(places)
    }

    /// Whether a query holds, inside a field or anywhere.
    pub(super) fn holds(&mut self, expression: &Expression, field: Option<Field>) -> Result<bool, OverBudget> {
        Ok(match expression {
            Expression::Atom(atom) if field.is_none() => self.is_there(*atom)?,
            Expression::And(parts) => {
                for part in parts {
                    if !self.holds(part, field)? {
                        return Ok(false);
                    }
                }
                true
            }
            Expression::Or(parts) => {
                for part in parts {
                    if self.holds(part, field)? {
                        return Ok(true);
                    }
                }
                false
            }
            Expression::Not(inner) => !self.holds(inner, field)?,
            Expression::Field(field, inner) => self.holds(inner, Some(*field))?,
            Expression::AtLeast(least, inner) => self.count(inner, field)? >= *least as usize,
            Expression::Meta(meta, value) => filter::meta(*meta, value, self.event, &self.spoken),
            Expression::Near { sides, words, ordered } => {
                let Some([left, right]) = self.both(sides, field)? else { return Ok(false) };
                let far = self.engine.positions.of_words(*words);
                let near =
                    self.is_followed(&left, &right, far)? || (!ordered && self.is_followed(&right, &left, far)?);
                self.cache.give_back(left);
                self.cache.give_back(right);
                near
            }
            Expression::Atom(_) | Expression::Together { .. } => {
                let places = self.places(expression, field)?;
                let found = !places.is_empty();
                self.cache.give_back(places);
                found
            }
        })
    }

    /// How often something occurs: places, whatever is found there.
    pub(super) fn count(&mut self, expression: &Expression, field: Option<Field>) -> Result<usize, OverBudget> {
        let mut places = self.places(expression, field)?;
        places.dedup_by_key(|place| (place.start, place.end));
        Ok(places.len())
    }

    /// Where a word, a group of words or a distance holds, in order.
    pub(super) fn places(&mut self, expression: &Expression, field: Option<Field>) -> Result<Vec<Place>, OverBudget> {
        let mut places = self.cache.room();
        self.gather(expression, field, &mut places)?;
        if !matches!(expression, Expression::Atom(_)) {
            places.sort_unstable();
            places.dedup();
        }
        self.spend(places.len())?;
        Ok(places)
    }

    /// The same without order.
    fn gather(
        &mut self,
        expression: &Expression,
        field: Option<Field>,
        into: &mut Vec<Place>,
    ) -> Result<(), OverBudget> {
        let found = self.found;
        let counts = |place: &&Place| field.is_none_or(|field| found.layout().is_in(place, field));
        match expression {
            Expression::Atom(atom) => into.extend(self.atom(*atom)?.iter().filter(counts)),
            Expression::Or(parts) => {
                for part in parts {
                    self.gather(part, field, into)?;
                }
            }
            Expression::Near { .. } | Expression::Together { .. } => {
                let pairs = self.pairs(expression, field)?;
                into.extend(pairs.iter().filter(counts));
                self.cache.give_back(pairs);
            }
            // Places are asked for what the parser lets stand in a distance only.
            Expression::And(_)
            | Expression::Not(_)
            | Expression::AtLeast(..)
            | Expression::Field(..)
            | Expression::Meta(..) => {}
        }
        Ok(())
    }

    /// The places of both sides; none where one has none.
    fn both(&mut self, sides: &[Expression; 2], field: Option<Field>) -> Result<Option<[Vec<Place>; 2]>, OverBudget> {
        let left = self.places(&sides[0], field)?;
        if left.is_empty() {
            self.cache.give_back(left);
            return Ok(None);
        }
        let right = self.places(&sides[1], field)?;
        Ok(Some([left, right]))
    }

    fn pairs(&mut self, expression: &Expression, field: Option<Field>) -> Result<Vec<Place>, OverBudget> {
        let mut pairs = self.cache.room();
        let (Expression::Near { sides, .. } | Expression::Together { sides, .. }) = expression else {
            return Ok(pairs);
        };
        let Some([left, right]) = self.both(sides, field)? else { return Ok(pairs) };
        match expression {
            Expression::Together { unit, .. } => self.together(&left, &right, *unit, &mut pairs)?,
            Expression::Near { words, ordered, .. } => {
                let far = self.engine.positions.of_words(*words);
                self.followed(&left, &right, far, &mut pairs)?;
                if !ordered {
                    self.followed(&right, &left, far, &mut pairs)?;
                }
            }
            _ => {}
        }
        self.cache.give_back(left);
        self.cache.give_back(right);
        Ok(pairs)
    }

    /// Whether some place is followed by another at most so far behind.
    fn is_followed(&mut self, first: &[Place], then: &[Place], far: u32) -> Result<bool, OverBudget> {
        self.spend(first.len())?;
        let next = |a: &Place| then.get(then.partition_point(|b| b.start < a.end)).map(|b| b.start - a.end);
        Ok(first.iter().filter_map(next).any(|gap| gap <= far))
    }

    /// Pairs of a place and one that follows it at most so far behind.
    fn followed(
        &mut self,
        first: &[Place],
        then: &[Place],
        far: u32,
        pairs: &mut Vec<Place>,
    ) -> Result<(), OverBudget> {
        for a in first {
            let from = then.partition_point(|b| b.start < a.end);
            let near = then[from..].partition_point(|b| b.start - a.end <= far);
            self.spend(near)?;
            pairs.extend(then[from..from + near].iter().map(|b| span(a, b)));
        }
        Ok(())
    }

    fn together(
        &mut self,
        left: &[Place],
        right: &[Place],
        unit: Unit,
        pairs: &mut Vec<Place>,
    ) -> Result<(), OverBudget> {
        for a in left {
            self.spend(right.len())?;
            let same = right.iter().filter(|b| b.start >= a.end || a.start >= b.end).filter(|b| match unit {
                Unit::Sentence => self.found.layout().one_sentence(a, b),
                Unit::Paragraph => self.found.layout().one_paragraph(a, b),
            });
            pairs.extend(same.map(|b| if a.start < b.start { span(a, b) } else { span(b, a) }));
        }
        Ok(())
    }

    fn is_there(&mut self, id: AtomId) -> Result<bool, OverBudget> {
        match self.engine.index.is_there(id, self.reached) {
            Some(is_there) => Ok(is_there),
            None => Ok(!self.atom(id)?.is_empty()),
        }
    }

    /// Where an atom is found, in order.
    pub(super) fn atom(&mut self, id: AtomId) -> Result<&[Place], OverBudget> {
        let (event, from, to) = self.cache.known[id as usize];
        if event == self.cache.event {
            return Ok(&self.cache.pool[from as usize..to as usize]);
        }
        if self.engine.index.is_there(id, self.reached) == Some(false) {
            return Ok(&[]);
        }
        let mut places = self.cache.room();
        self.find(id, &mut places)?;
        self.spend(places.len())?;
        let from = self.cache.pool.len() as u32;
        self.cache.pool.extend_from_slice(&places);
        self.cache.give_back(places);
        let to = self.cache.pool.len() as u32;
        self.cache.known[id as usize] = (self.cache.event, from, to);
        Ok(&self.cache.pool[from as usize..to as usize])
    }

    fn find(&mut self, id: AtomId, places: &mut Vec<Place>) -> Result<(), OverBudget> {
        let engine = self.engine;
        let atom = &engine.atoms[id as usize];
        for spelling in &atom.spellings {
            self.spelling(*spelling, places)?;
        }
        for member in &atom.any {
            places.extend_from_slice(self.atom(*member)?);
        }
        // The places of one spelling are in order.
        if atom.spellings.len() + atom.any.len() > 1 {
            places.sort_unstable();
            places.dedup_by_key(|place| (place.start, place.end, place.spelling));
        }
        if !places.is_empty() {
            self.without_longer(atom, places)?;
            self.with_context(atom, places)?;
        }
        Ok(())
    }

    /// A name inside one of the phrases it does not count in is not there.
    pub(super) fn without_longer(&mut self, atom: &Atom, places: &mut Vec<Place>) -> Result<(), OverBudget> {
        if atom.not_in.is_empty() {
            return Ok(());
        }
        let mut longer = Vec::new();
        for phrase in &atom.not_in {
            self.spelling(*phrase, &mut longer)?;
        }
        self.spend(longer.len() * places.len())?;
        places.retain(|place| !longer.iter().any(|around| around.start <= place.start && place.end <= around.end));
        Ok(())
    }

    /// A name that needs a context counts where one is near.
    pub(super) fn with_context(&mut self, atom: &Atom, places: &mut Vec<Place>) -> Result<(), OverBudget> {
        if atom.context.is_empty() {
            return Ok(());
        }
        let mut context = Vec::new();
        for member in &atom.context {
            context.extend_from_slice(self.atom(*member)?);
        }
        self.spend(context.len() * places.len())?;
        let far = self.engine.positions.of_words(atom.within);
        places.retain(|place| {
            context.iter().any(|other| {
                let inside = place.start <= other.start && other.end <= place.end;
                !inside && other.start.saturating_sub(place.end) <= far && place.start.saturating_sub(other.end) <= far
            })
        });
        Ok(())
    }

    fn counts(&self, spelling: &Spelling) -> bool {
        spelling.only().is_none_or(|only| self.spoken.is(only) != Some(false))
    }

    /// Where one spelling is found.
    pub(super) fn spelling(&mut self, id: u32, places: &mut Vec<Place>) -> Result<(), OverBudget> {
        let (engine, found) = (self.engine, self.found);
        let spelling = &engine.spellings[id as usize];
        let anchors = found.spots(spelling.anchor_unit());
        if anchors.is_empty() || !self.counts(spelling) {
            return Ok(());
        }
        self.spend(anchors.len() * spelling.steps.len())?;
        let around = self.around();
        let whole = anchors.iter().filter_map(|anchor| around.phrase(spelling, *anchor));
        places.extend(whole.map(|place| Place { spelling: id, ..place }));
        Ok(())
    }

    pub(super) fn around(&self) -> Around<'_> {
        self.engine.around(self.event, self.found)
    }
}

fn span(a: &Place, b: &Place) -> Place {
    let later = if a.end >= b.end { a } else { b };
    Place { start: a.start, end: later.end, spelling: NO_SPELLING, from: a.from, to: later.to }
}
