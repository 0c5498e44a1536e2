//! All watchlists compiled into one structure that every worker shares, and its answer for an event.
//!
//! An event is read once: each word is looked up in one dictionary ([`dictionary`]), which tells the
//! words and names (*atoms*, [`vocabulary`]) that may be there. Each query is listed under the clause
//! it cannot do without and that is the least common ([`expression`]), so that queries none of whose
//! words occur cost nothing; the few that are left are checked by their other clauses and then by
//! places in the text ([`evaluate`]).

mod account;
mod budget;
mod cost;
mod dictionary;
mod evaluate;
mod evidence;
mod expression;
mod filter;
mod hashed;
pub(in crate::matching) mod language;
mod revision;
mod scan;
mod vocabulary;

use std::ops::Range;

use hashbrown::HashSet;
use smallvec::SmallVec;

use self::budget::{Budget, OverBudget};
use self::dictionary::Dictionary;
use self::evaluate::{Cache, Evaluation};
use self::evidence::{MOST_HITS, hit, settle};
use self::expression::{Clause, Expression, required};
use self::filter::Filter;
use self::scan::{Found, NO_SPELLING, Place};
use self::vocabulary::{Atom, AtomId, Atoms, Spelling};
use crate::diagnostic::{Diagnostic, Level};
use crate::matching::definition::{Definitions, Watchlist};
use crate::matching::explain::Named;
use crate::matching::query::{Node, parse};
use crate::matching::spoken::Spoken;
use crate::message::event::Event;
use crate::message::evidence::{EntityReference, Hit};
use crate::message::matched::MatchedWatchlist;

pub use self::budget::Unfinished;

/// What a text's positions are, in which distances are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Positions {
    /// A reader's: a word of most scripts is one, of Han, kana, Hangul and Thai two characters are. Words
    /// stand for their shorter forms without clitics and particles; punctuation parts neighbouring
    /// characters of a name.
    #[default]
    Words,
    /// Every token is one and stands for itself, whatever lies between it and the next: what an engine
    /// that is given bare tokens makes of them. To hold this one against such.
    Tokens,
}

impl Positions {
    /// How many positions a distance of so many words is.
    fn of_words(self, words: u32) -> u32 {
        match self {
            Self::Words => words * 2,
            Self::Tokens => words,
        }
    }
}

/// Compiled watchlists.
pub struct Engine {
    watchlists: Vec<CompiledWatchlist>,
    queries: Vec<Query>,
    dictionary: Dictionary,
    atoms: Vec<Atom>,
    spellings: Vec<Spelling>,
    /// The entity of each spelling.
    entity_of: Vec<Option<u32>>,
    entities: Vec<EntityReference>,
    labels: Vec<(AtomId, Named)>,
    index: Index,
    revision: String,
    positions: Positions,
}

/// What leads from a word found to the queries to look at.
#[derive(Default)]
struct Index {
    /// By unit: atoms with a spelling anchored there.
    atoms: Vec<SmallVec<[AtomId; 1]>>,
    /// By atom: atoms made of it.
    groups: Vec<SmallVec<[AtomId; 1]>>,
    /// By atom: queries whose least common clause has it.
    queries: Vec<SmallVec<[u32; 2]>>,
    /// Queries that no word leads to.
    always: Vec<u32>,
}

struct Query {
    name: Box<str>,
    text: Box<str>,
    watchlist: u32,
    expression: Expression,
    /// More clauses of which each must hold.
    guards: SmallVec<[Clause; 1]>,
}

/// Clauses checked before the places are looked at.
const GUARDS: usize = 2;

/// A watchlist that compiled.
pub struct CompiledWatchlist {
    template: MatchedWatchlist,
    filter: Filter,
    queries: Range<usize>,
}

impl CompiledWatchlist {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.template.id
    }

    /// A hash of what it means.
    pub fn revision(&self) -> &str {
        &self.template.revision
    }

    /// The watchlist without the queries that matched.
    pub fn definition(&self) -> &MatchedWatchlist {
        &self.template
    }

    /// The watchlist as a match carries it.
    pub fn matched(&self, queries: &[&str]) -> MatchedWatchlist {
        MatchedWatchlist { queries: queries.iter().map(|name| (*name).to_owned()).collect(), ..self.template.clone() }
    }
}

