//! Words that were met before: what they stand for is found out once. Each has a place, told by the high
//! bits of its hash, until another takes it: no text can make this grow.

use smallvec::SmallVec;

use super::dictionary::Units;

/// What a word stands for.
#[derive(Default)]
pub(super) struct Meaning {
    /// Units that do not depend on how it is written.
    pub(super) units: Units,
    /// Whether there are forms that are looked for exactly.
    pub(super) exact: bool,
    /// Shorter forms of it that are units.
    pub(super) licensed: SmallVec<[u64; 1]>,
}

impl Meaning {
    fn is_nothing(&self) -> bool {
        self.units.is_empty() && !self.exact && self.licensed.is_empty()
    }
}

/// Words and what they stand for: three megabytes per worker, and a few more of meanings.
pub(super) struct Met {
    /// Words of the last few texts: most of any text ends here. An entry is the low bits of a word's hash and a
    /// [`Glance`]. With the bits that make the place, 59 of the hash are compared: a word that
    /// meets another's entry is taken for it once in 2⁴⁴ times.
    near: Box<[u64; 1 << NEAR_BITS]>,
    /// Words of the news of a day.
    far: Box<[u64; 1 << FAR_BITS]>,
    /// By the place in `far`: where in `meanings`.
    which: Box<[u32; 1 << FAR_BITS]>,
    /// The first is nothing.
    meanings: Vec<Meaning>,
}

/// 256 KiB, so that it stays in a second-level cache.
const NEAR_BITS: u32 = 15;
const FAR_BITS: u32 = 18;
const MOST_MEANINGS: usize = 1 << 16;
const GLANCE_BITS: u32 = 20;

/// What is known of a word at a glance: nothing (0), that it stands for one unit, whose number is one less, or that
/// one has to ask.
pub(super) type Glance = u64;

/// It has to be asked what the word stands for.
pub(super) const ASK: Glance = (1 << GLANCE_BITS) - 1;

fn glance(meaning: &Meaning) -> Glance {
    match meaning.units[..] {
        _ if meaning.exact || !meaning.licensed.is_empty() => ASK,
        [] => 0,
        [unit] => (u64::from(unit) + 1).min(ASK),
        _ => ASK,
    }
}

fn boxed<T: Clone, const N: usize>(of: T) -> Box<[T; N]> {
    let boxed = vec![of; N].into_boxed_slice().try_into();
    boxed.unwrap_or_else(|_| unreachable!("it was made of this length"))
}

/// Hashes by place, of no word: of 0 the place is the first.
fn no_words() -> Box<[u64; 1 << FAR_BITS]> {
    let mut hashes = boxed(0);
    hashes[0] = u64::MAX;
    hashes
}

impl Default for Met {
    fn default() -> Self {
        Self { near: boxed(ASK), far: no_words(), which: boxed(0), meanings: vec![Meaning::default()] }
    }
}

impl Met {
    #[inline(always)]
    fn near(hash: u64) -> usize {
        (hash >> (u64::BITS - NEAR_BITS)) as usize
    }

    /// What is known of a word at a glance; [`ASK`] or more is not enough.
    #[inline(always)]
    pub(super) fn glance(&self, hash: u64) -> Glance {
        self.near[Self::near(hash)] ^ hash << GLANCE_BITS
    }

    fn remember(&mut self, hash: u64, glance: Glance) {
        self.near[Self::near(hash)] = hash << GLANCE_BITS | glance;
    }

    /// A word stands for nothing, and that is found out again as quickly as it would be looked up.
    pub(super) fn add_nothing(&mut self, hash: u64) {
        self.remember(hash, 0);
    }

    /// What a word stands for, if it is known or else found out.
    pub(super) fn meaning(&mut self, hash: u64, find_out: impl FnOnce() -> Meaning) -> &Meaning {
        let at = (hash >> (u64::BITS - FAR_BITS)) as usize;
        if self.far[at] != hash {
            let meaning = find_out();
            if self.meanings.len() > MOST_MEANINGS {
                self.meanings.truncate(1);
                self.far = no_words();
            }
            self.far[at] = hash;
            self.which[at] = 0;
            if !meaning.is_nothing() {
                self.which[at] = self.meanings.len() as u32;
                self.meanings.push(meaning);
            }
        }
        let which = self.which[at] as usize;
        self.remember(hash, glance(&self.meanings[which]));
        &self.meanings[which]
    }
}

#[cfg(test)]
mod tests {
    use super::{ASK, MOST_MEANINGS, Meaning, Met, Units};

    fn of(units: &[u32]) -> Meaning {
        Meaning { units: Units::from_slice(units), ..Meaning::default() }
    }

    #[test]
    fn what_was_found_out_is_kept_until_its_place_is_taken() {
        let mut met = Met::default();
        for hash in [0, 1, u64::MAX, 1 << 50] {
            assert!(met.glance(hash) >= ASK, "{hash}");
            assert_eq!(met.meaning(hash, || of(&[7])).units[..], [7], "{hash}");
            assert_eq!(met.meaning(hash, || of(&[])).units[..], [7], "{hash}");
            assert_eq!(met.glance(hash), 8, "{hash}");
        }
        // 1 took the place of 0.
        assert!(met.meaning(0, || of(&[])).is_nothing());
        assert_eq!(met.glance(0), 0);
        assert!(met.glance(1) >= ASK);
    }

    #[test]
    fn what_is_not_told_at_a_glance_is_asked_for() {
        let exact = || Meaning { exact: true, ..of(&[3]) };
        let licensed = || Meaning { licensed: [1].into_iter().collect(), ..of(&[]) };
        let table: [(&dyn Fn() -> Meaning, u64); 6] = [
            (&|| of(&[]), 0),
            (&|| of(&[0]), 1),
            (&|| of(&[1, 2]), ASK),
            (&|| of(&[ASK as u32]), ASK),
            (&exact, ASK),
            (&licensed, ASK),
        ];
        for (i, (meaning, glance)) in (0..).zip(table) {
            let mut met = Met::default();
            met.meaning(i, meaning);
            assert_eq!(met.glance(i), glance, "{i}");
        }
    }

    #[test]
    fn meanings_do_not_grow_without_bound() {
        let mut met = Met::default();
        for hash in 0..3 * MOST_MEANINGS as u64 {
            met.meaning(hash, || of(&[1, 2]));
        }
        assert!(met.meanings.len() <= MOST_MEANINGS + 1);
    }
}
