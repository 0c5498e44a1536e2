//! What is wrong with a file that a person wrote: settings, vocabulary, watchlists and the queries
//! in them. Holds the finding and where it is; printing it is the commands' business.

use std::ops::Range;
use std::sync::Arc;

/// A text that a person wrote, under the name by which they know it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// The path as it was given or found; only shown, never opened.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// A file by its shown name and its text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It works, and is probably not what was meant.
    Warning,
    /// It cannot be used.
    Error,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// `NW` and four digits, listed in `docs/diagnostics.md`.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The file it is in.
    pub file: Arc<SourceFile>,
    /// Bytes of the file that the caret points at.
    pub span: Range<usize>,
    /// What is wrong, in one line, a lowercase fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that matter: where a name is also defined, the other reading.
    pub related: Vec<Related>,
}

/// Another place that a finding refers to.
#[derive(Clone, Debug)]
pub struct Related {
    /// The file it is in.
    pub file: Arc<SourceFile>,
    /// Bytes of that file.
    pub span: Range<usize>,
    /// What is there.
    pub message: String,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, file: &Arc<SourceFile>, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            level: Level::Error,
            file: Arc::clone(file),
            span,
            message: message.into(),
            help: None,
            related: Vec::new(),
        }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, file: &Arc<SourceFile>, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, file, span, message) }
    }

    /// Whether what it is about cannot be used.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with another place that matters.
    #[must_use]
    pub fn related(mut self, file: &Arc<SourceFile>, span: Range<usize>, message: impl Into<String>) -> Self {
        self.related.push(Related { file: Arc::clone(file), span, message: message.into() });
        self
    }
}

/// One finding as data: lines and columns from 1, columns in characters.
#[derive(Debug, serde::Serialize)]
pub struct Finding<'a> {
    /// `NW` and four digits.
    pub code: &'a str,
    /// How bad it is.
    pub severity: Level,
    /// The name of the file.
    pub file: &'a str,
    /// The line,
    pub line: usize,
    /// and the column.
    pub column: usize,
    /// What is wrong.
    pub message: &'a str,
    /// What to do about it.
    pub help: Option<&'a str>,
}

impl<'a> From<&'a Diagnostic> for Finding<'a> {
    fn from(found: &'a Diagnostic) -> Self {
        let (line, column) = found.file.line_column(found.span.start);
        Self {
            code: found.code,
            severity: found.level,
            file: &found.file.name,
            line,
            column,
            message: &found.message,
            help: found.help.as_deref(),
        }
    }
}

/// The candidate nearest to what was written, if any is near enough to be what was meant.
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(written, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_from_one() {
        let file = SourceFile::new("a.toml", "one\n英伟达 x");
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(4 + 9 + 1), (2, 5));
        assert_eq!(file.line_column(5), (2, 1), "inside a character counts as its start");
        assert_eq!(file.line_column(999), (2, 6));
    }

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("nvidai", ["nvidia", "amd"]), Some("nvidia"));
        assert_eq!(did_you_mean("zzz", ["nvidia", "amd"]), None);
    }
}
