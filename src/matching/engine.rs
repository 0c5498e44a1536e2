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
pub(in crate::matching) mod function_words;
mod hashed;
mod index;
pub(in crate::matching) mod language;
mod layout;
mod lists;
mod met;
mod pass;
mod phrase;
mod revision;
mod scan;
mod vocabulary;

use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::HashSet;

use self::budget::{Budget, OverBudget};
use self::dictionary::Dictionary;
use self::evaluate::{Cache, Evaluation};
use self::evidence::{MOST_HITS, settle};
use self::expression::{Expression, required};
use self::filter::Filter;
use self::index::{Clauses, Index, Reached};
use self::lists::Set;
use self::phrase::Around;
use self::scan::{Found, NO_SPELLING};
use self::vocabulary::{Atom, AtomId, Atoms, Spelling, Terms};
use crate::diagnostic::{Diagnostic, Level};
use crate::matching::definition::{Definitions, Watchlist};
use crate::matching::explain::Named;
use crate::matching::query::{Node, parse};
use crate::matching::spoken::Spoken;
use crate::message::event::Event;
use crate::message::evidence::EntityReference;
use crate::message::matched::MatchedWatchlist;

pub use self::budget::Unfinished;
pub use self::evidence::HitRef;

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
    /// The watchlists that have a filter.
    filtered: Set,
    queries: Vec<Query>,
    dictionary: Dictionary,
    atoms: Vec<Atom>,
    spellings: Vec<Spelling>,
    terms: Terms,
    /// The entity of each spelling.
    entity_of: Vec<Option<u32>>,
    entities: Vec<EntityReference>,
    labels: Vec<(AtomId, Named)>,
    index: Index,
    revision: String,
    positions: Positions,
}

struct Query {
    /// Its text, and then its name.
    written: Box<str>,
    text_length: u32,
    watchlist: u32,
    expression: Expression,
}

impl Query {
    fn text(&self) -> &str {
        &self.written[..self.text_length as usize]
    }

    fn name(&self) -> &str {
        &self.written[self.text_length as usize..]
    }
}

/// A watchlist that compiled.
pub struct CompiledWatchlist {
    template: MatchedWatchlist,
    /// None takes every event.
    filter: Option<Box<Filter>>,
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
    reached: Reached,
}

