//! One character to its folded form. Knows nothing of words.

use icu_casemap::CaseMapper;
use icu_normalizer::properties::CanonicalCompositionBorrowed;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{CanonicalCombiningClass, DefaultIgnorableCodePoint, GeneralCategory, Script as Written};
use icu_properties::{CodePointMapData, CodePointSetData};
use smallvec::SmallVec;

use super::han;

/// Folded characters; most characters fold to one.
pub(super) type Folded = SmallVec<[char; 4]>;

/// The form under which `c` is compared: compatibility forms resolved, case and marks removed, letter
/// variants unified. Empty for what is not seen (zero width, direction marks, soft hyphen, tatweel,
/// vowel signs of Arabic and Hebrew, combining accents).
pub(super) fn fold_char(c: char) -> Folded {
    let mut folded = Folded::new();
    if is_unseen(c) {
        return folded;
    }
    for composed in compatible(c) {
        if is_kept_whole(composed) {
            folded.push(lower(composed));
            continue;
        }
        for plain in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(std::iter::once(composed)) {
            if !is_unseen(plain) {
                unify(lower(plain), &mut folded);
            }
        }
    }
    folded
}

/// The compatibility form of a character.
fn compatible(c: char) -> impl Iterator<Item = char> {
    ComposingNormalizerBorrowed::new_nfkc().normalize_iter(std::iter::once(c))
}

/// The one character that `c` and the character after it make together, such as ｶ and ﾞ, two jamo, or
/// и and its breve.
pub(super) fn compose(c: char, next: char) -> Option<char> {
    if !may_compose(c) {
        return None;
    }
    let (c, next) = (only(compatible(c))?, only(compatible(next))?);
    CanonicalCompositionBorrowed::new().compose(c, next).filter(|&whole| is_kept_whole(whole))
}

/// Whether marks after `c` can make another letter of it.
pub(super) fn may_compose(c: char) -> bool {
    matches!(c, 'и' | 'И' | '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{318f}' | '\u{31f0}'..='\u{33ff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{ff65}'..='\u{ffdc}')
}

/// Whether `c` can make another letter of the character before it.
pub(super) fn is_composed_onto(c: char) -> bool {
    only(compatible(c)).is_some_and(
        |c| matches!(c, '\u{306}' | '\u{3099}' | '\u{309a}' | '\u{1161}'..='\u{1175}' | '\u{11a8}'..='\u{11c2}'),
    )
}

fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// Letters whose marks tell them apart: й, voiced kana, and Hangul, which is never taken apart.
fn is_kept_whole(c: char) -> bool {
    matches!(c, 'й' | 'Й' | '\u{3040}'..='\u{30ff}' | '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}')
        && !is_unseen(c)
}

fn lower(c: char) -> char {
    CaseMapper::new().simple_fold(c)
}

/// Whether a reader of the text does not see `c`, or does not need it to tell words apart.
fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    if c == 'ـ' || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) {
        return true;
    }
    match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::Format => true,
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => {
            let nukta = CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Nukta;
            nukta || !keeps_marks(CodePointMapData::<Written>::new().get(c))
        }
        _ => false,
    }
}

/// Whether the vowel signs of a script are letters like others.
fn keeps_marks(script: Written) -> bool {
    const ACCENTS_ONLY: [Written; 8] = [
        Written::Common,
        Written::Inherited,
        Written::Latin,
        Written::Greek,
        Written::Cyrillic,
        Written::Arabic,
        Written::Hebrew,
        Written::Syriac,
    ];
    !ACCENTS_ONLY.contains(&script)
}

/// Variants of one letter, by script.
fn unify(c: char, folded: &mut Folded) {
    let one = match c {
        // Latin letters that have no decomposition.
        'ø' => 'o',
        'đ' | 'ð' => 'd',
        'ł' => 'l',
        'ħ' => 'h',
        'ı' => 'i',
        'ß' => return folded.extend(['s', 's']),
        'æ' => return folded.extend(['a', 'e']),
        'œ' => return folded.extend(['o', 'e']),
        'þ' => return folded.extend(['t', 'h']),
        // Arabic, Persian and Urdu forms; hamza seats are decomposed already.
        'ٱ' => 'ا',
        'ى' | 'ی' => 'ي',
        'ک' => 'ك',
        // The letter of foreign names for v, which many write as f.
        'ڤ' => 'ف',
        'ة' | 'ہ' | 'ھ' | 'ە' | 'ۃ' => 'ه',
        '\u{3400}'..='\u{9fff}' => han::simplified(c),
        other => digit(other),
    };
    folded.push(one);
}

/// Decimal digits of the scripts that news is written in, as ASCII.
fn digit(c: char) -> char {
    const ZEROS: [u32; 16] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
    ];
    let code = u32::from(c);
    ZEROS
        .iter()
        .find(|&&zero| (zero..zero + 10).contains(&code))
        .and_then(|zero| char::from_digit(code - zero, 10))
        .unwrap_or(c)
}
