//! The stories of one watchlist by their sketches: which of them an event is a copy of.
//!
//! Which story is found depends on the stories held alone, not on the order in which they came. The sketches
//! themselves are the caller's; here is only which story holds which hash.

use std::collections::{BTreeSet, HashMap};

use crate::message::sketch::Sketch;

/// The index of one watchlist's stories.
#[derive(Clone, Debug, Default)]
pub struct Similar {
    /// Each hash with each story that holds it.
    holders: BTreeSet<(u32, u32)>,
}

impl Similar {
    /// The index of these stories: sooner made, and smaller, than by adding one after another.
    pub fn of<'s>(stories: impl IntoIterator<Item = (u32, &'s Sketch)>) -> Self {
        let holders = |(story, sketch): (u32, &'s Sketch)| sketch.hashes().iter().map(move |hash| (*hash, story));
        Self { holders: stories.into_iter().flat_map(holders).collect() }
    }

    /// Adds a story.
    pub fn insert(&mut self, story: u32, sketch: &Sketch) {
        self.holders.extend(sketch.hashes().iter().map(|hash| (*hash, story)));
    }

    /// Takes a story away; `sketch` must be the one it was added with.
    pub fn remove(&mut self, story: u32, sketch: &Sketch) {
        for hash in sketch.hashes() {
            self.holders.remove(&(*hash, story));
        }
    }

    /// The story that holds the most of a text, or is held by it, at a containment of at least `similarity`; the
    /// lowest number among equals. `of` gives the sketch that a story was added with.
    pub fn find<'s>(&self, sketch: &Sketch, similarity: f64, of: impl Fn(u32) -> &'s Sketch) -> Option<u32> {
        let mut common: HashMap<u32, usize> = HashMap::new();
        for hash in sketch.hashes() {
            for (_, story) in self.holders.range((*hash, 0)..=(*hash, u32::MAX)) {
                *common.entry(*story).or_default() += 1;
            }
        }
        common
            .into_iter()
            .map(|(story, common)| (sketch.containment_by(of(story), common), story))
            .filter(|(containment, _)| *containment >= similarity)
            .max_by(|(one, first), (other, second)| one.total_cmp(other).then(second.cmp(first)))
            .map(|(_, story)| story)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts made of few shingles, so that they share many.
    fn sketches() -> impl Strategy<Value = Vec<Sketch>> {
        let text = (0..60_u32, 0..200_u32);
        let hashes = text.prop_map(|(from, length)| {
            Sketch::new((from..from + length).map(|shingle| shingle.wrapping_mul(0x9e37_79b9)).collect())
        });
        prop::collection::vec(hashes, 1..20)
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_plain_scan_finds(
            sketches in sketches(),
            removed in prop::collection::vec(any::<bool>(), 20),
            similarity in 0.01..1.0,
        ) {
            let (wanted, stories) = sketches.split_last().expect("there is one");
            let mut similar = Similar::default();
            for (i, sketch) in stories.iter().enumerate() {
                similar.insert(i as u32, sketch);
            }
            for (i, sketch) in stories.iter().enumerate().filter(|(i, _)| removed[*i]) {
                similar.remove(i as u32, sketch);
            }
            let mut best = None;
            for (i, sketch) in stories.iter().enumerate().filter(|(i, _)| !removed[*i]) {
                let containment = wanted.containment(sketch);
                if containment >= similarity && best.is_none_or(|(most, _)| containment > most) {
                    best = Some((containment, i as u32));
                }
            }
            let found = similar.find(wanted, similarity, |story| &stories[story as usize]);
            prop_assert_eq!(found, best.map(|(_, story)| story));
            let left = stories.iter().enumerate().filter(|(i, _)| !removed[*i]);
            let at_once = Similar::of(left.map(|(i, sketch)| (i as u32, sketch)));
            prop_assert_eq!(at_once.holders, similar.holders);
        }
    }

    #[test]
    fn a_text_without_words_is_like_nothing() {
        let (empty, mut similar) = (Sketch::default(), Similar::default());
        similar.insert(0, &empty);
        assert_eq!(similar.find(&empty, 0.0, |_| &empty), None);
    }
}
