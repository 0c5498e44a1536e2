//! What `unit` and `fold` say of every character of the basic plane, in one table for the fast pass.

use std::sync::LazyLock;

use super::Script;
use super::fold::{Folded, fold_char, is_composed_onto, may_compose};
use super::unit::{Kind, is_mark, kind};

/// A character's class and, for a letter that folds to one character, its folded form.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry(u32);

const CLASS: u32 = 16;
const FIRST_SCRIPT: u32 = 8;
const SEVERAL: u32 = 1 << 24;
const MARK: u32 = 1 << 25;
const BASE: u32 = 1 << 26;
const ONTO: u32 = 1 << 27;
const NOTHING: u32 = 1 << 28;
const ENDS: u32 = 1 << 29;

/// By the code they are stored as; letters come after them.
const KINDS: [Kind; 7] = [Kind::Gap, Kind::Unseen, Kind::Newline, Kind::Stop, Kind::Dot, Kind::Apostrophe, Kind::Quote];

impl Entry {
    /// The entry of any character; slow.
    pub(super) fn of(c: char) -> Self {
        let folded = fold_char(c);
        let kind = kind(c, &folded);
        let class = match kind {
            Kind::Letter(script) => FIRST_SCRIPT + script as u32,
            other => KINDS.iter().position(|&kind| kind == other).map_or(0, |code| code as u32),
        };
        let mut entry = class << CLASS;
        if matches!(kind, Kind::Letter(_)) {
            match folded[..] {
                [one] if u32::from(one) <= 0xffff => entry |= u32::from(one),
                _ => entry |= SEVERAL,
            }
            entry |= if is_mark(&folded) { MARK } else { 0 };
        }
        entry |= if may_compose(c) { BASE } else { 0 };
        entry |= if is_composed_onto(c) { ONTO } else { 0 };
        let nothing = matches!(kind, Kind::Gap | Kind::Apostrophe | Kind::Quote) && entry & (BASE | ONTO) == 0;
        entry |= if nothing { NOTHING } else { 0 };
        let ends = match kind {
            Kind::Gap | Kind::Newline | Kind::Stop => true,
            Kind::Letter(script) => script.is_single(),
            _ => false,
        };
        entry |= if ends && entry & (BASE | ONTO) == 0 { ENDS } else { 0 };
        Entry(entry)
    }

    #[inline(always)]
    pub(super) fn kind(self) -> Kind {
        match self.script() {
            Some(script) => Kind::Letter(script),
            None => KINDS[(self.0 >> CLASS & 0x7) as usize],
        }
    }

    /// The script of a letter.
    #[inline(always)]
    pub(super) fn script(self) -> Option<Script> {
        let class = self.0 >> CLASS & 0xff;
        (class >= FIRST_SCRIPT).then(|| Script::ALL[(class - FIRST_SCRIPT) as usize % Script::ALL.len()])
    }

    #[inline(always)]
    fn class(self) -> u32 {
        self.0 >> CLASS & 0xff
    }

    #[inline(always)]
    pub(super) fn is_letter(self) -> bool {
        self.class() >= FIRST_SCRIPT
    }

    /// The folded form of a letter that is one character of the basic plane.
    #[inline(always)]
    pub(super) fn one(self) -> Option<u32> {
        (self.0 & SEVERAL == 0).then_some(self.0 & 0xffff)
    }

    /// Whether it is a letter of this script that folds to one character of the basic plane and has nothing
    /// to do with the characters around it.
    #[inline(always)]
    pub(super) fn is_plain(self, script: Script) -> bool {
        (self.0 & !ENDS) >> CLASS == FIRST_SCRIPT + script as u32
    }

    /// The script of a plain letter of two bytes that folds to one of two bytes.
    #[inline(always)]
    pub(super) fn plain_script_of_two(self) -> Option<Script> {
        const FIRST: u32 = FIRST_SCRIPT + Script::Cyrillic as u32;
        const OF_TWO: [Script; 4] = [Script::Cyrillic, Script::Greek, Script::Arabic, Script::Hebrew];
        OF_TWO.get((self.0 >> CLASS).wrapping_sub(FIRST) as usize).copied()
    }

