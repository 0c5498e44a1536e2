//! What one word must look like: `colo?r`, `H?0*`, `/H\d{2,3}0?/`. A pattern is folded as words are, and
//! compared with the whole of one folded word; it knows nothing of the text around it.
//!
//! All patterns together are one automaton, which takes time in proportion to the word, whatever they
//! are; how large each may grow is limited when its query is read.

use std::ops::Range;

use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternID, PatternSet, meta};
use regex_syntax::hir::Hir;

use crate::matching::text::{Script, fold, words};

/// Bytes that a compiled pattern may take. `\w` alone is some thousands; names and numbers are far below.
pub const LARGEST_PATTERN: usize = 256 * 1024;
/// A longer word, in bytes, fits no pattern: no word of a language is so long.
pub const LONGEST_FITTED: usize = 256;
/// Parentheses inside a pattern.
const DEEPEST: u32 = 50;

/// A pattern on one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    written: String,
    /// What the whole of a folded word must fit.
    tree: Hir,
}

/// Why a pattern cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) help: String,
    /// Bytes of what was written; all of it where that is not known.
    pub(super) span: Option<Range<usize>>,
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), span: None }
    }
}

impl Pattern {
    /// A word in which `?` is any one letter or digit, and which a `*` may end.
    pub(super) fn wildcard(written: &str) -> Result<Self, Refusal> {
        // With letters for its gaps it must be one word, which the pattern must fit.
        let example = words(&with_letters(written));
        let [word] = &example[..] else {
            return Err(Refusal::new(
                "a wildcard stands inside one word, and this is not one",
                "join words with BEFORE/0, as in a?b BEFORE/0 c; of words in Chinese, Japanese or Thai list each with OR",
            ));
        };
        refuse_single(word.token.script)?;
        let literal = |piece: &str| fold(piece).replace('.', "\\.");
        let stem = written.strip_suffix('*').unwrap_or(written);
        let mut source = stem.split('?').map(literal).collect::<Vec<_>>().join(".");
        if stem.len() < written.len() {
            source.push_str(".*");
        }
        let pattern = Self::compiled(written, source)?;
        if Patterns::new([&pattern]).fitting(&word.folded).next().is_some() {
            Ok(pattern)
        } else {
            Err(Refusal::new(
                "no word is written so",
                "leave out apostrophes and full stops, and what is dropped after them",
            ))
        }
    }

    /// The regular expression between two slashes.
    pub(super) fn regex(written: &str) -> Result<Self, Refusal> {
        if written.contains(char::is_whitespace) {
            let help = "join two of them: /a+/ BEFORE/0 /b+/";
            return Err(Refusal::new("a regular expression is compared with one word, and words hold no space", help));
        }
        parsed(written)?;
        for word in words(written) {
            refuse_single(word.token.script)?;
        }
        Self::compiled(&format!("/{written}/"), folded(written))
    }

    fn compiled(written: &str, source: String) -> Result<Self, Refusal> {
        let whole = format!(r"\A(?:{source})\z");
        let tree = syntax::parse_with(&whole, &options()).map_err(|_| {
            let help = "list the letters one by one, without accents, or the words with OR";
            Refusal::new("the letters of this range have another order without their accents", help)
        })?;
        let limit = meta::Config::new().nfa_size_limit(Some(LARGEST_PATTERN));
        meta::Builder::new().configure(limit).build_from_hir(&tree).map_err(|_| {
            let message = format!("the pattern grows beyond {} KiB when it is compiled", LARGEST_PATTERN / 1024);
            Refusal::new(message, "repeat less, above all not what is repeated already, as in (a{1,1000}){1,1000}")
        })?;
        Ok(Self { written: written.to_owned(), tree })
    }

    /// As it stands in the query.
    pub fn written(&self) -> &str {
        &self.written
    }
}

/// Some patterns, to be compared with words all at once.
#[derive(Debug)]
pub struct Patterns(meta::Regex);

