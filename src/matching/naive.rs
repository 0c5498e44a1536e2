//! The obvious evaluator: every spelling is compared with every word of the text. Slow, and written
//! apart from the engine, which must agree with it on every query and text.

use std::collections::BTreeSet;

use crate::matching::definition::{Entry, Vocabulary};
use crate::matching::engine::language::{Stem, case_forms, primary};
use crate::matching::query::{Field, Kind, LONGEST_FITTED, Meta, Node, Pattern, Patterns, Unit};
use crate::matching::spoken::Spoken;
use crate::matching::text::{Break, Script, Word, fold, hash, licensed, words};
use crate::message::event::Event;

/// Field, first half word and end, within the field.
type Place = (usize, u32, u32);
type Places = BTreeSet<Place>;

struct Text<'a> {
    text: &'a str,
    words: Vec<Word>,
    /// The first half word of each word, and the end of the last.
    starts: Vec<u32>,
}

/// An event and the vocabulary, to ask queries of.
pub(crate) struct Naive<'a> {
    vocabulary: &'a Vocabulary,
    event: &'a Event<'a>,
    texts: Vec<Text<'a>>,
}

#[derive(Clone, Copy)]
enum How {
    Folded,
    Exact,
    Prefix,
    Stemmed(Stem),
}

impl<'a> Naive<'a> {
    pub(crate) fn new(vocabulary: &'a Vocabulary, event: &'a Event<'a>) -> Self {
        let texts = [&event.title, &event.summary, &event.body].map(|text| {
            let words = words(text);
            let mut starts = vec![0];
            for word in &words {
                starts.push(starts[starts.len() - 1] + word.token.half_words());
            }
            Text { text, words, starts }
        });
        Self { vocabulary, event, texts: texts.into() }
    }

    pub(crate) fn holds(&self, node: &Node, field: Option<Field>) -> bool {
        match &node.kind {
            Kind::And(parts) => parts.iter().all(|part| self.holds(part, field)),
            Kind::Or(parts) => parts.iter().any(|part| self.holds(part, field)),
            Kind::Not(inner) => !self.holds(inner, field),
            Kind::Field(field, inner) => self.holds(inner, Some(*field)),
            Kind::AtLeast(least, inner) => self.places(inner, field).len() >= *least as usize,
            Kind::Meta(Meta::Lang, value) => Spoken::in_event(self.event).is(value) == Some(true),
            Kind::Meta(Meta::Tag, value) => self.event.tags.iter().any(|tag| tag == value),
            Kind::Meta(Meta::Source, value) => self.event.source.all().any(|known| known == value),
            _ => !self.places(node, field).is_empty(),
        }
    }

    fn places(&self, node: &Node, field: Option<Field>) -> Places {
        let found: Places = match &node.kind {
            Kind::Words(written) => self.spelling(written, How::Folded),
            Kind::Exact(written) => self.spelling(written, How::Exact),
            Kind::Prefix(written) => self.spelling(written, How::Prefix),
            Kind::Pattern(pattern) => self.looking_like(pattern),
            Kind::Entity(id) => self.named(&format!("@{id}")),
            Kind::Term(id) => self.named(&format!("#{id}")),
            Kind::Or(parts) => parts.iter().flat_map(|part| self.places(part, field)).collect(),
            Kind::Near { left, right, words, ordered } => self.pairs(left, right, field, |a, b| {
                let near = |a: &Place, b: &Place| a.0 == b.0 && a.2 <= b.1 && b.1 - a.2 <= words * 2;
                near(a, b) || (!ordered && near(b, a))
            }),
            Kind::Together { left, right, unit } => self.pairs(left, right, field, |a, b| {
                a.0 == b.0 && (a.2 <= b.1 || b.2 <= a.1) && !self.broken(a.0, a.1.min(b.1), a.2.max(b.2), *unit)
            }),
            _ => unreachable!("the parser lets nothing else stand where places are asked for"),
        };
        found.into_iter().filter(|place| field.is_none_or(|field| in_field(place, field))).collect()
    }

    fn pairs(&self, left: &Node, right: &Node, field: Option<Field>, fits: impl Fn(&Place, &Place) -> bool) -> Places {
        let (left, right) = (self.places(left, field), self.places(right, field));
        let mut pairs = Places::new();
        for a in &left {
            for b in right.iter().filter(|b| fits(a, b)) {
                pairs.insert((a.0, a.1.min(b.1), a.2.max(b.2)));
            }
        }
        pairs
    }