/// What a worker needs to evaluate events; reused from one to the next.
pub struct Workspace {
    found: Found,
    cache: Cache,
    /// By atom: the event it was last met in.
    met: Vec<u32>,
    /// By query: the event it was last looked at in.
    asked: Vec<u32>,
    event: u32,
    queue: Vec<AtomId>,
}

/// A watchlist that an event matched.
pub struct WatchlistMatch<'e> {
    /// Which.
    pub watchlist: &'e CompiledWatchlist,
    /// The names of its queries that matched.
    pub queries: Vec<&'e str>,
    /// Where, in the order of the text.
    pub hits: Vec<Hit>,
    /// How many more hits there were.
    pub hits_truncated: u32,
    /// The entities found.
    pub entities: Vec<EntityReference>,
}

impl Engine {
    /// Compiles what was read. Watchlists with an error are left out; the findings tell of them.
    pub fn compile(definitions: &Definitions) -> (Self, Vec<Diagnostic>) {
        Self::compile_by(definitions, Positions::default())
    }

    /// The same, with the positions to count distances in.
    pub fn compile_by(definitions: &Definitions, positions: Positions) -> (Self, Vec<Diagnostic>) {
        let mut atoms = Atoms::new(&definitions.vocabulary);
        atoms.whole_vocabulary();
        let mut engine = Self {
            watchlists: Vec::new(),
            queries: Vec::new(),
            dictionary: Dictionary::default(),
            atoms: Vec::new(),
            spellings: Vec::new(),
            entity_of: Vec::new(),
            entities: Vec::new(),
            labels: Vec::new(),
            index: Index::default(),
            revision: String::new(),
            positions,
        };
        let mut findings = std::mem::take(&mut atoms.findings);
        for watchlist in &definitions.watchlists {
            engine.add(watchlist, definitions, &mut atoms, &mut findings);
        }
        engine.dictionary = atoms.dictionary;
        engine.atoms = atoms.atoms;
        engine.spellings = atoms.spellings;
        engine.entities = atoms.entities;
        engine.labels = atoms.labels;
        engine.entity_of = vec![None; engine.spellings.len()];
        for atom in &engine.atoms {
            atom.spellings.iter().for_each(|spelling| engine.entity_of[*spelling as usize] = atom.entity);
        }
        engine.index();
        engine.revision = revision::of_all(engine.watchlists.iter().map(CompiledWatchlist::revision));
        (engine, findings)
    }

    fn add(
        &mut self,
        watchlist: &Watchlist,
        definitions: &Definitions,
        atoms: &mut Atoms<'_>,
        findings: &mut Vec<Diagnostic>,
    ) {
        let first_query = self.queries.len();
        let (mut nodes, mut queries): (Vec<Node>, Vec<Query>) = (Vec::new(), Vec::new());
        let mut failed = false;
        for query in &watchlist.queries {
            let (node, found) = parse(&query.text);
            failed |= found.iter().any(|finding| finding.level == Level::Error);
            findings.extend(found);
            let Some(node) = node else { continue };
            let expression = expression::compile(&node, &query.text, atoms);
            findings.append(&mut atoms.findings);
            let Some(expression) = expression else {
                failed = true;
                continue;
            };
            findings.extend(cost::warning(&expression, &node, &query.text, atoms));
            queries.push(Query {
                name: query.name.value.as_str().into(),
                text: query.text.value.as_str().into(),
                watchlist: self.watchlists.len() as u32,
                expression,
                guards: SmallVec::new(),
            });
            nodes.push(node);
        }
        if failed {
            return;
        }
        self.queries.extend(queries);
        let filter = Filter::new(&watchlist.filter);
        let template = MatchedWatchlist {
            id: watchlist.id.value.clone(),
            title: watchlist.title.clone(),
            revision: revision::of(watchlist, &nodes, &filter, &definitions.vocabulary),
            owner: watchlist.owner.clone(),
            queries: Vec::new(),
            severity: watchlist.severity,
            labels: watchlist.labels.clone(),
            status: watchlist.status,
            alert: watchlist.alert.clone(),
        };
        self.watchlists.push(CompiledWatchlist { template, filter, queries: first_query..self.queries.len() });
    }

