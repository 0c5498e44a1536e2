//! Whether a query holds in an event, and where: sorted lists of places, joined.

use super::Engine;
use super::budget::{Budget, OverBudget};
use super::expression::Expression;
use super::filter;
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
}

impl Cache {
    pub(super) fn for_atoms(atoms: usize) -> Self {
        Self { known: vec![(0, 0, 0); atoms], ..Self::default() }
    }

    pub(super) fn next_event(&mut self) {
        self.pool.clear();
        self.event = self.event.wrapping_add(1);
        if self.event == 0 {
            self.known.fill((0, 0, 0));
            self.event = 1;
        }
    }
}

/// One event being looked at.
pub(super) struct Evaluation<'a> {
    pub(super) engine: &'a Engine,
    pub(super) event: &'a Event<'a>,
    pub(super) found: &'a Found,
    pub(super) cache: &'a mut Cache,
    pub(super) spoken: Spoken<'a>,
    pub(super) budget: Budget,
}

impl Evaluation<'_> {
    fn spend(&mut self, places: usize) -> Result<(), OverBudget> {
        self.budget.spend(places)
    }

    /// Whether a query holds, inside a field or anywhere.
    pub(super) fn holds(&mut self, expression: &Expression, field: Option<Field>) -> Result<bool, OverBudget> {
        Ok(match expression {
            Expression::Atom(atom) if field.is_none() => !self.atom(*atom)?.is_empty(),
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
            Expression::Atom(_) | Expression::Near { .. } | Expression::Together { .. } => {
                !self.places(expression, field)?.is_empty()
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
        let mut places = match expression {
            Expression::Atom(atom) => self.atom(*atom)?.to_vec(),
            Expression::Or(parts) => {
                let mut places = Vec::new();
                for part in parts {
                    places.extend(self.places(part, field)?);
                }
                places.sort_unstable();
                places.dedup();
                return Ok(places);
            }
            Expression::Near { sides, words, ordered } => {
                let (left, right) = (self.places(&sides[0], field)?, self.places(&sides[1], field)?);
                let far = self.engine.positions.of_words(*words);
                let mut pairs = self.followed(&left, &right, far)?;
                if !ordered {
                    pairs.extend(self.followed(&right, &left, far)?);
                }
                pairs
            }
            Expression::Together { sides, unit } => {
                let (left, right) = (self.places(&sides[0], field)?, self.places(&sides[1], field)?);
                self.together(&left, &right, *unit)?
            }
            // Places are asked for what the parser lets stand in a distance only.
            Expression::And(_)
            | Expression::Not(_)
            | Expression::AtLeast(..)
            | Expression::Field(..)
            | Expression::Meta(..) => Vec::new(),
        };
        if let Some(field) = field {
            places.retain(|place| self.found.is_in(place, field));
        }
        places.sort_unstable();
        places.dedup();
        self.spend(places.len())?;
        Ok(places)
    }

    /// Pairs of a place and one that follows it at most so far behind.
    fn followed(&mut self, first: &[Place], then: &[Place], far: u32) -> Result<Vec<Place>, OverBudget> {
        let mut pairs = Vec::new();
        for a in first {
            let from = then.partition_point(|b| b.start < a.end);
            let near = then[from..].partition_point(|b| b.start - a.end <= far);
            self.spend(near)?;
            pairs.extend(then[from..from + near].iter().map(|b| span(a, b)));
        }
        Ok(pairs)
    }

    fn together(&mut self, left: &[Place], right: &[Place], unit: Unit) -> Result<Vec<Place>, OverBudget> {
        let mut pairs = Vec::new();
        for a in left {
            self.spend(right.len())?;
            let same = right.iter().filter(|b| b.start >= a.end || a.start >= b.end).filter(|b| match unit {
                Unit::Sentence => self.found.one_sentence(a, b),
                Unit::Paragraph => self.found.one_paragraph(a, b),
            });
            pairs.extend(same.map(|b| if a.start < b.start { span(a, b) } else { span(b, a) }));
        }
        Ok(pairs)
    }

    /// Where an atom is found, in order.
    pub(super) fn atom(&mut self, id: AtomId) -> Result<&[Place], OverBudget> {
        let (event, from, to) = self.cache.known[id as usize];
        if event == self.cache.event {
            return Ok(&self.cache.pool[from as usize..to as usize]);
        }
        let engine = self.engine;
        let atom = &engine.atoms[id as usize];
        let mut places = Vec::new();
        for spelling in &atom.spellings {
            self.spelling(*spelling, &mut places)?;
        }
        for member in &atom.any {
            places.extend_from_slice(self.atom(*member)?);
        }
        places.sort_unstable();
        places.dedup_by_key(|place| (place.start, place.end, place.spelling));
        if !places.is_empty() {
            self.without_longer(atom, &mut places)?;
            self.with_context(atom, &mut places)?;
        }
        self.spend(places.len())?;
        let from = self.cache.pool.len() as u32;
        self.cache.pool.extend_from_slice(&places);
        let to = self.cache.pool.len() as u32;
        self.cache.known[id as usize] = (self.cache.event, from, to);
        Ok(&self.cache.pool[from as usize..to as usize])
    }

    /// A name inside one of the phrases it does not count in is not there.
    pub(super) fn without_longer(&mut self, atom: &Atom, places: &mut Vec<Place>) -> Result<(), OverBudget> {
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
        spelling.only.as_ref().is_none_or(|only| self.spoken.is(only) != Some(false))
    }

    /// Where one spelling is found.
    pub(super) fn spelling(&mut self, id: u32, places: &mut Vec<Place>) -> Result<(), OverBudget> {
        let (engine, found) = (self.engine, self.found);
        let spelling = &engine.spellings[id as usize];
        if spelling.steps.iter().any(|step| found.places(step.unit).is_empty()) || !self.counts(spelling) {
            return Ok(());
        }
        let anchors = found.places(spelling.steps[usize::from(spelling.anchor)].unit);
        self.spend(anchors.len() * spelling.steps.len())?;
        places.extend(
            anchors
                .iter()
                .filter_map(|anchor| along(spelling, *anchor, found).map(|place| Place { spelling: id, ..place })),
        );
        Ok(())
    }
}

/// The whole of a phrase around its anchor, where it is all there.
pub(super) fn along(spelling: &Spelling, anchor: Place, found: &Found) -> Option<Place> {
    let at = usize::from(spelling.anchor);
    let (mut whole, mut next) = (anchor, anchor.start);
    for pair in spelling.steps[..=at].windows(2).rev() {
        let end = next + u32::from(pair[1].overlap);
        let places = found.places(pair[0].unit);
        // A unit's places have ends in order, as they have starts.
        let before = places.get(places.partition_point(|place| place.end < end))?;
        if before.end != end {
            return None;
        }
        next = before.start;
        (whole.start, whole.from) = (before.start, before.from);
    }
    let mut end = anchor.end;
    for step in &spelling.steps[at + 1..] {
        let start = end.checked_sub(u32::from(step.overlap))?;
        let places = found.places(step.unit);
        let after = places.get(places.partition_point(|place| place.start < start))?;
        if after.start != start {
            return None;
        }
        end = after.end;
        (whole.end, whole.to) = (after.end, after.to);
    }
    Some(whole)
}

fn span(a: &Place, b: &Place) -> Place {
    let later = if a.end >= b.end { a } else { b };
    Place { start: a.start, end: later.end, spelling: NO_SPELLING, from: a.from, to: later.to }
}
