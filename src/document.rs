//! A TOML file that a person wrote, read with the place of every part. Knows what any such file may
//! have wrong (syntax, unknown keys, wrong types) and nothing of what the keys mean.

pub mod units;

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, SourceFile, did_you_mean};

/// The codes of what any file may have wrong, which differ by what the file is for.
#[derive(Clone, Copy, Debug)]
pub struct Codes {
    /// It is not TOML.
    pub syntax: &'static str,
    /// A key that nothing reads.
    pub unknown_key: &'static str,
    /// A value of the wrong type.
    pub wrong_type: &'static str,
}

/// A text and the bytes of the file that it stands at, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Bytes of the file.
    pub span: Range<usize>,
}

/// What was found wrong in one file.
#[derive(Debug)]
pub struct Findings<'f> {
    /// The file.
    pub file: &'f Arc<SourceFile>,
    /// All findings so far.
    pub list: Vec<Diagnostic>,
    codes: Codes,
}

/// Reads a file. Where its syntax is wrong the findings say so, and the table holds what could be read.
pub fn parse(file: &Arc<SourceFile>, codes: Codes) -> (Spanned<DeTable<'_>>, Findings<'_>) {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    let mut findings = Findings { file, list: Vec::new(), codes };
    let mut last_line = 0;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let (line, _) = file.line_column(span.start);
        // What follows on the same line is most often the same mistake seen again.
        if line != last_line {
            findings.error(codes.syntax, span, error.message().trim().replace('\n', ", "));
        }
        last_line = line;
    }
    (table, findings)
}

impl Findings<'_> {
    /// Adds an error, to which help may then be added.
    pub fn error(&mut self, code: &'static str, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Diagnostic::error(code, self.file, span, message))
    }

    /// Adds a warning, to which help may then be added.
    pub fn warning(&mut self, code: &'static str, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Diagnostic::warning(code, self.file, span, message))
    }

    /// Adds that a value has the wrong type.
    pub fn wrong_type(&mut self, key: &str, expected: &str, value: &Spanned<DeValue<'_>>) {
        let found = value.get_ref().type_str();
        self.error(self.codes.wrong_type, value.span(), format!("`{key}` is {expected}, this is {}", article(found)));
    }

    /// Adds that nothing reads a key.
    pub fn unknown_key<'a>(&mut self, key: &str, span: Range<usize>, known: impl IntoIterator<Item = &'a str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let help = match did_you_mean(key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.error(self.codes.unknown_key, span, format!("unknown key `{key}`")).help = Some(help);
    }

    fn add(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        self.list.push(diagnostic);
        self.list.last_mut().expect("one was just pushed")
    }
}

/// A table that is being read: remembers what was asked for, so that the rest is unknown.
#[derive(Debug)]
pub struct Keys<'d> {
    /// The table.
    pub table: &'d DeTable<'d>,
    /// Bytes of the file: of its header, or of the table where it is inline.
    pub span: Range<usize>,
    known: Vec<&'static str>,
}

impl<'d> Keys<'d> {
    /// Begins to read a table.
    pub fn new(table: &'d DeTable<'d>, span: Range<usize>) -> Self {
        Self { table, span, known: Vec::new() }
    }

