//! The characters of a text one by one, by the table: what `unit` tells, without allocating.

use super::block::BLOCK;
use super::fold::{Folded, compose};
use super::hash::WordHash;
use super::table::{Entry, LETTER_OF_TWO, LETTERS_OF_TWO, TABLE, folded, mark_of_two};
use super::unit::Kind;
use super::{Script, Token};

/// Bytes that are looked at together: a block, and as many behind it as a word may need that begins in it.
pub(super) const WINDOW: usize = BLOCK + 16;

/// A text to read from.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t> {
    text: &'t str,
    table: &'t [Entry; 0x1_0000],
    letters_of_two: &'t [u16; 0x800],
}

/// A character, or several that make one.
#[derive(Clone, Copy)]
pub(super) struct Read {
    pub(super) entry: Entry,
    whole: u32,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Read {
    pub(super) fn folded(&self) -> Folded {
        folded(self.whole, self.entry)
    }

    /// Hands over the folded characters one by one.
    #[inline(always)]
    pub(super) fn each_folded(&self, mut take: impl FnMut(char)) {
        match self.entry.one().and_then(char::from_u32) {
            Some(one) => take(one),
            None => self.folded().into_iter().for_each(take),
        }
    }
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, table: &TABLE, letters_of_two: &LETTERS_OF_TWO }
    }

    #[inline(always)]
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    #[inline(always)]
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The eight bytes from `at` on, the first the lowest; zeros beyond the end of the text.
    #[inline(always)]
    pub(super) fn eight(&self, at: usize) -> u64 {
        match self.text.as_bytes().get(at..at + 8).and_then(<[u8]>::first_chunk) {
            Some(eight) => u64::from_le_bytes(*eight),
            None => self.last_bytes(at),
        }
    }

    #[cold]
    fn last_bytes(&self, at: usize) -> u64 {
        let bytes = self.text.as_bytes().get(at..).unwrap_or_default();
        bytes.iter().rev().fold(0, |eight, byte| eight << 8 | u64::from(*byte))
    }

    /// The bytes from `at` on; where the text ends before, they are in `room`, which has zeros.
    #[inline(always)]
    pub(super) fn window<'w>(&self, at: usize, room: &'w mut [u8; WINDOW]) -> &'w [u8; WINDOW]
    where
        't: 'w,
    {
        if let Some(window) = self.text.as_bytes().get(at..at + WINDOW).and_then(<[u8]>::first_chunk) {
            return window;
        }
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        room[..rest.len()].copy_from_slice(rest);
        room
    }

    /// Of the four characters from `at` on, how many are plain letters of two bytes in a script, up to the first that
    /// is not: their folded form as it is hashed, by sixteen bits, and how many.
    #[inline(always)]
    pub(super) fn four(&self, at: usize, script: Script) -> (u64, u32) {
        let of_each = |bits: u64| bits * 0x0001_0001_0001_0001;
        let eight = self.eight(at);
        let codes = ((eight & of_each(0x1f)) << 6) | ((eight >> 8) & of_each(0x3f));
        let lane = |lane: u32| u64::from(self.letters_of_two[(codes >> lane & 0x7ff) as usize]) << lane;
        let letters = lane(0) | lane(16) | lane(32) | lane(48);
        // Of each of the four something is left where it is not of two bytes, or no plain letter of the script.
        let length = (eight & of_each(0xe0)) ^ of_each(0xc0);
        let marks = (letters & !of_each(LETTER_OF_TWO)) ^ of_each(mark_of_two(script));
        let count = (length | marks).trailing_zeros() / 16;
        (letters & of_each(LETTER_OF_TWO) & !u64::MAX.unbounded_shl(count * 16), count)
    }

    /// The entry of the character at a byte, if it is of two bytes.
    #[inline(always)]
    pub(super) fn two(&self, at: usize) -> Option<Entry> {
        let &[a, b] = self.text.as_bytes().get(at..at + 2)?.first_chunk()?;
        let code = (u32::from(a) & 0x1f) << 6 | u32::from(b) & 0x3f;
        (a & 0xe0 == 0xc0).then(|| self.table[code as usize])
    }

    /// The entry of the character at a byte, if it is of three bytes.
    #[inline(always)]
    pub(super) fn three(&self, at: usize) -> Option<Entry> {
        self.of_three(self.text.as_bytes().get(at..at + 3)?.first_chunk()?)
    }

    /// The entries of the characters from a byte on, as far as they are of three bytes.
    #[inline(always)]
    pub(super) fn threes(&self, at: usize) -> impl Iterator<Item = Entry> {
        let (threes, _) = self.text.as_bytes().get(at..).unwrap_or_default().as_chunks();
        threes.iter().map_while(|three| self.of_three(three))
    }

    #[inline(always)]
    fn of_three(&self, [a, b, c]: &[u8; 3]) -> Option<Entry> {
        // With what marks the bytes as first and further ones in it, which is always the same.
        const MARKED: u32 = 0xe0 << 12 | 0x80 << 6 | 0x80;
        let code = ((u32::from(*a) << 12) + (u32::from(*b) << 6) + u32::from(*c)).wrapping_sub(MARKED);
        (a & 0xf0 == 0xe0).then(|| self.table[code as u16 as usize])
    }

    /// The character at a byte, with those that compose with it.
    #[inline(always)]
    pub(super) fn read(&self, at: usize) -> Option<Read> {
        let read = self.read_one(at)?;
        // Nothing in ASCII composes.
        let alone = !read.entry.is_base() || self.byte(read.end).is_none_or(|byte| byte.is_ascii());
        if alone { Some(read) } else { self.composed(at) }
    }

    #[inline(always)]
    fn read_one(&self, at: usize) -> Option<Read> {
        let byte = self.byte(at)?;
        let follow = |i: usize| u32::from(self.byte(at + i).unwrap_or_default() & 0x3f);
        let (whole, length) = match byte {
            0..0x80 => (u32::from(byte), 1),
            0x80..0xe0 => ((u32::from(byte) & 0x1f) << 6 | follow(1), 2),
            0xe0..0xf0 => ((u32::from(byte) & 0x0f) << 12 | follow(1) << 6 | follow(2), 3),
            0xf0.. => ((u32::from(byte) & 0x07) << 18 | follow(1) << 12 | follow(2) << 6 | follow(3), 4),
        };
        Some(Read { entry: self.entry(whole), whole, start: at, end: at + length })
    }

    #[inline(always)]
    fn entry(&self, code: u32) -> Entry {
        match self.table.get(code as usize) {
            Some(&entry) => entry,
            None => beyond_table(code),
        }
    }

    /// The character at a byte, which may go together with those after it.
    #[inline(never)]
    fn composed(&self, at: usize) -> Option<Read> {
        let mut read = self.read_one(at)?;
        while let Some(next) = self.read_one(read.end).filter(|next| next.entry.is_onto()) {
            let (first, second) = (char::from_u32(read.whole), char::from_u32(next.whole));
            let Some(whole) = first.zip(second).and_then(|(first, second)| compose(first, second)) else { break };
            read.whole = u32::from(whole);
            read.entry = self.entry(read.whole);
            read.end = next.end;
        }
        Some(read)
    }

    /// The first character from `at` on that is seen.
    pub(super) fn read_seen(&self, mut at: usize) -> Option<Read> {
        loop {
            let read = self.read(at)?;
            if read.entry.kind() != Kind::Unseen {
                return Some(read);
            }
            at = read.end;
        }
    }

    /// Whether the first character from `at` on that is seen is a digit.
    fn is_digit(&self, at: usize) -> bool {
        self.read_seen(at).is_some_and(|read| read.entry.script() == Some(Script::Digits))
    }
}

