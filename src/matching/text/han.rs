//! Traditional Han characters to simplified ones, one by one.
//!
//! The pairs are facts from the character table `TSCharacters` of OpenCC 1.4.2 (Apache-2.0): the first
//! choice for each character of the basic plane. Words that differ between regions (輝達 and 英伟达)
//! are aliases, not variants, and belong in the vocabulary.

use std::sync::LazyLock;

/// Pairs of a traditional character and its simplified form, in the order of the former.
const PAIRS: &str = include_str!("han.txt");

static SIMPLIFIED: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let pair = |pair: &str| {
        let mut chars = pair.chars();
        Some((chars.next()?, chars.next()?))
    };
    PAIRS.split_whitespace().filter_map(pair).collect()
});

/// The simplified form of a character; itself where there is none.
pub(super) fn simplified(c: char) -> char {
    SIMPLIFIED.binary_search_by_key(&c, |&(traditional, _)| traditional).map_or(c, |i| SIMPLIFIED[i].1)
}

#[cfg(test)]
mod tests {
    use super::{PAIRS, SIMPLIFIED, simplified};

    #[test]
    fn the_table_is_whole_and_sorted() {
        assert!(PAIRS.split_whitespace().all(|pair| pair.chars().count() == 2));
        assert!(SIMPLIFIED.len() > 2900);
        assert!(SIMPLIFIED.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_simplified_character_stays() {
        for &(traditional, short) in SIMPLIFIED.iter() {
            assert_ne!(traditional, short);
            assert_eq!(simplified(short), short, "{traditional}");
        }
    }
}
