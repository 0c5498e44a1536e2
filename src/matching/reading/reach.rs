//! Words of a query that can match in none of the languages that its watchlist takes. Latin letters are
//! in the news of every language; other scripts, and the Latin words of a list, are not.

use std::collections::BTreeSet;

use icu_properties::props::Script;

use crate::diagnostic::Diagnostic;
use crate::matching::definition::{Entry, Located, Query, Vocabulary, Watchlist};
use crate::matching::engine::language::{is_kind_of, primary};
use crate::matching::query::{Kind, Meta, Node, parse_text};
use crate::matching::reading::code;
use crate::matching::reading::script::{fits, scripts_of};

/// Warns of each part of each query that nothing can match.
pub(super) fn unreachable(watchlist: &Watchlist, vocabulary: &Vocabulary, found: &mut Vec<Diagnostic>) {
    let languages = &watchlist.filter.languages;
    if languages.is_empty() {
        return;
    }
    let reach = Reach { languages, vocabulary };
    for query in &watchlist.queries {
        if let Some(node) = parse_text(&query.text.value) {
            reach.look(&node, query, found);
        }
    }
}

struct Reach<'a> {
    languages: &'a [Located<String>],
    vocabulary: &'a Vocabulary,
}

impl Reach<'_> {
    fn look(&self, node: &Node, query: &Query, found: &mut Vec<Diagnostic>) {
        let within = match &node.kind {
            Kind::And(parts) | Kind::Or(parts) => return parts.iter().for_each(|part| self.look(part, query, found)),
            Kind::Near { left, right, .. } | Kind::Together { left, right, .. } => {
                self.look(left, query, found);
                return self.look(right, query, found);
            }
            Kind::Not(inner) | Kind::AtLeast(_, inner) | Kind::Field(_, inner) => {
                return self.look(inner, query, found);
            }
            Kind::Words(written) | Kind::Exact(written) | Kind::Prefix(written) => self.is_written(written),
            Kind::Pattern(pattern) => self.is_written(pattern.written()),
            Kind::Entity(id) => self.is_reached('@', id, &mut BTreeSet::new()),
            Kind::Term(id) => self.is_reached('#', id, &mut BTreeSet::new()),
            Kind::Meta(Meta::Lang, range) => {
                self.languages.iter().any(|lang| is_kind_of(range, &lang.value) || is_kind_of(&lang.value, range))
            }
            Kind::Meta(..) => true,
        };
        if !within {
            let text = &query.text;
            let languages = self.languages.iter().map(|lang| lang.value.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!(
                "`{}` can match in none of the watchlist's languages ({languages})",
                &text.value[node.span.clone()]
            );
            found.push(
                Diagnostic::warning(code::UNREACHABLE, &text.file, text.inside(node.span.clone()), message)
                    .help("add its language to `languages`, add a word in one of these, or remove it"),
            );
        }
    }

    /// Whether the news of one of the languages may hold a word.
    fn is_written(&self, written: &str) -> bool {
        fits(written, &[Script::Latin])
            || self.languages.iter().any(|lang| scripts_of(&lang.value).is_none_or(|scripts| fits(written, scripts)))
    }

    fn is_reached<'e>(&'e self, sigil: char, id: &'e str, seen: &mut BTreeSet<(char, &'e str)>) -> bool {
        let entries = if sigil == '@' { &self.vocabulary.entities } else { &self.vocabulary.terms };
        // What is not defined is told of elsewhere; what was looked at before brings nothing new.
        seen.insert((sigil, id))
            && entries.get(id).is_none_or(|entry| {
                self.has_word(sigil, entry)
                    || entry.any.iter().any(|member| match member.value.split_at_checked(1) {
                        Some(("@", id)) => self.is_reached('@', id, seen),
                        Some(("#", id)) => self.is_reached('#', id, seen),
                        _ => true,
                    })
            })
    }

    fn has_word(&self, sigil: char, entry: &Entry) -> bool {
        entry.words.iter().any(|(lang, list)| {
            let lang = primary(lang);
            let taken = || self.languages.iter().any(|each| primary(&each.value) == lang);
            // Latin words of a term count in events of their list's language only; English ones everywhere.
            let counts = |word: &str| sigil == '@' || lang == "en" || !fits(word, &[Script::Latin]) || taken();
            list.iter().any(|word| self.is_written(&word.value) && counts(&word.value))
        })
    }
}
