//! The stories of one watchlist by their sketches: which of them an event is a copy of.
//!
//! What a publisher puts under every text makes different stories alike. So what many stories hold tells nothing of
//! any of them and is left out of the comparison, unless little else is there.
//!
//! Which story is found depends on the stories held and their numbers alone, not on the order in which they came:
//! after a restore it is the same. The sketches are the caller's; here is only which story holds which hash.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::message::sketch::Sketch;
use crate::story::sorted::Sorted;

/// A hash that more stories hold is common.
const FEW: usize = 4;
/// Where less than one in so many hashes of a text is not common, common ones count too: then the text is
/// itself what many stories hold.
const LITTLE: usize = 4;
/// Holders of a hash that are looked at in that case, those of the lowest numbers.
const LOOKED_AT: usize = 64;
/// Stories that are compared, those with the most hashes in common.
const COMPARED: usize = 16;

/// The index of one watchlist's stories.
#[derive(Clone, Debug, Default)]
pub struct Similar {
    /// Each hash with each story that holds it.
    holders: Sorted<(u32, u32)>,
}

impl Similar {
    /// The index of these stories: sooner made than by adding one after another.
    pub fn of<'s>(stories: impl IntoIterator<Item = (u32, &'s Sketch)>) -> Self {
        let holders = |(story, sketch): (u32, &'s Sketch)| sketch.hashes().iter().map(move |hash| (*hash, story));
        Self { holders: stories.into_iter().flat_map(holders).collect() }
    }

    /// Adds a story.
    pub fn insert(&mut self, story: u32, sketch: &Sketch) {
        sketch.hashes().iter().for_each(|hash| self.holders.insert((*hash, story)));
    }

    /// Takes a story away; `sketch` must be the one it was added with.
    pub fn remove(&mut self, story: u32, sketch: &Sketch) {
        for hash in sketch.hashes() {
            self.holders.remove((*hash, story));
        }
    }

    /// The story that holds the most of a text, or is held by it, at a containment of at least `similarity`; the
    /// lowest number among equals. `of` gives the sketch that a story was added with.
    pub fn find<'s>(&self, sketch: &Sketch, similarity: f64, of: impl Fn(u32) -> &'s Sketch) -> Option<u32> {
        let wanted = Wanted::new(self, sketch);
        self.candidates(&wanted)
            .map(|story| (self.share(&wanted, of(story), similarity), story))
            .filter(|(share, _)| *share > 0.0 && *share >= similarity)
            .max_by(|(one, first), (other, second)| one.total_cmp(other).then(second.cmp(first)))
            .map(|(_, story)| story)
    }

    fn holders(&self, hash: u32) -> impl Iterator<Item = u32> {
        self.holders.from((hash, 0)).take_while(move |(held, _)| *held == hash).map(|(_, story)| story)
    }

    fn is_common(&self, hash: u32) -> bool {
        self.holders(hash).nth(FEW).is_some()
    }

    /// Stories that hold hashes that count, those that hold the most of them.
    fn candidates(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = u32> {
        let mut held: HashMap<u32, u32> = HashMap::new();
        for (hash, _) in wanted.sketch.hashes().iter().zip(&wanted.counts).filter(|(_, counts)| **counts) {
            for story in self.holders(*hash).take(LOOKED_AT) {
                *held.entry(story).or_default() += 1;
            }
        }
        let mut most: Vec<_> = held.into_iter().map(|(story, held)| (Reverse(held), story)).collect();
        most.sort_unstable();
        most.into_iter().take(COMPARED).map(|(_, story)| story)
    }

    /// The containment by the hashes that count. Where it is below `similarity` it may be told too high, but not by
    /// so much.
    fn share(&self, wanted: &Wanted<'_>, story: &Sketch, similarity: f64) -> f64 {
        let own = wanted.sketch.at_level_of(story);
        let counted = wanted.counts[..own.len()].iter().filter(|counts| **counts).count();
        let (mut common, mut others) = (0, Vec::new());
        for hash in story.at_level_of(wanted.sketch) {
            match own.binary_search(hash) {
                Ok(at) => common += usize::from(wanted.counts[at]),
                Err(_) => others.push(*hash),
            }
        }
        // Each of the others is a look at the index; with this many the share is too low whatever the rest are.
        let too_many = ((common as f64 / similarity) as usize).saturating_add(1);
        let theirs = others.into_iter().filter(|hash| wanted.mostly_common || !self.is_common(*hash));
        let size = common + theirs.take(too_many.saturating_sub(common)).count();
        wanted.sketch.share(story, common, counted.min(size))
    }
}

