//! 64 bytes of text at once: where there are letters and digits of ASCII, and what has to be looked at.

use wide::u8x16;

use super::Script;

/// What 64 bytes are, a bit each, the first the lowest.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Letters and digits of ASCII.
    pub(super) letters: u64,
    digits: u64,
    /// What may end a sentence or a line or go on a word, and all beyond ASCII. The rest ends words and does nothing
    /// else.
    special: u64,
    /// Letters and digits that are followed by more than a plain word has.
    long: u64,
}

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// The longest word that is plain: two eights hold it with the place for its end.
pub(super) const MOST_PLAIN: usize = 15;

/// Where the words of a block are: runs of letters and digits that nothing else goes on.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// The first byte of each.
    pub(super) starts: u64,
    /// One past the last of each that ends in the block.
    pub(super) ends: u64,
    /// The same of those that are digits alone.
    numbers: u64,
    /// The first place to be looked at: something special, or a word that is too long to be plain.
    pub(super) next: usize,
}

impl Words {
    /// What a word is written in, by its end.
    #[inline(always)]
    pub(super) fn script(&self, end: usize) -> Script {
        if self.numbers >> end & 1 == 0 { Script::Latin } else { Script::Digits }
    }

    /// Where the word begins that ends before the byte at `end`, if there is one.
    #[inline(always)]
    pub(super) fn ended_by(&self, end: usize) -> Option<usize> {
        let before = self.starts & !(u64::MAX << end);
        (self.ends >> end & 1 == 1).then(|| BLOCK - 1 - before.leading_zeros() as usize)
    }
}

impl Block {
    #[inline(always)]
    pub(super) fn new(bytes: &[u8; BLOCK]) -> Self {
        let mut block = Self { letters: 0, digits: 0, special: 0, long: 0 };
        let (sixteens, _) = bytes.as_chunks();
        for sixteen in sixteens.iter().rev() {
            let bytes = u8x16::new(*sixteen);
            let letters = within(bytes | u8x16::splat(0x20), b'a', b'z');
            let digits = within(bytes, b'0', b'9');
            // ! and " are neighbours.
            let marks = within(bytes, b'!', b'"') | within(bytes, b'\n', b'\r');
            let special = marks | is(bytes, b'.') | is(bytes, b'\'') | is(bytes, b'?');
            block.letters = block.letters << 16 | bits(letters | digits);
            block.digits = block.digits << 16 | bits(digits);
            // The highest bit of a byte beyond ASCII is set.
            block.special = block.special << 16 | bits(special | bytes);
        }
        // Runs of sixteen, by doubling.
        block.long = [1, 2, 4, 8].into_iter().fold(block.letters, |run, step| run & run >> step);
        block
    }

    #[inline(always)]
    pub(super) fn words(&self) -> Words {
        let starts = self.letters & !(self.letters << 1);
        let ends = self.letters << 1 & !self.letters;
        // A word that begins with a digit is carried as far as there are digits.
        let carried = self.digits.wrapping_add(starts & self.digits);
        let next = (self.special | self.long & starts).trailing_zeros() as usize;
        Words { starts, ends, numbers: carried & !self.digits & ends, next }
    }

    /// What comes before a byte is done with.
    #[inline(always)]
    pub(super) fn forget(&mut self, before: usize) {
        let rest = u64::MAX << before;
        (self.letters, self.digits, self.special) = (self.letters & rest, self.digits & rest, self.special & rest);
    }
}

#[inline(always)]
fn within(bytes: u8x16, first: u8, last: u8) -> u8x16 {
    (bytes - u8x16::splat(first)).simd_le(u8x16::splat(last - first))
}

#[inline(always)]
fn is(bytes: u8x16, byte: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(byte))
}

/// The highest bit of each byte.
#[inline(always)]
fn bits(bytes: u8x16) -> u64 {
    u64::from(bytes.to_bitmask())
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Block, MOST_PLAIN, Script};

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                let mut bytes = [b' '; BLOCK];
                bytes[at] = byte;
                let of = |is: bool| u64::from(is) << at;
                let Block { letters, digits, special, .. } = Block::new(&bytes);
                assert_eq!(letters, of(byte.is_ascii_alphanumeric()), "{byte:#x} at {at}");
                assert_eq!(digits, of(byte.is_ascii_digit()), "{byte:#x} at {at}");
                assert_eq!(special, of(b"\n\x0b\x0c\r!\"'.?".contains(&byte) || !byte.is_ascii()), "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn words_of_every_length_at_every_place() {
        for (start, end) in (1..BLOCK).flat_map(|end| (0..end).map(move |start| (start, end))) {
            for (letter, script) in [(b'a', Script::Latin), (b'7', Script::Digits)] {
                let mut bytes = [b' '; BLOCK];
                bytes[start..end].fill(b'0');
                bytes[end - 1] = letter;
                let block = Block::new(&bytes);
                let words = block.words();
                assert_eq!((words.starts, words.ends), (1 << start, 1 << end));
                assert_eq!((words.ended_by(end), words.script(end)), (Some(start), script));
                assert_eq!(words.next, if end - start > MOST_PLAIN { start } else { BLOCK });
            }
        }
    }
}
