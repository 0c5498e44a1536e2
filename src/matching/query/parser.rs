//! Lexemes to a tree, by recursive descent. Goes on after an error, so that all are reported at once.

use std::ops::Range;

use super::lexer::{Finding, Lexeme, lex};
use super::{DEEPEST, HIGHEST, Kind, LONGEST, Node};
use crate::diagnostic::{Diagnostic, Level};
use crate::matching::definition::Located;

/// Findings shown of one query.
const MOST_FINDINGS: usize = 100;

/// The tree of a query, where nothing is wrong with it, and all findings.
pub fn parse(text: &Located<String>) -> (Option<Node>, Vec<Diagnostic>) {
    let (node, findings) = parse_whole(&text.value);
    let place = |finding: Finding| {
        let span = text.inside(finding.span);
        let level = if finding.warning { Level::Warning } else { Level::Error };
        Diagnostic { level, help: finding.help, ..Diagnostic::error(finding.code, &text.file, span, finding.message) }
    };
    (node, findings.into_iter().map(place).collect())
}

/// The tree of a query in which nothing is wrong.
pub(in crate::matching) fn parse_text(text: &str) -> Option<Node> {
    parse_whole(text).0
}

fn parse_whole(text: &str) -> (Option<Node>, Vec<Finding>) {
    let length = text.chars().count();
    if length > LONGEST {
        let message = format!("the query has {length} characters; at most {LONGEST} are read");
        let finding = Finding::error("NW0211", 0..0, message).help("move lists of words into the vocabulary");
        return (None, vec![finding]);
    }
    let (lexemes, findings) = lex(text);
    let mut parser = Parser { text, lexemes, at: 0, depth: 0, findings, too_deep: false };
    let node = parser.whole();
    let mut findings = parser.findings;
    findings.sort_by_key(|finding| finding.span.start);
    let failed = findings.iter().any(|finding| !finding.warning);
    if findings.len() > MOST_FINDINGS {
        // Errors first: a query that is refused has to say why.
        findings.sort_by_key(|finding| finding.warning);
        let more = findings.split_off(MOST_FINDINGS).len();
        let help = format!("there are {more} more findings in this query, shown when these are mended");
        findings
            .push(Finding::error("NW0211", 0..text.len().min(1), "there is too much wrong with this query").help(help));
    }
    (node.filter(|_| !failed), findings)
}