    /// A value of any type.
    pub fn value(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// A string.
    pub fn text(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Option<Text> {
        let value = self.value(key)?;
        let text = text(value, findings.file);
        if text.is_none() {
            findings.wrong_type(key, "a string", value);
        }
        text
    }

    /// An array of strings; those of its members that are none are findings. Absent is empty.
    pub fn texts(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Vec<Text> {
        self.value(key).map(|value| texts(key, value, findings)).unwrap_or_default()
    }

    /// A whole number from 1.
    pub fn count(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Option<u32> {
        let value = self.value(key)?;
        let count = integer(value.get_ref()).and_then(|number| u32::try_from(number).ok()).filter(|count| *count > 0);
        if count.is_none() {
            findings.wrong_type(key, "a whole number from 1", value);
        }
        count
    }

    /// A table.
    pub fn table(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Option<Keys<'d>> {
        let value = self.value(key)?;
        let table = value.get_ref().as_table().map(|table| Keys::new(table, value.span()));
        if table.is_none() {
            findings.wrong_type(key, "a table", value);
        }
        table
    }

    /// An array of tables; absent is empty.
    pub fn tables(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Vec<Keys<'d>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            findings.wrong_type(key, &format!("written [[{key}]]"), value);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for member in array {
            match member.get_ref().as_table() {
                Some(table) => tables.push(Keys::new(table, member.span())),
                None => findings.wrong_type(key, "an array of tables", member),
            }
        }
        tables
    }

    /// Ends reading: what was not asked for is unknown.
    pub fn finish(self, findings: &mut Findings<'_>) {
        for (key, _) in self.table.iter() {
            if !self.known.contains(&key.get_ref().as_ref()) {
                findings.unknown_key(key.get_ref(), key.span(), self.known.iter().copied());
            }
        }
    }
}

/// A string value and the place of what is inside its quotes.
pub fn text(value: &Spanned<DeValue<'_>>, file: &SourceFile) -> Option<Text> {
    let text = value.get_ref().as_str()?;
    Some(Text { value: text.to_owned(), span: inside_quotes(&file.text, value.span()) })
}

/// The members of an array of strings; a value or a member that is none is a finding.
pub fn texts(key: &str, value: &Spanned<DeValue<'_>>, findings: &mut Findings<'_>) -> Vec<Text> {
    let Some(array) = value.get_ref().as_array() else {
        findings.wrong_type(key, "an array of strings", value);
        return Vec::new();
    };
    let mut all = Vec::new();
    for member in array {
        match text(member, findings.file) {
            Some(text) => all.push(text),
            None => findings.wrong_type(key, "an array of strings", member),
        }
    }
    all
}

/// A whole number, where the value is one that fits.
pub fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn article(name: &str) -> String {
    if name.starts_with(['a', 'e', 'i', 'o']) { format!("an {name}") } else { format!("a {name}") }
}

/// What is inside the quotes; the first newline of a multi-line string belongs to the quotes.
fn inside_quotes(text: &str, span: Range<usize>) -> Range<usize> {
    let Some(raw) = text.get(span.clone()) else { return span };
    for quote in ["'''", "\"\"\"", "'", "\""] {
        if let Some(rest) = raw.strip_prefix(quote)
            && let Some(inner) = rest.strip_suffix(quote)
        {
            let newline =
                if quote.len() == 3 { ["\r\n", "\n"].into_iter().find(|end| inner.starts_with(end)) } else { None };
            return span.start + quote.len() + newline.map_or(0, str::len)..span.end - quote.len();
        }
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: Codes = Codes { syntax: "NW0001", unknown_key: "NW0002", wrong_type: "NW0003" };

    #[test]
    fn a_text_stands_inside_its_quotes() {
        for (file, inside) in [
            ("a = 'x y'", "x y"),
            ("a = \"x\"", "x"),
            ("a = '''\nNVIDIA 英伟达\n'''", "NVIDIA 英伟达\n"),
            ("a = \"\"\"q\"\"\"", "q"),
            ("a = ''", ""),
        ] {
            let file = SourceFile::new("a.toml", file);
            let (table, mut findings) = parse(&file, CODES);
            let text = Keys::new(table.get_ref(), 0..0).text("a", &mut findings).unwrap();
            assert_eq!((&file.text[text.span], text.value.as_str()), (inside, inside));
        }
    }

    #[test]
    fn every_mistake_is_found_at_its_place() {
        let file = SourceFile::new("a.toml", "nmae = 'x'\ncount = 0\nlist = ['a', 3]\ntext = true\n");
        let (table, mut findings) = parse(&file, CODES);
        let mut keys = Keys::new(table.get_ref(), 0..0);
        assert_eq!(keys.text("name", &mut findings), None);
        assert_eq!(keys.count("count", &mut findings), None);
        assert_eq!(keys.texts("list", &mut findings).len(), 1);
        assert_eq!(keys.text("text", &mut findings), None);
        keys.finish(&mut findings);
        let found: Vec<_> = findings
            .list
            .iter()
            .map(|found| (found.code, file.line_column(found.span.start), found.help.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                ("NW0003", (2, 9), None),
                ("NW0003", (3, 14), None),
                ("NW0003", (4, 8), None),
                ("NW0002", (1, 1), Some("did you mean `name`?")),
            ]
        );
    }

    #[test]
    fn several_syntax_errors_are_all_reported() {
        let file = SourceFile::new("a.toml", "a = \nb = 1\nc = 'x\nd = 2\n");
        let (table, findings) = parse(&file, CODES);
        let lines: Vec<_> = findings.list.iter().map(|found| file.line_column(found.span.start).0).collect();
        assert_eq!(lines, [1, 3]);
        assert!(table.get_ref().get("b").is_some(), "what could be read is there");
    }
}
