//! The fast pass over a text. It must give the tokens of [`super::words`] on every text.
//!
//! Letters are classed, folded and hashed in one go by [`TABLE`]; whatever is rare (apostrophes, full
//! stops inside words, letters that fold to several or are composed of several) is looked at by
//! functions off that path, which read ahead but never allocate.

use super::affix::{self, Affix};
use super::breaks::{Abbreviation, Breaks};
use super::fold::{Folded, compose};
use super::table::{Entry, TABLE, folded};
use super::unit::Kind;
use super::word::MAX_INITIALS;
use super::{HASH_START, Script, Sink, Token, finish, step, step_code};

/// Hands the tokens of `text` to `sink`, in their order.
///
/// # Panics
/// If the text is longer than 4 GiB.
pub fn scan(text: &str, sink: &mut impl Sink) {
    u32::try_from(text.len()).expect("a text is shorter than 4 GiB");
    Scan { text, table: &TABLE, breaks: Breaks::default(), seen: Seen::Other, last: None }.run(sink);
}

/// What was seen last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Word,
    Dot,
    Other,
}

struct Scan<'t> {
    text: &'t str,
    table: &'t [Entry; 0x1_0000],
    breaks: Breaks,
    seen: Seen,
    last: Option<Token>,
}

/// A character, or several that make one.
#[derive(Clone, Copy)]
struct Read {
    entry: Entry,
    whole: u32,
    start: usize,
    end: usize,
}

impl Read {
    fn folded(&self) -> Folded {
        folded(self.whole, self.entry)
    }
}

/// A word so far.
struct Run {
    state: u64,
    script: Script,
    /// The script of its last letter.
    last: Script,
    first: usize,
    /// One past its last letter.
    end: usize,
    /// Where to read on.
    next: usize,
}

impl Run {
    /// A word of which nothing is read yet.
    #[inline(always)]
    fn new(first: usize, script: Script) -> Self {
        Run { state: HASH_START, script, last: script, first, end: first, next: first }
    }

    #[inline(always)]
    fn append(&mut self, letter: &Read, joined: Script, last: Script) {
        match letter.entry.one() {
            Some(one) => self.state = step_code(self.state, one),
            None => self.state = letter.folded().into_iter().fold(self.state, step),
        }
        self.script = joined;
        self.last = last;
        self.end = letter.end;
        self.next = letter.end;
    }
}

