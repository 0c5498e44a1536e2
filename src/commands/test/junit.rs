//! Results as JUnit XML, in the part of it that CI servers agree on.

use std::fmt::Write;

use crate::commands::test::Results;
use crate::commands::test::text::complaints;

pub(super) fn render(results: &Results<'_>) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{}\" failures=\"{}\" errors=\"0\"", results.tests.len(), results.failed);
    // Writing to a string cannot fail.
    let _ = writeln!(xml, "<testsuites {counts}>\n<testsuite name=\"newswatch\" {counts} skipped=\"0\">");
    for test in &results.tests {
        let head = format!("<testcase classname=\"{}\" name=\"{}\"", escape(test.watchlist), escape(test.name));
        if test.passed {
            let _ = writeln!(xml, "{head}/>");
            continue;
        }
        let lines = complaints(test);
        let (message, body) = (escape(&lines[0]), escape(&lines.join("\n")));
        let _ = writeln!(xml, "{head}><failure message=\"{message}\">{body}</failure></testcase>");
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
            '\u{fffe}' | '\u{ffff}' => {}
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}
