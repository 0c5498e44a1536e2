//! 64 bytes of text at once: where there are letters and digits of ASCII, and what has to be looked at.
//!
//! The loops over the bytes have no branches, so that the compiler makes vectors of them on every machine.

/// What 64 bytes are, a bit each, the first the lowest.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Letters and digits of ASCII.
    pub(super) letters: u64,
    /// What may end a sentence or a line or go on a word, and all beyond ASCII. The rest ends words and does nothing
    /// else.
    pub(super) special: u64,
}

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

impl Block {
    #[inline(always)]
    pub(super) fn new(bytes: &[u8; BLOCK]) -> Self {
        let is_letter = |b: u8| (b | 0x20).wrapping_sub(b'a') < 26 || b.wrapping_sub(b'0') < 10;
        // '\n' to '\r' are together, and so are ! and ".
        let is_special = |b: u8| {
            b.wrapping_sub(b'\n') < 4 || b.wrapping_sub(b'!') < 2 || b == b'.' || b == b'\'' || b == b'?' || b >= 0x80
        };
        Self { letters: bits(bytes, is_letter), special: bits(bytes, is_special) }
    }
}

/// The bits of the bytes that are so.
#[inline(always)]
fn bits(bytes: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0; BLOCK];
    flags.iter_mut().zip(bytes).for_each(|(flag, byte)| *flag = if is(*byte) { u8::MAX } else { 0 });
    let (eights, _) = flags.as_chunks();
    // One bit of each byte, another one each, added up in the highest byte.
    let packed = |eight: &[u8; 8]| {
        (u64::from_le_bytes(*eight) & 0x8040_2010_0804_0201).wrapping_mul(0x0101_0101_0101_0101) >> 56
    };
    eights.iter().rev().fold(0, |bits, eight| bits << 8 | packed(eight))
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Block};

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                let mut bytes = [b' '; BLOCK];
                bytes[at] = byte;
                let of = |is: bool| u64::from(is) << at;
                let Block { letters, special } = Block::new(&bytes);
                assert_eq!(letters, of(byte.is_ascii_alphanumeric()), "{byte:#x} at {at}");
                assert_eq!(special, of(b"\n\x0b\x0c\r!\"'.?".contains(&byte) || !byte.is_ascii()), "{byte:#x} at {at}");
            }
        }
    }
}
