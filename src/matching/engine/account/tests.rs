//! The first reason for a no, and what a hit stands for.

use super::*;
use crate::matching::definition::Definitions;
use crate::matching::engine::tests::{definitions, event, located, vocabulary, watchlist};

fn first_reason(query: &str, event: &Event<'_>) -> Option<String> {
    let (engine, _) = Engine::compile(&definitions(vec![watchlist("w", &[query])]));
    engine.explain(0, event, &mut engine.workspace()).reason
}

#[test]
fn the_first_reason_for_a_no_is_told_in_one_line() {
    for (query, body, reason) in [
        ("chip", "rain", "`chip` was not found"),
        ("colo?r", "color", "`colo?r` was not found"),
        (
            "@nvidia AND #restrict",
            "Nvidia",
            "`#restrict` was not found (needs one of: restrict, export control, قيود, Verbot, ограничение, 限制)",
        ),
        (
            "@chips",
            "rain",
            "`@chips` was not found (needs one of: AI chip, Nvidia, =NVDA, نفيديا, إنفيديا, انفيديا and 5 more)",
        ),
        ("a NEAR/2 b", "a 1 2 3 b", "`a NEAR/2 b`: both are there, but 3 words apart"),
        ("芯片 NEAR/2 出口", "芯片一二三四五出口", "`芯片 NEAR/2 出口`: both are there, but 3 words apart"),
        ("a BEFORE/2 b", "b a", "`a BEFORE/2 b`: both are there, but in the other order"),
        ("a BEFORE/2 b", "b a 1 2 3 4 b", "`a BEFORE/2 b`: both are there, but 4 words apart"),
        ("a NEAR/2 a", "a", "`a NEAR/2 a`: both are there, but in one and the same place"),
        ("headline NEAR/2 b", "b", "`headline NEAR/2 b`: both are there, but in different fields"),
        ("a NEAR/2 b", "b", "`a` was not found"),
        ("a SENTENCE b", "The a. The b", "`a SENTENCE b`: both are there, but never in one sentence"),
        ("a PARAGRAPH b", "The a\nThe b", "`a PARAGRAPH b`: both are there, but never in one paragraph"),
        ("ATLEAST/3(a OR b)", "a b", "`ATLEAST/3(a OR b)`: found 2 of 3 times"),
        ("ATLEAST/3(a)", "b", "`(a)` was not found"),
        ("a AND NOT title:(b OR headline)", "a", "`NOT title:(b OR headline)`: ruled out by Headline in the title"),
        ("title:a", "a", "`a` was found, but not in this field: a in the body"),
        ("a AND (b OR c OR d)", "a", "`(b OR c OR d)`: none of the 3 was found"),
        ("x OR (a AND b)", "a", "`b` was not found"),
        ("lang:ar AND a", "a", "`lang:ar` is not so: it is en"),
        ("a AND source:reuters.com", "a", "`source:reuters.com` is not given"),
        ("@hisilicon", "海思科", "`@hisilicon` is ruled out: 海思 in the body stands inside 海思科 (not_in)"),
        (
            "@ascend",
            "prices ascend",
            "`@ascend` is ruled out: none of @huawei within 5 words of ascend in the body (context)",
        ),
        ("#die", "dogs die", "`#die` is ruled out: die in the body counts only in events in de, and this one is in en"),
    ] {
        let found = first_reason(query, &event(Some("en"), "Headline", body));
        assert_eq!(found.as_deref(), Some(reason), "{query} in {body}");
    }
    assert_eq!(first_reason("a NEAR/2 b", &event(None, "", "a b")), None, "what matches needs no reason");
}

#[test]
fn of_several_queries_the_nearest_speaks_for_the_watchlist() {
    let list = watchlist("w", &["x AND y", "a AND b AND z", "u AND NOT v"]);
    let (engine, _) = Engine::compile(&definitions(vec![list]));
    let explanation = engine.explain(0, &event(None, "", "a b"), &mut engine.workspace());
    assert_eq!(explanation.reason.as_deref(), Some("q1: `z` was not found"));
    assert_eq!(explanation.queries[0].reason.as_deref(), Some("`x` was not found"));
}

#[test]
fn a_filter_that_leaves_the_event_out_is_the_first_reason_and_its_queries_are_explained() {
    let mut list = watchlist("w", &["a", "b"]);
    list.filter.languages = vec![located("zh")];
    let (engine, _) = Engine::compile(&definitions(vec![list]));
    let explanation = engine.explain(0, &event(Some("en"), "", "a"), &mut engine.workspace());
    assert!(!explanation.matched && explanation.queries[0].clause.holds);
    assert_eq!(explanation.reason.as_deref(), Some("the filter takes zh; the event's language is en"));
    assert_eq!(explanation.queries[1].reason.as_deref(), Some("`b` was not found"));
}

#[test]
fn a_query_that_is_given_up_says_so_and_the_others_are_explained() {
    let list = watchlist("w", &["a NEAR/1000 a", "z"]);
    let (engine, _) = Engine::compile(&definitions(vec![list]));
    let explanation = engine.explain(0, &event(None, "", &"a ".repeat(20_000)), &mut engine.workspace());
    let reasons: Vec<_> = explanation.queries.iter().filter_map(|query| query.reason.as_deref()).collect();
    assert_eq!(
        reasons,
        ["`a NEAR/1000 a`: it takes more work than a query may take in one event", "`z` was not found"]
    );
}

#[test]
fn a_hit_tells_what_it_stands_for_to_a_reader_of_english() {
    let mut vocabulary = vocabulary();
    vocabulary.terms.get_mut("die").expect("it is there").name = "The article".to_owned();
    vocabulary.terms.get_mut("restrict").expect("it is there").name = "restrict".to_owned();
    let watchlists = vec![watchlist("w", &["@chips AND (#restrict OR #die) AND 芯片"])];
    let (engine, _) = Engine::compile(&Definitions { watchlists, vocabulary });
    let shown =
        engine.explain(0, &event(Some("de"), "", "限制输美英伟达芯片, die"), &mut engine.workspace()).to_string();
    for part in [
        "w: matches\n",
        "英伟达 = Nvidia (@nvidia, zh)\n",
        "限制 = restrict (#restrict, zh)\n",
        "die = The article (#die, de)\n",
        "芯片\n",
    ] {
        assert!(shown.contains(part), "{part}{shown}");
    }
    let json = serde_json::to_value(engine.explain(0, &event(None, "", "英伟达"), &mut engine.workspace()))
        .expect("it is data");
    let hit = &json["queries"][0]["clause"]["clauses"][0]["hits"][0];
    assert_eq!((&hit["exact"], &hit["stands_for"]["name"]), (&"英伟达".into(), &"Nvidia".into()));
    assert_eq!(json["queries"][0]["clause"]["operator"], "and");
}
