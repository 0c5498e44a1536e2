//! Any text: the fast pass gives the words of the definition, and what a word stands for is found where it stands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newswatch::matching::text::{self, Word, fold, hash, heads, licensed, scan, words};

fuzz_target!(|text: &str| {
    let words = words(text);
    let mut tokens = Vec::new();
    scan(text, &mut tokens);
    assert_eq!(tokens, words.iter().map(|word| word.token).collect::<Vec<_>>());
    let mut end = 0;
    for Word { folded, token } in words {
        assert!(token.start >= end && token.end > token.start, "tokens overlap");
        end = token.end;
        assert_eq!(hash(&folded), token.hash);
        assert_eq!(fold(&text[token.start as usize..token.end as usize]), folded);
        if let Some(heads) = heads(text, &token) {
            let first = folded.char_indices().map(|(at, _)| hash(&folded[..at])).skip(1).take(2);
            assert!(heads.into_iter().zip(first).all(|(head, hash)| head == hash), "heads of {folded}");
        }
        // Each licensed form is known by the hash of what it names.
        let mut forms = Vec::new();
        licensed(text, &token, |form| {
            forms.push(form);
            false
        });
        assert!(forms.is_empty() || text::may_license(token.script));
        for form in forms {
            let (found, start, end) = licensed(text, &token, |asked| asked == form).expect("asked for once more");
            let named = &text[start as usize..end as usize];
            assert!(found == form && token.start <= start && start < end && end <= token.end, "{named}");
        }
    }
});
