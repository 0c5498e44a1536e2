//! The events that are to be explained: one over any number of lines, or one a line.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use serde::de::IgnoredAny;

use crate::commands::lines;

/// All that is at a path.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let name = if file == Path::new("-") { "standard input".into() } else { file.display().to_string() };
    let mut payload = Vec::new();
    let read = lines::open(file).and_then(|mut input| input.read_to_end(&mut payload));
    read.with_context(|| format!("cannot read {name}"))?;
    Ok(payload)
}

/// The events with the numbers of their first lines. Where the first line is JSON by itself each line is an event, else
/// all of it is one.
pub(super) fn events(payload: &[u8]) -> Vec<(i64, &[u8])> {
    let lines = payload.split(|byte| *byte == b'\n').zip(1..).map(|(line, number)| (number, line.trim_ascii()));
    let lines: Vec<_> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let by_itself = |line: &[u8]| serde_json::from_slice::<IgnoredAny>(line).is_ok();
    match &lines[..] {
        [(_, first), _, ..] if by_itself(first) => lines,
        _ => vec![(1, payload)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_may_take_several_lines_and_several_take_one_each() {
        let whole = |payload: &'static str| (1_i64, payload);
        for (payload, expected) in [
            ("{\"id\": 1}", vec![whole("{\"id\": 1}")]),
            ("{\"id\": 1}\n\n", vec![whole("{\"id\": 1}\n\n")]),
            ("{\n\"id\": 1\n}\n", vec![whole("{\n\"id\": 1\n}\n")]),
            ("{\"id\": 1}\n\n{\"id\": 2}\r\nnonsense", vec![(1, "{\"id\": 1}"), (3, "{\"id\": 2}"), (4, "nonsense")]),
            ("\0\0\0\0\u{1}{\n}\n", vec![whole("\0\0\0\0\u{1}{\n}\n")]),
            ("", vec![whole("")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(line, text)| (line, text.as_bytes())).collect();
            assert_eq!(events(payload.as_bytes()), expected, "{payload:?}");
        }
    }
}
