//! Sets and lists of numbers, packed: what the index is made of.

/// Many lists, one behind the other.
pub(super) struct Lists<T = u32> {
    /// Where each list begins; one more tells where the last ends.
    starts: Box<[u32]>,
    items: Box<[T]>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { starts: Box::default(), items: Box::default() }
    }
}

impl<T: Copy> Lists<T> {
    /// Lists one after the other: `fill` puts the items of each into what it is given.
    pub(super) fn in_turn(lists: usize, mut fill: impl FnMut(u32, &mut Vec<T>)) -> Self {
        let (mut starts, mut items) = (Vec::with_capacity(lists + 1), Vec::new());
        starts.push(0);
        for list in 0..lists as u32 {
            fill(list, &mut items);
            starts.push(items.len() as u32);
        }
        Self { starts: starts.into(), items: items.into() }
    }

    /// So many lists, of pairs of a list's number and an item, which stay in their order.
    pub(super) fn new(lists: usize, pairs: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let mut starts = vec![0_u32; lists + 1];
        pairs.clone().for_each(|(list, _)| starts[list as usize + 1] += 1);
        for list in 0..lists {
            starts[list + 1] += starts[list];
        }
        let first = pairs.clone().next().map(|(_, item)| item);
        let mut items = first.map_or(Vec::new(), |first| vec![first; starts[lists] as usize]);
        let mut next = starts.clone();
        for (list, item) in pairs {
            let at = &mut next[list as usize];
            items[*at as usize] = item;
            *at += 1;
        }
        Self { starts: starts.into(), items: items.into() }
    }

    #[inline]
    pub(super) fn of(&self, list: u32) -> &[T] {
        let at = list as usize;
        &self.items[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

/// A set of numbers below a bound.
#[derive(Default)]
pub(super) struct Set(Box<[u64]>);

impl Set {
    /// An empty one, for numbers below `bound`.
    pub(super) fn below(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)].into())
    }

    #[inline]
    pub(super) fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64] >> (number % 64) & 1 == 1
    }

    /// Whether it was not there.
    #[inline]
    pub(super) fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = (&mut self.0[number as usize / 64], 1 << (number % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes a number out, and with it perhaps some that stand near it: to empty the set by its members.
    #[inline]
    pub(super) fn clear_around(&mut self, number: u32) {
        self.0[number as usize / 64] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_order_of_their_items() {
        let pairs = [(2, 7), (0, 1), (2, 5), (0, 9), (2, 7)];
        let lists = Lists::new(4, pairs.into_iter());
        assert_eq!([0, 1, 2, 3].map(|list| lists.of(list)), [&[1, 9][..], &[], &[7, 5, 7], &[]]);
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let mut set = Set::below(130);
        assert!(set.insert(0) && set.insert(129) && !set.insert(129));
        assert_eq!((set.has(0), set.has(1), set.has(129)), (true, false, true));
        set.clear_around(129);
        assert_eq!((set.has(0), set.has(129)), (true, false));
    }
}
