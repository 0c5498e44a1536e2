//! One vocabulary file: `[entity.ID]` and `[term.ID]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeTable;

use crate::document::{self, Findings, Keys, Text};
use crate::matching::definition::{Entry, Located, Vocabulary};
use crate::matching::reading::script::{self, scripts_of};
use crate::matching::reading::{all_located, check_id, check_language, code, is_language_tag};

const KEYS: [&str; 5] = ["name", "any", "not_in", "context", "within"];
/// How near a context must be, in words, where nothing is said.
const WITHIN: u32 = 30;

pub(super) fn read(table: &DeTable<'_>, vocabulary: &mut Vocabulary, findings: &mut Findings<'_>) {
    let mut keys = Keys::new(table, 0..0);
    for (kind, entries) in [("entity", &mut vocabulary.entities), ("term", &mut vocabulary.terms)] {
        let Some(table) = keys.table(kind, findings) else { continue };
        for (id, value) in table.table.iter() {
            let good = check_id(id.get_ref(), id.span(), findings);
            let Some(inner) = value.get_ref().as_table() else {
                findings.wrong_type(id.get_ref(), &format!("a table, as in [{kind}.{}]", id.get_ref()), value);
                continue;
            };
            let id = Located { value: id.get_ref().to_string(), file: Arc::clone(findings.file), span: id.span() };
            let entry = read_entry(&id, Keys::new(inner, value.span()), findings);
            if let Some(twin) = entries.get(&id.value) {
                let message = format!("there are two of `{kind}.{}`", id.value);
                let found = findings.error(code::DUPLICATE, id.span.clone(), message);
                *found = found.clone().related(&twin.id.file, twin.id.span.clone(), "the other one");
            } else if good {
                entries.insert(id.value.clone(), entry);
            }
        }
    }
    keys.finish(findings);
}

fn read_entry(id: &Located<String>, mut keys: Keys<'_>, findings: &mut Findings<'_>) -> Entry {
    let before = findings.list.len();
    let name = keys.text("name", findings);
    if let Some(name) = name.as_ref().filter(|name| name.value.trim().is_empty()) {
        findings.error(code::EMPTY, name.span.clone(), "`name` is empty");
    }
    let any = keys.texts("any", findings);
    for each in any.iter().filter(|each| !each.value.starts_with(['@', '#'])) {
        let found = findings.error(code::IMPOSSIBLE, each.span.clone(), "`any` is made of other entries");
        found.help = Some("write @id or #id".into());
    }
    let not_in = not_empty(keys.texts("not_in", findings), findings);
    let context = not_empty(keys.texts("context", findings), findings);
    let within = keys.count("within", findings);
    let mut words = BTreeMap::new();
    for (language, value) in keys.table.iter().filter(|(key, _)| !KEYS.contains(&key.get_ref().as_ref())) {
        let tag = language.get_ref().as_ref();
        if !is_language_tag(tag) {
            findings.unknown_key(tag, language.span(), KEYS.into_iter().chain(["en", "ar", "zh"]));
        } else if check_language(tag, language.span(), findings) {
            let texts = not_empty(document::texts(tag, value, findings), findings);
            check_scripts(tag, &texts, findings);
            words.insert(tag.to_owned(), all_located(texts, findings));
        }
    }
    if any.is_empty() && words.values().all(Vec::is_empty) && findings.list.len() == before {
        let found = findings.error(code::EMPTY, id.span.clone(), format!("`{}` has no names or words", id.value));
        found.help = Some("list them by language, as in en = [\"...\"], or others in `any`".into());
    }
    Entry {
        id: id.clone(),
        name: name.map_or_else(|| id.value.clone(), |name| name.value),
        words,
        any: all_located(any, findings),
        not_in: all_located(not_in, findings),
        context: all_located(context, findings),
        within: within.unwrap_or(WITHIN),
    }
}

fn not_empty(texts: Vec<Text>, findings: &mut Findings<'_>) -> Vec<Text> {
    let (full, empty): (Vec<_>, Vec<_>) =
        texts.into_iter().partition(|text| !text.value.trim_matches(['=', '*', ' ']).is_empty());
    for text in empty {
        findings.error(code::EMPTY, text.span, "a name or word is empty");
    }
    full
}

fn check_scripts(language: &str, texts: &[Text], findings: &mut Findings<'_>) {
    let Some(expected) = scripts_of(language) else { return };
    for text in texts.iter().filter(|text| !script::fits(&text.value, expected)) {
        let message = format!("\"{}\" is not in a script that `{language}` is written in", text.value);
        findings.warning(code::WRONG_SCRIPT, text.span.clone(), message).help =
            Some("names of any script are found in every language: list it under the language it is written in".into());
    }
}
