//! The sketch of an event's text: its shingles, over the words that the matching reads too.

use hashbrown::HashSet;

use super::text::{self, Script, Sink, Token};
use crate::message::event::Event;
use crate::message::sketch::Sketch;

/// What a shingle measures at least: three words, or five characters of a script without spaces.
const SHINGLE: u32 = 15;
/// Shingles that are read of a text: what a story is about stands in front, and a tail that was cut, or grew, is
/// of no account.
const READ: usize = 384;

/// The sketch of an event's title, summary and body, read as one text. Empty where there are no words.
pub fn sketch(event: &Event<'_>) -> Sketch {
    let mut shingles = Shingles::default();
    for field in [&event.title, &event.summary, &event.body] {
        text::scan(field, &mut shingles);
    }
    Sketch::new(shingles.finish())
}

/// The distinct shingles of a text so far.
#[derive(Default)]
struct Shingles {
    hashes: HashSet<u32>,
    /// The words since the start of the next shingle, newest last, and what they measure.
    words: [(u64, u32); WORDS],
    count: usize,
}

/// Words of the longest shingle.
const WORDS: usize = 5;

impl Sink for Shingles {
    fn token(&mut self, token: Token) {
        let measure = match token.script {
            Script::Han | Script::Kana | Script::Thai => 3,
            _ => 5,
        };
        self.words.rotate_left(1);
        self.words[WORDS - 1] = (token.hash, measure);
        self.count += 1;
        if self.hashes.len() < READ
            && let Some(hash) = self.shingle()
        {
            self.hashes.insert(hash);
        }
    }
}

impl Shingles {
    /// The shortest run of the last words that makes a shingle.
    fn shingle(&self) -> Option<u32> {
        let mut measure = 0;
        let words = self.words.iter().rev().take(self.count);
        for (i, (_, each)) in words.enumerate() {
            measure += each;
            if measure >= SHINGLE {
                return Some(hash(&self.words[WORDS - 1 - i..]));
            }
        }
        None
    }

    fn finish(self) -> Vec<u32> {
        if self.hashes.is_empty() && self.count > 0 {
            return vec![hash(&self.words[WORDS.saturating_sub(self.count)..])];
        }
        self.hashes.into_iter().collect()
    }
}

/// The hash of a shingle. Stable: sketches are kept, and compared with those of another day.
fn hash(words: &[(u64, u32)]) -> u32 {
    let mixed = words.iter().fold(0_u64, |state, (word, _)| mix(state.rotate_left(23) ^ word));
    (mixed >> 32) as u32
}

/// The finisher of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): every bit depends on every other, for a sketch
/// samples by the high ones.
fn mix(mut state: u64) -> u64 {
    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str, summary: &str, body: &str) -> Sketch {
        sketch(&Event { title: title.into(), summary: summary.into(), body: body.into(), ..Event::default() })
    }

    #[test]
    fn where_the_text_is_cut_into_fields_does_not_matter() {
        let whole = of("", "", "The harbour opened on Monday after the storm had passed. Ships are waiting.");
        let parts = of("The harbour opened on Monday", "after the storm had passed", "Ships are waiting!");
        assert_eq!(whole, parts);
        assert_eq!(whole.hashes().len(), 11);
    }

    #[test]
    fn case_width_and_punctuation_do_not_matter() {
        assert_eq!(of("Nvidia’s chips, again", "", ""), of("", "", "NVIDIA's ｃｈｉｐｓ again"));
    }

    #[test]
    fn scripts_without_spaces_are_read_by_five_characters() {
        for (text, shingles) in
            [("港口在暴风雨后重新开放", 7), ("ポートは開いた", 3), ("一二三四五", 1), ("一二", 1), ("H20芯片出口", 1)]
        {
            assert_eq!(of("", "", text).hashes().len(), shingles, "{text}");
        }
    }

    #[test]
    fn a_text_shorter_than_a_shingle_is_one() {
        assert_eq!(of("Rain", "", "").hashes().len(), 1);
        assert_ne!(of("Rain", "", ""), of("Snow", "", ""));
        assert!(of("", "", " ... ").is_empty());
    }

    #[test]
    fn sketches_are_pinned() {
        assert_eq!(
            of("A chip in the harbour", "港口在暴风雨", "").to_text(),
            "AQA5ciAXtVsrHVGpDUIhXvdRekPQZZl0k3l2ghJ/Jdn67HgDqvA="
        );
    }
}
