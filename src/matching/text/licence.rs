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
/// Arabic: without the clitics و ف ب ك ل س, the article ال and their combinations; لل stands for ل and
/// ال. Korean: without particles. `known` gets the hash of each, from the longest to the shortest; the
/// word itself is not asked for.
pub fn licensed(text: &str, token: &Token, mut known: impl FnMut(u64) -> bool) -> Option<(u64, u32, u32)> {
    let ask = |(hash, start, end): (u64, u32, u32)| known(hash).then_some((hash, start, end));
    match token.script {
        Script::Arabic => without_clitics(&letters(text, token)).find_map(ask),
        Script::Hangul => without_particles(&letters(text, token)).find_map(ask),
        _ => None,
    }
}

fn letters(text: &str, token: &Token) -> Letters {
    let mut letters = Letters::new();
    let reader = Reader::new(&text[..token.end as usize]);
    let mut at = token.start as usize;
    while let Some(read) = reader.read_seen(at) {
        at = read.end;
        if read.entry.is_letter() {
            letters.extend(read.folded().into_iter().map(|c| (c, read.start as u32, read.end as u32)));
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

fn without_clitics(letters: &Letters) -> impl Iterator<Item = (u64, u32, u32)> {
    CLITICS.iter().flat_map(move |clitic| {
        let length = clitic.chars().count();
        let rest = letters
            .get(length..)
            .filter(|rest| rest.len() >= SHORTEST && clitic.chars().eq(letters[..length].iter().map(|&(c, ..)| c)));
        // للولايات is ل and الولايات, of which the alif is not written.
        let article = rest.filter(|_| clitic.ends_with("لل")).map(|rest| {
            let whole = "ال".chars().chain(rest.iter().map(|&(c, ..)| c));
            (hash(whole), letters[length - 1].1, rest[rest.len() - 1].2)
        });
        let bare = rest.map(|rest| (hash(rest.iter().map(|&(c, ..)| c)), rest[0].1, rest[rest.len() - 1].2));
        article.into_iter().chain(bare)
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
        let cut = rest.len() >= SHORTEST && particle.chars().eq(ending.iter().map(|&(c, ..)| c));
        cut.then(|| (hash(rest.iter().map(|&(c, ..)| c)), rest[0].1, rest[rest.len() - 1].2))
    })
}

fn hash(chars: impl Iterator<Item = char>) -> u64 {
    let mut hash = WordHash::NEW;
    hash.extend(chars);
    hash.finish()
}