    /// Whether a sentence or paragraph begins inside.
    fn broken(&self, field: usize, start: u32, end: u32, unit: Unit) -> bool {
        let least = if unit == Unit::Sentence { Break::Sentence } else { Break::Paragraph };
        let text = &self.texts[field];
        let inside = |at: u32| start < at && at < end;
        text.words.iter().zip(&text.starts).any(|(word, at)| inside(*at) && word.token.breaks >= least)
    }

    fn named(&self, reference: &str) -> Places {
        let (sigil, id) = reference.split_at(1);
        let entry = if sigil == "@" { &self.vocabulary.entities[id] } else { &self.vocabulary.terms[id] };
        let mut found = self.listed(entry, sigil == "@");
        found.extend(entry.any.iter().flat_map(|member| self.named(&member.value)));
        let longer: Places = entry.not_in.iter().flat_map(|item| self.spelling(&item.value, How::Folded)).collect();
        found.retain(|place| !longer.iter().any(|around| holds(around, place)));
        if !entry.context.is_empty() {
            let context: Places = entry.context.iter().flat_map(|item| self.context(&item.value)).collect();
            let far = entry.within * 2;
            found.retain(|place| {
                context.iter().any(|other| {
                    let apart = other.1.saturating_sub(place.2).max(place.1.saturating_sub(other.2));
                    other.0 == place.0 && !holds(place, other) && apart <= far
                })
            });
        }
        found
    }

    fn context(&self, written: &str) -> Places {
        if written.starts_with(['@', '#']) { self.named(written) } else { self.marked(written, None) }
    }

    fn listed(&self, entry: &Entry, is_name: bool) -> Places {
        let mut found = Places::new();
        for (lang, list) in &entry.words {
            let lang = primary(lang);
            for word in list {
                let latin = |word: &Word| matches!(word.token.script, Script::Latin | Script::Digits);
                let bare = word.value.trim_start_matches('=').trim_end_matches('*');
                let shared = lang != "en" && words(bare).iter().all(latin);
                let other = Spoken::in_event(self.event).is(&lang) == Some(false);
                if is_name {
                    found.extend(self.marked(&word.value, None));
                    if bare == word.value {
                        found.extend(case_forms(&lang, bare).iter().flat_map(|form| self.spelling(form, How::Folded)));
                    }
                } else if !(shared && other) {
                    found.extend(self.marked(&word.value, Stem::of_language(&lang)));
                }
            }
        }
        found
    }

    fn marked(&self, written: &str, stem: Option<Stem>) -> Places {
        if let Some(exact) = written.strip_prefix('=') {
            self.spelling(exact, How::Exact)
        } else if let Some(prefix) = written.strip_suffix('*') {
            self.spelling(prefix, How::Prefix)
        } else {
            self.spelling(written, stem.map_or(How::Folded, How::Stemmed))
        }
    }

    fn looking_like(&self, pattern: &Pattern) -> Places {
        let regex = Patterns::new([pattern]);
        let fits = |word: &Word| match pattern.written().starts_with('/') {
            _ if word.is_single() || word.folded.len() > LONGEST_FITTED => false,
            true => regex.fitting(&word.folded).next().is_some(),
            false => fits_wildcard(pattern.written(), &word.folded),
        };
        let mut found = Places::new();
        for (field, text) in self.texts.iter().enumerate() {
            let places = text.words.iter().zip(text.starts.windows(2)).filter(|(word, _)| fits(word));
            found.extend(places.map(|(_, bounds)| (field, bounds[0], bounds[1])));
        }
        found
    }

    fn spelling(&self, written: &str, how: How) -> Places {
        let pattern = words(written);
        let mut found = Places::new();
        for (field, text) in self.texts.iter().enumerate() {
            for first in 0..text.words.len() {
                let fits = |(at, wanted): (usize, &Word)| {
                    let last = at + 1 == pattern.len();
                    first + at < text.words.len()
                        && self.fits(wanted, written, text, first + at, how, last)
                        && (at == 0
                            || matches!(how, How::Exact)
                            || !pattern[at - 1].is_single()
                            || !wanted.is_single()
                            || !text.parted(first + at))
                };
                if pattern.iter().enumerate().all(fits) {
                    found.insert((field, text.starts[first], text.starts[first + pattern.len()]));
                }
            }
        }
        found
    }

