//! Words that were met before: what they stand for is found out once. Each has a place, told by the high
//! bits of its hash, until another takes it: no text can make this grow.

use smallvec::SmallVec;

use super::dictionary::{Unit, Units};

/// What a word stands for.
#[derive(Default)]
pub(super) struct Meaning {
    /// Units that do not depend on how it is written, those that lead to queries first.
    pub(super) units: Units,
    /// How many of them lead.
    pub(super) leading: usize,
    /// Whether there are forms that are looked for exactly.
    pub(super) exact: bool,
    /// Shorter forms of it that are units, with these.
    pub(super) licensed: SmallVec<[(u64, Unit); 1]>,
    /// Whether any of these may lead.
    pub(super) leads: bool,
}

impl Meaning {
    fn is_nothing(&self) -> bool {
        self.units.is_empty() && !self.exact && self.licensed.is_empty()
    }

    fn one(&self) -> Option<Unit> {
        (self.leading == 1 && !self.exact && self.licensed.is_empty()).then(|| self.units[0])
    }
}

/// Words and what they stand for: four megabytes per worker, and a few more of meanings.
pub(super) struct Met {
    /// Words of the last few texts: most of any text ends here. An entry is the low bits of a word's hash and a
    /// [`Glance`]. With the bits that make the place, 59 of the hash are compared: a word that meets another's entry
    /// is taken for it once in 2⁴⁴ times.
    near: Box<[u64; 1 << NEAR_BITS]>,
    /// Words of the news of many days, the last of each place first; entries as above.
    far: Box<[[u64; WAYS]; 1 << FAR_BITS]>,
    /// The first is nothing.
    meanings: Vec<Meaning>,
    /// By number: the unit where a word stands for one that leads, and is not to be looked at further.
    ones: Vec<Option<Unit>>,
}

/// 256 KiB, so that it stays in a second-level cache.
const NEAR_BITS: u32 = 15;
const FAR_BITS: u32 = 17;
/// Words that have one place in `far`.
const WAYS: usize = 4;
const MOST_MEANINGS: usize = 1 << 17;
const GLANCE_BITS: u32 = 20;

/// What is known of a word at a glance: the number of its meaning, and from [`LEADS`] on that it may lead to queries.
/// Above all of these: that the word is not known.
pub(super) type Glance = u64;

/// Of a word that has to be looked at.
pub(super) const LEADS: Glance = 1 << (GLANCE_BITS - 1);
/// Of a word that is not known.
pub(super) const UNKNOWN: Glance = (1 << GLANCE_BITS) - 1;

fn boxed<T: Clone, const N: usize>(of: T) -> Box<[T; N]> {
    let boxed = vec![of; N].into_boxed_slice().try_into();
    boxed.unwrap_or_else(|_| unreachable!("it was made of this length"))
}

impl Default for Met {
    fn default() -> Self {
        let (near, far) = (boxed(UNKNOWN), boxed([UNKNOWN; WAYS]));
        Self { near, far, meanings: vec![Meaning::default()], ones: vec![None] }
    }
}

/// What an entry tells of a word: if it is of another, what comes out is above all that is told.
#[inline(always)]
fn told(entry: u64, hash: u64) -> Glance {
    (entry ^ hash << GLANCE_BITS).min(UNKNOWN)
}

impl Met {
    #[inline(always)]
    fn near(hash: u64) -> usize {
        (hash >> (u64::BITS - NEAR_BITS)) as usize
    }

    #[inline(always)]
    fn far(hash: u64) -> usize {
        (hash >> (u64::BITS - FAR_BITS)) as usize
    }

    /// What is known of a word at a glance.
    #[inline(always)]
    pub(super) fn glance(&self, hash: u64) -> Glance {
        told(self.near[Self::near(hash)], hash)
    }

    /// The same of a word that was not met lately.
    #[inline(always)]
    pub(super) fn glance_far(&mut self, hash: u64) -> Glance {
        let glance = self.far[Self::far(hash)].iter().fold(UNKNOWN, |least, entry| least.min(told(*entry, hash)));
        self.near[Self::near(hash)] = hash << GLANCE_BITS | glance;
        glance
    }

    /// Forgets, if too much is known. What was told of meanings by number before does not hold any more.
    pub(super) fn next_event(&mut self) {
        if self.meanings.len() > MOST_MEANINGS {
            *self = Self::default();
        }
    }

