//! What a query finds in which text, table by table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::diagnostic::SourceFile;
use crate::matching::definition::{self, Entry, Located, Vocabulary};
use crate::message::evidence::Severity;
use crate::message::matched::WatchlistStatus;
use crate::message::policy::AlertPolicy;

pub(crate) fn located(value: &str) -> Located<String> {
    let file = SourceFile::new("test.toml", value);
    Located { value: value.to_owned(), file, span: 0..value.len() }
}

pub(crate) fn entry(id: &str, words: &[(&str, &[&str])]) -> Entry {
    Entry {
        id: located(id),
        name: id.to_uppercase(),
        words: words
            .iter()
            .map(|(lang, list)| ((*lang).to_owned(), list.iter().map(|word| located(word)).collect()))
            .collect(),
        any: Vec::new(),
        not_in: Vec::new(),
        context: Vec::new(),
        within: 30,
    }
}

pub(crate) fn vocabulary() -> Vocabulary {
    let mut nvidia = entry(
        "nvidia",
        &[
            ("en", &["Nvidia", "=NVDA"]),
            ("ar", &["نفيديا", "إنفيديا", "انفيديا"]),
            ("zh", &["英伟达", "輝達"]),
            ("ko", &["엔비디아"]),
            ("ja", &["エヌビディア"]),
        ],
    );
    nvidia.name = "Nvidia".to_owned();
    let hisilicon = Entry { not_in: vec![located("海思科")], ..entry("hisilicon", &[("zh", &["海思"])]) };
    let ascend = Entry { context: vec![located("@huawei")], within: 5, ..entry("ascend", &[("en", &["Ascend"])]) };
    let chips =
        Entry { any: vec![located("@nvidia"), located("@hisilicon")], ..entry("chips", &[("en", &["AI chip"])]) };
    let entities = [
        nvidia,
        hisilicon,
        ascend,
        chips,
        entry("huawei", &[("en", &["Huawei"]), ("zh", &["华为"])]),
        entry("china", &[("en", &["China"]), ("ru", &["Китай"]), ("ar", &["الصين"])]),
        entry("export-administration", &[("en", &["Bureau of Industry and Security"])]),
    ];
    let terms = [
        entry(
            "restrict",
            &[
                ("en", &["restrict", "export control"]),
                ("ar", &["قيود"]),
                ("zh", &["限制"]),
                ("de", &["Verbot"]),
                ("ru", &["ограничение"]),
            ],
        ),
        entry("die", &[("de", &["die"])]),
    ];
    let by_id = |entries: Vec<Entry>| -> BTreeMap<String, Entry> {
        entries.into_iter().map(|entry| (entry.id.value.clone(), entry)).collect()
    };
    Vocabulary { entities: by_id(entities.into()), terms: by_id(terms.into()) }
}

pub(crate) fn watchlist(id: &str, queries: &[&str]) -> Watchlist {
    Watchlist {
        id: located(id),
        title: id.to_owned(),
        owner: None,
        severity: Severity::Medium,
        status: WatchlistStatus::Active,
        labels: BTreeMap::new(),
        queries: queries
            .iter()
            .enumerate()
            .map(|(i, text)| definition::Query { name: located(&format!("q{i}")), text: located(text) })
            .collect(),
        filter: definition::Filter::default(),
        alert: AlertPolicy::default(),
        tests: Vec::new(),
    }
}

pub(super) fn definitions(watchlists: Vec<Watchlist>) -> Definitions {
    Definitions { watchlists, vocabulary: vocabulary() }
}

pub(super) fn engine(query: &str) -> Engine {
    let (engine, findings) = Engine::compile(&definitions(vec![watchlist("w", &[query])]));
    let errors: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
    assert!(errors.is_empty(), "{query}: {errors:?}");
    engine
}

pub(super) fn event<'a>(lang: Option<&'a str>, title: &'a str, body: &'a str) -> Event<'a> {
    Event { lang: lang.map(Into::into), title: title.into(), body: body.into(), ..Event::default() }
}

fn exacts(query: &str, event: &Event<'_>) -> Vec<String> {
    let engine = engine(query);
    let matches = engine.evaluate(event, &mut engine.workspace()).expect("it is within the budget");
    let hits = matches.into_iter().flat_map(|matched| matched.hits);
    hits.map(|hit| {
        let text = [&event.title, &event.summary, &event.body]
            [["title", "summary", "body"].iter().position(|name| *name == hit.field).expect("it is a field")];
        let slice: String = text.chars().skip(hit.start as usize).take((hit.end - hit.start) as usize).collect();
        assert_eq!(slice, hit.exact, "offsets are code points of the field");
        hit.exact.to_owned()
    })
    .collect()
}