/// A sketch whose story is looked for.
struct Wanted<'a> {
    sketch: &'a Sketch,
    /// Whether so little of it is not common that common hashes count too.
    mostly_common: bool,
    /// Whether each of its hashes counts.
    counts: Vec<bool>,
}

impl<'a> Wanted<'a> {
    fn new(similar: &Similar, sketch: &'a Sketch) -> Self {
        let mut counts: Vec<bool> = sketch.hashes().iter().map(|hash| !similar.is_common(*hash)).collect();
        let mostly_common = counts.iter().filter(|counts| **counts).count() * LITTLE < counts.len();
        if mostly_common {
            counts.fill(true);
        }
        Self { sketch, mostly_common, counts }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spread(shingles: impl IntoIterator<Item = u32>) -> Sketch {
        Sketch::new(shingles.into_iter().map(|shingle| shingle.wrapping_mul(0x9e37_79b9)).collect())
    }

    fn index(stories: &[Sketch]) -> Similar {
        Similar::of((0..).zip(stories))
    }

    /// The same as [`Similar::find`] by the definition, over all stories.
    fn plain(stories: &[(u32, &Sketch)], wanted: &Sketch, similarity: f64) -> Option<u32> {
        let common = |hash: &u32| stories.iter().filter(|(_, story)| story.hashes().contains(hash)).count() > FEW;
        let rare = wanted.hashes().iter().filter(|hash| !common(hash)).count();
        let counts = |hash: &&u32| rare * LITTLE < wanted.hashes().len() || !common(hash);
        let mut best = None;
        for (number, story) in stories {
            let own: Vec<u32> = wanted.at_level_of(story).iter().filter(counts).copied().collect();
            let theirs: Vec<u32> = story.at_level_of(wanted).iter().filter(counts).copied().collect();
            let both = own.iter().filter(|hash| theirs.contains(hash)).count();
            let share = wanted.share(story, both, own.len().min(theirs.len()));
            if both > 0 && share >= similarity && best.is_none_or(|(most, _)| share > most) {
                best = Some((share, *number));
            }
        }
        best.map(|(_, number)| number)
    }

    proptest! {
        #[test]
        fn the_index_finds_what_the_definition_finds(
            // Texts made of few shingles, so that they share many.
            sketches in prop::collection::vec((0..150_u32, 0..150_u32), 1..COMPARED),
            removed in prop::collection::vec(any::<bool>(), COMPARED),
            similarity in 0.01..1.0,
        ) {
            let sketches: Vec<Sketch> = sketches.into_iter().map(|(from, length)| spread(from..from + length)).collect();
            let (wanted, stories) = sketches.split_last().expect("there is one");
            let mut similar = Similar::default();
            for (number, sketch) in (0..).zip(stories) {
                similar.insert(number, sketch);
            }
            for (number, sketch) in (0..).zip(stories).filter(|(number, _)| removed[*number as usize]) {
                similar.remove(number, sketch);
            }
            let held: Vec<_> = (0..).zip(stories).filter(|(number, _)| !removed[*number as usize]).collect();
            let found = similar.find(wanted, similarity, |story| &stories[story as usize]);
            prop_assert_eq!(found, plain(&held, wanted, similarity));
            prop_assert_eq!(Similar::of(held).holders, similar.holders);
        }
    }

    #[test]
    fn what_stands_under_every_text_does_not_make_copies_of_them() {
        let alike = |others: u32| {
            let with_notice = |story: u32| spread((0..30).chain(1_000 * story..1_000 * story + 25));
            let stories: Vec<Sketch> = (1..=others).map(with_notice).collect();
            index(&stories).find(&with_notice(99), 0.5, |story| &stories[story as usize])
        };
        assert_eq!(alike(FEW as u32), Some(0), "few hold it: it may be the story");
        assert_eq!(alike(FEW as u32 + 1), None);
    }

    #[test]
    fn a_text_that_many_stories_hold_is_still_found() {
        let stories: Vec<Sketch> = (0..20).map(|_| spread(0..55)).collect();
        let copy = spread((0..50).chain(500..510));
        assert_eq!(index(&stories).find(&copy, 0.5, |story| &stories[story as usize]), Some(0));
    }

    #[test]
    fn a_text_without_words_is_like_nothing() {
        let (empty, mut similar) = (Sketch::default(), Similar::default());
        similar.insert(0, &empty);
        assert_eq!(similar.find(&empty, 0.0, |_| &empty), None);
    }
}