impl Patterns {
    /// One automaton of all.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Self {
        let trees: Vec<&Hir> = patterns.into_iter().map(|pattern| &pattern.tree).collect();
        // Of several that fit, all are asked for.
        let all = meta::Config::new().match_kind(MatchKind::All);
        Self(meta::Builder::new().configure(all).build_many_from_hir(&trees).expect("each was compiled by itself"))
    }

    /// The numbers of the patterns that a folded word fits.
    pub fn fitting(&self, folded: &str) -> impl Iterator<Item = usize> {
        let mut fitting = PatternSet::new(self.0.pattern_len());
        if folded.len() <= LONGEST_FITTED {
            self.0.which_overlapping_matches(&Input::new(folded), &mut fitting);
        }
        (0..fitting.capacity()).filter(move |number| fitting.contains(PatternID::must(*number)))
    }
}

fn options() -> syntax::Config {
    syntax::Config::new().case_insensitive(true).nest_limit(DEEPEST)
}

/// Refuses what is no regular expression, with the place in it.
fn parsed(written: &str) -> Result<(), Refusal> {
    let Err(error) = syntax::parse_with(written, &options()) else { return Ok(()) };
    let (message, span) = match &error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(error.span())),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(error.span())),
        _ => (error.to_string(), None),
    };
    let help = "the syntax is that of the Rust crate regex: no look-around, no back-references; \\ before a sign takes it as it is";
    let span = span.map(|span| span.start.offset..span.end.offset);
    Err(Refusal { span, ..Refusal::new(format!("this is no regular expression: {message}"), help) })
}

fn refuse_single(script: Script) -> Result<(), Refusal> {
    if !matches!(script, Script::Han | Script::Kana | Script::Thai) {
        return Ok(());
    }
    let message = "a pattern is compared with one word, and in Chinese, Japanese and Thai every character is one";
    Err(Refusal::new(message, "list the words with OR; 中 BEFORE/1 国 allows up to two characters between"))
}

/// The pattern with its letters folded: ASCII is left to the automaton, which takes either case.
fn folded(written: &str) -> String {
    let (mut source, mut inside) = (String::with_capacity(written.len()), 0_usize);
    let mut escaped = false;
    for c in written.chars() {
        if c.is_ascii() {
            match c {
                '[' if !escaped => inside += 1,
                ']' if !escaped => inside = inside.saturating_sub(1),
                _ => {}
            }
            source.push(c);
        } else {
            let letters = fold(c.encode_utf8(&mut [0; 4]));
            // ß is two letters, which a repetition takes together.
            let several = inside == 0 && letters.chars().nth(1).is_some();
            source.push_str(&if several { format!("(?:{letters})") } else { letters });
        }
        escaped = c == '\\' && !escaped;
    }
    source
}

