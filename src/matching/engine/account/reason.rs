//! Why a clause does not hold, in words for the one who wrote it.

use std::fmt::Write;

use hashbrown::HashSet;

use crate::matching::engine::budget::OverBudget;
use crate::matching::engine::evaluate::Evaluation;
use crate::matching::engine::expression::Expression;
use crate::matching::engine::filter;
use crate::matching::engine::scan::{FIELDS, Found, Place, text_of};
use crate::matching::engine::vocabulary::AtomId;
use crate::matching::explain::{Clause, NOT_FOUND};
use crate::matching::query::{Field, Unit};

/// Words named where one of many is missing.
const NAMED: usize = 6;

impl Evaluation<'_, '_> {
    /// The reason of a clause that does not hold; none where its parts tell.
    pub(super) fn reason(
        &mut self,
        expression: &Expression,
        field: Option<Field>,
        clauses: &[Clause],
    ) -> Result<Option<String>, OverBudget> {
        let all_there = clauses.iter().all(|clause| clause.holds);
        Ok(match expression {
            Expression::Atom(atom) => Some(self.why_not_found(*atom, field)?),
            Expression::Near { sides, ordered, .. } if all_there => {
                let (left, right) = (self.places(&sides[0], field)?, self.places(&sides[1], field)?);
                Some(apart(&left, &right, *ordered, self.found))
            }
            Expression::Together { unit: Unit::Sentence, .. } if all_there => {
                Some("both are there, but never in one sentence".to_owned())
            }
            Expression::Together { unit: Unit::Paragraph, .. } if all_there => {
                Some("both are there, but never in one paragraph".to_owned())
            }
            Expression::AtLeast(least, inner) => match self.count(inner, field)? {
                // What is missing altogether is told by the part.
                0 if !all_there => None,
                found => Some(format!("found {found} of {least} times")),
            },
            Expression::Not(inner) => {
                let mut places = Vec::new();
                self.evidence(inner, field, None, &mut places)?;
                Some(match places.iter().min() {
                    Some(place) => format!("ruled out by {}", self.shown(place)),
                    None => "ruled out, for that holds".to_owned(),
                })
            }
            Expression::Meta(meta, _) => {
                let has = filter::known(*meta, self.event, &self.spoken);
                Some(if has.is_empty() { "is not given".to_owned() } else { format!("is not so: it is {has}") })
            }
            _ => None,
        })
    }

    fn why_not_found(&mut self, atom: AtomId, field: Option<Field>) -> Result<String, OverBudget> {
        if let (Some(field), Some(place)) = (field, self.atom(atom)?.first().copied()) {
            return Ok(match field {
                Field::Lead => format!("was found, but not in the lead: {}", self.shown(&place)),
                _ => format!("was found, but not in this field: {}", self.shown(&place)),
            });
        }
        if let Some(condition) = self.ruled_out(atom, &mut HashSet::new())? {
            return Ok(format!("is ruled out: {condition}"));
        }
        let terms = self.terms(atom);
        Ok(match terms.len() {
            0 | 1 => NOT_FOUND.to_owned(),
            _ => format!("{NOT_FOUND} (needs one of: {})", some_of(&terms)),
        })
    }

