//! Real articles, as runs of words: chosen, cut to a length, and without those that are copies already.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use newswatch::matching::text::{self, Sink, Token};
use serde::Deserialize;

use crate::random::Random;

/// The languages compared, with how a word of each is written.
pub(crate) const LANGUAGES: [(&str, Spacing); 3] =
    [("en", Spacing::Words), ("ar", Spacing::Words), ("zh", Spacing::Characters)];

/// What edits take for the smallest part of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    Words,
    /// Two of which count as a word.
    Characters,
}

impl Spacing {
    /// So many words, in parts.
    pub(crate) fn parts(self, words: usize) -> usize {
        match self {
            Self::Words => words,
            Self::Characters => 2 * words,
        }
    }

    pub(crate) fn split(self, text: &str) -> Vec<String> {
        match self {
            Self::Words => text.split_whitespace().map(str::to_owned).collect(),
            Self::Characters => text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect(),
        }
    }

    pub(crate) fn join(self, parts: &[String]) -> String {
        parts.join(if self == Self::Words { " " } else { "" })
    }
}

#[derive(Clone)]
pub(crate) struct Article {
    pub(crate) id: String,
    /// Its place in [`LANGUAGES`].
    pub(crate) language: usize,
    pub(crate) title: Vec<String>,
    pub(crate) body: Vec<String>,
}

impl Article {
    pub(crate) fn spacing(&self) -> Spacing {
        LANGUAGES[self.language].1
    }

    pub(crate) fn len(&self) -> usize {
        self.title.len() + self.body.len()
    }

    /// Its first words; none where it has fewer.
    pub(crate) fn cut(&self, words: usize) -> Option<Self> {
        let parts = self.spacing().parts(words);
        let mut cut = self.clone();
        cut.body.truncate(parts.checked_sub(cut.title.len()).filter(|body| *body >= parts / 2)?);
        (cut.len() == parts).then_some(cut)
    }
}

#[derive(Deserialize)]
struct Line {
    id: String,
    lang: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

/// All articles of a file of events in the plain form, packed with zstd, that are in one of [`LANGUAGES`].
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Article>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut articles = Vec::new();
    for line in BufReader::new(zstd::Decoder::new(file)?).lines() {
        let line: Line = serde_json::from_str(&line?)?;
        let primary = line.lang.split('-').next().unwrap_or_default();
        if let Some(language) = LANGUAGES.iter().position(|(name, _)| *name == primary) {
            let spacing = LANGUAGES[language].1;
            let (title, body) = (spacing.split(&line.title), spacing.split(&line.body));
            articles.push(Article { id: line.id, language, title, body });
        }
    }
    Ok(articles)
}

/// So many of these, of each language as many, in a random order; without those of whose text another one before
/// holds nine tenths, for of them it is not known what they are copies of. Tells how many of those there were.
pub(crate) fn choose(articles: &[Article], count: usize, random: &mut Random) -> (Vec<Article>, usize) {
    let mut order: Vec<&Article> = articles.iter().collect();
    random.shuffle(&mut order);
    let (mut chosen, mut copies) = (Vec::new(), 0);
    for language in 0..LANGUAGES.len() {
        let mut known = Known::default();
        let wanted = chosen.len() + (count + LANGUAGES.len() - 1 - language) / LANGUAGES.len();
        for article in order.iter().filter(|article| article.language == language) {
            if chosen.len() == wanted {
                break;
            }
            if known.is_copy(article) {
                copies += 1;
            } else {
                chosen.push((*article).clone());
            }
        }
    }
    (chosen, copies)
}

/// Every run of four words of the texts before, and which of them hold it: the whole texts, not samples of them.
#[derive(Default)]
struct Known {
    holders: HashMap<u64, Vec<u32>>,
    sizes: Vec<usize>,
}

impl Known {
    /// Whether one of the texts before holds nine tenths of it, or the other way round. Adds it where none does.
    fn is_copy(&mut self, article: &Article) -> bool {
        let runs = runs(&article.body);
        let mut common: HashMap<u32, usize> = HashMap::new();
        for run in &runs {
            for holder in self.holders.get(run).into_iter().flatten() {
                *common.entry(*holder).or_default() += 1;
            }
        }
        if common.iter().any(|(holder, common)| common * 10 >= runs.len().min(self.sizes[*holder as usize]) * 9) {
            return true;
        }
        let holder = self.sizes.len() as u32;
        self.sizes.push(runs.len());
        for run in runs {
            self.holders.entry(run).or_default().push(holder);
        }
        false
    }
}

fn runs(parts: &[String]) -> HashSet<u64> {
    struct Hashes(Vec<u64>);
    impl Sink for Hashes {
        fn token(&mut self, token: Token) {
            self.0.push(token.hash);
        }
    }
    let mut hashes = Hashes(Vec::new());
    text::scan(&parts.join(" "), &mut hashes);
    hashes
        .0
        .windows(4)
        .map(|run| run.iter().fold(0, |state: u64, hash| state.rotate_left(17).wrapping_mul(31) ^ hash))
        .collect()
}
