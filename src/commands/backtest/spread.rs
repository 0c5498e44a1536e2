//! A bounded choice from many, spread over all of them, the same in each run. Knows nothing of what is chosen.

/// Takes every so-manieth of what is offered; as more comes, it keeps fewer of what it has and takes fewer of the rest.
#[derive(Debug)]
pub(super) struct Spread<T> {
    most: usize,
    every: u64,
    offered: u64,
    kept: Vec<T>,
}

impl<T> Spread<T> {
    /// Keeps fewer than twice `most` at any time.
    pub(super) fn new(most: usize) -> Self {
        Self { most, every: 1, offered: 0, kept: Vec::new() }
    }

    /// Offers something, which is made only where it is taken.
    pub(super) fn offer(&mut self, thing: impl FnOnce() -> T) {
        let taken = self.most > 0 && self.offered.is_multiple_of(self.every);
        self.offered += 1;
        if !taken {
            return;
        }
        self.kept.push(thing());
        if self.kept.len() == 2 * self.most {
            let mut odd = true;
            self.kept.retain(|_| {
                odd = !odd;
                !odd
            });
            self.every *= 2;
        }
    }

    /// All that is kept, in the order in which it was offered.
    pub(super) fn into_kept(self) -> Vec<T> {
        self.kept
    }

    /// At most so many, spread over what is kept.
    pub(super) fn into_chosen(self) -> Vec<T> {
        let (most, kept) = (self.most, self.kept.len());
        let chosen = |at: usize| kept <= most || at * most / kept != (at + 1) * most / kept;
        self.kept.into_iter().enumerate().filter(|(at, _)| chosen(*at)).map(|(_, thing)| thing).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(most: usize, offered: u64) -> (u64, Spread<u64>) {
        let (mut spread, mut made) = (Spread::new(most), 0);
        for number in 0..offered {
            spread.offer(|| {
                made += 1;
                number
            });
        }
        (made, spread)
    }

    #[test]
    fn few_are_all_kept_and_many_are_spread_at_a_bounded_cost() {
        assert_eq!(of(4, 3).1.into_chosen(), [0, 1, 2]);
        assert!(of(0, 100).1.into_chosen().is_empty());
        for offered in [5, 8, 9, 100, 12_345] {
            let (made, spread) = of(4, offered);
            let chosen = spread.into_chosen();
            assert_eq!(chosen.len(), 4, "{offered}");
            assert!(chosen.is_sorted());
            assert!(chosen[3] - chosen[0] >= offered / 4, "{offered}: {chosen:?}");
            assert!(made <= 8 + 4 * u64::from(offered.ilog2()), "{offered}: {made} were made");
        }
    }
}
