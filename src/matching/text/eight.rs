//! Eight bytes of text at once: which of them are ASCII letters and digits, and their folded form.
//!
//! The arithmetic of H. Warren, Hacker's Delight, 6-1: a sum per byte whose highest bit tells whether the
//! byte is at or above a bound; no byte carries into the next, as all are below 0x80 before it.

/// Eight bytes, the first the lowest, and the highest bit of each that is a letter or a digit.
#[derive(Clone, Copy)]
pub(super) struct Eight {
    bytes: u64,
    letters: u64,
    digits: u64,
}

const HIGHEST: u64 = repeated(0x80);
const CASE: u64 = repeated(0x20);

const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each byte from `first` to `last`, of bytes below 0x80.
#[inline(always)]
fn within(bytes: u64, first: u8, last: u8) -> u64 {
    (bytes + repeated(0x80 - first)) & !(bytes + repeated(0x7f - last))
}

/// Whether there is nothing beyond ASCII.
#[inline(always)]
pub(super) fn is_ascii(bytes: u64) -> bool {
    bytes & HIGHEST == 0
}

/// Letters and digits in lower case.
#[inline(always)]
pub(super) fn folded(bytes: u64) -> u64 {
    bytes | CASE
}

impl Eight {
    #[inline(always)]
    pub(super) fn new(bytes: u64) -> Self {
        let ascii = !bytes & HIGHEST;
        let low = bytes & !HIGHEST;
        Self { bytes, letters: within(low | CASE, b'a', b'z') & ascii, digits: within(low, b'0', b'9') & ascii }
    }

    /// How many letters and digits stand before the first other byte.
    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        (!(self.letters | self.digits) & HIGHEST).trailing_zeros() / 8
    }

    /// The first `count` bytes, which are letters and digits, in lower case; the rest zero. From 1 to 8.
    #[inline(always)]
    pub(super) fn folded(self, count: u32) -> u64 {
        folded(self.bytes) & (u64::MAX >> (64 - 8 * count))
    }

    /// Whether there is a letter among the first `count` bytes. From 1 to 8.
    #[inline(always)]
    pub(super) fn has_letters(self, count: u32) -> bool {
        self.letters << (64 - 8 * count) != 0
    }

    /// Whether a byte is a digit.
    #[inline(always)]
    pub(super) fn is_digit(self, at: u32) -> bool {
        self.digits >> (8 * at) & 0x80 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Eight;

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut bytes = *b"Zz09aA5m";
                bytes[at] = byte;
                let eight = Eight::new(u64::from_le_bytes(bytes));
                let count = if byte.is_ascii_alphanumeric() { 8 } else { at as u32 };
                assert_eq!(eight.count(), count, "{byte:#x} at {at}");
                assert_eq!(eight.is_digit(at as u32), byte.is_ascii_digit());
                if count > 0 {
                    let folded: String =
                        bytes[..count as usize].iter().map(|&b| char::from(b.to_ascii_lowercase())).collect();
                    let rest = "\0".repeat(8 - folded.len());
                    assert_eq!(eight.folded(count).to_le_bytes(), (folded + &rest).as_bytes());
                    let has_letters = bytes[..count as usize].iter().any(u8::is_ascii_alphabetic);
                    assert_eq!(eight.has_letters(count), has_letters);
                }
            }
        }
        assert_eq!(Eight::new(0).count(), 0);
        assert!(!Eight::new(u64::from_le_bytes(*b"0000 aaa")).has_letters(4));
    }
}
