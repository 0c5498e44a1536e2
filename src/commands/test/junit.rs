//! Results as JUnit XML, in the part of it that CI servers agree on.

use std::fmt::Write;

use crate::commands::test::{Results, hit_line, list};

pub(super) fn render(results: &Results<'_>) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{}\" failures=\"{}\"", results.tests.len(), results.failed);
    // Writing to a string cannot fail.
    let _ = writeln!(xml, "<testsuites {counts}>\n<testsuite name=\"newswatch\" {counts}>");
    for test in &results.tests {
        let head = format!("<testcase classname=\"{}\" name=\"{}\"", escape(test.watchlist), escape(test.name));
        if test.passed {
            let _ = writeln!(xml, "{head}/>");
            continue;
        }
        let mut message = format!("expected {}, matched {}", list(&test.expected), list(&test.matched));
        if let Some(error) = &test.error {
            message = error.clone();
        }
        let hits: Vec<_> = test.hits.iter().map(hit_line).collect();
        let body = format!("<failure message=\"{}\">{}</failure>", escape(&message), escape(&hits.join("\n")));
        let _ = writeln!(xml, "{head}>{body}</testcase>");
    }
    xml + "</testsuite>\n</testsuites>\n"
}

/// Text that may stand in an element or an attribute; what XML 1.0 cannot hold is left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(character),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}
