//! Watchlist and vocabulary files to definitions, and all that is wrong with them. Opens no file: texts
//! come in under the names they are shown by.

mod checks;
mod policy;
mod reach;
mod script;
mod vocabulary;
mod watchlist;

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Level, SourceFile};
use crate::document::{self, Codes, Findings, Text};
use crate::matching::definition::{Definitions, Located};

/// Codes of the findings, listed in `docs/diagnostics.md`.
mod code {
    pub(super) const REQUIRED: &str = "NW0104";
    pub(super) const IMPOSSIBLE: &str = "NW0105";
    pub(super) const BAD_ID: &str = "NW0106";
    pub(super) const DUPLICATE: &str = "NW0107";
    pub(super) const EMPTY: &str = "NW0108";
    pub(super) const UNKNOWN_QUERY: &str = "NW0109";
    pub(super) const SHARED_ALIAS: &str = "NW0110";
    pub(super) const WRONG_SCRIPT: &str = "NW0111";
    pub(super) const UNUSED: &str = "NW0112";
    pub(super) const UNTESTED: &str = "NW0113";
    pub(super) const UNTESTED_LANGUAGE: &str = "NW0114";
    pub(super) const NOT_A_LANGUAGE: &str = "NW0115";
    pub(super) const UNREACHABLE: &str = "NW0116";
}

/// The code of a file that is not TOML, of which only a part could be read.
pub const SYNTAX: &str = "NW0101";
const CODES: Codes = Codes { syntax: SYNTAX, unknown_key: "NW0102", wrong_type: "NW0103" };

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One watchlist.
    Watchlist,
    /// Entities and terms.
    Vocabulary,
}

impl Kind {
    /// What a file is for by what stands in it; none where it is neither.
    pub fn of(file: &SourceFile) -> Option<Self> {
        let (table, _) = toml::de::DeTable::parse_recoverable(&file.text);
        let has = |keys: &[&str]| keys.iter().any(|key| table.get_ref().contains_key(*key));
        if has(&["watchlist", "query", "filter", "alert", "test"]) {
            Some(Self::Watchlist)
        } else {
            has(&["entity", "term"]).then_some(Self::Vocabulary)
        }
    }
}

/// Reads all files together: watchlists in the order of the files. A watchlist with mistakes is among the
/// definitions, so that its queries are looked at too; [`without_broken`] leaves it out.
pub fn read(files: &[(Kind, Arc<SourceFile>)]) -> (Definitions, Vec<Diagnostic>) {
    let mut definitions = Definitions::default();
    let mut diagnostics = Vec::new();
    for (kind, file) in files {
        let (table, mut findings) = document::parse(file, CODES);
        let syntax = std::mem::take(&mut findings.list);
        match kind {
            Kind::Watchlist => definitions.watchlists.push(watchlist::read(table.get_ref(), &mut findings)),
            Kind::Vocabulary => vocabulary::read(table.get_ref(), &mut definitions.vocabulary, &mut findings),
        }
        // What is missing behind a mistake in the syntax may only have been lost by it.
        diagnostics.extend(if syntax.is_empty() { findings.list } else { syntax });
    }
    diagnostics.extend(checks::across(&definitions, &diagnostics));
    (definitions, diagnostics)
}

/// The definitions less the watchlists in whose file there is an error.
pub fn without_broken(mut definitions: Definitions, diagnostics: &[Diagnostic]) -> Definitions {
    definitions.watchlists.retain(|watchlist| !has_error(diagnostics, &watchlist.id.file));
    definitions
}

fn has_error(diagnostics: &[Diagnostic], file: &Arc<SourceFile>) -> bool {
    diagnostics.iter().any(|found| found.level == Level::Error && Arc::ptr_eq(&found.file, file))
}

fn located(text: Text, findings: &Findings<'_>) -> Located<String> {
    Located { value: text.value, file: Arc::clone(findings.file), span: text.span }
}

fn all_located(texts: Vec<Text>, findings: &Findings<'_>) -> Vec<Located<String>> {
    texts.into_iter().map(|text| located(text, findings)).collect()
}

/// Whether an id is one: `[a-z0-9.-]`, beginning with a letter or digit. Says so where it is not.
fn check_id(id: &str, span: Range<usize>, findings: &mut Findings<'_>) -> bool {
    let right = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let good = id.starts_with(right) && id.chars().all(|each| right(each) || ".-".contains(each)) && id.len() <= 100;
    if !good {
        let found = findings.error(code::BAD_ID, span, format!("`{id}` cannot be an id"));
        found.help = Some("an id has 1 to 100 of a-z, 0-9, `.` and `-`, and begins with a letter or a digit".into());
    }
    good
}

/// Whether a tag looks like BCP 47: a language of two or three letters, then subtags. Says so where not.
fn check_language(tag: &str, span: Range<usize>, findings: &mut Findings<'_>) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let good = is_language_tag(tag);
    let country = [("cn", "zh"), ("tw", "zh-Hant"), ("jp", "ja"), ("kr", "ko"), ("ua", "uk"), ("gr", "el")]
        .into_iter()
        .find(|(country, _)| *country == language);
    if let Some((country, meant)) = country {
        let found = findings.error(code::NOT_A_LANGUAGE, span, format!("`{country}` is a country, not a language"));
        found.help = Some(format!("did you mean `{meant}`?"));
    } else if !good {
        let found = findings.error(code::NOT_A_LANGUAGE, span, format!("`{tag}` is not a language"));
        found.help = Some("a language is a BCP 47 tag, such as \"en\", \"zh\" or \"zh-Hant\"".into());
    }
    good && country.is_none()
}

fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    parts.next().is_some_and(|language| {
        (2..=3).contains(&language.len()) && language.chars().all(|each| each.is_ascii_lowercase())
    }) && parts.all(|part| (1..=8).contains(&part.len()) && part.chars().all(|each| each.is_ascii_alphanumeric()))
}

/// The language of a tag without its subtags.
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

#[cfg(test)]
mod tests;