/// A watchlist that an event matched.
pub struct WatchlistMatch<'e> {
    /// Which.
    pub watchlist: &'e CompiledWatchlist,
    /// The names of its queries that matched.
    pub queries: Vec<&'e str>,
    /// Where, in the order of the text.
    pub hits: Vec<HitRef<'e>>,
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
            filtered: Set::default(),
            queries: Vec::new(),
            dictionary: Dictionary::default(),
            atoms: Vec::new(),
            spellings: Vec::new(),
            terms: Terms::default(),
            entity_of: Vec::new(),
            entities: Vec::new(),
            labels: Vec::new(),
            index: Index::default(),
            revision: String::new(),
            positions,
        };
        let mut findings = std::mem::take(&mut atoms.findings);
        let (mut clauses, mut policy) = (Clauses::default(), None);
        engine.watchlists.reserve(definitions.watchlists.len());
        engine.queries.reserve(definitions.watchlists.iter().map(|watchlist| watchlist.queries.len()).sum());
        for watchlist in &definitions.watchlists {
            engine.add(watchlist, &mut atoms, &mut clauses, &mut policy, &mut findings);
        }
        engine.dictionary = atoms.dictionary;
        engine.atoms = atoms.atoms;
        engine.spellings = atoms.spellings;
        engine.terms = atoms.terms;
        engine.entities = atoms.entities;
        engine.labels = atoms.labels;
        engine.entity_of = vec![None; engine.spellings.len()];
        for atom in &engine.atoms {
            atom.spellings.iter().for_each(|spelling| engine.entity_of[*spelling as usize] = atom.entity);
        }
        // What is not needed any more makes room for what is next.
        drop(atoms.bare);
        engine.index = Index::new(&mut engine.dictionary, &engine.atoms, &mut engine.spellings, &clauses);
        engine.filtered = Set::below(engine.watchlists.len());
        let filtered = (0..).zip(&engine.watchlists).filter(|(_, watchlist)| watchlist.filter.is_some());
        filtered.for_each(|(number, _)| _ = engine.filtered.insert(number));
        engine.revision = revision::of_all(engine.watchlists.iter().map(CompiledWatchlist::revision));
        (engine, findings)
    }

    fn add(
        &mut self,
        watchlist: &Watchlist,
        atoms: &mut Atoms<'_>,
        clauses: &mut Clauses,
        policy: &mut revision::Policy,
        findings: &mut Vec<Diagnostic>,
    ) {
        let first_query = self.queries.len();
        let mut nodes: Vec<Node> = Vec::with_capacity(watchlist.queries.len());
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
            let of_query = required(&expression);
            findings.extend(cost::warning(&expression, &of_query, &node, &query.text, atoms));
            clauses.push(&of_query);
            self.queries.push(Query {
                written: [query.text.value.as_str(), &query.name.value].concat().into(),
                text_length: query.text.value.len() as u32,
                watchlist: self.watchlists.len() as u32,
                expression,
            });
            nodes.push(node);
        }
        if failed {
            clauses.pop(self.queries.len() - first_query);
            self.queries.truncate(first_query);
            return;
        }
        let filter = Filter::new(&watchlist.filter);
        let template = MatchedWatchlist {
            id: watchlist.id.value.clone(),
            title: watchlist.title.clone(),
            revision: revision::of(watchlist, &nodes, &filter, atoms.vocabulary(), policy),
            owner: watchlist.owner.clone(),
            queries: Vec::new(),
            severity: watchlist.severity,
            labels: watchlist.labels.clone(),
            status: watchlist.status,
            alert: watchlist.alert.clone(),
        };
        self.watchlists.push(CompiledWatchlist {
            template,
            filter: (!filter.is_empty()).then(|| Box::new(filter)),
            queries: first_query..self.queries.len(),
        });
    }

    /// The watchlists that compiled, in the order of their definitions.
    pub fn watchlists(&self) -> &[CompiledWatchlist] {
        &self.watchlists
    }

    /// Their ids, each with the names of its queries.
    pub fn names(&self) -> BTreeMap<String, Vec<String>> {
        let queries = |watchlist: &CompiledWatchlist| {
            self.queries[watchlist.queries.clone()].iter().map(|query| query.name().to_owned()).collect()
        };
        self.watchlists.iter().map(|watchlist| (watchlist.id().to_owned(), queries(watchlist))).collect()
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
            reached: Reached::new(self.atoms.len(), self.queries.len()),
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
        event: &'e Event<'_>,
        workspace: &mut Workspace,
    ) -> Result<Vec<WatchlistMatch<'e>>, Unfinished<'e>> {
        self.read(event, workspace);
        let mut evaluation = self.evaluation(event, workspace);
        let (mut last, mut wanted) = (u32::MAX, false);
        let (mut matched, mut over): (Vec<u32>, Vec<u32>) = Default::default();
        let reached = evaluation.reached;
        for number in &reached.candidates {
            let query = &self.queries[*number as usize];
            if self.filtered.has(query.watchlist) {
                if query.watchlist != last {
                    last = query.watchlist;
                    let filter = &self.watchlists[last as usize].filter;
                    wanted = filter.iter().all(|filter| filter.takes(event, &evaluation.spoken, evaluation.found));
                }
                if !wanted {
                    continue;
                }
            }
            evaluation.budget.next_query();
            match evaluation.holds(&query.expression, None) {
                Ok(true) => matched.push(*number),
                Ok(false) => {}
                Err(OverBudget) => over.push(*number),
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

    /// Reads an event as [`Engine::evaluate`] does first, up to the queries that may match: how many there are.
    pub fn candidates(&self, event: &Event<'_>, workspace: &mut Workspace) -> usize {
        self.read(event, workspace);
        workspace.reached.candidates.len()
    }

    /// Reads an event, as far as to the queries that may match.
    fn read(&self, event: &Event<'_>, workspace: &mut Workspace) {
        let Workspace { found, cache, reached } = workspace;
        found.read(&self.dictionary, event);
        cache.next_event();
        self.index.follow(&self.around(event, found), reached);
    }

    fn around<'e>(&'e self, event: &'e Event<'e>, found: &'e Found) -> Around<'e> {
        Around { dictionary: &self.dictionary, event, found }
    }

    /// The watchlists, by number, to which the event last read came near: it has a word of the clause that one of their
    /// queries can least do without, and of its other clauses all but one. In no order, and some more than once.
    pub fn touched(&self, workspace: &Workspace) -> impl Iterator<Item = usize> {
        self.index.near(&workspace.reached).map(|query| self.queries[query as usize].watchlist as usize)
    }

    fn evaluation<'e, 'w>(&'e self, event: &'e Event<'_>, workspace: &'w mut Workspace) -> Evaluation<'e, 'w> {
        let Workspace { found, cache, reached } = workspace;
        let spoken = Spoken::in_event(event);
        Evaluation { engine: self, event, spoken, found, reached, cache, budget: Budget::default() }
    }

    /// The match of a watchlist by those of its queries whose evidence is within the budget.
    fn matched<'e>(
        &'e self,
        queries: &[u32],
        evaluation: &mut Evaluation<'e, '_>,
        over: &mut Vec<u32>,
    ) -> Option<WatchlistMatch<'e>> {
        let (mut places, mut names) = (Vec::new(), Vec::new());
        for number in queries {
            let (query, before) = (&self.queries[*number as usize], places.len());
            evaluation.budget.next_query();
            match evaluation.evidence(&query.expression, None, None, &mut places) {
                Ok(()) => names.push(query.name()),
                Err(OverBudget) => {
                    places.truncate(before);
                    over.push(*number);
                }
            }
        }
        if names.is_empty() {
            return None;
        }
        settle(&mut places, self, evaluation.event);
        let entities: HashSet<u32> = places.iter().filter_map(|place| self.entity_of(place.spelling)).collect();
        let mut entities: Vec<_> = entities.into_iter().map(|entity| self.entities[entity as usize].clone()).collect();
        entities.sort_unstable();
        Some(WatchlistMatch {
            watchlist: &self.watchlists[self.queries[queries[0] as usize].watchlist as usize],
            queries: names,
            hits_truncated: places.len().saturating_sub(MOST_HITS) as u32,
            hits: places.iter().take(MOST_HITS).map(|place| evaluation.hit(place)).collect(),
            entities,
        })
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