/// The hashes of the first letter, the first two and the first three of a token's word; none where they are not
/// told at a glance.
pub fn heads(text: &str, token: &Token) -> Option<[u64; 3]> {
    let reader = Reader::new(&text[..token.end as usize]);
    let mut at = token.start as usize;
    let mut hash = WordHash::NEW;
    let mut heads = [0; 3];
    for head in &mut heads {
        match reader.byte(at)? {
            byte if byte.is_ascii_alphanumeric() => {
                hash.push(u32::from(byte | 0x20));
                at += 1;
            }
            _ => {
                let entry = reader.two(at)?;
                entry.plain_script_of_two()?;
                hash.push(entry.plain());
                at += 2;
            }
        }
        *head = hash.finish();
    }
    Some(heads)
}

#[cold]
fn beyond_table(code: u32) -> Entry {
    char::from_u32(code).map_or(Entry::default(), Entry::of)
}

/// The folded form of what stands inside one word, into `folded`.
///
/// Apostrophes are dropped, and full stops except those between digits: `U.S` is `us`, `4.5` stays.
/// Suffixes are not touched: that is the business of [`super::words`].
pub fn fold_into(word: &str, folded: &mut String) {
    folded.clear();
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        folded.push_str(word);
        folded.make_ascii_lowercase();
        return;
    }
    let reader = Reader::new(word);
    let (mut at, mut after_digit) = (0, false);
    while let Some(read) = reader.read_seen(at) {
        at = read.end;
        match read.entry.kind() {
            Kind::Letter(_) => read.each_folded(|c| folded.push(c)),
            Kind::Dot if after_digit && reader.is_digit(at) => folded.push('.'),
            _ => {}
        }
        after_digit = read.entry.script() == Some(Script::Digits);
    }
}

/// The folded form of what stands inside one word, as [`fold_into`] gives it.
pub fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    fold_into(word, &mut folded);
    folded
}