/// A wildcard with a neighbouring letter for each of its gaps.
fn with_letters(written: &str) -> String {
    let mut last = written.chars().find(|c| c.is_alphanumeric()).unwrap_or('a');
    let letter = |c: char| {
        last = if c.is_alphanumeric() { c } else { last };
        if c == '?' { last } else { c }
    };
    written.trim_end_matches('*').chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fit(pattern: &Pattern, word: &str) -> bool {
        Patterns::new([pattern]).fitting(word).next().is_some()
    }

    #[test]
    fn words_are_compared_with_all_at_once() {
        let all = [r"h\d+", "h2.?", "x", ".*"].map(|source| Pattern::regex(source).expect("it can be used"));
        let patterns = Patterns::new(&all);
        assert_eq!(patterns.fitting("h20").collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(patterns.fitting("y").collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_wildcard_is_one_letter_and_a_star_any_ending() {
        for (pattern, fits, not) in [
            ("colo?r", &["colour", "coloxr"][..], &["color", "colouur", "xcolour", "colours"][..]),
            ("chip?", &["chips"], &["chip", "chipss"]),
            ("?hip", &["chip", "ship"], &["hip"]),
            ("H?0", &["h20"], &["h200", "h0"]),
            ("colo?r*", &["colours", "colour"], &["color"]),
            ("na?ve", &["naive"], &["nave"]),
            ("ÉL??E", &["elite"], &["ele"]),
            ("Кита?", &["китаи", "китая"], &["кита"]),
            ("엔비?아", &["엔비디아"], &["엔비아"]),
            ("?4.5", &["44.5"], &["4405"]),
        ] {
            let pattern = Pattern::wildcard(pattern).expect("it can be used");
            fits.iter().for_each(|word| assert!(is_fit(&pattern, word), "{pattern:?} {word}"));
            not.iter().for_each(|word| assert!(!is_fit(&pattern, word), "{pattern:?} {word}"));
        }
    }

    #[test]
    fn a_regular_expression_is_of_the_whole_folded_word() {
        for (pattern, fits, not) in [
            (r"H\d{2,3}0?", &["h20", "h200", "h2000"][..], &["h2", "xh20", "h20x"][..]),
            ("a|ab", &["a", "ab"], &["abc"]),
            ("(gr[ae]y)+", &["gray", "greygray"], &["gry"]),
            ("Élys[éè]e", &["elysee"], &[]),
            ("[А-Я]{3}", &["сша"], &["usa"]),
            ("Straße+", &["strasse", "strassee"], &["strase"]),
            ("Maß{2}", &["massss"], &["mass", "masss"]),
            ("[أإآ]نفيديا", &["انفيديا"], &["نفيديا"]),
            (r"\d+\.\d", &["4.5"], &["45"]),
        ] {
            let pattern = Pattern::regex(pattern).expect("it can be used");
            fits.iter().for_each(|word| assert!(is_fit(&pattern, word), "{pattern:?} {word}"));
            not.iter().for_each(|word| assert!(!is_fit(&pattern, word), "{pattern:?} {word}"));
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        for (pattern, reason) in [
            ("(a{1,1000}){1,1000}", "grows beyond 256 KiB"),
            (r"\w{1000}", "grows beyond 256 KiB"),
            ("a{4294967295}", "grows beyond 256 KiB"),
            (&"(".repeat(10_000), "unclosed group"),
            (&format!("{}a{}", "(".repeat(100), ")".repeat(100)), "nest"),
            ("a(?=b)", "look-around"),
            (r"(a)\1", "backreferences are not supported"),
            ("a[", "unclosed character class"),
            ("a b", "words hold no space"),
            ("中国+", "every character is one"),
            ("[エ]", "every character is one"),
            ("[x-é]", "another order"),
            ("a)|(b", "unopened group"),
        ] {
            let refusal = Pattern::regex(pattern).expect_err(pattern);
            assert!(refusal.message.contains(reason), "{pattern}: {refusal:?}");
        }
        for (pattern, reason) in
            [("e-m?il", "not one"), ("中?国", "not one"), ("?中", "not one"), ("col?r's", "so"), ("4.?", "so")]
        {
            let refusal = Pattern::wildcard(pattern).expect_err(pattern);
            assert!(refusal.message.contains(reason), "{pattern}: {refusal:?}");
        }
        assert_eq!(Pattern::regex("ab[c").expect_err("it is not closed").span, Some(2..3));
    }

    #[test]
    fn a_word_without_end_fits_nothing() {
        let pattern = Pattern::regex("a+").expect("it can be used");
        assert!(is_fit(&pattern, &"a".repeat(LONGEST_FITTED)));
        assert!(!is_fit(&pattern, &"a".repeat(LONGEST_FITTED + 1)));
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_makes_it_panic(text in r"[ab英é()\[\]{}\\d,0-9|?*+.^$:<>!=-]{0,24}") {
            let _ = Pattern::regex(&text);
            let _ = Pattern::wildcard(&text);
        }
    }
}
