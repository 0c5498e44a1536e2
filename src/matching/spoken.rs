//! The language of an event: as its producer gave it, and as its text tells. A producer that is wrong costs no match,
//! for what counts in a language counts where either says so.

use std::cell::OnceCell;

use whatlang::{Detector, Lang};

use crate::matching::engine::function_words;
use crate::matching::engine::language::{is_kind_of, primary};
use crate::matching::text::{Token, scan};
use crate::message::event::Event;

/// An event's language, BCP 47: as it was given, else as its text tells; none where that is not sure.
pub fn language<'e>(event: &'e Event<'e>) -> Option<&'e str> {
    Spoken::in_event(event).tag()
}

/// The language of an event; what its text tells is found out once, and only where it is asked for.
pub(in crate::matching) struct Spoken<'e> {
    event: &'e Event<'e>,
    given: Option<&'e str>,
    heard: OnceCell<Option<&'static str>>,
}

/// Characters looked at: enough to be sure in nearly every text of a sentence or more.
const ENOUGH: usize = 240;

impl<'e> Spoken<'e> {
    pub(in crate::matching) fn in_event(event: &'e Event<'e>) -> Self {
        let given = event.lang.as_deref().filter(|lang| !lang.is_empty());
        Self { event, given, heard: OnceCell::new() }
    }

    /// As it was given, else as the text tells; none where that is not sure.
    pub(in crate::matching) fn tag(&self) -> Option<&'e str> {
        self.given.or_else(|| self.heard())
    }

    /// Whether it is the language `range` or a kind of it, as far as anybody knows; none where nobody does.
    pub(in crate::matching) fn is(&self, range: &str) -> Option<bool> {
        let wanted = primary(range);
        match self.given {
            // What a text tells is the language, not its script or region.
            Some(given) if primary(given) == wanted => Some(is_kind_of(given, range)),
            Some(_) => Some(self.heard().is_some_and(|heard| same(heard, &wanted))),
            // Japanese without kana, as in headlines, cannot be told from Chinese.
            None => self.heard().map(|heard| same(heard, &wanted) || (heard == "zh" && wanted == "ja")),
        }
    }

    /// What the text alone tells: a primary subtag.
    fn heard(&self) -> Option<&'static str> {
        *self.heard.get_or_init(|| {
            let Event { title, summary, body, .. } = self.event;
            let longest = [body, summary, title].into_iter().max_by_key(|text| text.len().min(ENOUGH))?;
            let text: String = longest.chars().take(ENOUGH).collect();
            // Most texts are in the language that is given, and show it by a glance.
            if let Some(given) = self.confirmed(&text) {
                return Some(given);
            }
            let told = Detector::with_allowlist(KNOWN.iter().map(|(lang, _)| *lang).collect()).detect(&text)?;
            let known = KNOWN.iter().find(|(lang, _)| *lang == told.lang())?;
            told.is_reliable().then_some(known.1)
        })
    }
}

impl Spoken<'_> {
    /// The language that is given, if the text is full of its words.
    fn confirmed(&self, text: &str) -> Option<&'static str> {
        let given = primary(self.given?);
        let (_, known) = KNOWN.iter().find(|(_, known)| *known == given)?;
        let mut tokens: Vec<Token> = Vec::new();
        scan(text, &mut tokens);
        function_words::are_of(known, tokens.iter().map(|token| token.hash)).then_some(*known)
    }
}

/// Malay and Indonesian are one to the detector, and nearly so to a reader of headlines.
fn same(heard: &str, wanted: &str) -> bool {
    heard == wanted || (heard == "id" && wanted == "ms") || (heard == "no" && matches!(wanted, "nb" | "nn"))
}

