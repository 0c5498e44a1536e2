//! A map by the hashes of words, made for asking in vain: nearly every word of a text is in none.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;

/// Values by hash, with a sieve before them: two bits for each hash, in a word of 64 that its high bits
/// choose (a blocked Bloom filter: F. Putze, P. Sanders, J. Singler, 2007). With 16 bits and more a hash
/// it lets fewer than one in fifty of the others through.
pub(super) struct Hashed<V> {
    map: HashMap<u64, V, BuildHasherDefault<Given>>,
    /// A power of two of words.
    sieve: Box<[u64]>,
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

impl<V> Default for Hashed<V> {
    fn default() -> Self {
        Self { map: HashMap::default(), sieve: Box::new([0]) }
    }
}

#[inline(always)]
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63)
}

#[inline(always)]
fn word(sieve: &[u64], hash: u64) -> usize {
    (hash >> 32) as usize & (sieve.len() - 1)
}

impl<V> Hashed<V> {
    #[inline(always)]
    pub(super) fn get(&self, hash: u64) -> Option<&V> {
        let bits = bits(hash);
        if self.sieve[word(&self.sieve, hash)] & bits == bits { self.find(hash) } else { None }
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
        if self.map.len() >= self.sieve.len() * PER_WORD {
            self.sieve = vec![0; self.sieve.len() * 2].into();
            for known in self.map.keys() {
                self.sieve[word(&self.sieve, *known)] |= bits(*known);
            }
        }
        self.sieve[word(&self.sieve, hash)] |= bits(hash);
        self.map.entry(hash).or_insert_with(new)
    }
}

#[cfg(test)]
mod tests {
    use super::Hashed;
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
        let through = (5000..9000).filter(|i| {
            let hash = hash(&i.to_string());
            hashed.sieve[super::word(&hashed.sieve, hash)] & super::bits(hash) == super::bits(hash)
        });
        assert!(through.count() < 80, "the sieve lets too many through");
    }
}