    fn index(&mut self) {
        let index = &mut self.index;
        index.atoms.resize(self.dictionary.len(), SmallVec::new());
        index.groups.resize(self.atoms.len(), SmallVec::new());
        index.queries.resize(self.atoms.len(), SmallVec::new());
        for (id, atom) in (0..).zip(&self.atoms) {
            for spelling in &atom.spellings {
                let spelling = &self.spellings[*spelling as usize];
                let under = &mut index.atoms[spelling.steps[usize::from(spelling.anchor)].unit as usize];
                if !under.contains(&id) {
                    under.push(id);
                }
            }
            atom.any.iter().for_each(|member| index.groups[*member as usize].push(id));
        }
        for (number, query) in (0..).zip(&mut self.queries) {
            let mut clauses = required(&query.expression, &self.atoms).into_iter();
            match clauses.next() {
                Some(clause) => clause.iter().for_each(|atom| index.queries[*atom as usize].push(number)),
                None => index.always.push(number),
            }
            query.guards = clauses.take(GUARDS).collect();
        }
    }

    /// The watchlists that compiled, in the order of their definitions.
    pub fn watchlists(&self) -> &[CompiledWatchlist] {
        &self.watchlists
    }

    /// A hash of what all of them mean.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Room for one worker.
    pub fn workspace(&self) -> Workspace {
        Workspace {
            found: Found::for_units(self.dictionary.len(), self.positions),
            cache: Cache::for_atoms(self.atoms.len()),
            met: vec![0; self.atoms.len()],
            asked: vec![0; self.queries.len()],
            event: 0,
            queue: Vec::new(),
        }
    }

