//! Copies of an article as publishers make them: another headline, a byline, lines in front and behind, a rewritten
//! lead, a cut tail, a few words altered. Four fifths of the article's words are always kept.

use newswatch::message::event::Event;

use crate::articles::{Article, Spacing};
use crate::phrases::PHRASES;
use crate::random::Random;

/// A copy of an article.
pub(crate) struct Copy {
    title: String,
    summary: String,
    body: String,
    /// The share of the article's words that it keeps.
    pub(crate) kept: f64,
}

impl Copy {
    pub(crate) fn event(&self) -> Event<'_> {
        let [title, summary, body] = [&self.title, &self.summary, &self.body].map(|text| text.as_str().into());
        Event { title, summary, body, ..Event::default() }
    }
}

/// A random copy; `strange` is an article whose words are put in place of others.
pub(crate) fn copy(article: &Article, strange: &Article, random: &mut Random) -> Copy {
    let mut draft =
        Draft { title: article.title.clone(), body: article.body.clone(), budget: article.len() / 5, article, random };
    // First what every copy has a little of; what is left of the budget goes to the others in any order.
    draft.alter(strange);
    let mut edits = [Draft::head, Draft::cut, Draft::rewrite];
    draft.random.shuffle(&mut edits);
    for edit in edits {
        edit(&mut draft, strange);
    }
    let kept = 1.0 - (article.len() / 5 - draft.budget) as f64 / article.len() as f64;
    draft.publish(kept)
}

/// A copy in the making.
struct Draft<'a> {
    article: &'a Article,
    title: Vec<String>,
    body: Vec<String>,
    /// Words that may still be lost.
    budget: usize,
    random: &'a mut Random,
}

impl Draft<'_> {
    /// Replaces, drops or swaps up to one word in twenty-five.
    fn alter(&mut self, strange: &Article) {
        let most = (self.article.len() / 25).max(1);
        for _ in 0..=self.random.below(most) {
            if self.body.len() < 2 || self.budget < 2 {
                return;
            }
            let at = self.random.below(self.body.len() - 1);
            match self.random.below(4) {
                0 => {
                    self.body.swap(at, at + 1);
                    self.budget -= 1;
                }
                1 => {
                    self.body.remove(at);
                }
                _ => self.body[at] = self.strange_word(strange),
            }
            self.budget -= 1;
        }
    }

    /// In two of three copies there is another headline, made of the body's words, where the budget allows.
    fn head(&mut self, _: &Article) {
        if self.random.once_in(3) || self.title.len() > self.budget {
            return;
        }
        self.budget -= self.title.len();
        let spacing = self.article.spacing();
        let (run, length) = match spacing {
            Spacing::Words => (2, 5 + self.random.below(6)),
            Spacing::Characters => (3, 12 + self.random.below(10)),
        };
        self.title.clear();
        while self.title.len() < length && !self.body.is_empty() {
            let at = self.random.below(self.body.len().div_ceil(2));
            self.title.extend(self.body[at..].iter().take(run).cloned());
        }
    }

    /// In two of three copies up to 18 % of the tail is cut.
    fn cut(&mut self, _: &Article) {
        if self.random.once_in(3) {
            return;
        }
        let most = self.budget.min(self.article.len() * 18 / 100);
        let lost = self.random.below(most + 1);
        self.body.truncate(self.body.len().saturating_sub(lost));
        self.budget -= lost;
    }

    /// In one of three copies the first words, up to 25 of them, are in another order and half of them others.
    fn rewrite(&mut self, strange: &Article) {
        if !self.random.once_in(3) {
            return;
        }
        let lead = self.article.spacing().parts(25).min(self.budget).min(self.body.len());
        for at in 0..lead {
            if self.random.once_in(2) {
                self.body[at] = self.strange_word(strange);
            }
        }
        self.random.shuffle(&mut self.body[..lead]);
        self.budget -= lead;
    }

    fn strange_word(&mut self, strange: &Article) -> String {
        strange.body[self.random.below(strange.body.len())].clone()
    }

    /// Adds what publishers add, and cuts or doubles the lead as a summary.
    fn publish(mut self, kept: f64) -> Copy {
        let (phrases, spacing) = (&PHRASES[self.article.language], self.article.spacing());
        let mut room = self.article.len() / 3;
        let closing = self.line(&phrases.closings, 2, &mut room);
        let byline = self.line(&phrases.bylines, 2, &mut room);
        let opening = self.line(&phrases.openings, 3, &mut room);
        let lead = spacing.parts(20).min(self.body.len());
        let (summary, body) = match self.random.below(6) {
            0 | 1 => (spacing.join(&self.body[..lead]), spacing.join(&self.body[lead..])),
            2 => (spacing.join(&self.body[..lead]), spacing.join(&self.body)),
            _ => (String::new(), spacing.join(&self.body)),
        };
        Copy { title: spacing.join(&self.title), summary, body: [byline, opening, &body, closing].join("\n"), kept }
    }

    /// Once in so many times one of the lines, where there is room for it: a short text has no long ones.
    fn line(&mut self, lines: &[&'static str], times: usize, room: &mut usize) -> &'static str {
        let line = lines[self.random.below(lines.len())];
        let parts = self.article.spacing().split(line).len();
        if parts > *room || !self.random.once_in(times) {
            return "";
        }
        *room -= parts;
        line
    }
}
