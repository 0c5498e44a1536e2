//! One watchlist file.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeTable;

use crate::diagnostic::did_you_mean;
use crate::document::{Findings, Keys, Text};
use crate::matching::definition::{Filter, Located, Query, Watchlist, WatchlistTest};
use crate::matching::reading::{all_located, check_id, check_language, code, located, policy};
use crate::message::evidence::Severity;
use crate::message::matched::WatchlistStatus;

/// Labels travel on every alert, so they are few and short.
const MAX_LABELS: usize = 16;
const MAX_LABEL: usize = 200;

pub(super) fn read(table: &DeTable<'_>, findings: &mut Findings<'_>) -> Watchlist {
    let mut keys = Keys::new(table, 0..0);
    let mut watchlist = heading(keys.table("watchlist", findings), findings);
    watchlist.queries = queries(keys.tables("query", findings), findings);
    if watchlist.queries.is_empty() && !table.contains_key("query") {
        let found = findings.error(code::REQUIRED, watchlist.id.span.clone(), "the watchlist has no query");
        found.help = Some("add [[query]] with a `name` and a `match`".into());
    }
    if let Some(filter) = keys.table("filter", findings) {
        watchlist.filter = read_filter(filter, findings);
    }
    if let Some(alert) = keys.table("alert", findings) {
        watchlist.alert = policy::read(alert, findings);
    }
    watchlist.alert.max_age = watchlist.filter.max_age;
    watchlist.tests = keys.tables("test", findings).into_iter().map(|test| read_test(test, findings)).collect();
    check_expectations(&watchlist, findings);
    keys.finish(findings);
    watchlist
}

fn heading(keys: Option<Keys<'_>>, findings: &mut Findings<'_>) -> Watchlist {
    // A watchlist without an id goes by its file's name until it has one.
    let mut id = Located { value: findings.file.name.clone(), file: Arc::clone(findings.file), span: 0..0 };
    let mut watchlist = Watchlist {
        id: id.clone(),
        title: id.value.clone(),
        owner: None,
        severity: Severity::default(),
        status: WatchlistStatus::default(),
        labels: BTreeMap::new(),
        queries: Vec::new(),
        filter: Filter::default(),
        alert: Default::default(),
        tests: Vec::new(),
    };
    let Some(mut keys) = keys else {
        if !findings.file.text.contains("watchlist") {
            findings.error(code::REQUIRED, 0..0, "there is no [watchlist] with an `id`");
        }
        return watchlist;
    };
    match keys.text("id", findings) {
        Some(text) => {
            if check_id(&text.value, text.span.clone(), findings) {
                id = located(text, findings);
            } else {
                id.span = text.span;
            }
        }
        None if !keys.table.contains_key("id") => {
            findings.error(code::REQUIRED, keys.span.clone(), "the watchlist has no `id`");
        }
        None => {}
    }
    watchlist.title = not_empty("title", keys.text("title", findings), findings).unwrap_or_else(|| id.value.clone());
    watchlist.owner = not_empty("owner", keys.text("owner", findings), findings);
    if let Some(severity) = keys.text("severity", findings) {
        watchlist.severity = policy::severity(&severity, findings).unwrap_or_default();
    }
    if let Some(status) = keys.text("status", findings) {
        let choices = [("active", WatchlistStatus::Active), ("draft", WatchlistStatus::Draft)];
        watchlist.status = policy::choice("status", &status, &choices, findings).unwrap_or_default();
    }
    if let Some(labels) = keys.table("labels", findings) {
        watchlist.labels = read_labels(&labels, findings);
    }
    keys.finish(findings);
    watchlist.id = id;
    watchlist
}

fn read_labels(keys: &Keys<'_>, findings: &mut Findings<'_>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (name, value) in keys.table.iter() {
        match value.get_ref().as_str() {
            Some(text) if text.chars().count() > MAX_LABEL => {
                let message = format!("a label has at most {MAX_LABEL} characters");
                findings.error(code::IMPOSSIBLE, value.span(), message);
            }
            Some(text) => {
                labels.insert(name.get_ref().to_string(), text.to_owned());
            }
            None => findings.wrong_type(name.get_ref(), "a string", value),
        }
    }
    if labels.len() > MAX_LABELS {
        findings.error(code::IMPOSSIBLE, keys.span.clone(), format!("a watchlist has at most {MAX_LABELS} labels"));
    }
    labels
}

