//! What is known of single languages: which have a stemmer, which names take case endings, which
//! script tells nothing of the language.

use hashbrown::HashMap;
use smallvec::SmallVec;
use snowball_stemmers_rs::{Algorithm, Stemmer};

use crate::matching::text::Script;

/// A stemmer, by the language of a list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::matching) struct Stem(u8);

const STEMMERS: [(&str, Algorithm); 19] = [
    ("en", Algorithm::English),
    ("fr", Algorithm::French),
    ("de", Algorithm::German),
    ("es", Algorithm::Spanish),
    ("it", Algorithm::Italian),
    ("pt", Algorithm::Portuguese),
    ("nl", Algorithm::Dutch),
    ("ru", Algorithm::Russian),
    ("uk", Algorithm::Ukrainian),
    ("pl", Algorithm::Polish),
    ("cs", Algorithm::Czech),
    ("sv", Algorithm::Swedish),
    ("da", Algorithm::Danish),
    ("no", Algorithm::Norwegian),
    ("fi", Algorithm::Finnish),
    ("hu", Algorithm::Hungarian),
    ("ro", Algorithm::Romanian),
    ("tr", Algorithm::Turkish),
    ("id", Algorithm::Indonesian),
];

/// Longer words are compared as they stand; no inflected word is so long.
const LONGEST_STEMMED: usize = 120;

impl Stem {
    /// The stemmer of a language, by its primary subtag.
    pub(in crate::matching) fn of_language(primary: &str) -> Option<Self> {
        let primary = if matches!(primary, "nb" | "nn") { "no" } else { primary };
        let index = STEMMERS.iter().position(|(known, _)| *known == primary)?;
        u8::try_from(index).ok().map(Self)
    }

    /// The stem of a folded word.
    pub(in crate::matching) fn of(self, folded: &str) -> String {
        if folded.len() > LONGEST_STEMMED {
            return folded.to_owned();
        }
        Stemmer::create(STEMMERS[usize::from(self.0)].1).stem(folded).into_owned()
    }
}

/// Which words are worth stemming: those that begin with the letters of a word whose inflected forms
/// are looked for. A word whose first three letters change with its inflection (dying of die) is
/// found by its listed forms only.
#[derive(Default)]
pub(in crate::matching) struct Stemming {
    heads: HashMap<[char; 3], SmallVec<[Stem; 2]>>,
}

fn head(folded: &str) -> [char; 3] {
    let mut chars = folded.chars();
    std::array::from_fn(|_| chars.next().unwrap_or_default())
}

impl Stemming {
    /// Forms of this word are looked for.
    pub(in crate::matching) fn add(&mut self, stem: Stem, folded: &str) {
        let stems = self.heads.entry(head(folded)).or_default();
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }

    /// The stemmers that may find something in a word.
    pub(in crate::matching) fn candidates(&self, folded: &str) -> &[Stem] {
        self.heads.get(&head(folded)).map_or(&[], SmallVec::as_slice)
    }
}

/// The primary subtag, in lower case.
pub(in crate::matching) fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// Whether `tag` is the language `range` or a kind of it: `zh-Hant-TW` is `zh` and `zh-Hant`.
pub(in crate::matching) fn is_kind_of(tag: &str, range: &str) -> bool {
    let mut parts = tag.split(['-', '_']);
    range.split(['-', '_']).all(|wanted| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(wanted)))
}

/// The script a language is mostly written in.
pub(in crate::matching) fn script(primary: &str) -> Script {
    match primary {
        "zh" | "yue" => Script::Han,
        "ja" => Script::Kana,
        "ko" => Script::Hangul,
        "ar" | "fa" | "ur" | "ps" | "ckb" | "ug" | "sd" => Script::Arabic,
        "ru" | "uk" | "be" | "bg" | "mk" | "kk" | "ky" | "mn" | "tg" | "sr" => Script::Cyrillic,
        "el" => Script::Greek,
        "he" | "yi" => Script::Hebrew,
        "hi" | "mr" | "ne" => Script::Devanagari,
        "th" | "lo" | "km" | "my" => Script::Thai,
        "bn" | "ta" | "te" | "ml" | "kn" | "gu" | "pa" | "ka" | "hy" | "am" => Script::Other,
        _ => Script::Latin,
    }
}

/// The forms that a name takes by its case, besides the name itself, where its language writes them
/// without an apostrophe. By the endings of the declensions that names of countries, firms and
/// people follow; a form too many is harmless, for it is a form of nothing else.
pub(in crate::matching) fn case_forms(primary: &str, name: &str) -> Vec<String> {
    let endings: (&str, &[&str]) = match primary {
        "ru" => russian(name),
        "uk" => ukrainian(name),
        "pl" => polish(name),
        _ => return Vec::new(),
    };
    let (removed, added) = endings;
    let Some(stem) = name.strip_suffix(removed).filter(|stem| stem.chars().count() >= 2) else {
        return Vec::new();
    };
    added.iter().map(|ending| format!("{stem}{ending}")).collect()
}

