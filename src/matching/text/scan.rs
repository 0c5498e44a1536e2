//! The fast pass over a text. It must give the tokens of [`super::words`] on every text.
//!
//! Of ASCII 64 bytes at once are classed, so that a plain word is found, folded and hashed without a branch that
//! depends on its letters; the rest goes by the table, with loops of their own for the letters of two bytes and
//! for Han. Whatever is rare (apostrophes, full stops inside
//! words, letters that fold to several or are composed of several) is looked at by functions off that
//! path, which read ahead but never allocate.

use super::affix::{self, Affix};
use super::block::{BLOCK, Block, Words};

use super::breaks::{Abbreviation, Breaks};
use super::eight::{Eight, is_ascii};
use super::hash::WordHash;
use super::read::{Read, Reader, WINDOW};
use super::table::Entry;
use super::unit::Kind;
use super::window::Window;
use super::word::MAX_INITIALS;
use super::{Break, Script, Sink, Token};

/// Hands the tokens of `text` to `sink`, in their order.
///
/// # Panics
/// If the text is longer than 4 GiB.
pub fn scan(text: &str, sink: &mut impl Sink) {
    u32::try_from(text.len()).expect("a text is shorter than 4 GiB");
    let last = Last { hash: 0, start: 0, end: 0, script: Script::Other, next: NOWHERE };
    let text = Reader::new(text);
    Scan { text, breaks: Breaks::default(), parted: false, inside: false, last, dot_end: NOWHERE }.run(sink);
}

struct Scan<'t> {
    text: Reader<'t>,
    breaks: Breaks,
    /// Whether there is something in `breaks`: in most places between words there is not.
    parted: bool,
    /// Whether there was a word.
    inside: bool,
    last: Last,
    /// Where the last full stop ends, with all that is not seen.
    dot_end: usize,
}

/// Of a place before there is any.
const NOWHERE: usize = usize::MAX;

/// The last word, unless it is plain and nothing but a gap stands behind it.
#[derive(Clone, Copy)]
struct Last {
    hash: u64,
    start: u32,
    end: u32,
    script: Script,
    /// Where what was read of it ends, with all that is not seen.
    next: usize,
}

