//! Each form of the query language, with what it finds and what not: the table that analysts are shown.

use super::tests::{engine, event};
use super::*;
use crate::message::event::Source;

#[track_caller]
fn holds(query: &str, event: &Event<'_>, expected: bool) {
    let engine = engine(query);
    let matches = engine.evaluate(event, &mut engine.workspace()).expect("it is within the budget");
    assert_eq!(!matches.is_empty(), expected, "{query} in {event:?}");
}

fn body(query: &str, yes: &[&str], no: &[&str]) {
    yes.iter().for_each(|text| holds(query, &event(None, "", text), true));
    no.iter().for_each(|text| holds(query, &event(None, "", text), false));
}

#[test]
fn words_are_folded_and_exact_ones_are_not() {
    body("cafe", &["CAFÉ", "ｃａｆｅ", "Café's"], &["cafes"]);
    body("\"export controls\"", &["Export\nControls", "export-controls"], &["controls export", "exports controls"]);
    body("الإمارات", &["الامارات", "والإمارات"], &["امار"]);
    body("台湾", &["臺灣", "台灣"], &["台"]);
    body("=US", &["the US said"], &["the us said", "U.S. said"]);
    body("=\"New York\"", &["in New York"], &["in new York"]);
    body("restrict*", &["restrict", "Restrictions"], &["re strict"]);
    body("\"export contro*\"", &["export controls", "Export control"], &["export of controls"]);
}

#[test]
fn distances_are_between_groups_and_bind_tighter_than_not() {
    body("(a OR b) BEFORE/1 (c OR \"d e\")", &["b x c", "a d e"], &["c a", "a x y c", "d e b"]);
    body("(a OR (b OR 中国)) NEAR/0 (c OR #restrict)", &["中国限制", "c b"], &["中国的限制令x c"]);
    body("a BEFORE/0 b BEFORE/0 c", &["a b c"], &["a c b", "b c a"]);
    body("x AND NOT a NEAR/1 b", &["x a", "x a 1 2 b"], &["x a b", "a b"]);
    body("ch?p BEFORE/2 /H\\d+/", &["chip for H20"], &["H20 chip"]);
}

#[test]
fn at_least_counts_places() {
    body("ATLEAST/3(a)", &["a b a a"], &["a a"]);
    body("ATLEAST/2(a OR 中国)", &["中国 a", "中国中国"], &["中国"]);
    body("ATLEAST/2(a NEAR/0 b)", &["a b x a b"], &["a b"]);
    body("ATLEAST/1(chip*) AND x", &["chips x"], &["x"]);
    holds("title:(ATLEAST/2(a))", &event(None, "a a", "a"), true);
    holds("title:(ATLEAST/2(a))", &event(None, "a", "a"), false);
}

#[test]
fn fields_hold_words_groups_and_distances() {
    let split = event(None, "Nvidia chip", "the chip ban was lifted");
    for (query, expected) in [
        ("title:chip", true),
        ("title:ban", false),
        ("body:(ban NEAR/1 lifted)", true),
        ("title:(nvidia NEAR/5 ban)", false),
        ("title:(nvidia AND NOT ban)", true),
        ("title:(nvidia OR ban) AND body:(\"chip ban\")", true),
        ("NOT title:ban AND nvidia", true),
        ("summary:chip", false),
        ("lead:(nvidia AND lifted)", true),
    ] {
        holds(query, &split, expected);
    }
    let lead = |words: usize, last: &str| format!("{}{last}", "x ".repeat(words));
    holds("lead:late", &event(None, "t", &lead(99, "late")), true);
    holds("lead:late", &event(None, "t", &lead(100, "late")), false);
    holds("lead:芯片", &event(None, "t", &lead(99, "芯片")), true);
    holds("lead:芯片", &event(None, "t", &lead(100, "芯片")), false);
}

#[test]
fn metadata_stands_beside_and() {
    let tagged = Event {
        source: Source { domain: Some("uk.reuters.com".into()), ..Source::default() },
        tags: vec!["Trade Policy".into()],
        ..event(Some("zh-Hant-TW"), "", "a")
    };
    for (query, expected) in [
        ("a AND lang:zh", true),
        ("a AND lang:zh-Hant", true),
        ("a AND lang:zh-Hans", false),
        ("a AND source:reuters.com", true),
        ("a AND source:euters.com", false),
        ("a AND tag:\"trade policy\"", true),
        ("a AND tag:trade", false),
        ("a AND NOT lang:en", true),
        ("a AND (lang:en OR source:reuters.com)", true),
        ("lang:zh AND tag:\"trade policy\"", true),
    ] {
        holds(query, &tagged, expected);
    }
}

#[test]
fn sentences_end_where_a_reader_ends_them() {
    body(
        "a SENTENCE b",
        &[
            "a in the U.S. Senate b",
            "a and Mr. Smith, b",
            "a, said Dr. Chen, b",
            "a, e.g. The b",
            "a, i.e. b",
            "a No. 5 b",
            "a vs. B",
            "a of 3.5 B",
            "a J. Smith b",
            "a by Acme Inc. B",
            "a: b; x",
        ],
        &["Here is a. The b", "a! B", "a? B", "a.\nb", "say no a. No. The b", "a. “B”", "a.) B"],
    );
    body(
        "قيود SENTENCE الصين",
        &["قيود، قال د. محمد في الصين", "قيود على الصين", "قيود: الصين", "قيود، قال أ. د. محمد الصين"],
        &["قيود. الصين", "قيود؟ الصين", "قيود! الصين", "قيود۔ الصين"],
    );
    body(
        "限制 SENTENCE 芯片",
        &["限制、芯片", "限制，芯片", "限制：“芯片”", "限制（芯片）", "限制3.5芯片"],
        &["限制。芯片", "限制！芯片", "限制？芯片", "“限制。”芯片", "限制｡芯片"],
    );
    body("Китая SENTENCE чип", &["Китая и США, чип"], &["Китая. Чип"]);
    body("भारत SENTENCE चीन", &["भारत और चीन"], &["भारत। चीन"]);
}

#[test]
fn paragraphs_end_with_their_line() {
    body("a PARAGRAPH b", &["a. The b", "a！b"], &["a\nb", "a\r\n\r\nb", "a\u{2029}b"]);
    body("(a OR c) PARAGRAPH (b OR d)", &["c. D"], &["c\nd"]);
    holds("a PARAGRAPH b", &event(None, "a", "b"), false);
}

#[test]
fn groups_nest() {
    body("((a AND (b OR (c AND NOT (d OR e)))) OR f)", &["a b", "a c", "f"], &["a", "a c d", "b c"]);
    body("a AND NOT (b AND NOT c)", &["a", "a b c", "a c"], &["a b"]);
}
