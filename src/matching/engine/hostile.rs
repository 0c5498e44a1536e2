//! Texts and queries made to do harm: each has its answer or its reason, within its bound.

use super::tests::{definitions, engine, event, watchlist};
use super::*;
use crate::matching::query::{DEEPEST, HIGHEST, LONGEST};

/// What is wrong with a query.
fn refusal(query: &str) -> (&'static str, String) {
    let (engine, findings) = Engine::compile(&definitions(vec![watchlist("w", &[query])]));
    assert!(engine.watchlists().is_empty());
    let errors: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
    assert_eq!(errors.len(), 1, "one reason is enough: {errors:?}");
    (errors[0].code, errors[0].message.clone())
}

/// The exact texts of a query's hits, or why there are none.
fn found(query: &str, text: &str) -> Result<Vec<String>, String> {
    let engine = engine(query);
    let event = event(None, "", text);
    match engine.evaluate(&event, &mut engine.workspace()) {
        Ok(matches) => {
            Ok(matches.into_iter().flat_map(|matched| matched.hits).map(|hit| hit.exact.to_owned()).collect())
        }
        Err(unfinished) => Err(unfinished.to_string()),
    }
}

#[test]
fn parentheses_without_end_are_refused() {
    let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(found(&deep(DEEPEST), "a"), Ok(vec!["a".into()]));
    assert_eq!(refusal(&deep(10_000)).0, "NW0211");
    assert_eq!(refusal(&"(".repeat(10_000)).0, "NW0211");
    assert_eq!(refusal(&format!("{}a", "title:".repeat(3_000))).0, "NW0211");
}

#[test]
fn a_query_of_twenty_thousand_characters_is_read_and_a_longer_one_than_allowed_is_refused() {
    let words: Vec<String> = (0..2_000).map(|number| format!("w{number:05}")).collect();
    let query = words.join(" OR ");
    assert_eq!(query.len(), 2_000 * 6 + 1_999 * 4);
    assert_eq!(found(&query, "x w01999 y"), Ok(vec!["w01999".into()]));
    let near = format!("({query}) NEAR/3 z");
    assert_eq!(found(&near, "w00007 z"), Ok(vec!["w00007".into(), "z".into()]));
    let (code, message) = refusal(&"a".repeat(LONGEST + 1));
    assert!(code == "NW0211" && message.contains("32769 characters"), "{message}");
}

#[test]
fn a_query_of_distances_in_a_row_is_answered() {
    let query = vec!["a"; 2_000].join(" NEAR/1 ");
    assert_eq!(refusal(&query).0, "NW0211");
    let query = vec!["a"; HIGHEST].join(" BEFORE/0 ");
    assert_eq!(found(&query, &"a ".repeat(HIGHEST - 1)), Ok(vec![]));
    let query = vec!["a"; 40].join(" BEFORE/0 ");
    assert_eq!(found(&query, &"a ".repeat(40)).map(|hits| hits.len()), Ok(MOST_HITS));
}

#[test]
fn an_expression_made_to_explode_is_refused() {
    let (code, message) = refusal("/(a{1,1000}){1,1000}/");
    assert!(code == "NW0214" && message.contains("256 KiB"), "{message}");
    assert_eq!(found("/(a|aa|aaa)*b/", &"a".repeat(200)), Ok(vec![]));
}

#[test]
fn a_megabyte_of_one_word_is_answered_or_named() {
    let text = "nvidia ".repeat(150_000);
    assert_eq!(found("ATLEAST/1000(nvidia)", &text).map(|hits| hits.len()), Ok(MOST_HITS));
    assert_eq!(found("nvidia BEFORE/0 nvidia", &text).map(|hits| hits.len()), Ok(MOST_HITS));
    assert_eq!(found("nvidia AND NOT amd", &text).map(|hits| hits.len()), Ok(MOST_HITS));
    for query in ["nvidia NEAR/1000 nvidia", "nvidia SENTENCE nvidia", "ATLEAST/2(nvidia NEAR/100 nvidia)"] {
        let reason = found(query, &text).unwrap_err();
        assert_eq!(reason, "query `q0` of watchlist `w` takes more work than a query may take in one event");
    }
}

