//! What leads from the words of an event to the queries to look at.
//!
//! Words tell the atoms that may be there, and each query is listed under the atoms of one clause that
//! it cannot do without. Of several, the one that makes the query be looked at least: how common a word
//! is, is not known, but a long word is rarer than a short one, and one that many queries ask for is
//! more common than one that only one does.

use super::dictionary::Dictionary;
use super::expression::Clause;
use super::lists::{Lists, Set};
use super::phrase::{Around, Beside};
use super::vocabulary::{Atom, AtomId, Spelling};

/// The clauses of all queries while they are compiled, each after its length.
#[derive(Default)]
pub(super) struct Clauses {
    items: Vec<u32>,
    /// Where those of each query end.
    ends: Vec<usize>,
}

impl Clauses {
    /// Those of the next query.
    pub(super) fn push(&mut self, clauses: &[Clause]) {
        for clause in clauses {
            self.items.push(clause.len() as u32);
            self.items.extend_from_slice(clause);
        }
        self.ends.push(self.items.len());
    }

    /// Forgets the last so many queries.
    pub(super) fn pop(&mut self, queries: usize) {
        self.ends.truncate(self.ends.len() - queries);
        self.items.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn of_each(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.items[*start..*end])
    }
}

/// The clauses of one query, from how they are stored.
fn clauses(mut stored: &[u32]) -> impl Iterator<Item = &[AtomId]> {
    std::iter::from_fn(move || {
        let (length, rest) = stored.split_first()?;
        let (clause, rest) = rest.split_at(*length as usize);
        stored = rest;
        Some(clause)
    })
}

/// The index of one engine.
#[derive(Default)]
pub(super) struct Index {
    /// By unit: atoms that it is a spelling of.
    words: Lists,
    /// By unit: spellings of several units of which it is the one to look at first: the atom, and what stands beside
    /// the unit.
    phrases: Lists<(AtomId, Beside)>,
    /// By atom: atoms made of it.
    groups: Lists,
    /// By atom: queries listed under it.
    queries: Lists,
    /// By query: the clauses it is not listed under, each after its length.
    guards: Lists,
    /// Queries that no word leads to.
    always: Vec<u32>,
    /// Atoms that are there whenever their words are.
    certain: Set,
}

const NO_ATOM: AtomId = AtomId::MAX;

/// At how many places a phrase is looked for before its query is.
const MOST_SPOTS: usize = 64;

/// What of an index an event reached. Reused from event to event.
pub(super) struct Reached {
    atoms: Set,
    queue: Vec<AtomId>,
    queries: Set,
    /// The queries that some word leads to.
    asked: Vec<u32>,
    /// Those of them to look at, and those that no word leads to.
    pub(super) candidates: Vec<u32>,
}

impl Index {
    /// Sets the anchors of the spellings, too: the step by which they are looked for, and the units that lead.
    pub(super) fn new(
        dictionary: &mut Dictionary,
        atoms: &[Atom],
        spellings: &mut [Spelling],
        of_queries: &Clauses,
    ) -> Self {
        let leading = anchor(spellings, dictionary);
        dictionary.set_leading(leading);
        let spellings = &*spellings;
        let (units, numbers) = (dictionary.len(), || (0_u32..).zip(atoms));
        let mut atom_of = vec![NO_ATOM; spellings.len()];
        for (id, atom) in numbers() {
            atom.spellings.iter().for_each(|spelling| atom_of[*spelling as usize] = id);
        }
        let of_atoms = || {
            let all = spellings.iter().zip(&atom_of).filter(|(_, atom)| **atom != NO_ATOM);
            all.map(|(spelling, atom)| (spelling, *atom, Beside::anchor(spelling)))
        };
        let words = of_atoms().filter(|(.., beside)| beside.is_none());
        let phrases = of_atoms().filter_map(|(spelling, atom, beside)| Some((spelling.anchor_unit(), (atom, beside?))));
        let mut certain = Set::below(atoms.len());
        for (id, atom) in numbers() {
            let plain = |id: &u32| spellings[*id as usize].steps.len() == 1 && spellings[*id as usize].only().is_none();
            if atom.not_in.is_empty()
                && atom.context.is_empty()
                && atom.spellings.iter().all(plain)
                && atom.any.iter().all(|member| certain.has(*member))
            {
                certain.insert(id);
            }
        }
        let mut index = Self {
            words: Lists::new(units, words.map(|(spelling, atom, _)| (spelling.anchor_unit(), atom))),
            phrases: Lists::new(units, phrases),
            groups: Lists::new(
                atoms.len(),
                numbers().flat_map(|(id, atom)| atom.any.iter().map(move |member| (*member, id))),
            ),
            certain,
            ..Self::default()
        };
        index.list(atoms, of_queries);
        index
    }

