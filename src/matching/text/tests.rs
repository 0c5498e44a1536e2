//! Tables of words by language, and what must hold on every text.

use proptest::prelude::*;

use super::unit::{Kind, digits_around, units};
use super::{Break, Token, Word, fold, hash, licensed, scan, words};

/// The folded words of a text, parted by bars.
fn folded(text: &str) -> String {
    words(text).iter().map(|word| word.folded.as_str()).collect::<Vec<_>>().join("|")
}

#[test]
fn words_by_language() {
    let table = [
        ("", ""),
        (" \t—🚀🇺🇸", ""),
        // Latin
        ("Nvidia H20-chips, GB200 and 2nm", "nvidia|h20|chips|gb200|and|2nm"),
        ("ＮＶＩＤＩＡ 𝐍𝐕𝐈𝐃𝐈𝐀 Ⓝⓥidia", "nvidia|nvidia|nvidia"),
        ("NVIDIA’s Huawei's HUAWEI'S", "nvidia|huawei|huawei"),
        ("Nvidia'nın Türkiye’de 2024'te AB'ye", "nvidia|turkiye|2024|ab"),
        ("l'IA d’Apple dell'Unione aujourd'hui qu'il", "ia|apple|unione|aujourdhui|il"),
        ("O'Neill don't we'll 'quoted'", "oneill|dont|we|quoted"),
        ("the U.S. and U.S.-made, U.S.A.", "the|us|and|us|made|usa"),
        ("4.5 percent, v2.5; 3.5B example.com a.m.", "4.5|percent|v2.5|3.5b|example|com|am"),
        ("Zürich São Đặng Łódź Ørsted Straße STRASSE", "zurich|sao|dang|lodz|orsted|strasse|strasse"),
        ("İstanbul ISPARTA ısparta", "istanbul|isparta|isparta"),
        ("é e\u{301} e\u{301}\u{301}\u{301}\u{301}", "e|e|e"),
        (
            "Nvi\u{200b}dia N\u{200d}vidia \u{202b}Nvidia\u{202c} Nvi\u{ad}dia \u{feff}Nvidia",
            "nvidia|nvidia|nvidia|nvidia|nvidia",
        ),
        ("ﬁrm ½ ㈱ ⑩ m²", "firm|10|m2"),
        // Greek and Cyrillic
        ("Αθήνα ΟΔΟΣ οδός", "αθηνα|οδοσ|οδοσ"),
        ("Китай КИТАЙ Кита\u{438}\u{306} ещё Су-57", "китай|китай|китай|еще|су|57"),
        ("м'ята об’єкт", "мята|обєкт"),
        // Arabic and Persian
        ("شركةNVIDIA", "شركه|nvidia"),
        ("إنفيديا أنفيديا آسيا ٱلصين", "انفيديا|انفيديا|اسيا|الصين"),
        ("الصِّينُ الصـــين", "الصين|الصين"),
        ("على علی مسئول مسؤول کتاب", "علي|علي|مسيول|مسوول|كتاب"),
        ("عام ٢٠٢٤، ۱۴۰۳", "عام|2024|1403"),
        ("می\u{200c}خواهم", "ميخواهم"),
        // Hebrew
        ("צה\"ל שָׁלוֹם", "צהל|שלום"),
        // Han, kana, Hangul
        ("英伟达7nm芯片", "英|伟|达|7nm|芯|片"),
        ("輝達與國際晶片", "辉|达|与|国|际|晶|片"),
        ("エヌビディア ｴﾇﾋﾞﾃﾞｨｱ カ\u{3099}", "エ|ヌ|ビ|デ|ィ|ア|エ|ヌ|ビ|デ|ィ|ア|ガ"),
        ("엔비디아가 H20을", "엔비디아가|h20|을"),
        ("\u{110b}\u{1166}\u{11ab}비디아", "엔비디아"),
        // Thai and Devanagari
        ("ที่ไทย", "ที่|ไ|ท|ย"),
        ("एनवीडिया क़लम कलम २०२४", "एनवीडिया|कलम|कलम|2024"),
    ];
    for (text, expected) in table {
        assert_eq!(folded(text), expected, "{text}");
    }
}

/// The words of a text, each after the break before it: `/` a sentence, `¶` a paragraph.
fn broken(text: &str) -> String {
    let mark = |word: &Word| match word.token.breaks {
        Break::None => "",
        Break::Sentence => "/",
        Break::Paragraph => "¶",
    };
    words(text).iter().map(|word| format!("{}{}", mark(word), word.folded)).collect::<Vec<_>>().join(" ")
}

