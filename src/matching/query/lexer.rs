//! Query text to lexemes with places. Reports what no grammar could make sense of.

use std::ops::Range;

use super::pattern::{Pattern, Refusal};
use super::{FARTHEST, Field, Meta, Unit};

/// A finding, by bytes of the query's text.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) warning: bool,
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Finding {
    pub(super) fn error(code: &'static str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, warning: false, span, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What a lexeme is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    Open,
    Close,
    Words(String),
    Exact(String),
    Prefix(String),
    Pattern(Pattern),
    Entity(String),
    Term(String),
    And,
    Or,
    Not,
    Near {
        words: u32,
        ordered: bool,
    },
    Together(Unit),
    AtLeast(u32),
    Field(Field),
    Meta(Meta),
    /// Something wrong that was reported and stands for a word.
    Broken,
}

const FIELDS: [(&str, Lexeme); 7] = [
    ("title", Lexeme::Field(Field::Title)),
    ("summary", Lexeme::Field(Field::Summary)),
    ("body", Lexeme::Field(Field::Body)),
    ("lead", Lexeme::Field(Field::Lead)),
    ("lang", Lexeme::Meta(Meta::Lang)),
    ("source", Lexeme::Meta(Meta::Source)),
    ("tag", Lexeme::Meta(Meta::Tag)),
];

/// What would be one in capitals.
const OPERATORS: [&str; 7] = ["AND", "OR", "NOT", "NEAR", "BEFORE", "SENTENCE", "PARAGRAPH"];

/// The lexemes of a query, and what is wrong with them.
pub(super) fn lex(text: &str) -> (Vec<(Lexeme, Range<usize>)>, Vec<Finding>) {
    // Room for words of a usual length.
    let lexemes = Vec::with_capacity(text.len() / 8 + 1);
    let mut lexer = Lexer { text, at: 0, lexemes, findings: Vec::new() };
    while let Some(next) = lexer.rest().chars().next() {
        lexer.step(next);
    }
    lexer.warn_of_lower_case();
    (lexer.lexemes, lexer.findings)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    lexemes: Vec<(Lexeme, Range<usize>)>,
    findings: Vec<Finding>,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn push(&mut self, lexeme: Lexeme, start: usize) {
        self.lexemes.push((lexeme, start..self.at));
    }

    fn step(&mut self, next: char) {
        let start = self.at;
        match next {
            c if c.is_whitespace() => self.at += c.len_utf8(),
            '(' | '（' => {
                self.at += next.len_utf8();
                self.push(Lexeme::Open, start);
            }
            ')' | '）' => {
                self.at += next.len_utf8();
                self.push(Lexeme::Close, start);
            }
            c if is_quote(c) => {
                let phrase = self.quoted();
                let lexeme = phrase.map_or(Lexeme::Broken, |phrase| self.phrase(phrase, start));
                self.push(lexeme, start);
            }
            '=' => self.exact(start),
            '/' => self.regex(start),
            _ => self.word(start),
        }
    }

    /// What stands in quotes, from the opening one on.
    fn quoted(&mut self) -> Option<String> {
        let start = self.at;
        let open = self.rest().chars().next()?;
        let inside = self.at + open.len_utf8();
        match self.text[inside..].char_indices().find(|(_, c)| is_quote(*c)) {
            Some((length, close)) => {
                self.at = inside + length + close.len_utf8();
                Some(self.text[inside..inside + length].to_owned())
            }
            None => {
                self.at = self.text.len();
                self.findings.push(
                    Finding::error("NW0202", start..inside, "this quote is never closed")
                        .help("close the phrase with another \""),
                );
                None
            }
        }
    }

    /// A phrase in quotes, whose last word may have any ending.
    fn phrase(&mut self, phrase: String, start: usize) -> Lexeme {
        let stem = phrase.strip_suffix('*').unwrap_or(&phrase);
        self.warn_of_wildcards(stem, start);
        let last = stem.chars().rev().take_while(|c| c.is_alphanumeric()).count();
        if stem.len() < phrase.len() && last >= 2 { Lexeme::Prefix(stem.to_owned()) } else { Lexeme::Words(phrase) }
    }

    /// In quotes a wildcard is punctuation, which is hardly what was meant inside a word.
    fn warn_of_wildcards(&mut self, phrase: &str, start: usize) {
        let beside = |at: usize, sign: char| {
            let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let (before, after) = (phrase[..at].chars().next_back(), phrase[at + 1..].chars().next());
            letter(before) && (sign == '*' || letter(after))
        };
        if phrase.match_indices(['*', '?']).any(|(at, sign)| beside(at, if sign == "*" { '*' } else { '?' })) {
            let message = "in quotes this wildcard is punctuation";
            let help = "a * may end the last word of a phrase; otherwise join words: contro?s BEFORE/0 on";
            let finding = Finding::error("NW0219", start..self.at, message).help(help);
            self.findings.push(Finding { warning: true, ..finding });
        }
    }

    fn exact(&mut self, start: usize) {
        self.at += 1;
        let lexeme = match self.rest().chars().next() {
            Some(c) if is_quote(c) => {
                let phrase = self.quoted().inspect(|phrase| self.warn_of_wildcards(phrase, start));
                phrase.map_or(Lexeme::Broken, Lexeme::Exact)
            }
            _ => {
                let word = self.raw_word();
                if word.is_empty() {
                    self.findings.push(
                        Finding::error("NW0209", start..self.at, "nothing follows the =")
                            .help("write =H20 or =\"US\", without a space"),
                    );
                    Lexeme::Broken
                } else {
                    Lexeme::Exact(word.to_owned())
                }
            }
        };
        self.push(lexeme, start);
    }

    fn raw_word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_whitespace() || is_quote(c) || matches!(c, '(' | ')' | '（' | '）'))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn word(&mut self, start: usize) {
        let word = self.raw_word();
        if let Some(colon) = word.find(':')
            && word[..colon].chars().all(|c| c.is_ascii_alphabetic())
            && colon > 0
            && !word[colon + 1..].starts_with("//")
        {
            self.at = start + colon + 1;
            self.field(&word[..colon], start);
            return;
        }
        let lexeme = self.classify(word, start..self.at);
        self.push(lexeme, start);
    }

    fn field(&mut self, name: &str, start: usize) {
        if let Some((_, lexeme)) = FIELDS.iter().find(|(known, _)| *known == name) {
            self.push(lexeme.clone(), start);
            return;
        }
        let lower = name.to_lowercase();
        let known = FIELDS.map(|(known, _)| known);
        let finding = Finding::error("NW0212", start..self.at, format!("there is no field `{name}`"));
        self.findings.push(match crate::diagnostic::did_you_mean(&lower, known) {
            Some(near) => finding.help(format!("did you mean `{near}:`?")),
            None => finding.help(format!("fields are {}; quote the word if the colon belongs to it", known.join(", "))),
        });
    }

    fn classify(&mut self, word: &str, span: Range<usize>) -> Lexeme {
        match word {
            "AND" => return Lexeme::And,
            "OR" => return Lexeme::Or,
            "NOT" => return Lexeme::Not,
            "SENTENCE" => return Lexeme::Together(Unit::Sentence),
            "PARAGRAPH" => return Lexeme::Together(Unit::Paragraph),
            _ => {}
        }
        let (head, number) = word.split_once('/').map_or((word, None), |(head, number)| (head, Some(number)));
        if let Some(least) = ["NEAR", "BEFORE", "ATLEAST"].iter().find(|known| **known == head) {
            return self.numbered(least, number, span);
        }
        if let Some(id) = word.strip_prefix('@') {
            return Lexeme::Entity(id.to_owned());
        }
        if let Some(id) = word.strip_prefix('#') {
            return Lexeme::Term(id.to_owned());
        }
        self.wildcard(word, span)
    }

    fn numbered(&mut self, operator: &str, number: Option<&str>, span: Range<usize>) -> Lexeme {
        let example = if operator == "ATLEAST" { "ATLEAST/3(a OR b)" } else { "a NEAR/10 b" };
        let smallest = u32::from(operator == "ATLEAST");
        let parsed = number.and_then(|digits| digits.parse::<u32>().ok());
        match parsed {
            Some(n) if (smallest..=FARTHEST).contains(&n) => match operator {
                "NEAR" => Lexeme::Near { words: n, ordered: false },
                "BEFORE" => Lexeme::Near { words: n, ordered: true },
                _ => Lexeme::AtLeast(n),
            },
            _ => {
                let message = match number {
                    None => format!("{operator} needs a number"),
                    Some(written) => {
                        format!("{operator} takes a number from {smallest} to {FARTHEST}, not `{written}`")
                    }
                };
                self.findings.push(Finding::error("NW0208", span, message).help(format!("write it as in {example}")));
                // Parsing goes on as if it had been given, so that the rest is checked too.
                match operator {
                    "NEAR" => Lexeme::Near { words: 1, ordered: false },
                    "BEFORE" => Lexeme::Near { words: 1, ordered: true },
                    _ => Lexeme::AtLeast(1),
                }
            }
        }
    }

    fn wildcard(&mut self, word: &str, span: Range<usize>) -> Lexeme {
        let stem = word.strip_suffix('*').unwrap_or(word);
        let letters = || stem.chars().filter(|c| c.is_alphanumeric()).take(2).count();
        let finding = if word.starts_with('*') {
            Finding::error("NW0207", span, "a word cannot begin with *")
                .help("it would have to look at every word of every event; list the words with OR")
        } else if stem.contains('*') {
            Finding::error("NW0207", span, "a * may stand at the end of a word only").help("list the words with OR")
        } else if !word.contains(['*', '?']) || letters() == 0 {
            return Lexeme::Words(word.to_owned());
        } else if letters() < 2 {
            Finding::error("NW0207", span, "at least two letters must stand beside a wildcard")
                .help("write more of the word; quote it if the sign is punctuation")
        } else if stem.contains('?') {
            return self.pattern("NW0207", Pattern::wildcard(word), span);
        } else {
            return Lexeme::Prefix(stem.to_owned());
        };
        self.findings.push(finding);
        Lexeme::Broken
    }

    /// A regular expression, from its first slash on.
    fn regex(&mut self, start: usize) {
        let inside = start + 1;
        let mut escaped = false;
        let end = self.text[inside..].char_indices().find(|(_, c)| {
            let ends = *c == '\n' || *c == '/' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let lexeme = match end {
            Some((length, '/')) => {
                self.at = inside + length + 1;
                self.closed_regex(inside..inside + length)
            }
            _ => {
                self.raw_word();
                let finding = Finding::error("NW0202", start..inside, "this regular expression is never closed");
                self.findings.push(finding.help("close it with another /, or quote the word if the / belongs to it"));
                Lexeme::Broken
            }
        };
        self.push(lexeme, start);
    }

    fn closed_regex(&mut self, inside: Range<usize>) -> Lexeme {
        let close = self.at;
        if !self.raw_word().is_empty() {
            let finding =
                Finding::error("NW0214", close..self.at, "nothing may stand right after a regular expression");
            self.findings.push(finding.help("flags are not needed: case and accents do not count"));
            return Lexeme::Broken;
        }
        let written = &self.text[inside.clone()];
        if !written.chars().any(|c| c.is_alphanumeric() || c == '.') {
            let finding = Finding::error("NW0215", inside, "there is no letter or digit to search for");
            self.findings.push(finding.help("write a pattern between the slashes, or quote them"));
            return Lexeme::Broken;
        }
        self.pattern("NW0214", Pattern::regex(written), inside)
    }

    fn pattern(&mut self, code: &'static str, pattern: Result<Pattern, Refusal>, span: Range<usize>) -> Lexeme {
        match pattern {
            Ok(pattern) => Lexeme::Pattern(pattern),
            Err(Refusal { message, help, span: inside }) => {
                let place = inside.map_or(span.clone(), |inside| span.start + inside.start..span.start + inside.end);
                self.findings.push(Finding::error(code, place, message).help(help));
                Lexeme::Broken
            }
        }
    }

    fn warn_of_lower_case(&mut self) {
        for window in self.lexemes.windows(3) {
            let (Lexeme::Words(word), span) = &window[1] else { continue };
            let operator = word.split('/').next().unwrap_or_default();
            if !OPERATORS.iter().any(|known| operator.eq_ignore_ascii_case(known)) {
                continue;
            }
            let upper = word.to_uppercase();
            if *word != upper && self.text[span.clone()] == **word {
                self.findings.push(Finding {
                    warning: true,
                    ..Finding::error("NW0210", span.clone(), format!("`{word}` is read as a word"))
                        .help(format!("operators are written in capitals: {upper}"))
                });
            }
        }
    }
}
