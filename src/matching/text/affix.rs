//! What an apostrophe cuts off: possessives, contractions, case endings, elided articles.

use super::Script;

/// Which side of an apostrophe is not part of the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affix {
    /// What follows: `Nvidia's`, `Nvidia'nın`.
    Suffix,
    /// What goes before: `l'IA`.
    Prefix,
    /// Neither: `O'Neill`.
    None,
}

/// What is cut off at an apostrophe between two folded runs of letters.
pub(super) fn around(before: &str, after: &str) -> Affix {
    if after == "s" {
        Affix::Suffix
    } else if ELIDED.contains(&before) {
        Affix::Prefix
    } else if CONTRACTED.contains(&after) || CASE_ENDINGS.contains(&after) {
        Affix::Suffix
    } else {
        Affix::None
    }
}

/// French and Italian words that lose their vowel before another, folded.
const ELIDED: [&str; 29] = [
    "l", "d", "j", "m", "n", "t", "s", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "dell", "nell", "all", "dall",
    "sull", "coll", "un", "quest", "quell", "gl", "dev", "bell", "sant", "tutt", "mezz", "presqu",
];

/// English verbs and `not` after an apostrophe. `not` is written with its n before: `don't` is `dont`.
const CONTRACTED: [&str; 5] = ["ll", "re", "ve", "d", "m"];

/// Turkish endings of names and numbers, folded (ı is i, ü is u).
const CASE_ENDINGS: [&str; 47] = [
    "a", "e", "i", "u", "ya", "ye", "yi", "yu", "na", "ne", "ni", "nu", "in", "un", "nin", "nun", "da", "de", "ta",
    "te", "nda", "nde", "dan", "den", "tan", "ten", "ndan", "nden", "la", "le", "yla", "yle", "daki", "deki", "taki",
    "teki", "ndaki", "ndeki", "li", "lu", "lar", "ler", "lari", "leri", "larin", "lerin", "si",
];

/// Whether an apostrophe between letters of these scripts can belong to a word.
pub(super) fn may_hold_apostrophe(before: Script, after: Script) -> bool {
    (before.is_alphabetic() || before == Script::Digits) && after.is_alphabetic()
}