    /// The folded form of a plain letter.
    #[inline(always)]
    pub(super) fn plain(self) -> u32 {
        self.0 & 0xffff
    }

    /// Whether it is not seen, nor changes the character before it.
    #[inline(always)]
    pub(super) fn is_unseen(self) -> bool {
        self.0 >> CLASS == 1
    }

    /// Whether a word of Latin letters and digits ends before it for certain.
    pub(super) fn ends_latin(self) -> bool {
        self.ends_words() || self.is_nothing() && self.kind() == Kind::Quote
    }

    pub(super) fn is_mark(self) -> bool {
        self.0 & MARK != 0
    }

    /// Whether a word of letters that go together ends before it for certain, whatever its script.
    #[inline(always)]
    pub(super) fn ends_words(self) -> bool {
        self.0 & ENDS != 0
    }

    /// Whether nothing comes of it between words.
    #[inline(always)]
    pub(super) fn is_nothing(self) -> bool {
        self.0 & NOTHING != 0
    }

    /// Whether the character after it may change it.
    #[inline(always)]
    pub(super) fn is_base(self) -> bool {
        self.0 & BASE != 0
    }

    /// Whether it may change the character before it.
    pub(super) fn is_onto(self) -> bool {
        self.0 & ONTO != 0
    }
}

/// Entries of the basic plane, by code.
pub(super) static TABLE: LazyLock<Box<[Entry; 0x1_0000]>> = LazyLock::new(|| {
    let entries: Vec<Entry> = (0..=0xffff).map(|code| char::from_u32(code).map_or(Entry(0), Entry::of)).collect();
    entries.try_into().expect("as many entries as codes")
});

/// Plain letters of two bytes that fold to one of two bytes, by code: the folded form as it is hashed, and between
/// its bits which script it is of. Of everything else nothing.
pub(super) static LETTERS_OF_TWO: LazyLock<Box<[u16; 0x800]>> = LazyLock::new(|| {
    let letter = |entry: &Entry| match entry.plain_script_of_two() {
        Some(script) if entry.plain() < 0x800 => (entry.plain() | 0x8000) as u16 | mark_of_two(script) as u16,
        _ => 0,
    };
    let letters: Vec<u16> = TABLE[..0x800].iter().map(letter).collect();
    letters.try_into().expect("as many letters as codes of two bytes")
});

/// The bits that are the letter.
pub(super) const LETTER_OF_TWO: u64 = 0x87ff;

/// The other bits of letters of a script, which are never all zero.
#[inline(always)]
pub(super) fn mark_of_two(script: Script) -> u64 {
    (script as u64 & 0xf) << 11
}

/// The folded form of a letter.
pub(super) fn folded(code: u32, entry: Entry) -> Folded {
    match entry.one().and_then(char::from_u32) {
        Some(one) => Folded::from_slice(&[one]),
        None => char::from_u32(code).map_or(Folded::new(), fold_char),
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, LETTER_OF_TWO, LETTERS_OF_TWO, mark_of_two};

    #[test]
    fn letters_of_two_bytes_stay_so() {
        let mut letters = 0;
        for c in '\u{80}'..='\u{7ff}' {
            let known = u64::from(LETTERS_OF_TWO[c as usize]);
            let Some(script) = Entry::of(c).plain_script_of_two() else {
                assert_eq!(known, 0, "{c}");
                continue;
            };
            assert!((0x80..0x800).contains(&Entry::of(c).plain()), "{c}");
            assert_eq!(known & LETTER_OF_TWO, u64::from(Entry::of(c).plain() | 0x8000), "{c}");
            assert!(mark_of_two(script) != 0 && known & !LETTER_OF_TWO == mark_of_two(script), "{c}");
            letters += 1;
        }
        assert!(letters > 500);
    }
}