#[track_caller]
fn finds(query: &str, text: &str, expected: &[&str]) {
    assert_eq!(exacts(query, &event(None, "", text)), expected, "{query} in {text}");
}

#[test]
fn names_are_found_in_every_script() {
    for (query, text, expected) in [
        ("@nvidia", "Nvidia's chips", &["Nvidia"][..]),
        ("@nvidia", "ＮＶＩＤＩＡ announced", &["ＮＶＩＤＩＡ"]),
        ("@nvidia", "美国限制英伟达芯片出口", &["英伟达"]),
        ("@nvidia", "輝達股價", &["輝達"]),
        ("@nvidia", "엔비디아가 발표했다", &["엔비디아"]),
        ("@nvidia", "米エヌビディアの決算", &["エヌビディア"]),
        ("@nvidia", "قالت شركة إنفيديا", &["إنفيديا"]),
        ("@nvidia", "وإنفيديا تعلن", &["إنفيديا"]),
        ("@nvidia", "لنفيديا رقائق", &["نفيديا"]),
        ("@china", "политика Китая и Китаем", &["Китая", "Китаем"]),
        ("@china", "والصين للصين", &["الصين", "لصين"]),
        ("@nvidia", "NVDA rose, nvda fell", &["NVDA"]),
        ("@nvidia", "发展英伟。达", &[]),
        ("@hisilicon", "海思科制药与海思芯片", &["海思"]),
        ("@hisilicon", "海思科", &[]),
        ("@ascend", "Huawei said its Ascend chip", &["Ascend"]),
        ("@ascend", "prices ascend", &[]),
        ("@ascend", "Huawei is far away from what we call in this text Ascend", &[]),
        ("@chips", "an AI chip by Nvidia", &["AI chip", "Nvidia"]),
        ("@export-administration", "the Bureau of Industry and Security said", &["Bureau of Industry and Security"]),
    ] {
        finds(query, text, expected);
    }
}

#[test]
fn operators_mean_what_they_say() {
    for (query, text, matches) in [
        ("chip", "CHIP", true),
        ("chip", "chips", false),
        ("chip*", "chipmaker", true),
        ("colo?r", "Colour", true),
        ("colo?r", "color", false),
        ("ch?p NEAR/0 maker*", "chip-makers", true),
        (r"/H\d{2,3}0?/", "the H20", true),
        (r"/H\d{2,3}0?/", "the H20x", false),
        (r"/[أإآا]نفيديا/", "إنفيديا", true),
        (r"/./", "芯", false),
        ("=H20", "H20", true),
        ("=H20", "h20", false),
        ("=\"US\"", "us", false),
        ("\"export controls\"", "Export  Controls", true),
        ("\"export controls\"", "export of controls", false),
        ("a AND b", "b a", true),
        ("a AND b", "a", false),
        ("a OR b", "b", true),
        ("a AND NOT b", "a b", false),
        ("a AND NOT b", "a c", true),
        ("a NEAR/1 b", "a x b", true),
        ("a NEAR/1 b", "b x a", true),
        ("a NEAR/1 b", "a x y b", false),
        ("a NEAR/0 b", "a b", true),
        ("a BEFORE/1 b", "a x b", true),
        ("a BEFORE/1 b", "b x a", false),
        ("a NEAR/3 a", "a", false),
        ("(a OR c) NEAR/0 b", "x c b", true),
        ("a NEAR/0 b NEAR/0 c", "a b c", true),
        ("a NEAR/0 b NEAR/0 c", "a b x c", false),
        ("芯片 NEAR/2 出口", "芯片一二三四出口", true),
        ("芯片 NEAR/2 出口", "芯片一二三四五出口", false),
        ("a SENTENCE b", "a x b. c", true),
        ("a SENTENCE b", "The a is here. The b is there", false),
        ("限制 SENTENCE 芯片", "限制了。芯片", false),
        ("a PARAGRAPH b", "the a is. The b", true),
        ("ATLEAST/2(a OR b)", "a x b", true),
        ("ATLEAST/2(a OR b)", "a x", false),
        ("#restrict", "new restrictions on trade", true),
        ("#restrict", "restricted", true),
        ("#restrict", "export controls", true),
        ("#restrict", "новых ограничений", true),
        ("#restrict", "القيود الجديدة", true),
        ("#restrict", "出口限制", true),
    ] {
        assert_eq!(!exacts(query, &event(None, "", text)).is_empty(), matches, "{query} in {text}");
    }
}