struct Parser<'a> {
    text: &'a str,
    lexemes: Vec<(Lexeme, Range<usize>)>,
    at: usize,
    depth: usize,
    findings: Vec<Finding>,
    too_deep: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    And,
    Or,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Lexeme> {
        self.lexemes.get(self.at).map(|(lexeme, _)| lexeme)
    }

    /// The next lexeme, whose text is not needed there any more.
    fn take(&mut self) -> Option<Lexeme> {
        let (lexeme, _) = self.lexemes.get_mut(self.at)?;
        Some(match lexeme {
            Lexeme::Words(text) => Lexeme::Words(std::mem::take(text)),
            Lexeme::Exact(text) => Lexeme::Exact(std::mem::take(text)),
            Lexeme::Prefix(text) => Lexeme::Prefix(std::mem::take(text)),
            other => other.clone(),
        })
    }

    fn place(&self) -> Range<usize> {
        let end = self.text.trim_end().len();
        self.lexemes.get(self.at).map_or(end..end, |(_, span)| span.clone())
    }

    fn report(&mut self, code: &'static str, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::error(code, span, message).help(help));
    }

    fn whole(&mut self) -> Option<Node> {
        if self.lexemes.is_empty() {
            if self.findings.is_empty() {
                self.report("NW0201", 0..self.text.len(), "the query is empty", "write at least one word");
            }
            return None;
        }
        let node = self.joined();
        while self.at < self.lexemes.len() && !self.too_deep {
            let span = self.place();
            self.report("NW0202", span, "this parenthesis was never opened", "remove it, or open one before");
            self.at += 1;
            if self.peek().is_some_and(|lexeme| *lexeme != Lexeme::Close) {
                self.skip_joint();
                self.joined();
            }
        }
        let node = node?;
        let height = node.height();
        if height > HIGHEST {
            let message = format!("operators nest {height} deep; at most {HIGHEST} are read");
            self.report("NW0211", node.span, message, "fewer distances in a row, or groups in the vocabulary");
            return None;
        }
        self.only_no(&node);
        Some(node)
    }

    fn skip_joint(&mut self) {
        if matches!(self.peek(), Some(Lexeme::And | Lexeme::Or)) {
            self.at += 1;
        }
    }

    /// Parts joined by AND or by OR, up to a closing parenthesis or the end.
    fn joined(&mut self) -> Option<Node> {
        let start = self.at;
        let mut parts = Vec::from_iter(self.negated());
        let mut joints: Vec<(Joint, Range<usize>)> = Vec::new();
        let mut bounds = vec![(start, self.at)];
        while !self.too_deep && !matches!(self.peek(), None | Some(Lexeme::Close)) {
            let span = self.place();
            match self.peek() {
                Some(Lexeme::And) => joints.push((Joint::And, span)),
                Some(Lexeme::Or) => joints.push((Joint::Or, span)),
                _ => {
                    self.missing_operator(&span);
                    joints.push((joints.last().map_or(Joint::And, |(joint, _)| *joint), span));
                    self.at -= 1;
                }
            }
            self.at += 1;
            let from = self.at;
            parts.extend(self.negated());
            bounds.push((from, self.at));
        }
        if let Some((_, span)) = joints.iter().find(|(joint, _)| *joint != joints[0].0) {
            let help = self.readings(&joints, &bounds);
            self.report("NW0203", span.clone(), "AND and OR are mixed without parentheses", help);
            return None;
        }
        if parts.len() <= 1 {
            return parts.pop();
        }
        let span = parts[0].span.start..parts[parts.len() - 1].span.end;
        let kind = if joints[0].0 == Joint::And { Kind::And(parts) } else { Kind::Or(parts) };
        Some(Node { span, kind })
    }

    fn missing_operator(&mut self, span: &Range<usize>) {
        let (message, help) = match self.peek() {
            Some(Lexeme::Not) => ("NOT needs AND before it", "write AND NOT"),
            _ => ("an operator is missing before this", "join with AND, OR or NEAR/n, or quote a phrase: \"a b\""),
        };
        self.report("NW0209", span.clone(), message, help);
    }

    /// Both readings of a mix: AND first, and OR first.
    fn readings(&self, joints: &[(Joint, Range<usize>)], bounds: &[(usize, usize)]) -> String {
        let operand = |(from, to): (usize, usize)| {
            if from >= to {
                return "…".to_owned();
            }
            let text = &self.text[self.lexemes[from].1.start..self.lexemes[to - 1].1.end];
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let reading = |tight: Joint| {
            let mut groups = vec![vec![operand(bounds[0])]];
            for ((joint, _), bound) in joints.iter().zip(&bounds[1..]) {
                if *joint == tight {
                    groups.last_mut().expect("a group was put in first").push(operand(*bound));
                } else {
                    groups.push(vec![operand(*bound)]);
                }
            }
            let (inner, outer) = if tight == Joint::And { (" AND ", " OR ") } else { (" OR ", " AND ") };
            let shown = |group: &Vec<String>| match group.len() {
                1 => group[0].clone(),
                _ => format!("({})", group.join(inner)),
            };
            groups.iter().map(shown).collect::<Vec<_>>().join(outer)
        };
        format!("write either\n  {}\nor\n  {}", reading(Joint::And), reading(Joint::Or))
    }

    fn negated(&mut self) -> Option<Node> {
        if self.peek() != Some(&Lexeme::Not) {
            return self.near();
        }
        let start = self.place().start;
        self.at += 1;
        if self.peek() == Some(&Lexeme::Not) {
            let span = self.place();
            self.report("NW0209", span, "NOT NOT says nothing", "remove both");
        }
        let inner = self.near()?;
        Some(Node { span: start..inner.span.end, kind: Kind::Not(Box::new(inner)) })
    }

    fn near(&mut self) -> Option<Node> {
        let mut left = self.operand();
        while let Some(Lexeme::Near { .. } | Lexeme::Together(_)) = self.peek() {
            let operator = self.lexemes[self.at].0.clone();
            self.at += 1;
            let right = self.operand();
            let (Some(one), Some(other)) = (left.take(), right) else { continue };
            self.may_be_near(&one);
            self.may_be_near(&other);
            let span = one.span.start..other.span.end;
            let (one, other) = (Box::new(one), Box::new(other));
            let kind = match operator {
                Lexeme::Near { words, ordered } => Kind::Near { left: one, right: other, words, ordered },
                Lexeme::Together(unit) => Kind::Together { left: one, right: other, unit },
                _ => unreachable!("only distances are taken by this loop"),
            };
            left = Some(Node { span, kind });
        }
        left
    }

    /// Distances are between places in the text: words, names, and groups of them.
    fn may_be_near(&mut self, node: &Node) {
        let what = match &node.kind {
            Kind::Or(parts) => return parts.iter().for_each(|part| self.may_be_near(part)),
            Kind::And(_) => "AND",
            Kind::Not(_) => "NOT",
            Kind::AtLeast(..) => "ATLEAST",
            Kind::Field(..) => "a field",
            Kind::Meta(..) => "metadata",
            _ => return,
        };
        let help = "a distance is between words, names, phrases or groups of OR; put a field around the whole: title:(a NEAR/3 b)";
        self.report("NW0213", node.span.clone(), format!("{what} cannot stand inside a distance"), help);
    }

    fn operand(&mut self) -> Option<Node> {
        let span = self.place();
        let Some(lexeme) = self.take() else {
            self.report("NW0209", span, "the query ends where a word is needed", "add a word, or remove the operator");
            return None;
        };
        if matches!(
            lexeme,
            Lexeme::And | Lexeme::Or | Lexeme::Not | Lexeme::Near { .. } | Lexeme::Together(_) | Lexeme::Close
        ) {
            let (code, message) = match (&lexeme, self.at.checked_sub(1).map(|before| &self.lexemes[before].0)) {
                (Lexeme::Close, Some(Lexeme::Open)) => ("NW0201", "these parentheses are empty"),
                _ => ("NW0209", "a word is needed before this"),
            };
            self.report(code, span, message, "add a word, or quote the operator to search for it");
            return None;
        }
        self.at += 1;
        let kind = match lexeme {
            Lexeme::Open => return self.parenthesised(span),
            Lexeme::Words(text) => self.searchable(text, &span).map(Kind::Words)?,
            Lexeme::Exact(text) => self.searchable(text, &span).map(Kind::Exact)?,
            Lexeme::Prefix(text) => self.searchable(text, &span).map(Kind::Prefix)?,
            Lexeme::Pattern(pattern) => Kind::Pattern(pattern),
            Lexeme::Entity(id) => Kind::Entity(id),
            Lexeme::Term(id) => Kind::Term(id),
            Lexeme::Field(field) => {
                let inner = self.nested(span.clone(), Self::operand)?;
                self.may_be_in_field(&inner);
                return Some(Node { span: span.start..inner.span.end, kind: Kind::Field(field, Box::new(inner)) });
            }
            Lexeme::Meta(meta) => {
                let end = self.place();
                let value = match self.peek().cloned() {
                    Some(Lexeme::Words(value) | Lexeme::Exact(value)) if !value.trim().is_empty() => value,
                    _ => {
                        self.report(
                            "NW0209",
                            span,
                            "a value is needed here",
                            "write it as in lang:ar or tag:\"trade policy\"",
                        );
                        return None;
                    }
                };
                self.at += 1;
                return Some(Node { span: span.start..end.end, kind: Kind::Meta(meta, value.trim().to_owned()) });
            }
            Lexeme::AtLeast(least) => {
                let inner = self.nested(span.clone(), Self::operand)?;
                self.may_be_near(&inner);
                return Some(Node { span: span.start..inner.span.end, kind: Kind::AtLeast(least, Box::new(inner)) });
            }
            _ => return None,
        };
        Some(Node { span, kind })
    }

    fn searchable(&mut self, text: String, span: &Range<usize>) -> Option<String> {
        if text.chars().any(char::is_alphanumeric) {
            return Some(text);
        }
        self.report("NW0215", span.clone(), "there is no letter or digit to search for", "write a word");
        None
    }

    fn may_be_in_field(&mut self, node: &Node) {
        match &node.kind {
            Kind::Field(..) | Kind::Meta(..) => self.report(
                "NW0213",
                node.span.clone(),
                "a field cannot stand inside a field",
                "join them: title:a AND body:b",
            ),
            Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| self.may_be_in_field(part)),
            Kind::Not(inner) | Kind::AtLeast(_, inner) => self.may_be_in_field(inner),
            _ => {}
        }
    }

    fn nested(&mut self, span: Range<usize>, inner: fn(&mut Self) -> Option<Node>) -> Option<Node> {
        if self.depth == DEEPEST {
            if !self.too_deep {
                self.too_deep = true;
                self.report(
                    "NW0211",
                    span,
                    format!("nested more than {DEEPEST} deep"),
                    "move groups into the vocabulary",
                );
            }
            return None;
        }
        self.depth += 1;
        let node = inner(self);
        self.depth -= 1;
        node
    }

    fn parenthesised(&mut self, open: Range<usize>) -> Option<Node> {
        let node = self.nested(open.clone(), Self::joined);
        if self.too_deep {
            return None;
        }
        if self.peek() == Some(&Lexeme::Close) {
            let end = self.place().end;
            self.at += 1;
            return node.map(|node| Node { span: open.start..end, ..node });
        }
        self.report("NW0202", open, "this parenthesis is never closed", "add a )");
        None
    }

    /// Reports every part that would match by saying no to something.
    fn only_no(&mut self, node: &Node) {
        match &node.kind {
            Kind::Not(inner) => {
                self.report("NW0204", node.span.clone(), "this can only say no", "say what must be there: a AND NOT b");
                self.only_no(inner);
            }
            Kind::And(parts) => {
                if parts.iter().all(|part| matches!(part.kind, Kind::Not(_))) {
                    self.report(
                        "NW0204",
                        node.span.clone(),
                        "this can only say no",
                        "say what must be there: a AND NOT b",
                    );
                }
                for part in parts {
                    match &part.kind {
                        Kind::Not(inner) => self.only_no(inner),
                        _ => self.only_no(part),
                    }
                }
            }
            Kind::Or(parts) => parts.iter().for_each(|part| self.only_no(part)),
            Kind::Field(_, inner) | Kind::AtLeast(_, inner) => self.only_no(inner),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let (node, findings) = parse_whole(text);
        let failed = findings.iter().any(|finding| !finding.warning);
        assert_eq!(node.is_none(), failed, "{text}: a tree exactly where there is no error");
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn good_queries_have_no_findings() {
        for text in [
            "chip",
            "\"export controls\"",
            "=H20 OR =\"US\"",
            "restrict* AND @nvidia",
            "@nvidia-chips NEAR/25 #restrict AND NOT title:(earnings OR \"stock price\")",
            "(a OR b) BEFORE/3 c",
            "lead:(a AND b) AND lang:ar AND source:reuters.com AND tag:\"trade policy\"",
            "colo?r AND ?hips AND H?0* AND chip?",
            "title:(/H\\d{2,3}0?/ NEAR/3 (/(gr[ae]y)+/ OR /a\\/b/))",
            "a SENTENCE b",
            "ATLEAST/3(a OR b)",
            "英伟达 AND （芯片 OR 出口）",
        ] {
            assert_eq!(codes(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn each_mistake_has_its_code() {
        for (text, expected) in [
            ("", "NW0201"),
            ("  \n ", "NW0201"),
            ("a AND ()", "NW0201"),
            ("(a AND b", "NW0202"),
            ("a AND b)", "NW0202"),
            ("\"a b", "NW0202"),
            ("a AND b OR c", "NW0203"),
            ("NOT a", "NW0204"),
            ("a OR NOT b", "NW0204"),
            ("(NOT a) AND (NOT b)", "NW0204"),
            ("*chip", "NW0207"),
            ("a*b", "NW0207"),
            ("a NEAR b", "NW0208"),
            ("a NEAR/5000 b", "NW0208"),
            ("a NEAR/x b", "NW0208"),
            ("a b", "NW0209"),
            ("a AND", "NW0209"),
            ("AND a", "NW0209"),
            ("a NOT b", "NW0209"),
            ("titel:a", "NW0212"),
            ("title:a NEAR/3 b", "NW0213"),
            ("(a AND b) NEAR/3 c", "NW0213"),
            ("title:(body:a)", "NW0213"),
            ("/H\\d+(/", "NW0214"),
            ("/H\\d+/i", "NW0214"),
            ("/two words/", "NW0214"),
            ("/+/", "NW0215"),
            ("/H20", "NW0202"),
            ("a?", "NW0207"),
            ("a?*b", "NW0207"),
            ("中?国", "NW0207"),
            ("...", "NW0215"),
        ] {
            assert!(codes(text).contains(&expected), "{text}: {:?}", codes(text));
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        assert_eq!(codes("*x AND titel:(y OR /z[/) AND a NEAR b"), ["NW0207", "NW0212", "NW0214", "NW0208"]);
    }

    #[test]
    fn a_mix_shows_both_readings() {
        let (_, findings) = parse_whole("a AND b OR c");
        let help = findings[0].help.clone().expect("it has help");
        assert!(help.contains("(a AND b) OR c") && help.contains("a AND (b OR c)"), "{help}");
        assert_eq!(findings[0].span, 8..10);
    }

    #[test]
    fn a_lower_case_operator_is_a_warning_beside_the_error() {
        assert_eq!(codes("a and b"), ["NW0210", "NW0209", "NW0209"]);
    }

    #[test]
    fn a_star_may_end_a_phrase_and_other_wildcards_in_quotes_are_warned_of() {
        let (node, findings) = parse_whole("\"export contro*\"");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(node.map(|node| node.kind), Some(Kind::Prefix("export contro".into())));
        for text in ["\"colo?r tv\"", "\"contro* on\"", "=\"US*\""] {
            assert_eq!(codes(text), ["NW0219"], "{text}");
        }
        assert_eq!(codes("\"who is it?\" AND \"a * b\" AND \"really? yes\""), Vec::<&str>::new());
    }

    #[test]
    fn depth_and_length_are_limited() {
        let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
        assert_eq!(codes(&deep(DEEPEST)), Vec::<&str>::new());
        assert_eq!(codes(&deep(DEEPEST + 1)), ["NW0211"]);
        assert_eq!(codes(&deep(8_000)), ["NW0211"]);
        assert_eq!(codes(&"a".repeat(LONGEST + 1)), ["NW0211"]);
        assert_eq!(codes(&vec!["a"; HIGHEST].join(" NEAR/1 ")), Vec::<&str>::new());
        assert_eq!(codes(&vec!["a"; HIGHEST + 1].join(" NEAR/1 ")), ["NW0211"]);
        assert_eq!(codes(&vec!["a"; 3_000].join(" NEAR/1 ")), ["NW0211"]);
    }

    #[test]
    fn findings_without_end_are_cut_short() {
        assert_eq!(codes(&"NOT ".repeat(5_000)).len(), MOST_FINDINGS + 1);
        assert_eq!(codes(&"a and ".repeat(5_000)).last(), Some(&"NW0211"));
    }

    #[test]
    fn distances_bind_tighter_than_not() {
        let (node, _) = parse_whole("a AND NOT b NEAR/3 c");
        let Some(Node { kind: Kind::And(parts), .. }) = node else { panic!("it is an AND") };
        let Kind::Not(inner) = &parts[1].kind else { panic!("the second part is a NOT") };
        assert!(matches!(inner.kind, Kind::Near { words: 3, .. }));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ab\"()=*/@#:?\\\\ A-Z英0-9”]{0,60}") {
            codes(&text);
        }
    }
}