/// A word so far.
#[derive(Clone, Copy)]
struct Run {
    hash: WordHash,
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
        Run { hash: WordHash::NEW, script, last: script, first, end: first, next: first }
    }

    #[inline(always)]
    fn append(&mut self, letter: &Read, joined: Script, last: Script) {
        match letter.entry.one() {
            Some(one) => self.hash.push(one),
            None => self.hash.extend(letter.folded()),
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
        while let Some(byte) = self.text.byte(at) {
            at = match byte {
                b' ' => at + 1,
                0x80.. => self.other(at, sink),
                // In text of another script a block would be looked at for a few bytes.
                _ if !is_ascii(self.text.eight(at)) => self.few(at, byte, sink),
                _ => self.block(at, sink),
            };
        }
    }

    /// A word or what else begins with a character of ASCII: where to read on.
    #[inline(always)]
    fn few(&mut self, at: usize, byte: u8, sink: &mut impl Sink) -> usize {
        if byte.is_ascii_alphanumeric() { self.long(at, sink) } else { self.special(at, sink) }
    }

    /// What begins with a character of ASCII, where a word may begin: where to read on.
    fn block(&mut self, at: usize, sink: &mut impl Sink) -> usize {
        let mut room = [0; WINDOW];
        let bytes = self.text.window(at, &mut room);
        let mut block = Block::new(bytes.first_chunk().expect("a window is longer than a block"));
        loop {
            let words = block.words();
            let next = words.next;
            self.plain(&words, Window { bytes, at }, sink);
            if next == BLOCK {
                break;
            }
            let read_on = match words.ended_by(next) {
                Some(start) => self.ended(start, next, words.script(next), Window { bytes, at }, sink),
                None => self.few(at + next, bytes[next], sink),
            };
            let read_on = read_on - at;
            if read_on >= BLOCK {
                return at + read_on;
            }
            block.forget(read_on);
        }
        match block.letters.leading_ones() as usize {
            BLOCK => self.long(at, sink),
            unfinished => at + BLOCK - unfinished,
        }
    }

    /// The words of a block that end before what has to be looked at.
    #[inline(always)]
    fn plain(&mut self, words: &Words, window: Window<'_>, sink: &mut impl Sink) {
        let (mut starts, mut ends) = (words.starts, words.ends & !u64::MAX.unbounded_shl(words.next as u32));
        let count = ends.count_ones();
        if count == 0 {
            return;
        }
        let mut breaks = Break::None;
        if self.parted {
            let start = starts.trailing_zeros() as usize;
            breaks = self.parting(window.at + start, words.script(ends.trailing_zeros() as usize));
        }
        self.inside = true;
        sink.tokens((0..count).map(|_| {
            let (start, end) = (starts.trailing_zeros() as usize, ends.trailing_zeros() as usize);
            starts &= starts - 1;
            ends &= ends - 1;
            let (first, last) = ((window.at + start) as u32, (window.at + end) as u32);
            let before = std::mem::take(&mut breaks);
            Token { hash: window.hash(start, end), start: first, end: last, script: words.script(end), breaks: before }
        }));
    }

    /// The word of ASCII that the special byte at `next` may end: where to read on.
    #[inline(always)]
    fn ended(&mut self, start: usize, next: usize, script: Script, window: Window<'_>, sink: &mut impl Sink) -> usize {
        let at = window.at;
        let Some(suffix) = self.end_of_plain(window, start, next) else { return self.long(at + start, sink) };
        let (hash, end) = (window.hash(start, next), at + next + suffix);
        self.emit(hash, at + start, at + next, script, end, sink);
        if suffix > 0 { end } else { self.special(end, sink) }
    }

    /// If a word of ASCII ends for certain before the special byte at `next` of a window: how long the suffix is that
    /// stands there and is no part of it.
    #[inline(always)]
    fn end_of_plain(&self, window: Window<'_>, start: usize, next: usize) -> Option<usize> {
        let byte = |i: usize| window.bytes[(next + i) % WINDOW];
        let is_gap = |byte: u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
        // What may be written in a letter's place without being seen is none of these.
        let is_s = |i: usize| byte(i) | 0x20 == b's' && (byte(i + 1).is_ascii_punctuation() || byte(i + 1) == b' ');
        match byte(0) {
            b'\'' if is_s(1) => Some(2),
            // Initials are single letters, and a number goes on with a digit.
            b'.' if byte(1).is_ascii_alphanumeric() => {
                let is_number = window.bytes[(next - 1) % WINDOW].is_ascii_digit() && byte(1).is_ascii_digit();
                (next - start > 1 && !is_number).then_some(0)
            }
            b'.' | b'\'' | b'"' => is_gap(byte(1)).then_some(0),
            0xe2 if [byte(1), byte(2)] == [0x80, 0x99] => is_s(3).then_some(4),
            0x80.. => self.text.three(window.at + next).is_some_and(Entry::ends_latin).then_some(0),
            _ => Some(0),
        }
    }

    /// Something at `at` that is more than a gap, and no letter or digit of ASCII: where to read on.
    fn special(&mut self, at: usize, sink: &mut impl Sink) -> usize {
        match self.text.byte(at) {
            Some(b'.') => self.dot(at, at + 1),
            Some(b'!' | b'?') => self.part(Breaks::stop),
            Some(b'\n'..=b'\r') => self.part(Breaks::newline),
            Some(0x80..) => return self.other(at, sink),
            _ => {}
        }
        at + 1
    }

    /// A word that begins with a letter or digit of ASCII: where to read on.
    fn long(&mut self, at: usize, sink: &mut impl Sink) -> usize {
        let run = self.add_ascii(Run::new(at, Script::Digits));
        self.end_or_go_on(run, sink)
    }

    /// A word as far as it is plain: it ends here, or goes on with what is rare. Where to read on.
    #[inline(always)]
    fn end_or_go_on(&mut self, run: Run, sink: &mut impl Sink) -> usize {
        // A copy field by field, so that the run itself stays in registers.
        let Run { hash, script, last, first, end, next } = run;
        if let Some(read_on) = self.end(next) {
            self.emit(hash.finish(), first, end, script, next, sink);
            return read_on;
        }
        let run = self.add_letters(Run { hash, script, last, first, end, next });
        self.emit(run.hash.finish(), run.first, run.end, run.script, run.next, sink);
        run.next
    }

    /// Where to read on after a word if it ends for certain before the byte at `at`.
    #[inline(always)]
    fn end(&self, at: usize) -> Option<usize> {
        const MAY_GO_ON: u64 = 1 << b'.' | 1 << b'\'' | 1 << b'"';
        let gap = |byte: u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
        match self.text.byte(at) {
            None => Some(at),
            Some(b' ') => Some(at + 1),
            Some(byte) if byte < 64 && MAY_GO_ON >> byte & 1 != 0 => {
                self.text.byte(at + 1).is_none_or(gap).then_some(at)
            }
            Some(byte @ ..0x80) => gap(byte).then_some(at),
            Some(0x80..) => self.end_beyond(at),
        }
    }

    #[inline(never)]
    fn end_beyond(&self, at: usize) -> Option<usize> {
        let entry = self.text.two(at).or_else(|| self.text.three(at));
        entry.is_some_and(Entry::ends_words).then_some(at)
    }

    /// Whatever begins with another character: where to read on.
    #[inline(always)]
    fn other(&mut self, at: usize, sink: &mut impl Sink) -> usize {
        if let Some(entry) = self.text.three(at) {
            if entry.is_plain(Script::Han) {
                return self.han(at, sink);
            }
            if entry.is_nothing() {
                return at + 3;
            }
        } else if let Some(entry) = self.text.two(at) {
            if let Some(script) = entry.plain_script_of_two() {
                let run = self.add_two(Run::new(at, script));
                return self.end_or_go_on(run, sink);
            }
            if entry.is_nothing() {
                return at + 2;
            }
        }
        let Some(Read { entry, end, .. }) = self.text.read(at) else { return at };
        match entry.kind() {
            Kind::Gap | Kind::Apostrophe | Kind::Quote => {}
            Kind::Letter(_) => {
                let run = self.any_word(at);
                self.emit(run.hash.finish(), run.first, run.end, run.script, run.next, sink);
                return run.next;
            }
            Kind::Unseen => self.unseen(at, end),
            Kind::Newline => self.part(Breaks::newline),
            Kind::Stop => self.part(Breaks::stop),
            Kind::Dot => self.dot(at, end),
        }
        end
    }

    /// A run of Han characters, one word each, with what is nothing between them. Where to read on.
    #[inline(always)]
    fn han(&mut self, mut at: usize, sink: &mut impl Sink) -> usize {
        let mut breaks = if self.parted { self.parting(at, Script::Han) } else { Break::None };
        let mut end = at;
        for entry in self.text.threes(at) {
            if entry.is_plain(Script::Han) {
                let hash = WordHash::of_one(entry.plain());
                end = at + 3;
                sink.token(Token { hash, start: at as u32, end: end as u32, script: Script::Han, breaks });
                breaks = Break::None;
            } else if !entry.is_nothing() {
                break;
            }
            at += 3;
        }
        self.inside = true;
        self.last = Last { hash: 0, start: end as u32 - 3, end: end as u32, script: Script::Han, next: end };
        at
    }

    /// A word is read, and what was read of it ends at `next`.
    #[inline(always)]
    fn emit(&mut self, hash: u64, first: usize, end: usize, script: Script, next: usize, sink: &mut impl Sink) {
        let breaks = if self.parted { self.parting(first, script) } else { Break::None };
        let (start, end) = (first as u32, end as u32);
        self.inside = true;
        self.last = Last { hash, start, end, script, next };
        sink.token(Token { hash, start, end, script, breaks });
    }

    #[inline(never)]
    fn parting(&mut self, first: usize, script: Script) -> Break {
        let breaks = self.breaks.before(self.text.text(), first, script, self.dot_end == first);
        self.breaks = Breaks::after_word();
        self.parted = false;
        breaks
    }

    fn part(&mut self, by: impl FnOnce(&mut Breaks)) {
        if self.inside {
            self.breaks.inside();
        }
        by(&mut self.breaks);
        self.parted = true;
    }

    #[cold]
    fn unseen(&mut self, at: usize, end: usize) {
        for known in [&mut self.last.next, &mut self.dot_end] {
            if *known == at {
                *known = end;
            }
        }
    }

    #[inline(never)]
    fn dot(&mut self, at: usize, dot_end: usize) {
        let Last { hash, start, end, script, next } = self.last;
        let abbreviation = if next == at {
            let token = Token { hash, start, end, script, breaks: Break::None };
            Abbreviation::of(self.text.text(), &token)
        } else {
            Abbreviation::Not
        };
        self.part(|breaks| breaks.dot(abbreviation));
        self.dot_end = dot_end;
    }

    /// Reads on through ASCII letters and digits in a word that can hold them.
    #[inline(always)]
    fn add_ascii(&self, mut run: Run) -> Run {
        loop {
            let eight = Eight::new(self.text.eight(run.next));
            let count = eight.count();
            if count == 0 {
                return run;
            }
            run.hash.append(eight.folded(count), count * 8);
            run.next += count as usize;
            run.end = run.next;
            if eight.has_letters(count) {
                run.script = Script::Latin;
            }
            run.last = if eight.is_digit(count - 1) { Script::Digits } else { Script::Latin };
            if count < 8 {
                return run;
            }
        }
    }

    /// Reads on through plain letters of two bytes in a word of one script.
    #[inline(always)]
    fn add_two(&self, mut run: Run) -> Run {
        loop {
            let (letters, count) = self.text.four(run.next, run.script);
            if count > 0 {
                run.hash.append(letters, count * 16);
                run.next += 2 * count as usize;
                run.end = run.next;
                run.last = run.script;
            }
            if count < 4 {
                if !self.text.two(run.next).is_some_and(Entry::is_unseen) {
                    return run;
                }
                run.next += 2;
            }
        }
    }

    /// The word that begins with the letter at a byte.
    #[inline(never)]
    fn any_word(&self, at: usize) -> Run {
        let mut run = Run::new(at, Script::Other);
        if let Some(read) = self.text.read(at)
            && let Some(script) = read.entry.script()
        {
            run.append(&read, script, script);
            if script.is_single() {
                self.add_marks(&mut run);
            } else {
                run = self.add_letters(run);
            }
        }
        run
    }

    /// Reads on through what is written on or around a single character.
    fn add_marks(&self, run: &mut Run) {
        while run.script == Script::Thai
            && let Some(read) = self.text.read(run.next)
        {
            match read.entry.kind() {
                Kind::Letter(Script::Thai) if read.entry.is_mark() => run.append(&read, Script::Thai, Script::Thai),
                Kind::Unseen => run.next = read.end,
                _ => break,
            }
        }
    }

    /// Reads on to the end of a word.
    #[inline(never)]
    fn add_letters(&self, mut run: Run) -> Run {
        loop {
            run = match run.script {
                Script::Latin | Script::Digits => self.add_ascii(run),
                Script::Cyrillic | Script::Greek | Script::Arabic | Script::Hebrew => self.add_two(run),
                _ => run,
            };
            let Some(read) = self.text.read(run.next) else { return run };
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
                Kind::Dot => self.dot_inside(&mut run, &read),
                Kind::Apostrophe => self.apostrophe(&mut run, &read),
                Kind::Quote => self.quote(&mut run, &read),
            };
            if !goes_on {
                return run;
            }
        }
    }

    /// The next letter from `at` on, if it can go on the word.
    fn joining(&self, run: &Run, at: usize) -> Option<(Read, Script)> {
        let read = self.text.read_seen(at)?;
        let script = read.entry.script()?;
        run.script.join(script).map(|_| (read, script))
    }

    fn dot_inside(&self, run: &mut Run, dot: &Read) -> bool {
        let Some((next, script)) = self.joining(run, dot.end) else { return false };
        if run.last == Script::Digits && script == Script::Digits {
            run.hash.push(u32::from('.'));
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
            let Some(read) = self.text.read_seen(at).filter(|read| read.start < end) else {
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

    fn quote(&self, run: &mut Run, quote: &Read) -> bool {
        match self.joining(run, quote.end) {
            Some((next, Script::Hebrew)) => {
                run.next = next.start;
                true
            }
            _ => false,
        }
    }

    fn apostrophe(&self, run: &mut Run, apostrophe: &Read) -> bool {
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
            && let Some(read) = self.text.read(at)
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
            && let Some(read) = self.text.read_seen(end)
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