#[test]
fn breaks() {
    let table = [
        (". A b. C d! E? F", "a b /c d /e /f"),
        ("Mr. Smith of Acme Inc. said Jan. 5 vs. Dr. No. Then", "mr smith of acme inc said jan 5 vs dr no /then"),
        ("No. 5 in the U.S. Senate by J. K. Rowling", "no 5 in the us senate by j k rowling"),
        ("He told us. The end", "he told us /the end"),
        ("rose 4.5. Then .5 fell; see example.com", "rose 4.5 /then 5 fell see example com"),
        ("one\ntwo\r\n\r\nthree.\nFour", "one ¶two ¶three ¶four"),
        ("قال. ثم؟ نعم؛ لا", "قال /ثم /نعم /لا"),
        ("好。是！不？", "好 /是 /不"),
        ("यह है। वह", "यह है /वह"),
        ("Wait… what", "wait /what"),
        ("Nvidia's. Then", "nvidia /then"),
    ];
    for (text, expected) in table {
        assert_eq!(broken(text), expected, "{text}");
    }
}

#[test]
fn licences() {
    let table = [
        ("ونفيديا", "نفيديا", Some("نفيديا")),
        ("لنفيديا", "نفيديا", Some("نفيديا")),
        ("بنفيديا", "نفيديا", Some("نفيديا")),
        ("وبالصين", "صين", Some("صين")),
        ("وَبِالصِّين", "صين", Some("صِّين")),
        ("للولايات", "ولايات", Some("ولايات")),
        ("للولايات", "الولايات", Some("لولايات")),
        ("بلومبرغ", "نفيديا", None),
        ("بلومبرغ", "لومبرغ", Some("لومبرغ")),
        ("شركاتها", "شركات", Some("شركات")),
        ("وبشركاتها", "شركات", Some("شركات")),
        ("تراشه\u{200c}های", "تراشه", Some("تراشه")),
        ("انویدیای", "انویدیا", Some("انویدیا")),
        ("چینی", "چین", None),
        ("בסין", "סין", Some("סין")),
        ("ושהממשל", "ממשל", Some("ממשל")),
        ("הנציבות", "נציבות", Some("נציבות")),
        ("엔비디아가", "엔비디아", Some("엔비디아")),
        ("엔비디아에서는", "엔비디아", Some("엔비디아")),
        ("엔비디아", "엔비디아", None),
        ("Nvidia", "nvidi", None),
    ];
    for (text, known, expected) in table {
        let text = format!("- {text} -");
        let token = words(&text)[0].token;
        let found = licensed(&text, &token, |candidate| candidate == hash(&fold(known)));
        let slice = found.map(|(_, start, end)| &text[start as usize..end as usize]);
        assert_eq!(slice, expected, "{text} with {known}");
        assert!(found.is_none_or(|(candidate, ..)| candidate == hash(&fold(known))), "{text}");
    }
}

#[test]
fn longer_forms_are_asked_for_first() {
    let text = "وبالصين";
    let token = words(text)[0].token;
    let mut asked = Vec::new();
    licensed(text, &token, |candidate| {
        asked.push(candidate);
        false
    });
    assert_eq!(asked, ["بالصين", "الصين", "صين"].map(hash));
    assert!(folded("إنڤيديا") == folded("إنفيديا"), "v is written in two ways");
}

fn scanned(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    scan(text, &mut tokens);
    tokens
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    let words = words(text);
    prop_assert_eq!(scanned(text), words.iter().map(|word| word.token).collect::<Vec<_>>(), "{:?}", text);
    let mut end = 0;
    for Word { folded, token } in words {
        prop_assert!(token.start >= end && token.end > token.start, "tokens overlap in {:?}", text);
        end = token.end;
        prop_assert_eq!(hash(&folded), token.hash);
        prop_assert_eq!(fold(&text[token.start as usize..token.end as usize]), folded, "{:?}", text);
    }
    Ok(())
}

/// Characters that meet each other's rules: of each script, its marks, digits, and what stands between words.
const TRICKY: &[&str] = &[
    "a",
    "s",
    "S",
    "L",
    "l",
    "T",
    "İ",
    "ı",
    "ß",
    "é",
    "\u{301}",
    "Ａ",
    "１",
    "７",
    "5",
    "0",
    "½",
    "²",
    "ﬁ",
    "𝐍",
    "🚀",
    "'",
    "’",
    "ʼ",
    "\"",
    "״",
    ".",
    ".",
    "．",
    "…",
    "!",
    "?",
    "-",
    " ",
    "\n",
    "\r\n",
    "\u{200b}",
    "\u{200d}",
    "\u{202e}",
    "\u{ad}",
    "\u{feff}",
    "ـ",
    "َ",
    "\u{654}",
    "ا",
    "إ",
    "و",
    "ل",
    "ة",
    "٥",
    "ی",
    "א",
    "ל",
    "ְ",
    "и",
    "И",
    "\u{306}",
    "й",
    "я",
    "ё",
    "σ",
    "ς",
    "ώ",
    "英",
    "輝",
    "々",
    "ー",
    "カ",
    "ｶ",
    "ﾞ",
    "\u{3099}",
    "ﾟ",
    "は",
    "㌔",
    "엔",
    "비",
    "가",
    "ᄀ",
    "ᅡ",
    "ᆨ",
    "ㄱ",
    "ㅏ",
    "ﾡ",
    "ￂ",
    "ก",
    "ที่",
    "เ",
    "ำ",
    "क",
    "़",
    "ि",
    "২",
    "ক",
    "ა",
    "ﷺ",
    "㈱",
    "s'",
    "'nin",
    "qu'",
    "U.S.",
    "т4",
    "No. ",
    "Inc. ",
    "1.5",
    "Mr. ",
    "。",
    "؟",
    "।",
    "𠀀",
];