    /// Lists each query under the best of its clauses.
    fn list(&mut self, atoms: &[Atom], of_queries: &Clauses) {
        let mut costs = vec![0_u64; atoms.len()];
        of_queries.of_each().flat_map(clauses).flatten().for_each(|atom| costs[*atom as usize] += 1);
        costs.iter_mut().zip(atoms).for_each(|(cost, atom)| *cost *= u64::from(atom.price));
        let cost = |clause: &[AtomId]| -> u64 { clause.iter().map(|atom| costs[*atom as usize]).sum() };
        let mut listed = Vec::new();
        let mut each = of_queries.of_each();
        self.guards = Lists::in_turn(of_queries.ends.len(), |query, guards| {
            let stored = each.next().expect("there are as many");
            let Some((best, under)) = clauses(stored).enumerate().min_by_key(|(_, clause)| cost(clause)) else {
                return self.always.push(query);
            };
            listed.extend(under.iter().map(|atom| (*atom, query)));
            for (_, guard) in clauses(stored).enumerate().filter(|(at, _)| *at != best) {
                guards.push(guard.len() as u32);
                guards.extend_from_slice(guard);
            }
        });
        self.queries = Lists::new(atoms.len(), listed.iter().copied());
    }

    /// Follows the words of an event to the atoms that may be there and the queries that may match.
    pub(super) fn follow(&self, around: &Around<'_>, reached: &mut Reached) {
        reached.clear();
        for unit in &around.found.touched {
            self.words.of(*unit).iter().for_each(|atom| reached.reach(*atom));
            let spots = around.found.spots(*unit);
            for (atom, beside) in self.phrases.of(*unit) {
                // Where there are many it is not worth while to look at all.
                if spots.len() > MOST_SPOTS || spots.iter().any(|spot| around.is_beside(beside, *spot)) {
                    reached.reach(*atom);
                }
            }
        }
        let mut at = 0;
        while let Some(atom) = reached.queue.get(at) {
            self.groups.of(*atom).iter().for_each(|group| reached.reach(*group));
            at += 1;
        }
        reached.candidates.extend_from_slice(&self.always);
        for atom in &reached.queue {
            for query in self.queries.of(*atom) {
                if reached.queries.insert(*query) {
                    reached.asked.push(*query);
                    let mut guards = clauses(self.guards.of(*query));
                    if guards.all(|clause| clause.iter().any(|atom| reached.atoms.has(*atom))) {
                        reached.candidates.push(*query);
                    }
                }
            }
        }
        reached.candidates.sort_unstable();
    }

    /// The queries that an event came near: it has one of the words each is listed under, and one of each of its other
    /// clauses but for at most one.
    pub(super) fn near(&self, reached: &Reached) -> impl Iterator<Item = u32> {
        let unmet = |clause: &&[AtomId]| !clause.iter().any(|atom| reached.atoms.has(*atom));
        let is_near = move |query: &u32| clauses(self.guards.of(*query)).filter(unmet).count() <= 1;
        reached.asked.iter().copied().filter(is_near)
    }

    /// Whether an atom is there: that much is told by its words alone.
    #[inline]
    pub(super) fn is_there(&self, atom: AtomId, reached: &Reached) -> Option<bool> {
        match reached.atoms.has(atom) {
            false => Some(false),
            true => self.certain.has(atom).then_some(true),
        }
    }
}

impl Reached {
    /// Room for what an event reaches.
    pub(super) fn new(atoms: usize, queries: usize) -> Self {
        Self {
            atoms: Set::below(atoms),
            queue: Vec::new(),
            queries: Set::below(queries),
            asked: Vec::new(),
            candidates: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.queue.drain(..).for_each(|atom| self.atoms.clear_around(atom));
        self.asked.drain(..).for_each(|query| self.queries.clear_around(query));
        self.candidates.clear();
    }

    #[inline]
    fn reach(&mut self, atom: AtomId) {
        if self.atoms.insert(atom) {
            self.queue.push(atom);
        }
    }
}

/// Chooses the step by which each spelling is looked for: the least common, as far as can be told. Gives the units
/// of these.
fn anchor(spellings: &mut [Spelling], dictionary: &Dictionary) -> Set {
    let mut uses = vec![0_u32; dictionary.len()];
    spellings.iter().flat_map(|spelling| &spelling.steps).for_each(|step| uses[step.unit as usize] += 1);
    let mut leading = Set::below(dictionary.len());
    for spelling in spellings {
        let cost = |at: &usize| {
            let unit = spelling.steps[*at].unit;
            // A short word is in every text, however few phrases have it.
            u64::from(dictionary.price(unit)).pow(2) * u64::from(uses[unit as usize])
        };
        // What lies beyond what the field holds is never the anchor.
        let steps = spelling.steps.len().min(usize::from(u8::MAX) + 1);
        spelling.anchor = (0..steps).min_by_key(cost).unwrap_or(0) as u8;
        leading.insert(spelling.anchor_unit());
    }
    leading
}
