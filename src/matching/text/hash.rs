//! The hash of a folded word, by which words are compared everywhere.
//!
//! Characters become one to three bytes (ASCII as it is, the rest as [`unit`] says, so that different
//! words are different bytes), which go in by eights, each multiplied to 128 bits of which the halves
//! are added without carry, as wyhash and foldhash do. Eight bytes at a time is what makes Latin
//! letters cheap. Sketches are kept and compared for days, so the function must not change.
//!
//! Two words of equal hash are one word to the engine. Of a million different words in all the news
//! and all the queries, some two collide with a probability of n²/2⁶⁵ = 3e-8 (birthday bound). Who
//! seeks a collision can find one, as the function has no secret; but what is won by it, an alert with a
//! nonsense word for its evidence, is won more easily by writing the word itself.

/// A word as far as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordHash {
    state: u64,
    /// Bytes that are not in `state` yet, fewer than eight.
    tail: u64,
    /// How many bits of `tail` are taken.
    bits: u32,
}

const START: u64 = 0x51_7c_c1_b7_27_22_0a_95;
const FACTOR: u64 = 0x9e_37_79_b9_7f_4a_7c_15;

#[inline(always)]
fn mix(state: u64) -> u64 {
    let product = u128::from(state) * u128::from(FACTOR);
    product as u64 ^ (product >> 64) as u64
}

/// The bytes of a character, the first the lowest, and how many bits they are. Beyond ASCII the last of them
/// is from 0x80 on and tells how many they are, so that the bytes of a word can be read back from its end.
#[inline(always)]
fn unit(code: u32) -> (u32, u32) {
    match code {
        0..0x80 => (code, 8),
        0x80..0x4000 => (code | 0x8000, 16),
        _ => (code | 0xc0_0000, 24),
    }
}

impl WordHash {
    /// Of no characters.
    pub(super) const NEW: Self = Self { state: START, tail: 0, bits: 0 };

    /// The hash of a word of one character.
    #[inline(always)]
    pub(super) fn of_one(code: u32) -> u64 {
        mix(START ^ u64::from(unit(code).0))
    }

    /// The hash of a word of fewer than sixteen characters, all of ASCII: its bytes by eights, the first the lowest.
    #[inline(always)]
    pub(super) fn of_few(first: u64, second: u64, count: usize) -> u64 {
        let one = mix(START ^ first);
        let two = mix(one ^ second);
        // Chosen by arithmetic: a branch would often be foretold wrongly.
        let is_long = (count as u64 / 8).wrapping_neg();
        one ^ (one ^ two) & is_long
    }

    /// The word goes on with a character.
    #[inline(always)]
    pub(super) fn push(&mut self, code: u32) {
        let (bytes, bits) = unit(code);
        self.append(u64::from(bytes), bits);
    }

    /// The word goes on with up to eight bytes; what is above `bits` is zero.
    #[inline(always)]
    pub(super) fn append(&mut self, bytes: u64, bits: u32) {
        self.tail |= bytes << self.bits;
        let taken = self.bits + bits;
        if taken < u64::BITS {
            self.bits = taken;
        } else {
            self.state = mix(self.state ^ self.tail);
            // What did not fit; two shifts, for it may be nothing.
            self.tail = (bytes >> 1) >> (u64::BITS - 1 - self.bits);
            self.bits = taken - u64::BITS;
        }
    }

    /// The hash of the word if it ends here.
    #[inline(always)]
    pub(super) fn finish(self) -> u64 {
        mix(self.state ^ self.tail)
    }
}

impl Extend<char> for WordHash {
    fn extend<T: IntoIterator<Item = char>>(&mut self, chars: T) {
        chars.into_iter().for_each(|c| self.push(u32::from(c)));
    }
}

/// A few hundred hashes at most, told by twelve bits of each: a glance that leaves hardly any others.
pub struct Few([u64; 64]);

impl Default for Few {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Few {
    #[inline(always)]
    fn place(hash: u64) -> (usize, u64) {
        ((hash >> 58) as usize, 1 << (hash >> 52 & 63))
    }

    /// Whether a hash may be one of them; no is certain.
    #[inline(always)]
    pub fn may_have(&self, hash: u64) -> bool {
        let (at, bit) = Self::place(hash);
        self.0[at] & bit != 0
    }
}

impl FromIterator<u64> for Few {
    fn from_iter<T: IntoIterator<Item = u64>>(hashes: T) -> Self {
        let mut few = Self::default();
        hashes.into_iter().map(Self::place).for_each(|(at, bit)| few.0[at] |= bit);
        few
    }
}

/// The hash of a folded word.
pub fn hash(folded: &str) -> u64 {
    beginnings(folded).last().unwrap_or(WordHash::NEW.finish())
}

/// The hashes of a folded word's beginnings, from its first character to all of it.
pub fn beginnings(folded: &str) -> impl Iterator<Item = u64> {
    folded.chars().scan(WordHash::NEW, |hash, c| {
        hash.push(u32::from(c));
        Some(hash.finish())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Few, WordHash, beginnings, hash};

    #[test]
    fn eights_and_single_characters_hash_alike() {
        let word = "internationalisation2030";
        for length in 0..=word.len() {
            let mut eights = WordHash::NEW;
            for chunk in word.as_bytes()[..length].chunks(8) {
                let mut bytes = [0; 8];
                bytes[..chunk.len()].copy_from_slice(chunk);
                eights.append(u64::from_le_bytes(bytes), chunk.len() as u32 * 8);
            }
            assert_eq!(eights.finish(), hash(&word[..length]), "{length}");
        }
        assert!(beginnings("国际a").eq(["国", "国际", "国际a"].map(hash)));
    }

    #[test]
    fn words_of_equal_bytes_in_other_scripts_differ() {
        // 慡 is 0x6161 and ꅡ 0xa161: their halves are letters.
        let words = ["aa", "慡", "ꅡ", "a\u{80}", "\u{8061}", "\u{10ffff}", "ab", "ba", "b", ""];
        let hashes: HashSet<u64> = words.iter().map(|word| hash(word)).collect();
        assert_eq!(hashes.len(), words.len());
    }

    #[test]
    fn a_few_are_told_from_most_others() {
        let hashes = |range: std::ops::Range<u32>| range.map(|i| hash(&i.to_string()));
        let few: Few = hashes(0..100).collect();
        assert!(hashes(0..100).all(|hash| few.may_have(hash)));
        assert!(hashes(100..10_100).filter(|hash| few.may_have(*hash)).count() < 400);
    }

    /// As many collisions of either half of the bits as chance makes.
    #[test]
    fn the_halves_of_the_hash_are_spread_evenly() {
        let stems = ["", "chip", "semiconductor", "ограничени", "مستشفي", "半导"];
        let words = stems.iter().flat_map(|stem| (0..20_000).map(move |i| format!("{stem}{i}")));
        let hashes: HashSet<u64> = words.map(|word| hash(&word)).collect();
        assert_eq!(hashes.len(), 120_000);
        let expected = 120_000.0 * 120_000.0 / 2.0 / f64::from(u32::MAX);
        for shift in [0, 16, 32] {
            let halves: HashSet<u32> = hashes.iter().map(|hash| (hash >> shift) as u32).collect();
            let collisions = hashes.len() - halves.len();
            assert!((collisions as f64) < 10.0 * expected + 10.0, "{collisions} at {shift}, {expected} expected");
        }
    }
}
