//! A map by the hashes of words, made for asking in vain: nearly every word of a text is in none.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;

/// Values by hash, with a sieve before them.
pub(super) struct Hashed<V> {
    map: HashMap<u64, V, BuildHasherDefault<Given>>,
    sieve: Sieve,
}

/// Two bits for each hash, in a word of 64 that its high bits choose (a blocked Bloom filter: F. Putze, P. Sanders,
/// J. Singler, 2007). With 16 bits and more a hash it lets fewer than one in fifty of the others through.
pub(super) struct Sieve {
    /// A power of two of words.
    words: Box<[u64]>,
}

/// Hashes that a word of the sieve has room for.
const PER_WORD: usize = 4;

/// The hash as it is: it is one already. What is put in is of queries, so that no text can crowd a place.
#[derive(Default)]
struct Given(u64);

impl Hasher for Given {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are hashes")
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Default for Sieve {
    fn default() -> Self {
        Self { words: Box::new([0]) }
    }
}

impl Sieve {
    /// One of so many hashes.
    pub(super) fn of(hashes: impl Iterator<Item = u64> + Clone) -> Self {
        let words = hashes.clone().count().div_ceil(PER_WORD).next_power_of_two();
        let mut sieve = Self { words: vec![0; words].into() };
        hashes.for_each(|hash| sieve.add(hash));
        sieve
    }

    #[inline(always)]
    fn bits(hash: u64) -> [u64; 2] {
        [1 << (hash & 63), 1 << (hash >> 6 & 63)]
    }

    #[inline(always)]
    fn word(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.words.len() - 1)
    }

    fn add(&mut self, hash: u64) {
        let (word, [one, other]) = (self.word(hash), Self::bits(hash));
        self.words[word] |= one | other;
    }

    /// Whether a hash may be one of those that were put in; no is certain.
    #[inline(always)]
    pub(super) fn lets_through(&self, hash: u64) -> bool {
        // Each bit is tested by itself, which is fewer instructions than to make a number of both.
        let (word, [one, other]) = (self.words[self.word(hash)], Self::bits(hash));
        (word & one != 0) & (word & other != 0)
    }
}

impl<V> Default for Hashed<V> {
    fn default() -> Self {
        Self { map: HashMap::default(), sieve: Sieve::default() }
    }
}

impl<V> Hashed<V> {
    #[inline(always)]
    pub(super) fn get(&self, hash: u64) -> Option<&V> {
        if self.sieve.lets_through(hash) { self.find(hash) } else { None }
    }

    #[inline(never)]
    fn find(&self, hash: u64) -> Option<&V> {
        self.map.get(&hash)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The value of a hash; what `new` makes, if there was none.
    pub(super) fn get_or_insert_with(&mut self, hash: u64, new: impl FnOnce() -> V) -> &mut V {
        if self.map.len() >= self.sieve.words.len() * PER_WORD {
            self.sieve = Sieve { words: vec![0; self.sieve.words.len() * 2].into() };
            self.map.keys().for_each(|known| self.sieve.add(*known));
        }
        self.sieve.add(hash);
        self.map.entry(hash).or_insert_with(new)
    }
}

#[cfg(test)]
mod tests {
    use super::{Hashed, Sieve};
    use crate::matching::text::hash;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let mut hashed = Hashed::default();
        assert!(hashed.is_empty() && hashed.get(hash("0")).is_none());
        for i in 0..5000 {
            assert_eq!(*hashed.get_or_insert_with(hash(&i.to_string()), || i), i);
            assert_eq!(*hashed.get_or_insert_with(hash("0"), || i), 0);
        }
        assert!((0..5000).all(|i| hashed.get(hash(&i.to_string())) == Some(&i)));
        assert!((5000..9000).all(|i| hashed.get(hash(&i.to_string())).is_none()));
        for sieve in [&hashed.sieve, &Sieve::of((0..5000).map(|i| hash(&i.to_string())))] {
            assert!((0..5000).all(|i| sieve.lets_through(hash(&i.to_string()))));
            let through = (5000..9000).filter(|i| sieve.lets_through(hash(&i.to_string())));
            assert!(through.count() < 80, "the sieve lets too many through");
        }
    }
}