#[test]
fn a_query_that_runs_over_hides_no_other_answer() {
    let definitions = definitions(vec![
        watchlist("first", &["nvidia NEAR/1000 nvidia", "nvidia"]),
        watchlist("second", &["nvidia", "nvidia NEAR/999 nvidia"]),
        watchlist("third", &["nvidia SENTENCE nvidia"]),
        watchlist("last", &["end"]),
    ]);
    let (engine, _) = Engine::compile(&definitions);
    let text = format!("{}end", "nvidia ".repeat(20_000));
    let event = event(None, "", &text);
    let mut workspace = engine.workspace();
    let unfinished = engine.evaluate(&event, &mut workspace).err().expect("three run over");
    assert_eq!(unfinished.queries, [("first", "q0"), ("second", "q1"), ("third", "q0")]);
    let matched: Vec<_> =
        unfinished.matches.iter().map(|matched| (matched.watchlist.id(), &matched.queries[..])).collect();
    assert_eq!(matched, [("first", &["q1"][..]), ("second", &["q0"]), ("last", &["q0"])]);
    assert!(unfinished.to_string().ends_with("event, and 2 more"), "{unfinished}");
    let quiet = super::tests::event(None, "", "end");
    assert_eq!(engine.evaluate(&quiet, &mut workspace).map(|matches| matches.len()).ok(), Some(1));
}

#[test]
fn a_word_of_a_hundred_kilobytes_is_one_word() {
    let query = "a OR long* OR chi? OR /[a-z]+/ OR #restrict OR @nvidia";
    for letter in ["a", "é", "я", "ا", "엔", "क", "ß", "ﷺ"] {
        let text = format!("x1 {} chip", letter.repeat(100_000 / letter.len()));
        assert_eq!(found(query, &text), Ok(vec!["chip".into()]), "{letter}");
    }
    let text = format!("{}nvidia chip", "long".repeat(25_000));
    assert_eq!(found("long*", &text).map(|hits| hits[0].len()), Ok(100_006));
    let thai = format!("ก{}", "\u{e48}".repeat(30_000));
    assert_eq!(found(query, &format!("{thai} chip")), Ok(vec!["chip".into()]));
    let quoted = format!("\"{}\"", "b".repeat(20_000));
    assert_eq!(found(&quoted, &"b".repeat(20_000)).map(|hits| hits.len()), Ok(1));
}

#[test]
fn marks_without_end_change_no_word() {
    for mark in ["\u{301}", "\u{489}", "\u{200d}", "\u{64b}", "\u{3099}", "\u{ad}", "\u{e0101}"] {
        let text = format!("n{}vidia and エ{}ヌビディア", mark.repeat(50_000), "\u{200b}".repeat(50_000));
        let hits = found("nvidia AND エヌビディア", &text).unwrap();
        assert_eq!(hits.len(), 2, "{mark:?}");
        assert_eq!(hits[0].chars().count(), 50_006, "the hit is what stands there, marks and all");
    }
}

#[test]
fn signs_that_turn_the_text_around_hide_nothing() {
    for (open, close) in [
        ("\u{202e}", "\u{202c}"),
        ("\u{202a}", "\u{202c}"),
        ("\u{202d}", "\u{202c}"),
        ("\u{2066}", "\u{2069}"),
        ("\u{2067}", "\u{2069}"),
        ("\u{2068}", "\u{2069}"),
        ("\u{200e}", "\u{200f}"),
        ("\u{61c}", "\u{feff}"),
    ] {
        for name in ["Nvidia", "إنفيديا", "英伟达", "엔비디아"] {
            let cut = name.chars().next().expect("a name has letters").len_utf8();
            let text = format!("{open}{}{close}{open}{}{close} x", &name[..cut], &name[cut..]);
            let hits = found("@nvidia", &text).unwrap();
            assert_eq!(hits.len(), 1, "{text:?}");
            assert!(hits[0].contains(&name[cut..]), "{text:?}");
        }
        assert!(found("\"aidivn\"", &format!("{open}nvidia{close}")).unwrap().is_empty());
        let query = format!("n{open}vid{close}ia");
        assert_eq!(found(&query, "Nvidia"), Ok(vec!["Nvidia".into()]), "in a query they are dropped too");
    }
}