    fn fits(&self, wanted: &Word, written: &str, text: &Text<'_>, at: usize, how: How, last: bool) -> bool {
        let there = &text.words[at];
        let slice = |text: &str, word: &Word| text[word.token.start as usize..word.token.end as usize].to_owned();
        let plain = || {
            there.folded == wanted.folded
                || licensed(text.text, &there.token, |form| form == hash(&wanted.folded)).is_some()
        };
        match how {
            How::Exact => there.folded == wanted.folded && slice(text.text, there) == slice(written, wanted),
            How::Prefix if last && !wanted.is_single() => there.folded.starts_with(&wanted.folded),
            How::Stemmed(stem) if !wanted.is_single() && wanted.token.script != Script::Digits => {
                let head = |word: &Word| word.folded.chars().take(3).collect::<String>();
                !there.is_single() && head(there) == head(wanted) && stem.of(&there.folded) == stem.of(&wanted.folded)
            }
            _ => plain(),
        }
    }
}

impl Text<'_> {
    /// Whether punctuation stands before a word.
    fn parted(&self, at: usize) -> bool {
        let (from, to) = (self.words[at - 1].token.end as usize, self.words[at].token.start as usize);
        self.text[from..to].contains(|c| "，。、；：！？,.;:!?…—()（）|/".contains(c))
    }
}

impl Word {
    fn is_single(&self) -> bool {
        matches!(self.token.script, Script::Han | Script::Kana | Script::Thai)
    }
}

fn fits_wildcard(wildcard: &str, folded: &str) -> bool {
    let Some(sign) = wildcard.chars().next() else { return folded.is_empty() };
    let others = &wildcard[sign.len_utf8()..];
    match (sign, folded.chars().next()) {
        ('*', None) => true,
        ('*', Some(letter)) => fits_wildcard(wildcard, &folded[letter.len_utf8()..]),
        ('?', None) => false,
        ('?', Some(letter)) => fits_wildcard(others, &folded[letter.len_utf8()..]),
        _ => folded.strip_prefix(&fold(&sign.to_string())).is_some_and(|rest| fits_wildcard(others, rest)),
    }
}

fn holds(around: &Place, place: &Place) -> bool {
    around.0 == place.0 && around.1 <= place.1 && place.2 <= around.2
}

fn in_field(place: &Place, field: Field) -> bool {
    match field {
        Field::Title => place.0 == 0,
        Field::Summary => place.0 == 1,
        Field::Body => place.0 == 2,
        Field::Lead => place.0 == 0 || place.2 <= 200,
    }
}

mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::definition::Definitions;
    use crate::matching::engine::Engine;
    use crate::matching::engine::tests::{vocabulary, watchlist};
    use crate::matching::query::parse_text;

    /// Pieces of texts that hold the words of the queries, whole, inflected, joined and cut.
    const PIECES: [&str; 44] = [
        "a",
        "b",
        "c",
        "chip",
        "Chips",
        "chipmaker",
        "H20",
        "h20",
        "US",
        "us",
        "export",
        "control",
        "controls",
        "restricted",
        "restrictions",
        "die",
        "Nvidia",
        "NVIDIA's",
        "NVDA",
        "ＮＶＩＤＩＡ",
        "Huawei",
        "Ascend",
        "AI",
        "英伟达",
        "輝達",
        "海思",
        "海思科",
        "科",
        "限制",
        "芯片",
        "芯",
        "中国",
        "国",
        "华为",
        "إنفيديا",
        "والصين",
        "وللصين",
        "قيود",
        "القيود",
        "Китая",
        "ограничений",
        "엔비디아가",
        "엔비디아",
        "エヌビディア",
    ];
    const JOINTS: [&str; 7] = [" ", " ", "", ". ", "\n", "，", "。"];
    const LEAVES: [&str; 38] = [
        "\"export contro*\"",
        "ch?p",
        "chip?*",
        "export NEAR/2 contro??",
        r"/H\d{2,3}0?/",
        "/restrict(ed|ions)/",
        "/nvidia|.{2}/",
        "/[а-яё]+/",
        "a",
        "b",
        "c",
        "chip",
        "chip*",
        "H20",
        "=H20",
        "=US",
        "=\"export control\"",
        "\"export control\"",
        "\"a b\"",
        "国",
        "中国",
        "芯片",
        "英伟达芯片",
        "AI*",
        "restrict*",
        "@nvidia",
        "@hisilicon",
        "@ascend",
        "@chips",
        "@china",
        "@huawei",
        "#restrict",
        "#die",
        "الصين",
        "엔비디아",
        "Китая",
        "lang:en",
        "\"Nvidia 芯片\"",
    ];

    fn text() -> impl Strategy<Value = String> {
        let piece = (prop::sample::select(&PIECES[..]), prop::sample::select(&JOINTS[..]));
        prop::collection::vec(piece, 0..24)
            .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, joint)| [piece, joint]).collect())
    }

    fn query() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(&LEAVES[..]).prop_map(str::to_owned);
        leaf.prop_recursive(4, 12, 3, |inner| {
            let two = || (inner.clone(), inner.clone());
            prop_oneof![
                two().prop_map(|(a, b)| format!("({a}) AND ({b})")),
                two().prop_map(|(a, b)| format!("({a}) OR ({b})")),
                two().prop_map(|(a, b)| format!("({a}) AND NOT ({b})")),
                (two(), 0..6u32).prop_map(|((a, b), n)| format!("({a}) NEAR/{n} ({b})")),
                (two(), 0..6u32).prop_map(|((a, b), n)| format!("({a}) BEFORE/{n} ({b})")),
                two().prop_map(|(a, b)| format!("({a}) SENTENCE ({b})")),
                two().prop_map(|(a, b)| format!("({a}) PARAGRAPH ({b})")),
                (inner.clone(), 1..4u32).prop_map(|(a, n)| format!("ATLEAST/{n}({a})")),
                (inner.clone(), prop::sample::select(&["title", "summary", "body", "lead"][..]))
                    .prop_map(|(a, field)| format!("{field}:({a})")),
            ]
        })
    }

    fn queries() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(query().prop_filter("it parses", |text| parse_text(text).is_some()), 1..8)
    }

    fn event() -> impl Strategy<Value = Event<'static>> {
        let lang = prop::sample::select(&[None, Some("en"), Some("de"), Some("zh-CN")][..]);
        (text(), text(), text(), lang).prop_map(|(title, summary, body, lang)| Event {
            title: title.into(),
            summary: summary.into(),
            body: body.into(),
            lang: lang.map(Into::into),
            ..Event::default()
        })
    }

    /// One watchlist for each query, with the query for its id.
    fn definitions(queries: &[String]) -> Definitions {
        Definitions {
            watchlists: queries.iter().map(|text| watchlist(text, &[text])).collect(),
            vocabulary: vocabulary(),
        }
    }

    fn matched<'e>(engine: &'e Engine, event: &'e Event<'_>) -> Vec<&'e str> {
        let matches = engine.evaluate(event, &mut engine.workspace()).expect("it is within the budget");
        matches.iter().map(|matched| matched.watchlist.id()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]
        #[test]
        fn the_engine_agrees(queries in queries(), event in event()) {
            let definitions = definitions(&queries);
            let (engine, _) = Engine::compile(&definitions);
            prop_assert_eq!(engine.watchlists().len(), queries.len());
            let naive = Naive::new(&definitions.vocabulary, &event);
            let holds = |text: &&String| naive.holds(&parse_text(text).expect("it parsed"), None);
            let expected: Vec<&str> = queries.iter().filter(holds).map(String::as_str).collect();
            prop_assert_eq!(matched(&engine, &event), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn an_explanation_agrees_and_has_a_reason_for_every_no(queries in queries(), event in event()) {
            let (engine, _) = Engine::compile(&definitions(&queries));
            let matched = matched(&engine, &event);
            for (number, watchlist) in engine.watchlists().iter().enumerate() {
                let explanation = engine.explain(number, &event, &mut engine.workspace());
                prop_assert_eq!(explanation.matched, matched.contains(&watchlist.id()), "{}", explanation);
                prop_assert_eq!(explanation.reason.is_some(), !explanation.matched, "{}", explanation);
            }
        }
    }
}
