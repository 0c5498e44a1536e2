//! What the words of a text that may lead to queries stand for.

use smallvec::SmallVec;

use super::Positions;
use super::dictionary::{Dictionary, Unit, Units};
use super::met::{Glance, LEADS, Leading, Meaning, UNKNOWN};
use super::scan::{Found, Spot};
use crate::matching::text::{self, Token};

/// A field that is being read.
pub(super) struct Pass<'a> {
    pub(super) found: &'a mut Found,
    pub(super) dictionary: &'a Dictionary,
    pub(super) text: &'a str,
    /// Its first token.
    pub(super) first: usize,
}

impl Pass<'_> {
    /// Notes the units that lead, of the first so many tokens that are worth a look.
    pub(super) fn look_up(&mut self, worth: usize) {
        for i in 0..worth {
            let at = self.first + self.found.worth[i] as usize;
            let token = self.found.tokens[at];
            if token.script.is_single() {
                self.single(&token, at);
            } else {
                self.word(&token, at);
            }
        }
    }

    fn hit(&mut self, unit: Unit, first: usize, last: usize) {
        if self.dictionary.leads(unit) {
            self.found.hits.push((unit, Spot { first: first as u32, last: last as u32 }));
        }
    }

    /// A character that is a token of its own, and the pair that it is the second of.
    fn single(&mut self, token: &Token, at: usize) {
        if let Some(forms) = self.dictionary.forms(token.hash) {
            if let Some(unit) = forms.any {
                self.hit(unit, at, at);
            }
            self.exact(token, at);
        }
        if at == self.first {
            return;
        }
        let before = self.found.tokens[at - 1];
        if let Some(unit) = pair(self.dictionary, self.found.positions, self.text, &before, token) {
            self.hit(unit, at - 1, at);
        }
    }

    fn exact(&mut self, token: &Token, at: usize) {
        let dictionary = self.dictionary;
        for unit in dictionary.exact(token.hash, written(self.text, token)) {
            self.hit(unit, at, at);
        }
    }

    fn word(&mut self, token: &Token, at: usize) {
        let glance = Glance::from(self.found.meanings[at]);
        let number = if glance < UNKNOWN { (glance % LEADS) as u32 } else { self.number(token) };
        let Found { meanings, met, hits, .. } = &mut *self.found;
        meanings[at] = number;
        let (leading, exact) = met.leading(number);
        let spot = Spot { first: at as u32, last: at as u32 };
        hits.extend(leading.iter().map(|unit| (*unit, spot)));
        if !exact.is_empty() {
            let written = written(self.text, token);
            hits.extend(exact.iter().filter(|(form, _)| **form == *written).map(|(_, unit)| (*unit, spot)));
        }
    }

    /// The number of what a word stands for that is not known.
    #[inline(never)]
    fn number(&mut self, token: &Token) -> u32 {
        let Found { met, folded, positions, .. } = &mut *self.found;
        let glance = met.glance(token.hash);
        if glance < UNKNOWN {
            // It was found out meanwhile.
            return (glance % LEADS) as u32;
        }
        let (meaning, leading) = find_out(self.dictionary, *positions, self.text, token, folded);
        met.add(token.hash, meaning, leading)
    }
}

/// What a token covers.
pub(super) fn written<'t>(text: &'t str, token: &Token) -> &'t str {
    &text[token.start as usize..token.end as usize]
}

/// The unit of two neighbouring characters, if nothing parts them: in a script without spaces 发展中，国家 does
/// not hold 中国.
pub(super) fn pair(
    dictionary: &Dictionary,
    positions: Positions,
    text: &str,
    first: &Token,
    second: &Token,
) -> Option<Unit> {
    let both = first.script.is_single() && second.script.is_single();
    let unit = both.then(|| dictionary.pair(first.hash, second.hash))??;
    let between = &text[first.end as usize..second.start as usize];
    (positions == Positions::Tokens || !separated(between)).then_some(unit)
}

fn separated(between: &str) -> bool {
    between.chars().any(|c| "，。、；：！？,.;:!?…—()（）|/".contains(c))
}

/// Whether a word may stand for a unit; no is certain, and told without folding it.
fn may_mean(dictionary: &Dictionary, text: &str, token: &Token) -> bool {
    text::heads(text, token).is_none_or(|heads| dictionary.may_know(token.hash, heads))
        || text::may_license(token.script)
}

/// What a word stands for, and what of it leads.
fn find_out(
    dictionary: &Dictionary,
    positions: Positions,
    text: &str,
    token: &Token,
    folded: &mut String,
) -> (Meaning, Leading) {
    if !may_mean(dictionary, text, token) {
        return Default::default();
    }
    let mut licensed = SmallVec::<[(u64, Unit); 1]>::new();
    // Every form is asked for, so that one that another query knows does not hide this one's.
    text::licensed(text, token, |form| {
        if positions == Positions::Words
            && form != token.hash
            && let Some(unit) = dictionary.word(form)
            && !licensed.contains(&(form, unit))
        {
            licensed.push((form, unit));
        }
        false
    });
    let forms = dictionary.forms(token.hash);
    let mut units = Units::from_iter(forms.and_then(|forms| forms.any));
    text::fold_into(written(text, token), folded);
    units.extend(dictionary.wider(folded));
    let exact = forms.map_or(&[][..], |forms| &forms.exact);
    let leads = |unit: Unit| dictionary.leads(unit);
    let all = units.iter().copied().chain(licensed.iter().map(|(_, unit)| *unit));
    let leading = Leading {
        units: all.filter(|unit| leads(*unit)).collect(),
        exact: exact.iter().filter(|(_, unit)| leads(*unit)).cloned().collect(),
    };
    (Meaning { units, exact: !exact.is_empty(), licensed }, leading)
}
