//! Files that are right, and a table of those that are not.

use super::*;
use crate::message::evidence::Severity;
use crate::message::policy::{Count, GroupBy};

const WATCHLIST: &str = r#"[watchlist]
id = "chips"
title = "Chips"
severity = "high"
labels = { desk = "policy" }

[[query]]
name = "restriction"
match = '''
@nvidia NEAR/25 #restrict
'''

[filter]
languages = ["en", "zh"]
max_age = "48h"

[alert]
group_by = "event"
threshold = { sources = 2, within = "1h" }
escalate = { sources = 3, within = "6h", severity = "critical" }

[[test]]
name = "english"
lang = "en"
title = "US restricts Nvidia"
expect = ["restriction"]

[[test]]
name = "chinese"
lang = "zh"
title = "天气"
expect = []
"#;

const VOCABULARY: &str = r#"[entity.nvidia]
name = "Nvidia"
en = ["Nvidia", "=NVDA"]
zh = ["英伟达", "輝達"]
not_in = ["Nvidia Street"]

[term.restrict]
en = ["restrict", "curb"]
"#;

fn read_all(files: &[&str]) -> (Definitions, Vec<Diagnostic>) {
    let files: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let file = SourceFile::new(format!("{index}.toml"), *text);
            (Kind::of(&file).unwrap(), file)
        })
        .collect();
    read(&files)
}

fn places(diagnostics: &[Diagnostic]) -> Vec<(&str, usize, usize)> {
    let place = |found: &Diagnostic| found.file.line_column(found.span.start);
    diagnostics.iter().map(|found| (found.code, place(found).0, place(found).1)).collect()
}

