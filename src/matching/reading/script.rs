//! Which scripts a language is written in, after the likely subtags of Unicode CLDR.

use icu_properties::CodePointMapData;
use icu_properties::props::Script;

/// The scripts of a language; none where it is not known here.
pub(super) fn scripts_of(tag: &str) -> Option<&'static [Script]> {
    let mut parts = tag.split('-');
    let language = parts.next()?;
    if let Some(script) = parts.find(|part| part.len() == 4) {
        return match script {
            "Latn" => Some(&[Script::Latin]),
            "Cyrl" => Some(&[Script::Cyrillic]),
            "Arab" => Some(&[Script::Arabic]),
            "Hans" | "Hant" => Some(&[Script::Han, Script::Bopomofo]),
            _ => None,
        };
    }
    Some(match language {
        "ar" | "fa" | "ur" | "ps" | "ug" | "sd" | "ckb" => &[Script::Arabic],
        "zh" | "yue" => &[Script::Han, Script::Bopomofo],
        "ja" => &[Script::Han, Script::Hiragana, Script::Katakana],
        "ko" => &[Script::Hangul, Script::Han],
        "ru" | "uk" | "bg" | "be" | "mk" | "ky" | "tg" => &[Script::Cyrillic],
        "el" => &[Script::Greek],
        "he" | "yi" => &[Script::Hebrew],
        "hi" | "mr" | "ne" => &[Script::Devanagari],
        "bn" => &[Script::Bengali],
        "ta" => &[Script::Tamil],
        "te" => &[Script::Telugu],
        "th" => &[Script::Thai],
        "ka" => &[Script::Georgian],
        "hy" => &[Script::Armenian],
        "en" | "de" | "fr" | "es" | "pt" | "it" | "nl" | "sv" | "da" | "no" | "nb" | "nn" | "fi" | "pl" | "cs"
        | "sk" | "hu" | "ro" | "hr" | "sl" | "lt" | "lv" | "et" | "tr" | "vi" | "id" | "ms" | "sw" | "ca" => {
            &[Script::Latin]
        }
        _ => return None,
    })
}

/// Whether a name may be one of a language with these scripts: it has a letter of theirs, or no letters
/// at all, or is a sign such as NVDA, H20 or AI, which every script borrows as it is.
pub(super) fn fits(name: &str, scripts: &[Script]) -> bool {
    let data = CodePointMapData::<Script>::new();
    let mut letters = name.chars().filter(|character| character.is_alphabetic()).peekable();
    if letters.peek().is_none() {
        return true;
    }
    let mut all_signs = true;
    for letter in letters {
        if scripts.contains(&data.get(letter)) {
            return true;
        }
        all_signs &= letter.is_ascii_uppercase();
    }
    all_signs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_the_scripts_of_their_language() {
        for (language, name, expected) in [
            ("en", "Nvidia", true),
            ("en", "英伟达", false),
            ("zh", "英伟达", true),
            ("zh", "AI芯片", true),
            ("zh", "H20", true),
            ("zh", "Nvidia", false),
            ("ar", "نفيديا", true),
            ("ar", "英伟达", false),
            ("ja", "エヌビディア", true),
            ("ru", "Китай", true),
            ("ru", "=NVDA", true),
            ("sr-Latn", "Srbija", true),
            ("de", "5090", true),
        ] {
            assert_eq!(fits(name, scripts_of(language).unwrap()), expected, "{language}: {name}");
        }
        assert_eq!(scripts_of("tlh"), None);
    }
}