impl Scan<'_> {
    fn run(mut self, sink: &mut impl Sink) {
        let mut at = 0;
        while let Some(read) = self.read(at) {
            at = read.end;
            match read.entry.kind() {
                Kind::Gap | Kind::Apostrophe | Kind::Quote => self.seen = Seen::Other,
                Kind::Letter(script) => {
                    let mut run = Run::new(read.start, script);
                    run.append(&read, script, script);
                    if script.is_single() {
                        self.add_marks(&mut run);
                    } else {
                        self.add_letters(&mut run);
                    }
                    at = run.next;
                    self.emit(&run, sink);
                }
                Kind::Unseen => {}
                Kind::Newline => {
                    self.breaks.newline();
                    self.seen = Seen::Other;
                }
                Kind::Stop => {
                    self.breaks.stop();
                    self.seen = Seen::Other;
                }
                Kind::Dot => self.dot(),
            }
        }
    }

    #[inline(always)]
    fn emit(&mut self, run: &Run, sink: &mut impl Sink) {
        let token = Token {
            hash: finish(run.state),
            start: run.first as u32,
            end: run.end as u32,
            script: run.script,
            breaks: self.breaks.before(self.text, run.first, run.script, self.seen == Seen::Dot),
        };
        self.breaks = Breaks::after_word();
        self.seen = Seen::Word;
        self.last = Some(token);
        sink.token(token);
    }

    #[cold]
    fn dot(&mut self) {
        self.breaks.dot(match &self.last {
            Some(token) if self.seen == Seen::Word => Abbreviation::of(self.text, token),
            _ => Abbreviation::Not,
        });
        self.seen = Seen::Dot;
    }

    /// The character at a byte.
    #[inline(always)]
    fn read(&self, at: usize) -> Option<Read> {
        let bytes = self.text.as_bytes();
        let &byte = bytes.get(at)?;
        let follow = |i: usize| u32::from(bytes.get(at + i).copied().unwrap_or_default() & 0x3f);
        let (whole, length) = match byte {
            0..0x80 => (u32::from(byte), 1),
            0x80..0xe0 => ((u32::from(byte) & 0x1f) << 6 | follow(1), 2),
            0xe0..0xf0 => ((u32::from(byte) & 0x0f) << 12 | follow(1) << 6 | follow(2), 3),
            0xf0.. => ((u32::from(byte) & 0x07) << 18 | follow(1) << 12 | follow(2) << 6 | follow(3), 4),
        };
        let entry = self.entry(whole);
        let read = Read { entry, whole, start: at, end: at + length };
        Some(if entry.is_base() { self.composed(read) } else { read })
    }

    #[inline(always)]
    fn entry(&self, code: u32) -> Entry {
        match self.table.get(code as usize) {
            Some(&entry) => entry,
            None => beyond_table(code),
        }
    }

    /// A character that may go together with those after it.
    fn composed(&self, mut read: Read) -> Read {
        while let Some(next) = self.text[read.end..].chars().next() {
            if !self.entry(u32::from(next)).is_onto() {
                break;
            }
            let Some(whole) = char::from_u32(read.whole).and_then(|c| compose(c, next)) else { break };
            read.whole = u32::from(whole);
            read.entry = self.entry(read.whole);
            read.end += next.len_utf8();
        }
        read
    }

    /// The first character from `at` on that is seen.
    fn read_seen(&self, mut at: usize) -> Option<Read> {
        loop {
            let read = self.read(at)?;
            if read.entry.kind() != Kind::Unseen {
                return Some(read);
            }
            at = read.end;
        }
    }

    /// Reads on through what is written on or around a single character.
    #[inline(always)]
    fn add_marks(&self, run: &mut Run) {
        while run.script == Script::Thai
            && let Some(read) = self.read(run.next)
        {
            match read.entry.kind() {
                Kind::Letter(Script::Thai) if read.entry.is_mark() => run.append(&read, Script::Thai, Script::Thai),
                Kind::Unseen => run.next = read.end,
                _ => break,
            }
        }
    }

    /// Reads on through ASCII letters, which fold to their lower case, in a Latin word.
    #[inline(always)]
    fn add_ascii(&self, run: &mut Run) {
        let (mut state, mut next) = (run.state, run.next);
        for &byte in &self.text.as_bytes()[next..] {
            if !byte.is_ascii_alphabetic() {
                break;
            }
            state = step_code(state, u32::from(byte | 0x20));
            next += 1;
        }
        if next > run.next {
            (run.state, run.next, run.end, run.last) = (state, next, next, Script::Latin);
        }
    }

    /// Reads on to the end of a word.
    #[inline(always)]
    fn add_letters(&mut self, run: &mut Run) {
        if run.script == Script::Latin {
            self.add_ascii(run);
        }
        while let Some(read) = self.read(run.next) {
            let goes_on = match read.entry.kind() {
                Kind::Letter(script) => match run.script.join(script) {
                    Some(joined) => {
                        run.append(&read, joined, script);
                        true
                    }
                    None => false,
                },
                Kind::Unseen => {
                    run.next = read.end;
                    true
                }
                Kind::Gap | Kind::Newline | Kind::Stop => false,
                Kind::Dot => self.dot_inside(run, &read),
                Kind::Apostrophe => self.apostrophe(run, &read),
                Kind::Quote => self.quote(run, &read),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// The next letter from `at` on, if it can go on the word.
    fn joining(&self, run: &Run, at: usize) -> Option<(Read, Script)> {
        let read = self.read_seen(at)?;
        let script = read.entry.script()?;
        run.script.join(script).map(|_| (read, script))
    }

    #[cold]
    fn dot_inside(&self, run: &mut Run, dot: &Read) -> bool {
        let Some((next, script)) = self.joining(run, dot.end) else { return false };
        if run.last == Script::Digits && script == Script::Digits {
            run.state = step(run.state, '.');
        } else if script != run.script || !self.is_initials(run, dot.start) || self.joining(run, next.end).is_some() {
            return false;
        }
        run.next = next.start;
        true
    }

    /// Whether up to `end` there are only a few single letters, each after a full stop.
    fn is_initials(&self, run: &Run, end: usize) -> bool {
        let mut at = run.first;
        for i in 0..MAX_INITIALS {
            let Some(read) = self.read_seen(at).filter(|read| read.start < end) else {
                return i > 0 && run.script.is_alphabetic();
            };
            match read.entry.kind() {
                Kind::Letter(script) if i % 2 == 0 && script == run.script => {}
                Kind::Dot if i % 2 == 1 => {}
                _ => return false,
            }
            at = read.end;
        }
        false
    }

    #[cold]
    fn quote(&self, run: &mut Run, quote: &Read) -> bool {
        match self.joining(run, quote.end) {
            Some((next, Script::Hebrew)) => {
                run.next = next.start;
                true
            }
            _ => false,
        }
    }

    #[cold]
    fn apostrophe(&mut self, run: &mut Run, apostrophe: &Read) -> bool {
        let Some((next, script)) = self.joining(run, apostrophe.end) else { return false };
        if !affix::may_hold_apostrophe(run.script, script) {
            return false;
        }
        let before = self.before(run.first, apostrophe.start);
        let (after, after_end) = self.after(next.start);
        match affix::around(before.as_str(), after.as_str()) {
            Affix::Suffix => {
                run.next = after_end;
                false
            }
            Affix::Prefix => {
                *run = Run::new(next.start, script);
                self.seen = Seen::Other;
                true
            }
            Affix::None => {
                run.next = next.start;
                true
            }
        }
    }

    /// The folded letters between two bytes.
    fn before(&self, mut at: usize, end: usize) -> Short {
        let mut short = Short::default();
        while at < end
            && !short.is_long()
            && let Some(read) = self.read(at)
        {
            if read.entry.is_letter() {
                short.push(&read.folded());
            }
            at = read.end;
        }
        short
    }

    /// The folded letters from a byte on as far as they are one word, and where they end.
    fn after(&self, start: usize) -> (Short, usize) {
        let mut short = Short::default();
        let mut end = start;
        let mut script: Option<Script> = None;
        while !short.is_long()
            && let Some(read) = self.read_seen(end)
            && let Some(next) = read.entry.script()
        {
            script = script.map_or(Some(next), |script| script.join(next));
            if script.is_none() {
                break;
            }
            short.push(&read.folded());
            end = read.end;
        }
        (short, end)
    }
}

#[cold]
fn beyond_table(code: u32) -> Entry {
    char::from_u32(code).map_or(Entry::default(), Entry::of)
}

/// A few folded letters; longer than any affix is all the same.
#[derive(Default)]
struct Short {
    bytes: [u8; 16],
    length: usize,
}

impl Short {
    fn push(&mut self, chars: &[char]) {
        for &c in chars {
            let end = self.length + c.len_utf8();
            if end > self.bytes.len() {
                self.length = self.bytes.len() + 1;
                return;
            }
            c.encode_utf8(&mut self.bytes[self.length..end]);
            self.length = end;
        }
    }

    fn is_long(&self) -> bool {
        self.length > self.bytes.len()
    }

    /// The letters, or what is no affix if there are too many.
    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}
