//! An ordered set in hardly more room than its items take. A `BTreeSet` into which items come in any order holds its
//! nodes little more than half full; here runs of hundreds of items lie in a tree, each in about the room that it needs.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

/// Items of a run at most: few enough to be moved within it at every change.
const MOST: usize = 512;
/// Room is made and given back for so many items at once.
const STEP: usize = 32;

#[derive(Clone)]
pub(super) struct Sorted<T> {
    /// By where they begin: no item of a run is below its key, none of the run before is at or above it. None is empty.
    runs: BTreeMap<T, Vec<T>>,
    len: usize,
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self { runs: BTreeMap::new(), len: 0 }
    }
}

impl<T: Ord + Copy> Sorted<T> {
    pub(super) fn insert(&mut self, item: T) {
        if self.runs.first_key_value().is_none_or(|(from, _)| item < *from) {
            let first = self.runs.pop_first().map_or_else(Vec::new, |(_, run)| run);
            self.runs.insert(item, first);
        }
        let (_, run) = self.runs.range_mut(..=item).next_back().expect("the first run begins with it or before");
        let Err(place) = run.binary_search(&item) else { return };
        if run.len() == MOST {
            let above = run.split_off(MOST / 2);
            run.shrink_to_fit();
            self.runs.insert(above[0], above);
            return self.insert(item);
        }
        if run.len() == run.capacity() {
            run.reserve_exact(STEP);
        }
        run.insert(place, item);
        self.len += 1;
    }

    pub(super) fn remove(&mut self, item: T) {
        let Some((from, run)) = self.runs.range_mut(..=item).next_back() else { return };
        let Ok(place) = run.binary_search(&item) else { return };
        run.remove(place);
        self.len -= 1;
        if run.is_empty() {
            let from = *from;
            self.runs.remove(&from);
        } else if run.capacity() - run.len() > 2 * STEP {
            run.shrink_to(run.len() + STEP);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn first(&self) -> Option<T> {
        self.iter().next()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.runs.values().flatten().copied()
    }

    /// From this item on, ascending.
    pub(super) fn from(&self, item: T) -> impl Iterator<Item = T> {
        let run = self.runs.range(..=item).next_back();
        let rest = run.map_or(&[][..], |(_, run)| &run[run.partition_point(|held| *held < item)..]);
        let above = self.runs.range((Bound::Excluded(item), Bound::Unbounded));
        rest.iter().chain(above.flat_map(|(_, run)| run)).copied()
    }
}

/// Sooner made than by putting in one after another.
impl<T: Ord + Copy> FromIterator<T> for Sorted<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items: Vec<T> = items.into_iter().collect();
        items.sort_unstable();
        items.dedup();
        Self { runs: items.chunks(MOST).map(|run| (run[0], run.to_vec())).collect(), len: items.len() }
    }
}

impl<T: Ord + Copy> PartialEq for Sorted<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Ord + Copy + fmt::Debug> fmt::Debug for Sorted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What is put in and taken out: enough for runs to be split, and to become empty.
    fn changes() -> impl Strategy<Value = Vec<(bool, u16)>> {
        let mixed = prop::collection::vec((any::<bool>(), 0..3000_u16), 0..3000);
        let filled = (any::<bool>(), 0..3000_u16).prop_map(|(up, top)| {
            let fill = (0..top).map(move |i| (true, if up { i } else { top - i }));
            fill.chain((0..top).step_by(3).map(|i| (false, i))).collect()
        });
        (filled, mixed).prop_map(|(filled, mixed): (Vec<_>, Vec<_>)| [filled, mixed].concat())
    }

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(changes in changes(), asked in prop::collection::vec(0..3001_u16, 0..20)) {
            let (mut sorted, mut tree) = (Sorted::default(), BTreeSet::new());
            for (put_in, item) in changes {
                if put_in {
                    sorted.insert(item);
                    tree.insert(item);
                } else {
                    sorted.remove(item);
                    tree.remove(&item);
                }
                prop_assert_eq!((sorted.len(), sorted.first()), (tree.len(), tree.first().copied()));
            }
            prop_assert!(sorted.iter().eq(tree.iter().copied()));
            for item in asked {
                prop_assert!(sorted.from(item).eq(tree.range(item..).copied()));
            }
            prop_assert!(sorted.runs.values().all(|run| run.len() <= MOST && run.capacity() <= run.len() + 2 * STEP));
            prop_assert_eq!(tree.into_iter().rev().collect::<Sorted<_>>(), sorted);
        }
    }
}
