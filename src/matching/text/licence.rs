//! Shorter forms that a written word may stand for. Nothing is cut unless what remains is known:
//! blind stripping would take the first letter of بلومبرغ.

use smallvec::SmallVec;

use super::hash::WordHash;
use super::read::Reader;
use super::{Script, Token};

/// Letters of a word with their places in the text.
type Letters = SmallVec<[(char, u32, u32); 24]>;

/// The longest of the shorter forms of `token`'s word that `known` accepts, with its bytes in `text`.
///
/// Arabic script: without the clitics و ف ب ك ل س, the article ال and their combinations (لل stands for ل
/// and ال), and without what is written on to the end of a word: the pronouns ها هم, the Persian plural and
/// its ezafe. Hebrew: without the seven letters of משה וכלב and their combinations. Korean: without
/// particles. `known` gets the hash of each, from the longest to the shortest; the word itself is not asked for.
pub fn licensed(text: &str, token: &Token, mut known: impl FnMut(u64) -> bool) -> Option<(u64, u32, u32)> {
    let ask = |(hash, start, end): (u64, u32, u32)| known(hash).then_some((hash, start, end));
    match token.script {
        Script::Arabic => without_clitics(&letters(text, token)).into_iter().find_map(ask),
        Script::Hebrew => without_letters(&letters(text, token)).find_map(ask),
        Script::Hangul => without_particles(&letters(text, token)).find_map(ask),
        _ => None,
    }
}

/// Whether words of a script may have shorter forms.
pub fn may_license(script: Script) -> bool {
    matches!(script, Script::Arabic | Script::Hebrew | Script::Hangul)
}

fn letters(text: &str, token: &Token) -> Letters {
    let mut letters = Letters::new();
    let reader = Reader::new(&text[..token.end as usize]);
    let mut at = token.start as usize;
    while let Some(read) = reader.read_seen(at) {
        at = read.end;
        if read.entry.is_letter() {
            read.each_folded(|c| letters.push((c, read.start as u32, read.end as u32)));
        }
    }
    letters
}

/// Arabic prefixes, folded, from the shortest to the longest.
const CLITICS: [&str; 26] = [
    "و", "ف", "ب", "ك", "ل", "س", "لل", "ال", "وب", "وك", "ول", "وس", "فب", "فك", "فل", "فس", "ولل", "فلل", "وال",
    "فال", "بال", "كال", "وبال", "وكال", "فبال", "فكال",
];

/// No form is shorter than this.
const SHORTEST: usize = 2;

/// Arabic pronouns of the third person (ه alone is the feminine ending, folded); Persian ها with and without its
/// ezafe or indefinite ی (hamza and the zero-width non-joiner are folded away).
const ENCLITICS: [&str; 6] = ["ها", "هم", "هاي", "هايي", "ي", "اي"];
/// What an ending of one letter may be cut off from: shorter words end in it by themselves.
const LONG_ENOUGH: usize = 4;

fn without_clitics(letters: &Letters) -> SmallVec<[(u64, u32, u32); 8]> {
    let ends = ENCLITICS.iter().filter_map(|enclitic| before(letters, enclitic));
    let mut forms: SmallVec<[(usize, u64, u32, u32); 8]> = SmallVec::new();
    for word in std::iter::once(&letters[..]).chain(ends) {
        if word.len() < letters.len() {
            forms.push((word.len(), hash(characters(word)), word[0].1, word[word.len() - 1].2));
        }
        for clitic in &CLITICS {
            let Some(rest) = after(word, clitic) else { continue };
            let end = rest[rest.len() - 1].2;
            // للولايات is ل and الولايات, of which the alif is not written.
            if clitic.ends_with("لل") {
                let whole = "ال".chars().chain(characters(rest));
                forms.push((rest.len() + 1, hash(whole), word[word.len() - rest.len() - 1].1, end));
            }
            forms.push((rest.len(), hash(characters(rest)), rest[0].1, end));
        }
    }
    forms.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
    forms.into_iter().map(|(_, hash, start, end)| (hash, start, end)).collect()
}

/// What is left of a word behind a prefix.
fn after<'l>(word: &'l [(char, u32, u32)], prefix: &str) -> Option<&'l [(char, u32, u32)]> {
    let mut letters = word.iter();
    let begins = prefix.chars().all(|c| letters.next().is_some_and(|&(letter, ..)| letter == c));
    Some(letters.as_slice()).filter(|rest| begins && rest.len() >= SHORTEST)
}

/// What is left of a word before a suffix.
fn before<'l>(word: &'l [(char, u32, u32)], suffix: &str) -> Option<&'l [(char, u32, u32)]> {
    let length = suffix.chars().count();
    let shortest = if length == 1 { LONG_ENOUGH } else { SHORTEST };
    let (rest, ending) = word.split_at_checked(word.len().checked_sub(length)?)?;
    (rest.len() >= shortest && suffix.chars().eq(characters(ending))).then_some(rest)
}

fn characters(letters: &[(char, u32, u32)]) -> impl Iterator<Item = char> {
    letters.iter().map(|&(c, ..)| c)
}

/// Hebrew prefixes of one letter: the mnemonic of the grammars is משה וכלב.
const HEBREW: &str = "משהוכלב";
/// More of them never stand before one word.
const MOST_HEBREW: usize = 3;

fn without_letters(letters: &Letters) -> impl Iterator<Item = (u64, u32, u32)> {
    let prefixes = letters.iter().take_while(|(c, ..)| HEBREW.contains(*c)).count().min(MOST_HEBREW);
    (1..=prefixes).filter_map(move |length| {
        let rest = letters.get(length..).filter(|rest| rest.len() >= SHORTEST)?;
        Some((hash(characters(rest)), rest[0].1, rest[rest.len() - 1].2))
    })
}

/// Korean particles and the copula, from the shortest to the longest.
const PARTICLES: [&str; 44] = [
    "가",
    "이",
    "는",
    "은",
    "을",
    "를",
    "의",
    "에",
    "도",
    "와",
    "과",
    "로",
    "만",
    "나",
    "랑",
    "인",
    "측",
    "사",
    "으로",
    "에서",
    "에게",
    "에는",
    "에도",
    "까지",
    "부터",
    "보다",
    "처럼",
    "한테",
    "께서",
    "라고",
    "라는",
    "이나",
    "이라",
    "조차",
    "마저",
    "에서는",
    "에서도",
    "이라고",
    "이라는",
    "으로는",
    "으로부터",
    "로부터",
    "에게서",
    "측은",
];

fn without_particles(letters: &Letters) -> impl Iterator<Item = (u64, u32, u32)> {
    PARTICLES.iter().filter_map(move |particle| {
        let length = letters.len().checked_sub(particle.chars().count())?;
        let (rest, ending) = letters.split_at(length);
        let cut = rest.len() >= SHORTEST && particle.chars().eq(characters(ending));
        cut.then(|| (hash(characters(rest)), rest[0].1, rest[rest.len() - 1].2))
    })
}

fn hash(chars: impl Iterator<Item = char>) -> u64 {
    let mut hash = WordHash::NEW;
    hash.extend(chars);
    hash.finish()
}
