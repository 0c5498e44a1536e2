//! The fast pass over a text. It must give the tokens of [`super::words`] on every text.

use super::{Sink, words};

/// Hands the tokens of `text` to `sink`, in their order.
///
/// # Panics
/// If the text is longer than 4 GiB.
pub fn scan(text: &str, sink: &mut impl Sink) {
    for word in words(text) {
        sink.token(word.token);
    }
}