fn queries(tables: Vec<Keys<'_>>, findings: &mut Findings<'_>) -> Vec<Query> {
    let mut queries: Vec<Query> = Vec::new();
    for mut keys in tables {
        let name = required("name", &mut keys, findings);
        let text = required("match", &mut keys, findings);
        if let Some(name) = &name
            && let Some(twin) = queries.iter().find(|query| query.name.value == name.value)
        {
            let message = format!("there are two queries named `{}`", name.value);
            let found = findings.error(code::DUPLICATE, name.span.clone(), message);
            *found = found.clone().related(&twin.name.file, twin.name.span.clone(), "the other one");
        }
        if let Some(text) = text {
            // A query without a name is looked at all the same; that it has none is said.
            let name = name.unwrap_or(Text { value: String::new(), span: keys.span.clone() });
            queries.push(Query { name: located(name, findings), text: located(text, findings) });
        }
        keys.finish(findings);
    }
    queries
}

fn read_filter(mut keys: Keys<'_>, findings: &mut Findings<'_>) -> Filter {
    let languages = keys.texts("languages", findings);
    let languages: Vec<_> =
        languages.into_iter().filter(|each| check_language(&each.value, each.span.clone(), findings)).collect();
    let sources = keys.texts("sources", findings);
    let exclude_sources = keys.texts("exclude_sources", findings);
    for source in sources.iter().chain(&exclude_sources).filter(|source| source.value.trim().is_empty()) {
        findings.error(code::EMPTY, source.span.clone(), "a source is empty");
    }
    let max_age = keys.text("max_age", findings).and_then(|text| policy::duration("max_age", &text, findings));
    keys.finish(findings);
    Filter {
        languages: all_located(languages, findings),
        sources: all_located(sources, findings),
        exclude_sources: all_located(exclude_sources, findings),
        max_age,
    }
}

fn read_test(mut keys: Keys<'_>, findings: &mut Findings<'_>) -> WatchlistTest {
    let name = required("name", &mut keys, findings).unwrap_or(Text { value: String::new(), span: keys.span.clone() });
    let lang = keys.text("lang", findings).filter(|lang| check_language(&lang.value, lang.span.clone(), findings));
    let mut field = |key| keys.text(key, findings).map(|text| text.value);
    let (title, summary, body, source) = (field("title"), field("summary"), field("body"), field("source"));
    let tags = keys.texts("tags", findings).into_iter().map(|tag| tag.value).collect();
    if title.is_none() && summary.is_none() && body.is_none() {
        findings.error(code::REQUIRED, keys.span.clone(), "the test has neither a `title`, a `summary` nor a `body`");
    }
    if !keys.table.contains_key("expect") {
        let found = findings.error(code::REQUIRED, keys.span.clone(), "the test does not say what to `expect`");
        found.help = Some("name the queries that must match; `expect = []` means that none may".into());
    }
    let expect = keys.texts("expect", findings);
    let test = WatchlistTest {
        name: located(name, findings),
        lang: lang.map(|lang| lang.value),
        title: title.unwrap_or_default(),
        summary: summary.unwrap_or_default(),
        body: body.unwrap_or_default(),
        source,
        tags,
        expect: all_located(expect, findings),
    };
    keys.finish(findings);
    test
}

fn check_expectations(watchlist: &Watchlist, findings: &mut Findings<'_>) {
    let names: Vec<&str> = watchlist.queries.iter().map(|query| query.name.value.as_str()).collect();
    for expected in watchlist.tests.iter().flat_map(|test| &test.expect) {
        // Where a query has no name yet, the test may mean that one.
        if !names.contains(&"") && !names.contains(&expected.value.as_str()) {
            let message = format!("this watchlist has no query named `{}`", expected.value);
            let help = match did_you_mean(&expected.value, names.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("its queries: {}", names.join(", ")),
            };
            findings.error(code::UNKNOWN_QUERY, expected.span.clone(), message).help = Some(help);
        }
    }
}

/// A text that must be there and must not be empty.
fn required(key: &'static str, keys: &mut Keys<'_>, findings: &mut Findings<'_>) -> Option<Text> {
    if !keys.table.contains_key(key) {
        findings.error(code::REQUIRED, keys.span.clone(), format!("`{key}` is missing"));
    }
    let text = keys.text(key, findings)?;
    if text.value.trim().is_empty() {
        findings.error(code::EMPTY, text.span, format!("`{key}` is empty"));
        return None;
    }
    Some(text)
}

fn not_empty(key: &str, text: Option<Text>, findings: &mut Findings<'_>) -> Option<String> {
    let text = text?;
    if text.value.trim().is_empty() {
        findings.error(code::EMPTY, text.span, format!("`{key}` is empty"));
        return None;
    }
    Some(text.value)
}
