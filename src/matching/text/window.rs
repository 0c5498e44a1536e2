//! A block of a text with what stands behind it: the hashes of its plain words.

use super::block::{BLOCK, MOST_PLAIN};
use super::eight::folded;
use super::hash::WordHash;
use super::read::WINDOW;

/// A place of a text, and the bytes from there on.
#[derive(Clone, Copy)]
pub(super) struct Window<'w> {
    pub(super) bytes: &'w [u8; WINDOW],
    pub(super) at: usize,
}

impl Window<'_> {
    /// The hash of a word of ASCII of up to [`MOST_PLAIN`] letters, which begins in the block of the window.
    #[inline(always)]
    pub(super) fn hash(&self, start: usize, end: usize) -> u64 {
        let eight = |at: usize| self.bytes[at..at + 8].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
        let length = end - start;
        let [first, second] = OF_WORD[length % OF_WORD.len()];
        let (first, second) = (folded(eight(start % BLOCK)) & first, folded(eight(start % BLOCK + 8)) & second);
        WordHash::of_few(first, second, length)
    }
}

/// By the length of a word of up to [`MOST_PLAIN`] letters: what of two eights belongs to it.
const OF_WORD: [[u64; 2]; MOST_PLAIN + 1] = {
    let mut masks = [[0; 2]; MOST_PLAIN + 1];
    let mut length = 0;
    while length <= MOST_PLAIN {
        let all = u128::MAX.unbounded_shr(128 - 8 * length as u32);
        masks[length] = [all as u64, (all >> 64) as u64];
        length += 1;
    }
    masks
};