    /// Notes what a word stands for that was not known, by the number that it gets.
    pub(super) fn add(&mut self, hash: u64, meaning: Meaning) -> u32 {
        let mut number = 0;
        let leads = if meaning.leads { LEADS } else { 0 };
        if !meaning.is_nothing() {
            number = self.meanings.len();
            self.ones.push(meaning.one());
            self.meanings.push(meaning);
        }
        // A text that has more meanings than can be told at a glance makes new ones again and again.
        if (number as Glance) < LEADS - 1 {
            let entry = hash << GLANCE_BITS | number as Glance | leads;
            let place = &mut self.far[Self::far(hash)];
            place.rotate_right(1);
            place[0] = entry;
            self.near[Self::near(hash)] = entry;
        }
        number as u32
    }

    /// What is stood for, by its number.
    #[inline]
    pub(super) fn meaning(&self, number: u32) -> &Meaning {
        &self.meanings[number as usize]
    }

    /// The one unit that leads of what is stood for, where there is no other and none that is looked for exactly.
    #[inline]
    pub(super) fn one(&self, number: u32) -> Option<Unit> {
        self.ones[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{LEADS, MOST_MEANINGS, Meaning, Met, UNKNOWN, Units, WAYS};

    fn of(units: &[u32]) -> Meaning {
        Meaning { units: Units::from_slice(units), ..Meaning::default() }
    }

    #[test]
    fn what_was_found_out_is_kept_until_its_place_is_taken() {
        let mut met = Met::default();
        for hash in [0, 1, u64::MAX, 1 << 50] {
            assert_eq!((met.glance(hash), met.glance_far(hash)), (UNKNOWN, UNKNOWN), "{hash}");
            let number = met.add(hash, of(&[7]));
            assert_eq!(met.meaning(number).units[..], [7], "{hash}");
            assert_eq!((met.glance(hash), met.glance_far(hash)), (u64::from(number), u64::from(number)), "{hash}");
        }
        // 1 took the near place of 0, but there is room for both behind it.
        assert_eq!(met.glance(0), UNKNOWN);
        assert!(met.glance_far(0) < UNKNOWN && met.glance(0) < UNKNOWN);
        assert_eq!(met.glance(1), UNKNOWN);
        (2..2 + WAYS as u64).for_each(|hash| _ = met.add(hash, of(&[])));
        assert_eq!((met.glance_far(0), met.glance(0)), (UNKNOWN, UNKNOWN));
    }

    #[test]
    fn a_glance_tells_what_leads_and_what_is_nothing() {
        let mut met = Met::default();
        let exact = || Meaning { exact: true, ..of(&[]) };
        let licensed = || Meaning { licensed: [(1, 2)].into_iter().collect(), ..of(&[]) };
        let one = || Meaning { leading: 1, ..of(&[3, 4]) };
        let two = || Meaning { leading: 2, ..of(&[3, 4]) };
        let meanings: [(&dyn Fn() -> Meaning, _); 5] =
            [(&|| of(&[0]), None), (&one, Some(3)), (&two, None), (&exact, None), (&licensed, None)];
        for (hash, (meaning, one)) in (1..).zip(meanings) {
            for (leads, flag) in [(false, 0), (true, LEADS)] {
                let hash = hash << 50 | flag << 30;
                let number = met.add(hash, Meaning { leads, ..meaning() });
                assert!(number > 0 && met.one(number) == one);
                assert_eq!(met.glance(hash), u64::from(number) | flag);
            }
        }
        assert_eq!((met.add(9 << 50, Meaning::default()), met.glance(9 << 50)), (0, 0));
    }

    #[test]
    fn one_text_may_have_more_meanings_than_are_told_at_a_glance_and_the_next_begins_anew() {
        let mut met = Met::default();
        let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for i in 0..=LEADS {
            let number = met.add(hash(i), of(&[i as u32]));
            assert_eq!(met.meaning(number).units[..], [i as u32]);
        }
        assert_eq!((met.glance(hash(LEADS)), met.glance_far(hash(LEADS))), (UNKNOWN, UNKNOWN));
        met.next_event();
        assert!(met.meanings.len() <= MOST_MEANINGS);
        assert!((0..=LEADS).all(|i| met.glance(hash(i)) == UNKNOWN));
    }
}