#[test]
fn a_query_that_words_do_not_lead_to_is_warned_of_with_its_cost() {
    for (query, expected) in [
        ("lang:en", Some(("NW0217", "(parts: 1)"))),
        ("lang:en OR (a AND tag:b)", Some(("NW0217", "(parts: 3)"))),
        ("/a.*/", Some(("NW0218", "every new word"))),
        ("(ch?p OR nvidia) AND lang:en", Some(("NW0218", "every new word"))),
        ("ch?p AND nvidia", None),
        ("ATLEAST/2(ch?p) AND title:(a OR b)", None),
    ] {
        let (_, findings) = Engine::compile(&definitions(vec![watchlist("w", &[query])]));
        let found: Vec<_> = findings.iter().map(|finding| (finding.code, &*finding.message)).collect();
        assert_eq!(found.len(), usize::from(expected.is_some()), "{query}: {found:?}");
        for ((code, message), (expected, cost)) in found.into_iter().zip(expected) {
            assert!(code == expected && message.contains(cost), "{query}: {message}");
        }
    }
}

#[test]
fn by_tokens_each_is_a_position_and_stands_for_itself() {
    for (query, text, by_words, by_tokens) in [
        ("芯片 NEAR/2 出口", "芯片一二出口", true, true),
        ("芯片 NEAR/2 出口", "芯片一二三四出口", true, false),
        ("a NEAR/2 b", "a x y b", true, true),
        ("a NEAR/2 b", "a x y z b", false, false),
        ("中国", "发展中，国家", false, true),
        ("الصين", "وللصين", true, false),
    ] {
        let definitions = definitions(vec![watchlist("w", &[query])]);
        for (positions, expected) in [(Positions::Words, by_words), (Positions::Tokens, by_tokens)] {
            let (engine, _) = Engine::compile_by(&definitions, positions);
            let event = event(None, "", text);
            let matches = engine.evaluate(&event, &mut engine.workspace()).unwrap();
            assert_eq!(!matches.is_empty(), expected, "{query} in {text} by {positions:?}");
        }
    }
}

#[test]
fn nothing_is_near_across_fields_and_fields_are_told_apart() {
    let split = event(None, "a", "b");
    assert!(exacts("a NEAR/1000 b", &split).is_empty());
    assert!(exacts("\"a b\"", &split).is_empty());
    assert_eq!(exacts("a AND b", &split), ["a", "b"]);
    assert_eq!(exacts("title:a AND body:b", &split), ["a", "b"]);
    assert!(exacts("title:b", &split).is_empty());
    let long = format!("{} late", "x ".repeat(100));
    assert!(exacts("lead:late", &event(None, "", &long)).is_empty());
    assert_eq!(exacts("lead:late", &event(None, "", &long[2..])), ["late"]);
    assert_eq!(exacts("a AND NOT title:(b OR c)", &event(None, "d", "a b")), ["a"]);
}

#[test]
fn latin_words_of_a_list_count_in_its_language_only() {
    for (lang, matches) in [(Some("de-AT"), true), (None, true), (Some("en"), false)] {
        assert_eq!(!exacts("#die", &event(lang, "", "dogs die")).is_empty(), matches, "{lang:?}");
    }
    assert!(!exacts("#restrict", &event(Some("fr"), "", "export control")).is_empty(), "English counts everywhere");
    assert!(!exacts("#restrict", &event(Some("en"), "", "限制")).is_empty(), "a script of its own counts everywhere");
}

#[test]
fn hits_tell_the_vocabularys_spelling_entity_and_surroundings() {
    let engine = engine("@chips NEAR/5 #restrict");
    let event = event(Some("zh"), "", "据报道，美国将限制英伟达的芯片");
    let matches = engine.evaluate(&event, &mut engine.workspace()).unwrap();
    let hits = &matches[0].hits;
    assert_eq!(hits.len(), 2);
    assert_eq!((hits[0].term, hits[0].entity), ("限制", None));
    assert_eq!(
        hits[1],
        HitRef {
            term: "英伟达",
            entity: Some("nvidia"),
            lang: Some("zh"),
            field: "body",
            start: 9,
            end: 12,
            exact: "英伟达",
            before: "据报道，美国将限制",
            after: "的芯片",
        }
    );
    assert_eq!(matches[0].entities, [EntityReference { id: "nvidia".into(), name: "Nvidia".into() }]);
}

#[test]
fn more_hits_than_shown_are_counted() {
    let engine = engine("a");
    let text = "a ".repeat(40);
    let event = event(None, "", &text);
    let matches = engine.evaluate(&event, &mut engine.workspace()).unwrap();
    assert_eq!((matches[0].hits.len(), matches[0].hits_truncated), (32, 8));
}