/// What may end a word of ASCII, and what may stand there without being seen or make another letter of it.
const ENDS: &[&str] = &[
    "a", "ab", "U", "1", "12", "s", "S", ".", "'", "’", "\"", " ", "\n", "\0", "/", "=", "\u{200b}", "\u{ad}",
    "\u{301}", "\u{338}", "é", "中", "，", "。", "”",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn scan_equals_words_on_any_text(text in "(?s).*") {
        agree(&text)?;
    }

    #[test]
    fn scan_equals_words_on_mixed_scripts(parts in prop::collection::vec(prop::sample::select(TRICKY), 0..24)) {
        agree(&parts.concat())?;
    }

    #[test]
    fn scan_equals_words_on_long_words(parts in prop::collection::vec("[a-zA-Z0-9]{5,10}|[а-яй]{1,5}|[ا-ي]{1,9}|[中国芯]{1,3}|[ .'’é\u{64e}]", 0..12)) {
        agree(&parts.concat())?;
    }

    #[test]
    fn fold_equals_its_definition(parts in prop::collection::vec(prop::sample::select(TRICKY), 0..24)) {
        let text = parts.concat();
        let units = units(&text);
        let kept = units.iter().enumerate().filter_map(|(i, unit)| match unit.kind {
            Kind::Letter(_) => Some(unit.folded.as_str()),
            Kind::Dot => digits_around(&units, i).then_some("."),
            _ => None,
        });
        prop_assert_eq!(fold(&text), kept.collect::<String>(), "{:?}", text);
    }

    #[test]
    fn scan_equals_words_where_words_end(parts in prop::collection::vec(prop::sample::select(ENDS), 0..40)) {
        agree(&parts.concat())?;
    }

    #[test]
    fn scan_equals_words_on_plain_text(text in "[A-Za-z0-9.,!?'’ \n-]{0,200}") {
        agree(&text)?;
    }
}

#[test]
fn scan_equals_words_on_every_character() {
    // The bulk of Han and Hangul differs in nothing but its code; beyond the basic plane a few blocks do.
    let bulk = |c: char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{e000}'..='\u{f8ff}');
    let basic = ('\0'..='\u{ffff}').filter(|&c| !bulk(c) || u32::from(c) % 28 == 0);
    for c in basic.chain('\u{1d400}'..='\u{1d7ff}').chain('\u{1f100}'..='\u{1f1ff}').chain('\u{e0000}'..='\u{e01ef}') {
        agree(&format!("{c}a{c}1 {c}{c}.가{c}")).unwrap();
    }
}

/// Letters are read by eights: whatever follows them stands once at every place, and at the text's end.
#[test]
fn scan_equals_words_at_every_place_of_eight_bytes() {
    for letters in ["Abcdefgh1jklmnopq", "20260101020304050", "a1", "الصينوالصينوالصين", "Ждановскаяобласть"]
    {
        for (at, _) in letters.char_indices().chain([(letters.len(), ' ')]) {
            for tricky in TRICKY {
                agree(&format!("{}{tricky}", &letters[..at])).unwrap();
                agree(&format!("{}{tricky}{}", &letters[..at], &letters[at..])).unwrap();
                agree(&format!("{}{tricky} ", &letters[at..])).unwrap();
            }
        }
    }
}

/// ASCII is read by blocks: whatever there is stands once at every place, within words and between them.
#[test]
fn scan_equals_words_at_every_place_of_a_block() {
    let plain = "It rose by 12 to 345.6 (a record); semiconductors and internationalisation2030 fell to 7nm, they said";
    for at in 0..=80 {
        for tricky in TRICKY {
            agree(&format!("{}{tricky}{}", &plain[..at], &plain[at / 2..])).unwrap();
        }
    }
    for length in 0..200 {
        agree(&format!("{} {}", "a".repeat(length), "b1".repeat(length))).unwrap();
    }
}

#[test]
fn scan_equals_words_on_long_repeats() {
    for part in ["A.", "'a", "b'b", "\u{301}", "\u{200b}.", "1.", "ᄀ", "क़", ".", "''"] {
        let text = part.repeat(20_000);
        assert_eq!(scanned(&text), words(&text).iter().map(|word| word.token).collect::<Vec<_>>(), "{part:?}");
    }
}