    /// The watchlists that an event matches, in their order, with the evidence. The workspace must be
    /// of this engine.
    ///
    /// # Errors
    /// [`Unfinished`] where the text is such that the work of a query would never end; it has what the
    /// others matched.
    pub fn evaluate<'e>(
        &'e self,
        event: &Event<'_>,
        workspace: &mut Workspace,
    ) -> Result<Vec<WatchlistMatch<'e>>, Unfinished<'e>> {
        let candidates = self.read(event, workspace);
        let mut evaluation = self.evaluation(event, workspace);
        let (mut last, mut wanted) = (u32::MAX, false);
        let (mut matched, mut over): (Vec<u32>, Vec<u32>) = Default::default();
        for number in candidates {
            let query = &self.queries[number as usize];
            if query.watchlist != last {
                last = query.watchlist;
                wanted = self.watchlists[last as usize]
                    .filter
                    .refuses(event, &evaluation.spoken, evaluation.found)
                    .is_none();
            }
            if !wanted {
                continue;
            }
            evaluation.budget.next_query();
            match evaluation.holds(&query.expression, None) {
                Ok(true) => matched.push(number),
                Ok(false) => {}
                Err(OverBudget) => over.push(number),
            }
        }
        let of_one = |a: &u32, b: &u32| self.queries[*a as usize].watchlist == self.queries[*b as usize].watchlist;
        let matches =
            matched.chunk_by(of_one).filter_map(|queries| self.matched(queries, &mut evaluation, &mut over)).collect();
        if over.is_empty() { Ok(matches) } else { Err(self.unfinished(matches, over)) }
    }

    /// Reads an event as [`Engine::evaluate`] does first, and evaluates nothing: how many of the words and
    /// names of all queries are there. What it costs is the price of the text.
    pub fn look_up(&self, event: &Event<'_>, workspace: &mut Workspace) -> usize {
        workspace.found.read(&self.dictionary, event);
        workspace.found.touched.len()
    }

    /// Reads an event; the queries that may match, in their order.
    fn read(&self, event: &Event<'_>, workspace: &mut Workspace) -> Vec<u32> {
        let Workspace { found, cache, met, asked, event: number, queue } = workspace;
        *number = number.wrapping_add(1);
        if *number == 0 {
            met.fill(0);
            asked.fill(0);
            *number = 1;
        }
        found.read(&self.dictionary, event);
        cache.next_event();
        queue.clear();
        queue.extend(found.touched.iter().flat_map(|unit| &self.index.atoms[*unit as usize]));
        let mut at = 0;
        while at < queue.len() {
            let atom = queue[at] as usize;
            if met[atom] == *number {
                queue.swap_remove(at);
                continue;
            }
            met[atom] = *number;
            queue.extend_from_slice(&self.index.groups[atom]);
            at += 1;
        }
        let mut candidates = self.index.always.clone();
        for atom in queue.iter() {
            for query in &self.index.queries[*atom as usize] {
                if asked[*query as usize] != *number {
                    asked[*query as usize] = *number;
                    let guards = &self.queries[*query as usize].guards;
                    if guards.iter().all(|clause| clause.iter().any(|atom| met[*atom as usize] == *number)) {
                        candidates.push(*query);
                    }
                }
            }
        }
        candidates.sort_unstable();
        candidates
    }

    /// The watchlists, by number, to which the event last read came near: it has a word of the clause that one of their
    /// queries can least do without, and of its next clauses all but one. In no order, and some more than once.
    pub fn touched<'e>(&'e self, workspace: &'e Workspace) -> impl Iterator<Item = usize> + 'e {
        let met = |atom: &AtomId| workspace.met[*atom as usize] == workspace.event;
        let near = move |query: &&Query| query.guards.iter().filter(|clause| !clause.iter().any(met)).count() <= 1;
        let queries = workspace.queue.iter().flat_map(|atom| &self.index.queries[*atom as usize]);
        queries.map(|query| &self.queries[*query as usize]).filter(near).map(|query| query.watchlist as usize)
    }

    fn evaluation<'a>(&'a self, event: &'a Event<'a>, workspace: &'a mut Workspace) -> Evaluation<'a> {
        let Workspace { found, cache, .. } = workspace;
        let spoken = Spoken::in_event(event);
        Evaluation { engine: self, event, spoken, found, cache, budget: Budget::default() }
    }

    /// The match of a watchlist by those of its queries whose evidence is within the budget.
    fn matched<'e>(
        &'e self,
        queries: &[u32],
        evaluation: &mut Evaluation<'_>,
        over: &mut Vec<u32>,
    ) -> Option<WatchlistMatch<'e>> {
        let (mut places, mut names) = (Vec::new(), Vec::new());
        for number in queries {
            let (query, before) = (&self.queries[*number as usize], places.len());
            evaluation.budget.next_query();
            match evaluation.evidence(&query.expression, None, None, &mut places) {
                Ok(()) => names.push(&*query.name),
                Err(OverBudget) => {
                    places.truncate(before);
                    over.push(*number);
                }
            }
        }
        if names.is_empty() {
            return None;
        }
        settle(&mut places, self);
        let entities: HashSet<u32> = places.iter().filter_map(|place| self.entity_of(place.spelling)).collect();
        let mut entities: Vec<_> = entities.into_iter().map(|entity| self.entities[entity as usize].clone()).collect();
        entities.sort_unstable();
        Some(WatchlistMatch {
            watchlist: &self.watchlists[self.queries[queries[0] as usize].watchlist as usize],
            queries: names,
            hits_truncated: places.len().saturating_sub(MOST_HITS) as u32,
            hits: self.hits(&places, evaluation),
            entities,
        })
    }

    fn hits(&self, places: &[Place], evaluation: &Evaluation<'_>) -> Vec<Hit> {
        let shown = places.iter().take(MOST_HITS);
        shown.map(|place| hit(place, self, evaluation.event, evaluation.found.field(place.start))).collect()
    }

    fn entity_of(&self, spelling: u32) -> Option<u32> {
        if spelling == NO_SPELLING { None } else { self.entity_of[spelling as usize] }
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod hostile;
#[cfg(test)]
pub(in crate::matching) mod tests;
