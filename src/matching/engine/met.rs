//! Words that were met before: what they stand for is found out once. Each has a place, told by the high
//! bits of its hash, until another takes it: no text can make this grow.

use smallvec::SmallVec;

use super::dictionary::{Unit, Units};

/// What a word stands for.
#[derive(Default)]
pub(super) struct Meaning {
    /// Units that do not depend on how it is written.
    pub(super) units: Units,
    /// Whether there are forms that are looked for exactly.
    pub(super) exact: bool,
    /// Shorter forms of it that are units, with these.
    pub(super) licensed: SmallVec<[(u64, Unit); 1]>,
}

impl Meaning {
    fn is_nothing(&self) -> bool {
        self.units.is_empty() && !self.exact && self.licensed.is_empty()
    }
}

/// What is to be noted where a word stands.
#[derive(Default)]
pub(super) struct Leading {
    /// Units that lead to queries, however it is written.
    pub(super) units: Units,
    /// Those of it exactly as written that do.
    pub(super) exact: Vec<(Box<str>, Unit)>,
}

/// Where these are in the lists of all.
#[derive(Clone, Copy, Default)]
struct Noted {
    first: u32,
    first_exact: u32,
    count: u16,
    count_exact: u16,
}

/// Words and what they stand for: four megabytes per worker, and a few more of meanings.
pub(super) struct Met {
    /// Words of the last few texts: most of any text ends here. An entry is the low bits of a word's hash and a
    /// [`Glance`]. With the bits that make the place, 59 of the hash are compared: a word that meets another's entry
    /// is taken for it once in 2⁴⁴ times.
    near: Box<[u64; 1 << NEAR_BITS]>,
    /// Words of the news of many days, the last of each place first; entries as above.
    far: Box<[Place; 1 << FAR_BITS]>,
    /// The first is nothing.
    meanings: Vec<Meaning>,
    /// By number: what of it leads.
    noted: Vec<Noted>,
    /// The units of all these, one after the other.
    leading: Vec<Unit>,
    leading_exact: Vec<(Box<str>, Unit)>,
}

/// Within one line of a cache.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Place([u64; WAYS]);

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
        let (near, far) = (boxed(UNKNOWN), boxed(Place([UNKNOWN; WAYS])));
        let (meanings, noted) = (vec![Meaning::default()], vec![Noted::default()]);
        Self { near, far, meanings, noted, leading: Vec::new(), leading_exact: Vec::new() }
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
        let glance = self.far[Self::far(hash)].0.iter().fold(UNKNOWN, |least, entry| least.min(told(*entry, hash)));
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
    pub(super) fn add(&mut self, hash: u64, meaning: Meaning, leading: Leading) -> u32 {
        let mut number = 0;
        let Leading { units, exact } = leading;
        let leads = if units.is_empty() && exact.is_empty() { 0 } else { LEADS };
        if !meaning.is_nothing() {
            number = self.meanings.len();
            self.meanings.push(meaning);
            self.noted.push(Noted {
                first: self.leading.len() as u32,
                first_exact: self.leading_exact.len() as u32,
                count: units.len() as u16,
                count_exact: exact.len() as u16,
            });
            self.leading.extend(units);
            self.leading_exact.extend(exact);
        }
        // A text that has more meanings than can be told at a glance makes new ones again and again.
        if (number as Glance) < LEADS - 1 {
            let entry = hash << GLANCE_BITS | number as Glance | leads;
            let Place(place) = &mut self.far[Self::far(hash)];
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

    /// The units of what is stood for that lead, and those of them exactly as written that do.
    #[inline]
    pub(super) fn leading(&self, number: u32) -> (&[Unit], &[(Box<str>, Unit)]) {
        let Noted { first, first_exact, count, count_exact } = self.noted[number as usize];
        let exact = &self.leading_exact[first_exact as usize..][..usize::from(count_exact)];
        (&self.leading[first as usize..][..usize::from(count)], exact)
    }
}

#[cfg(test)]
mod tests {
    use super::{LEADS, Leading, MOST_MEANINGS, Meaning, Met, UNKNOWN, Units, WAYS};

    fn of(units: &[u32]) -> Meaning {
        Meaning { units: Units::from_slice(units), ..Meaning::default() }
    }

    fn none() -> Leading {
        Leading::default()
    }

    #[test]
    fn what_was_found_out_is_kept_until_its_place_is_taken() {
        let mut met = Met::default();
        for hash in [0, 1, u64::MAX, 1 << 50] {
            assert_eq!((met.glance(hash), met.glance_far(hash)), (UNKNOWN, UNKNOWN), "{hash}");
            let number = met.add(hash, of(&[7]), none());
            assert_eq!(met.meaning(number).units[..], [7], "{hash}");
            assert_eq!((met.glance(hash), met.glance_far(hash)), (u64::from(number), u64::from(number)), "{hash}");
        }
        // 1 took the near place of 0, but there is room for both behind it.
        assert_eq!(met.glance(0), UNKNOWN);
        assert!(met.glance_far(0) < UNKNOWN && met.glance(0) < UNKNOWN);
        assert_eq!(met.glance(1), UNKNOWN);
        (2..2 + WAYS as u64).for_each(|hash| _ = met.add(hash, of(&[]), none()));
        assert_eq!((met.glance_far(0), met.glance(0)), (UNKNOWN, UNKNOWN));
    }

    #[test]
    fn a_glance_tells_what_leads_and_what_is_nothing() {
        let mut met = Met::default();
        let exact = || Meaning { exact: true, ..of(&[]) };
        let licensed = || Meaning { licensed: [(1, 2)].into_iter().collect(), ..of(&[]) };
        let exactly = || vec![(Box::from("It"), 9)];
        let meanings: [(Meaning, &[u32], bool); 7] = [
            (of(&[0]), &[], false),
            (of(&[3, 4]), &[4], false),
            (of(&[3, 4]), &[3, 4], true),
            (exact(), &[], false),
            (exact(), &[], true),
            (licensed(), &[], false),
            (licensed(), &[2], false),
        ];
        for (hash, (meaning, units, exact)) in (1..).zip(meanings) {
            let hash = hash << 50;
            let exact = if exact { exactly() } else { Vec::new() };
            let leading = Leading { units: Units::from_slice(units), exact: exact.clone() };
            let number = met.add(hash, meaning, leading);
            assert!(number > 0 && met.leading(number) == (units, &exact));
            let flag = if units.is_empty() && exact.is_empty() { 0 } else { LEADS };
            assert_eq!(met.glance(hash), u64::from(number) | flag);
        }
        assert_eq!((met.add(9 << 50, Meaning::default(), none()), met.glance(9 << 50)), (0, 0));
        assert_eq!(met.leading(0), (&[][..], &[][..]));
    }

    #[test]
    fn one_text_may_have_more_meanings_than_are_told_at_a_glance_and_the_next_begins_anew() {
        let mut met = Met::default();
        let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for i in 0..=LEADS {
            let number = met.add(hash(i), of(&[i as u32]), none());
            assert_eq!(met.meaning(number).units[..], [i as u32]);
        }
        assert_eq!((met.glance(hash(LEADS)), met.glance_far(hash(LEADS))), (UNKNOWN, UNKNOWN));
        met.next_event();
        assert!(met.meanings.len() <= MOST_MEANINGS);
        assert!((0..=LEADS).all(|i| met.glance(hash(i)) == UNKNOWN));
    }
}