#[test]
fn what_is_right_is_read_whole_and_nothing_is_said() {
    let (definitions, diagnostics) = read_all(&[WATCHLIST, VOCABULARY]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let watchlist = &definitions.watchlists[0];
    assert_eq!((watchlist.id.value.as_str(), watchlist.severity), ("chips", Severity::High));
    assert_eq!(watchlist.labels["desk"], "policy");
    let query = &watchlist.queries[0];
    assert_eq!(&query.text.file.text[query.text.inside(0..7)], "@nvidia", "carets can point into the query");
    assert_eq!(watchlist.alert.group_by, GroupBy::Event);
    assert_eq!(watchlist.alert.threshold.count, Count::Sources(2));
    assert_eq!(watchlist.alert.escalate.unwrap().severity, Severity::Critical);
    assert_eq!(watchlist.alert.max_age.unwrap().as_secs(), 48 * 3600);
    assert_eq!(watchlist.tests.len(), 2);
    let nvidia = &definitions.vocabulary.entities["nvidia"];
    assert_eq!(nvidia.words["zh"][1].value, "輝達");
    assert_eq!((nvidia.name.as_str(), nvidia.within), ("Nvidia", 30));
    assert_eq!(definitions.vocabulary.terms["restrict"].name, "restrict");
}

#[test]
fn every_mistake_in_a_watchlist_has_its_code_and_place() {
    for (from, to, code, line, column) in [
        ("severity = \"high\"", "severity = \"hihg\"", "NW0105", 4, 13),
        ("severity = \"high\"", "severity = 3", "NW0103", 4, 12),
        ("severity = \"high\"", "severty = \"high\"", "NW0102", 4, 1),
        ("severity = \"high\"", "status = \"on\"", "NW0105", 4, 11),
        ("id = \"chips\"", "id = \"Chips!\"", "NW0106", 2, 7),
        ("id = \"chips\"", "owner = \"me\"", "NW0104", 1, 1),
        ("title = \"Chips\"", "title = \" \"", "NW0108", 3, 10),
        ("name = \"restriction\"\n", "", "NW0104", 7, 1),
        ("labels = { desk = \"policy\" }", "labels = { desk = 3 }", "NW0103", 5, 19),
        ("[filter]", "[fliter]", "NW0102", 13, 2),
        ("\"en\", \"zh\"", "\"en\", \"English\"", "NW0115", 14, 21),
        ("\"en\", \"zh\"", "\"en\", \"cn\"", "NW0115", 14, 21),
        ("\"en\", \"zh\"", "\"en\", 5", "NW0103", 14, 20),
        ("\"48h\"", "\"48 hours\"", "NW0105", 15, 12),
        ("\"48h\"", "\"100ms\"", "NW0105", 15, 12),
        ("group_by = \"event\"", "group_by = \"evnt\"", "NW0105", 18, 13),
        ("{ sources = 2, within = \"1h\" }", "{ within = \"1h\" }", "NW0105", 19, 13),
        ("{ sources = 2, within = \"1h\" }", "{ sources = 0, within = \"1h\" }", "NW0103", 19, 25),
        (", severity = \"critical\"", "", "NW0104", 20, 12),
        ("expect = [\"restriction\"]", "expect = [\"restrction\"]", "NW0109", 26, 12),
        ("expect = [\"restriction\"]\n", "", "NW0104", 22, 1),
        ("title = \"US restricts Nvidia\"\n", "", "NW0104", 22, 1),
        ("lang = \"en\"", "lagn = \"en\"", "NW0102", 24, 1),
        ("id = \"chips\"", "id = \"chips", "NW0101", 2, 12),
    ] {
        assert!(WATCHLIST.contains(from), "{from}");
        let (_, diagnostics) = read_all(&[&WATCHLIST.replacen(from, to, 1), VOCABULARY]);
        let errors: Vec<_> = diagnostics.into_iter().filter(|found| found.level == Level::Error).collect();
        assert_eq!(places(&errors), [(code, line, column)], "one mistake is told once: {to}: {errors:?}");
    }
}

#[test]
fn every_mistake_in_the_vocabulary_has_its_code_and_place() {
    for (from, to, code, line, column) in [
        ("name = \"Nvidia\"", "nmae = \"Nvidia\"", "NW0102", 2, 1),
        ("en = [\"Nvidia\", \"=NVDA\"]", "en = \"Nvidia\"", "NW0103", 3, 6),
        ("\"=NVDA\"", "\"=\"", "NW0108", 3, 18),
        ("\"=NVDA\"", "\"\"", "NW0108", 3, 18),
        ("zh = [", "cn = [", "NW0115", 4, 1),
        ("zh = [", "Chinese = [", "NW0102", 4, 1),
        ("not_in = ", "any = ", "NW0105", 5, 9),
        ("[term.restrict]", "[term.Restrict]", "NW0106", 7, 7),
        ("[term.restrict]", "[terms.restrict]", "NW0102", 7, 2),
        ("en = [\"restrict\", \"curb\"]", "name = \"Restrict\"", "NW0108", 7, 7),
        ("en = [\"restrict\", \"curb\"]", "en = [\"限制\"]", "NW0111", 8, 8),
        ("[term.restrict]", "[term.restrict]\nen = ['x']\n[term.limit]", "NW0112", 9, 7),
        ("[term.restrict]", "[entity.amd]\nen = ['nvidia']\n[term.restrict]", "NW0110", 3, 8),
    ] {
        assert!(VOCABULARY.contains(from), "{from}");
        let (_, diagnostics) = read_all(&[WATCHLIST, &VOCABULARY.replacen(from, to, 1)]);
        assert!(places(&diagnostics).contains(&(code, line, column)), "{to}: {diagnostics:?}");
    }
}

#[test]
fn an_active_watchlist_needs_tests_of_both_kinds_and_in_every_language() {
    let (_, diagnostics) = read_all(&[WATCHLIST.split("[[test]]").next().unwrap(), VOCABULARY]);
    assert_eq!(places(&diagnostics), [("NW0113", 2, 7), ("NW0114", 14, 15), ("NW0114", 14, 21)]);
    let draft = WATCHLIST.split("[filter]").next().unwrap().replace("title", "status = 'draft'\ntitle");
    assert!(read_all(&[&draft, VOCABULARY]).1.is_empty());
}

#[test]
fn what_no_language_of_the_watchlist_can_match_is_warned_of() {
    let vocabulary = "[entity.a]\nzh = ['英伟达']\n[entity.b]\nany = ['@a', '@c']\n[entity.c]\nar = ['نفيديا']\n\
                      [term.d]\nde = ['Verbot']\n[term.e]\nen = ['ban']\n";
    let warned = |languages: &str, query: &str| {
        let list = format!(
            "[watchlist]\nid = 'w'\n[[query]]\nname = 'q'\nmatch = \"{query}\"\n[filter]\nlanguages = [{languages}]\n"
        );
        let (_, diagnostics) = read_all(&[&list, vocabulary]);
        diagnostics.iter().filter(|found| found.code == "NW0116").count()
    };
    for (languages, query, expected) in [
        ("'en'", "芯片 OR chip", 1),
        ("'en', 'zh'", "芯片 OR chip", 0),
        ("'zh'", "chip AND Чип NEAR/3 =芯片", 1),
        ("'en'", "@a AND @b AND @c", 3),
        ("'ar'", "@a AND @b AND @c", 1),
        ("'en'", "#d OR #e", 1),
        ("'de'", "#d OR #e", 0),
        ("'zh'", "#e", 0),
        ("'zh'", "lang:en AND chip", 1),
        ("'zh'", "lang:zh-Hant AND chip", 0),
        ("'en'", "чип* OR title:(ATLEAST/2(чип)) OR /чип+/", 3),
        ("'tlh'", "芯片", 0),
    ] {
        assert_eq!(warned(languages, query), expected, "{query} in {languages}");
    }
}

#[test]
fn ids_are_unique_over_all_files_and_both_places_are_shown() {
    let (definitions, diagnostics) = read_all(&[WATCHLIST, WATCHLIST, VOCABULARY, VOCABULARY]);
    assert_eq!(places(&diagnostics), [("NW0107", 1, 9), ("NW0107", 7, 7), ("NW0107", 2, 7)]);
    assert!(diagnostics.iter().all(|found| found.related.len() == 1));
    assert_eq!(without_broken(definitions, &diagnostics).watchlists.len(), 1, "the first stays in force");
}

#[test]
fn a_watchlist_without_a_query_is_none() {
    let (_, diagnostics) = read_all(&["[watchlist]\nid = 'empty'\n"]);
    assert_eq!(places(&diagnostics)[0], ("NW0104", 2, 7));
}

#[test]
fn a_file_is_known_by_what_stands_in_it() {
    for (text, kind) in [
        ("[[query]]\nname = 'x'", Some(Kind::Watchlist)),
        ("[watchlist]\nid = 'x", Some(Kind::Watchlist)),
        ("[entity.x]\nen = ['x']", Some(Kind::Vocabulary)),
        ("[kafka]\nbrokers = 'x:1'", None),
    ] {
        assert_eq!(Kind::of(&SourceFile::new("a.toml", text)), kind, "{text}");
    }
}
