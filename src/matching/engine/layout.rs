//! Where words stand in an event: their positions, and the fields, sentences and paragraphs of these.
//!
//! Positions are half words from the start of the event; between fields there is a gap wider than
//! any distance, so that nothing is near across a field's end.

use super::Positions;
use super::scan::{FIELDS, Place};
use crate::matching::query::{FARTHEST, Field};
use crate::matching::text::{Break, Token};

/// Wider than any distance between words.
const FIELD_GAP: u32 = 4 * FARTHEST;
/// Words.
const LEAD: u32 = 100;

/// The positions of an event's tokens.
pub(super) struct Layout {
    /// By token: its first.
    starts: Vec<u32>,
    /// The first of each field.
    fields: [u32; FIELDS.len()],
    /// The first of each sentence, and of each paragraph.
    sentences: Vec<u32>,
    paragraphs: Vec<u32>,
    positions: Positions,
}

impl Layout {
    /// Of tokens, those of each field up to an end of its own.
    pub(super) fn new(tokens: &[Token], ends: &[u32], positions: Positions) -> Self {
        let mut layout = Self {
            starts: Vec::with_capacity(tokens.len()),
            fields: [0; FIELDS.len()],
            sentences: Vec::new(),
            paragraphs: Vec::new(),
            positions,
        };
        let mut at = 0;
        for (field, end) in layout.fields.iter_mut().zip(ends) {
            *field = at;
            layout.sentences.push(at);
            layout.paragraphs.push(at);
            for token in &tokens[layout.starts.len()..*end as usize] {
                if token.breaks != Break::None {
                    layout.sentences.push(at);
                }
                if token.breaks == Break::Paragraph {
                    layout.paragraphs.push(at);
                }
                layout.starts.push(at);
                at += width(positions, token);
            }
            at += FIELD_GAP;
        }
        layout
    }

    /// The first position of a token.
    pub(super) fn start(&self, token: u32) -> u32 {
        self.starts[token as usize]
    }

    /// How many positions a token takes.
    pub(super) fn width(&self, token: &Token) -> u32 {
        width(self.positions, token)
    }

    /// The field of a position.
    pub(super) fn field(&self, position: u32) -> usize {
        self.fields[1..].partition_point(|first| *first <= position)
    }

    /// Whether a place is in a field.
    pub(super) fn is_in(&self, place: &Place, field: Field) -> bool {
        let at = self.field(place.start);
        match field {
            Field::Title => at == 0,
            Field::Summary => at == 1,
            Field::Body => at == 2,
            Field::Lead => at == 0 || place.end <= self.fields[at] + self.positions.of_words(LEAD),
        }
    }

    /// Whether two places are in one sentence.
    pub(super) fn one_sentence(&self, a: &Place, b: &Place) -> bool {
        together(&self.sentences, a, b)
    }

    /// Whether two places are in one paragraph.
    pub(super) fn one_paragraph(&self, a: &Place, b: &Place) -> bool {
        together(&self.paragraphs, a, b)
    }
}

fn width(positions: Positions, token: &Token) -> u32 {
    match positions {
        Positions::Words => token.half_words(),
        Positions::Tokens => 1,
    }
}

fn together(starts: &[u32], a: &Place, b: &Place) -> bool {
    let number = |position: u32| starts.partition_point(|start| *start <= position);
    let (first, last) = (a.start.min(b.start), a.end.max(b.end) - 1);
    number(first) == number(last)
}