fn last_is(name: &str, letters: &str) -> bool {
    name.chars().next_back().is_some_and(|last| letters.contains(last))
}

fn russian(name: &str) -> (&'static str, &'static [&'static str]) {
    if name.ends_with("ия") {
        ("я", &["и", "ю", "ей"])
    } else if last_is(name, "й") {
        ("й", &["я", "ю", "ем", "е"])
    } else if last_is(name, "а") {
        ("а", &["ы", "и", "е", "у", "ой"])
    } else if last_is(name, "я") {
        ("я", &["и", "е", "ю", "ей"])
    } else if last_is(name, "ь") {
        ("ь", &["я", "ю", "ем", "е", "и", "ью"])
    } else if last_is(name, "бвгджзклмнпрстфхцчшщ") {
        ("", &["а", "у", "ом", "ем", "е", "ы", "и", "ов"])
    } else {
        ("", &[])
    }
}

fn ukrainian(name: &str) -> (&'static str, &'static [&'static str]) {
    if name.ends_with("ія") {
        ("я", &["ї", "ю", "єю"])
    } else if last_is(name, "й") {
        ("й", &["ю", "я", "єм", "ї"])
    } else if last_is(name, "а") {
        ("а", &["и", "і", "у", "ою"])
    } else if last_is(name, "я") {
        ("я", &["і", "ю", "ею"])
    } else if last_is(name, "бвгґджзклмнпрстфхцчшщ") {
        ("", &["а", "у", "ові", "ом", "ем", "і", "и", "ів"])
    } else {
        ("", &[])
    }
}

/// Hard stems in -a soften before the locative's -ie; -ę and -ą lose their tails in folding.
fn polish(name: &str) -> (&'static str, &'static [&'static str]) {
    const SOFTENED: [(&str, &[&str]); 6] = [
        ("ka", &["ki", "ce", "kę", "ką"]),
        ("ga", &["gi", "dze", "gę", "gą"]),
        ("ra", &["ry", "rze", "rę", "rą"]),
        ("ta", &["ty", "cie", "tę", "tą"]),
        ("da", &["dy", "dzie", "dę", "dą"]),
        ("la", &["li", "lę", "lą"]),
    ];
    if let Some(softened) = SOFTENED.into_iter().find(|(ending, _)| name.ends_with(ending)) {
        softened
    } else if name.ends_with("ia") || name.ends_with("ja") {
        ("a", &["i", "ę", "ą"])
    } else if last_is(name, "a") {
        ("a", &["y", "ie", "ę", "ą"])
    } else if last_is(name, "kg") {
        ("", &["a", "u", "owi", "iem"])
    } else if last_is(name, "bcćdfhjlłmnńprsśtwzźż") {
        ("", &["a", "u", "owi", "em", "ie"])
    } else {
        ("", &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_the_endings_of_their_declension() {
        for (language, name, form) in [
            ("ru", "Китай", "Китая"),
            ("ru", "Китай", "Китаем"),
            ("ru", "Россия", "России"),
            ("ru", "Москва", "Москвы"),
            ("ru", "Байден", "Байденом"),
            ("uk", "Київстар", "Київстару"),
            ("uk", "Росія", "Росії"),
            ("pl", "Nvidia", "Nvidii"),
            ("pl", "Lutnick", "Lutnickiem"),
            ("pl", "Tajwan", "Tajwanie"),
            ("pl", "Kanada", "Kanadzie"),
            ("pl", "Wenezuela", "Wenezueli"),
            ("pl", "Ameryka", "Ameryce"),
        ] {
            assert!(case_forms(language, name).iter().any(|known| known == form), "{name} → {form}");
        }
        assert!(case_forms("en", "China").is_empty());
        assert!(case_forms("ru", "NVIDIA").is_empty(), "Latin letters take none");
    }

    #[test]
    fn a_tag_is_a_kind_of_its_beginnings() {
        assert!(is_kind_of("zh-Hant-TW", "zh") && is_kind_of("zh-hant-TW", "zh-Hant") && is_kind_of("en_US", "en"));
        assert!(!is_kind_of("zh", "zh-Hant") && !is_kind_of("enm", "en"));
    }

    #[test]
    fn inflected_forms_share_a_stem() {
        let english = Stem::of_language("en").expect("English has one");
        assert_eq!(english.of("restricted"), english.of("restrictions").replace("ion", ""));
        let russian = Stem::of_language("ru").expect("Russian has one");
        assert_eq!(russian.of("ограничения"), russian.of("ограничений"));
        assert!(Stem::of_language("zh").is_none());
    }
}