#[test]
fn a_watchlist_with_an_error_is_left_out_and_the_others_work() {
    let definitions = definitions(vec![
        watchlist("bad", &["@nvidai", "a"]),
        watchlist("good", &["a", "b OR @nvidia"]),
        watchlist("broken", &["a AND"]),
    ]);
    let (engine, findings) = Engine::compile(&definitions);
    assert_eq!(engine.watchlists().iter().map(CompiledWatchlist::id).collect::<Vec<_>>(), ["good"]);
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["NW0205", "NW0209"]);
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `@nvidia`?"));
    assert_eq!(findings[0].related.len(), 1, "the suggestion's place is told");
    let mut workspace = engine.workspace();
    let both = event(None, "", "a Nvidia");
    let matches = engine.evaluate(&both, &mut workspace).unwrap();
    assert_eq!(matches[0].queries, ["q0", "q1"]);
    assert!(engine.evaluate(&event(None, "", "c"), &mut workspace).unwrap().is_empty(), "nothing is left behind");
}

#[test]
fn an_entry_made_of_itself_is_an_error() {
    let mut definitions = definitions(vec![watchlist("w", &["@a"])]);
    let entities = &mut definitions.vocabulary.entities;
    entities.insert("a".into(), Entry { any: vec![located("@b")], ..entry("a", &[]) });
    entities.insert("b".into(), Entry { any: vec![located("@a")], ..entry("b", &[]) });
    let (engine, findings) = Engine::compile(&definitions);
    assert!(engine.watchlists().is_empty());
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["NW0216"]);
}

#[test]
fn filters_take_and_leave() {
    let mut list = watchlist("w", &["a OR 中 OR ب"]);
    list.filter.languages = vec![located("en"), located("zh")];
    list.filter.exclude_sources = vec![located("spam.example")];
    let (engine, _) = Engine::compile(&definitions(vec![list]));
    let mut workspace = engine.workspace();
    let mut matches = |event: &Event<'_>| !engine.evaluate(event, &mut workspace).unwrap().is_empty();
    assert!(matches(&event(Some("en-GB"), "", "a")));
    assert!(matches(&event(None, "", "中文")));
    assert!(!matches(&event(Some("fr"), "", "a")));
    assert!(!matches(&event(None, "", "ب كلام")), "its script is of neither language");
    let mut spam = event(Some("en"), "", "a");
    spam.source.domain = Some("www.spam.example".into());
    assert!(!matches(&spam));
}

#[test]
fn a_revision_is_of_the_meaning() {
    let revision = |change: &dyn Fn(&mut Definitions)| {
        let mut definitions = definitions(vec![watchlist("w", &["@chips  AND a"])]);
        change(&mut definitions);
        Engine::compile(&definitions).0.revision().to_owned()
    };
    let base = revision(&|_| {});
    assert_eq!(base, revision(&|d| d.watchlists[0].title = "other".into()));
    assert_eq!(base, revision(&|d| d.watchlists[0].queries[0].text = located("@chips AND\na")));
    assert_ne!(base, revision(&|d| d.watchlists[0].queries[0].text = located("@chips OR a")));
    assert_ne!(base, revision(&|d| d.watchlists[0].severity = Severity::High));
    let member = "nvidia";
    assert_ne!(base, revision(&|d| d.vocabulary.entities.get_mut(member).unwrap().within = 3));
    assert_eq!(base, revision(&|d| d.vocabulary.entities.get_mut("huawei").unwrap().within = 3));
}

#[test]
fn an_engine_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Arc<Engine>>();
}

#[test]
fn an_explanation_tells_clause_by_clause() {
    let list = watchlist("w", &["@chips NEAR/2 #restrict AND NOT title:(earnings OR \"stock price\")", "@ascend"]);
    let (engine, _) = Engine::compile(&definitions(vec![list]));
    let event = event(Some("en"), "Earnings", "Nvidia faces restrictions; prices ascend");
    insta::assert_snapshot!(engine.explain(0, &event, &mut engine.workspace()));
    let json = serde_json::to_value(engine.explain(0, &event, &mut engine.workspace())).unwrap();
    assert_eq!(json["queries"][0]["clause"]["clauses"][0]["holds"], true);
}

#[test]
fn a_name_of_many_lists_is_told_by_that_of_the_events_language() {
    let mut definitions = definitions(vec![watchlist("w", &["@china"])]);
    let china = entry("china", &[("de", &["China"]), ("en", &["China"])]);
    definitions.vocabulary.entities.insert("china".to_owned(), china);
    let (engine, _) = Engine::compile(&definitions);
    for (lang, list) in [(Some("en-GB"), "en"), (Some("de"), "de"), (Some("fr"), "de"), (None, "de")] {
        let event = event(lang, "China", "");
        let matches = engine.evaluate(&event, &mut engine.workspace()).unwrap();
        assert_eq!(matches[0].hits[0].lang, Some(list), "{lang:?}");
    }
}