    /// The condition by which something that is written there does not count.
    fn ruled_out(&mut self, id: AtomId, seen: &mut HashSet<AtomId>) -> Result<Option<String>, OverBudget> {
        if !seen.insert(id) {
            return Ok(None);
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
        if let Some(written) = places.first().copied() {
            self.without_longer(atom, &mut places)?;
            let Some(alone) = places.first().copied() else { return self.inside_longer(id, &written).map(Some) };
            self.with_context(atom, &mut places)?;
            let context: Vec<String> = atom.context.iter().map(|member| self.called(*member)).collect();
            let missing = format!(
                "none of {} within {} words of {} (context)",
                some_of(&context),
                atom.within,
                self.shown(&alone)
            );
            return Ok(places.is_empty().then_some(missing));
        }
        if let Some(language) = self.other_language(id) {
            return Ok(Some(language));
        }
        for member in &atom.any {
            if let Some(condition) = self.ruled_out(*member, seen)? {
                return Ok(Some(condition));
            }
        }
        Ok(None)
    }

    fn inside_longer(&mut self, id: AtomId, place: &Place) -> Result<String, OverBudget> {
        let engine = self.engine;
        for phrase in &engine.atoms[id as usize].not_in {
            let mut longer = Vec::new();
            self.spelling(*phrase, &mut longer)?;
            if longer.iter().any(|around| around.start <= place.start && place.end <= around.end) {
                let phrase = engine.terms.of(engine.spellings[*phrase as usize].term);
                return Ok(format!("{} stands inside {phrase} (not_in)", self.shown(place)));
            }
        }
        unreachable!("a place that was taken away lies in one of the phrases")
    }

    /// What is there, but counts in events of another language only.
    fn other_language(&self, id: AtomId) -> Option<String> {
        let (engine, found) = (self.engine, self.found);
        engine.atoms[id as usize].spellings.iter().find_map(|spelling| {
            let spelling = &engine.spellings[*spelling as usize];
            let only = spelling.only()?;
            let anchors = found.spots(spelling.anchor_unit());
            let place = anchors.iter().find_map(|anchor| self.around().phrase(spelling, *anchor))?;
            let lang = self.spoken.tag().unwrap_or("another");
            let shown = self.shown(&place);
            Some(format!("{shown} counts only in events in {only}, and this one is in {lang}"))
        })
    }

    /// How a part of the vocabulary or of a query is called by those who write it.
    fn called(&self, id: AtomId) -> String {
        let label = self.engine.labels.iter().find(|(atom, _)| *atom == id);
        label.map_or_else(|| self.terms(id).join(", "), |(_, label)| label.reference.clone())
    }

    /// The words by which an atom is found, each once, the English ones first.
    fn terms(&self, id: AtomId) -> Vec<String> {
        let (mut terms, mut atoms): (Vec<(bool, &str)>, _) = (Vec::new(), vec![id]);
        let mut known = HashSet::new();
        let mut at = 0;
        while let Some(id) = atoms.get(at) {
            let atom = &self.engine.atoms[*id as usize];
            for spelling in &atom.spellings {
                let spelling = &self.engine.spellings[*spelling as usize];
                let term = self.engine.terms.of(spelling.term);
                if known.insert(term) {
                    terms.push((spelling.lang() != Some("en"), term));
                }
            }
            let members = atom.any.iter().filter(|member| !atoms.contains(member)).copied().collect::<Vec<_>>();
            atoms.extend(members);
            at += 1;
        }
        terms.sort_by_key(|(foreign, _)| *foreign);
        terms.into_iter().map(|(_, term)| term.to_owned()).collect()
    }

    /// What stands at a place, and in which field.
    fn shown(&self, place: &Place) -> String {
        let field = self.found.layout().field(place.start);
        let text = text_of(self.event, field);
        format!("{} in the {}", &text[place.from as usize..place.to as usize], FIELDS[field])
    }
}

fn some_of(all: &[String]) -> String {
    let mut some = all.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if all.len() > NAMED {
        write!(some, " and {} more", all.len() - NAMED).expect("a string takes all that is written to it");
    }
    some
}

/// How two things that are there are not as near, or not in the order, as they should be.
fn apart(left: &[Place], right: &[Place], ordered: bool, found: &Found) -> String {
    let same_field = |a: &Place, b: &Place| found.layout().field(a.start) == found.layout().field(b.start);
    let behind = |first: &[Place], then: &[Place]| {
        let gap = |a: &Place| {
            let next = then.get(then.partition_point(|b| b.start < a.end))?;
            same_field(a, next).then(|| next.start - a.end)
        };
        first.iter().filter_map(gap).min()
    };
    let (forward, backward) = (behind(left, right), behind(right, left));
    let nearest = if ordered { forward } else { forward.into_iter().chain(backward).min() };
    match (nearest, backward) {
        (Some(gap), _) => match gap.div_ceil(2) {
            1 => "both are there, but a word apart".to_owned(),
            words => format!("both are there, but {words} words apart"),
        },
        (None, Some(_)) => "both are there, but in the other order".to_owned(),
        (None, None) if left.iter().any(|a| right.iter().any(|b| same_field(a, b))) => {
            "both are there, but in one and the same place".to_owned()
        }
        (None, None) => "both are there, but in different fields".to_owned(),
    }
}
