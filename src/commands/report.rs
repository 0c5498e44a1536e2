//! Findings for people, with the line, a caret and what to do.

use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Rendered, Renderer, Snippet};

use crate::commands::colour;
use crate::diagnostic::{Diagnostic, Level};

/// Findings in the order in which they stand in their files.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| (&a.file.name, a.span.start).cmp(&(&b.file.name, b.span.start)));
}

/// Whether one of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// The errors among findings.
pub fn errors(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    diagnostics.iter().filter(|found| found.is_error()).cloned().collect()
}

/// Findings for people, on stderr.
pub fn to_stderr(diagnostics: &[Diagnostic]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    let coloured = colour(&stderr);
    write!(stderr, "{}", for_people(diagnostics, coloured))?;
    writeln!(stderr, "{}", summary(diagnostics))
}

/// Findings for people, an empty line after each.
pub fn for_people(diagnostics: &[Diagnostic], coloured: bool) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    diagnostics.iter().map(|found| renderer.render(&groups(found)) + "\n\n").collect()
}

/// How many there are.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|found| found.is_error()).count();
    let count = |number: usize, name: &str| format!("{number} {name}{}", if number == 1 { "" } else { "s" });
    format!("{}, {}", count(errors, "error"), count(diagnostics.len() - errors, "warning"))
}

fn groups(found: &Diagnostic) -> Vec<Group<'_>> {
    let level = match found.level {
        Level::Error => Rendered::ERROR,
        Level::Warning => Rendered::WARNING,
    };
    let caret = |span: &std::ops::Range<usize>, text: &str| span.start.min(text.len())..span.end.min(text.len());
    let mut snippet = Snippet::source(&*found.file.text)
        .path(&*found.file.name)
        .annotation(AnnotationKind::Primary.span(caret(&found.span, &found.file.text)));
    let mut elsewhere = Vec::new();
    for related in &found.related {
        let span = caret(&related.span, &related.file.text);
        if std::sync::Arc::ptr_eq(&related.file, &found.file) {
            snippet = snippet.annotation(AnnotationKind::Context.span(span).label(&*related.message));
        } else {
            let other = Snippet::source(&*related.file.text).path(&*related.file.name);
            let other = other.annotation(AnnotationKind::Context.span(span).label(&*related.message));
            elsewhere.push(other);
        }
    }
    let mut group = level.primary_title(&*found.message).id(found.code).element(snippet);
    for other in elsewhere {
        group = group.element(other);
    }
    if let Some(help) = &found.help {
        group = group.element(Rendered::HELP.message(&**help));
    }
    vec![group]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Finding, SourceFile};

    #[test]
    fn a_finding_shows_its_line_a_caret_its_help_and_the_other_place() {
        let file = SourceFile::new("a.toml", "[entity.nvidia]\nzh = [\"英伟达\", \"辉达\"]\n");
        let other = SourceFile::new("b.toml", "[entity.amd]\nzh = [\"辉达\"]\n");
        let start = file.text.find("辉达").unwrap();
        let there = other.text.find("辉达").unwrap();
        let found = Diagnostic::warning("NW0110", &file, start..start + 6, "a name of two entities")
            .help("take it from one of them")
            .related(&other, there..there + 6, "here for `amd`");
        let shown = for_people(std::slice::from_ref(&found), false);
        for part in [
            "warning[NW0110]: a name of two entities",
            "a.toml:2:15",
            "^^^^",
            "b.toml:2:8",
            "here for `amd`",
            "help: take it",
        ] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
        let json = serde_json::to_value(Finding::from(&found)).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "code": "NW0110", "severity": "warning", "file": "a.toml", "line": 2, "column": 15,
                "message": "a name of two entities", "help": "take it from one of them"
            })
        );
    }

    #[test]
    fn a_place_beyond_the_text_is_still_shown() {
        let file = SourceFile::new("gone.toml", "");
        let shown = for_people(&[Diagnostic::error("NW0100", &file, 0..0, "the file cannot be read")], false);
        assert!(shown.contains("error[NW0100]: the file cannot be read") && shown.contains("gone.toml"), "{shown}");
    }
}
