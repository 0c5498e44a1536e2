//! The characters of a text one by one, folded and classed; what is not seen is left out.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, Script as Written};

use super::Script;
use super::fold::{Folded, compose, fold_char};

/// What a character does to words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of a word.
    Letter(Script),
    /// Not seen at all.
    Unseen,
    /// Ends a line.
    Newline,
    /// Ends a sentence, always.
    Stop,
    /// Ends a sentence, shortens a word, or stands inside a number or an acronym.
    Dot,
    /// Stands between a word and its suffix, or inside a word.
    Apostrophe,
    /// A double quotation mark: in Hebrew it marks an acronym.
    Quote,
    /// Ends a word.
    Gap,
}

/// One seen character, or a letter with the marks that make another letter of it.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// Its folded form.
    pub(super) folded: String,
    /// What it does.
    pub(super) kind: Kind,
    /// Whether it belongs to the letter before it (vowel signs and tones of Thai and its like).
    pub(super) mark: bool,
    /// First byte.
    pub(super) start: usize,
    /// One past its last byte.
    pub(super) end: usize,
}

/// All units of a text.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        let mut whole = first;
        let mut end = start + first.len_utf8();
        while let Some(&(at, next)) = chars.peek() {
            let Some(made) = compose(whole, next) else { break };
            whole = made;
            end = at + next.len_utf8();
            chars.next();
        }
        let folded = fold_char(whole);
        let kind = kind(whole, &folded);
        if kind != Kind::Unseen {
            units.push(Unit { mark: is_mark(&folded), folded: folded.into_iter().collect(), kind, start, end });
        }
    }
    units
}

/// Whether the unit at `i` stands between two digits.
pub(super) fn digits_around(units: &[Unit], i: usize) -> bool {
    let digit = |unit: Option<&Unit>| unit.is_some_and(|unit| unit.kind == Kind::Letter(Script::Digits));
    i > 0 && digit(units.get(i - 1)) && digit(units.get(i + 1))
}

/// What `c`, which folds to `folded`, does.
pub(super) fn kind(c: char, folded: &Folded) -> Kind {
    let Some(&first) = folded.first() else { return Kind::Unseen };
    match c {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => return Kind::Newline,
        '.' | '．' => return Kind::Dot,
        '!' | '?' | '。' | '｡' | '！' | '？' | '؟' | '؛' | '।' | '॥' | '۔' | '…' | '։' | '።' | '‼' | '⁇' | '⁈'
        | '⁉' => {
            return Kind::Stop;
        }
        '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '＇' => return Kind::Apostrophe,
        '"' | '״' | '”' => return Kind::Quote,
        _ => {}
    }
    let mut scripts = folded.iter().map(|&c| script(c));
    match script(first) {
        // A character that stands for several, such as ½ or ㈱, is a word only if all are of one kind.
        Some(one) if scripts.all(|other| other.is_some_and(|other| other == one)) => Kind::Letter(one),
        _ => Kind::Gap,
    }
}

/// The script of a folded character that words are made of.
fn script(c: char) -> Option<Script> {
    match c {
        'a'..='z' => return Some(Script::Latin),
        '0'..='9' => return Some(Script::Digits),
        'ー' => return Some(Script::Kana),
        _ => {}
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    if category == GeneralCategory::DecimalNumber {
        return Some(Script::Digits);
    }
    let wordlike = GeneralCategoryGroup::Letter.contains(category)
        || GeneralCategoryGroup::Mark.contains(category)
        || category == GeneralCategory::LetterNumber;
    if !wordlike {
        return None;
    }
    let written = CodePointMapData::<Written>::new().get(c);
    Some(match written {
        Written::Common | Written::Inherited => return None,
        Written::Latin => Script::Latin,
        Written::Cyrillic => Script::Cyrillic,
        Written::Greek => Script::Greek,
        Written::Arabic => Script::Arabic,
        Written::Hebrew => Script::Hebrew,
        Written::Han => Script::Han,
        Written::Hiragana | Written::Katakana => Script::Kana,
        Written::Hangul => Script::Hangul,
        Written::Thai | Written::Lao | Written::Khmer | Written::Myanmar => Script::Thai,
        Written::Devanagari => Script::Devanagari,
        _ => Script::Other,
    })
}

/// Whether a folded character is written on or around the one before it.
pub(super) fn is_mark(folded: &Folded) -> bool {
    folded.first().is_some_and(|&c| {
        !c.is_ascii() && GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
    })
}