/// The languages told apart, by the detector's names: those of the stemmers and of the scripts of news.
const KNOWN: [(Lang, &str); 34] = [
    (Lang::Eng, "en"),
    (Lang::Fra, "fr"),
    (Lang::Deu, "de"),
    (Lang::Spa, "es"),
    (Lang::Ita, "it"),
    (Lang::Por, "pt"),
    (Lang::Nld, "nl"),
    (Lang::Pol, "pl"),
    (Lang::Ces, "cs"),
    (Lang::Swe, "sv"),
    (Lang::Dan, "da"),
    (Lang::Nob, "no"),
    (Lang::Fin, "fi"),
    (Lang::Hun, "hu"),
    (Lang::Ron, "ro"),
    (Lang::Tur, "tr"),
    (Lang::Ind, "id"),
    (Lang::Vie, "vi"),
    (Lang::Tgl, "tl"),
    (Lang::Rus, "ru"),
    (Lang::Ukr, "uk"),
    (Lang::Bul, "bg"),
    (Lang::Srp, "sr"),
    (Lang::Ara, "ar"),
    (Lang::Pes, "fa"),
    (Lang::Urd, "ur"),
    (Lang::Heb, "he"),
    (Lang::Hin, "hi"),
    (Lang::Mar, "mr"),
    (Lang::Ell, "el"),
    (Lang::Tha, "th"),
    (Lang::Kor, "ko"),
    (Lang::Jpn, "ja"),
    (Lang::Cmn, "zh"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn event<'a>(lang: Option<&'a str>, body: &'a str) -> Event<'a> {
        Event { lang: lang.map(Into::into), body: body.into(), ..Event::default() }
    }

    #[test]
    fn a_text_tells_its_language() {
        for (lang, text) in [
            ("en", "The department said on Tuesday that it would review the rules for chip exports before the summer."),
            (
                "de",
                "Das Ministerium teilte am Dienstag mit, dass die Regeln für die Ausfuhr von Chips überprüft werden.",
            ),
            ("fr", "Le ministère a annoncé mardi que les règles d'exportation des puces seraient revues avant l'été."),
            ("es", "El ministerio anunció el martes que revisará las normas de exportación de chips antes del verano."),
            (
                "pt",
                "O ministério anunciou na terça-feira que vai rever as regras de exportação de chips antes do verão.",
            ),
            (
                "tr",
                "Bakanlık salı günü yaptığı açıklamada çip ihracatı kurallarının yaz öncesinde gözden geçirileceğini bildirdi.",
            ),
            (
                "id",
                "Kementerian itu mengatakan pada hari Selasa bahwa aturan ekspor cip akan ditinjau sebelum musim panas.",
            ),
            ("vi", "Bộ này cho biết hôm thứ Ba rằng các quy định về xuất khẩu chip sẽ được xem xét lại trước mùa hè."),
            (
                "ru",
                "Министерство сообщило во вторник, что до лета будут пересмотрены правила, по которым чипы вывозят из страны.",
            ),
            (
                "ar",
                "قالت الوزارة يوم الثلاثاء إنها ستراجع قواعد تصدير الرقائق قبل الصيف، وذلك بعد أن طلبت منها شركات كثيرة أن توضح ما الذي يجوز بيعه إلى الخارج.",
            ),
            ("fa", "این وزارتخانه روز سه‌شنبه اعلام کرد که مقررات صادرات تراشه پیش از تابستان بازنگری خواهد شد."),
            ("he", "המשרד הודיע ביום שלישי כי כללי הייצוא של שבבים ייבחנו מחדש לפני הקיץ."),
            ("zh", "商务部周二表示，将在夏季之前重新审查芯片出口规则。"),
            ("ja", "同省は火曜日、半導体の輸出規則を夏までに見直すと発表した。"),
            ("ko", "상무부는 여름 이전에 반도체 수출 규정을 재검토하겠다고 화요일 밝혔다."),
            ("th", "กระทรวงกล่าวเมื่อวันอังคารว่าจะทบทวนกฎการส่งออกชิปก่อนฤดูร้อน"),
        ] {
            let event = event(None, text);
            assert_eq!(Spoken::in_event(&event).tag(), Some(lang), "{text}");
            assert_eq!(Spoken::in_event(&event).is(lang), Some(true));
        }
    }

    #[test]
    fn what_is_given_and_what_is_heard_both_count() {
        let german = "Das Ministerium teilte am Dienstag mit, dass die Regeln für die Ausfuhr überprüft werden.";
        let event_of = |lang| event(lang, german);
        for (given, range, expected) in [
            (Some("en"), "de", Some(true)),
            (Some("en"), "en", Some(true)),
            (Some("en"), "fr", Some(false)),
            (Some("de-AT"), "de", Some(true)),
            (None, "de-DE", Some(true)),
            (None, "en", Some(false)),
            (Some(""), "de", Some(true)),
        ] {
            let event = event_of(given);
            assert_eq!(Spoken::in_event(&event).is(range), expected, "{given:?} {range}");
        }
        let short = event(None, "Nvidia H20");
        assert_eq!((Spoken::in_event(&short).is("de"), Spoken::in_event(&short).tag()), (None, None));
        let short = event(Some("ms"), "Nvidia H20");
        assert_eq!((Spoken::in_event(&short).is("de"), Spoken::in_event(&short).tag()), (Some(false), Some("ms")));
    }
}
