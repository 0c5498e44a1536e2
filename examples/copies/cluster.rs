//! Copies to stories, as the story stage does it, and how right that is.

use std::collections::HashMap;
use std::fmt;

use newswatch::message::sketch::Sketch;
use newswatch::story::similar::Similar;

/// What is known of one copy.
pub(crate) struct Item {
    pub(crate) article: u32,
    pub(crate) language: usize,
    pub(crate) sketch: Sketch,
}

/// The story of each item, in their order: that which it is most alike, by the story's first event, else a new one.
pub(crate) fn stories(items: &[Item], similarity: f64) -> Vec<u32> {
    let mut similar = Similar::default();
    let mut first: Vec<&Sketch> = Vec::new();
    let mut stories = Vec::with_capacity(items.len());
    for item in items {
        let found = similar.find(&item.sketch, similarity, |story| first[story as usize]);
        stories.push(found.unwrap_or_else(|| {
            let story = first.len() as u32;
            similar.insert(story, &item.sketch);
            first.push(&item.sketch);
            story
        }));
    }
    stories
}

/// Pairs of items: those in one story, those of one article, and those that are both.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pairs {
    together: u64,
    copies: u64,
    both: u64,
}

impl Pairs {
    /// Over the items that `of` takes.
    pub(crate) fn count(items: &[Item], stories: &[u32], of: impl Fn(&Item) -> bool) -> Self {
        let (mut by_story, mut by_article, mut by_both) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (item, story) in items.iter().zip(stories).filter(|(item, _)| of(item)) {
            *by_story.entry(*story).or_default() += 1;
            *by_article.entry(item.article).or_default() += 1;
            *by_both.entry((*story, item.article)).or_default() += 1;
        }
        Self { together: pairs(&by_story), copies: pairs(&by_article), both: pairs(&by_both) }
    }

    pub(crate) fn precision(self) -> f64 {
        self.both as f64 / self.together.max(1) as f64
    }

    pub(crate) fn recall(self) -> f64 {
        self.both as f64 / self.copies.max(1) as f64
    }
}

fn pairs<K>(sizes: &HashMap<K, u64>) -> u64 {
    sizes.values().map(|size| size * (size - 1) / 2).sum()
}

impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} / {:.4}", self.precision(), self.recall())
    }
}

/// The pairs of different articles that came into one story, by the articles' numbers.
pub(crate) fn wrong(items: &[Item], stories: &[u32]) -> Vec<(u32, u32)> {
    let mut opened: HashMap<u32, u32> = HashMap::new();
    let mut wrong: Vec<(u32, u32)> = items
        .iter()
        .zip(stories)
        .filter_map(|(item, story)| {
            let first = *opened.entry(*story).or_insert(item.article);
            (first != item.article).then_some((first.min(item.article), first.max(item.article)))
        })
        .collect();
    wrong.sort_unstable();
    wrong.dedup();
    wrong
}
