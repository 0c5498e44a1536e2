//! How well copies are told from other stories, by script and by length, over generated copies of real articles:
//! `cargo run --release --example copies -- [--similarity N,N...] [--seed N] [--list] FILE`
//!
//! FILE has one event in the plain form a line, packed with zstd. Of 2,000 articles ten copies each are made,
//! shuffled, and put into stories as the story stage does. Printed are precision and recall over pairs of copies:
//! of those in one story, how many are of one article, and the other way round. Before that, what a full index costs.
//! `--list` names the pairs of articles that came into one story.

mod articles;
mod cluster;
mod edit;
mod load;
mod phrases;
mod random;

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use articles::{Article, LANGUAGES};
use cluster::{Item, Pairs};
use newswatch::matching::sketch::sketch;
use newswatch::settings::Settings;
use random::Random;

const ARTICLES: usize = 2_000;
const COPIES: usize = 10;
/// Words to which articles are cut.
const LENGTHS: [usize; 5] = [30, 60, 120, 300, 1_000];

struct Options {
    file: PathBuf,
    similarities: Vec<f64>,
    seed: u64,
    list: bool,
}

fn main() -> anyhow::Result<()> {
    let options = options()?;
    let mut out = io::stdout().lock();
    let mut random = Random(options.seed);
    writeln!(out, "{}", load::measure(options.similarities[0], &mut random)?)?;
    let all = articles::read(&options.file)?;
    let (chosen, copies) = articles::choose(&all, ARTICLES, &mut random);
    writeln!(out, "{} articles, {copies} left out as copies of those", chosen.len())?;
    writeln!(out, "precision / recall over pairs; similarity, length, all, {:?}", LANGUAGES.map(|(name, _)| name))?;
    let items = items(&chosen, &mut random, &mut out)?;
    report("as they are", &chosen, &items, &options, &mut out)?;
    for words in LENGTHS {
        let cut = to_length(&all, words, &mut random);
        let items = self::items(&cut, &mut random, &mut out)?;
        report(&format!("{words} words"), &cut, &items, &options, &mut out)?;
    }
    Ok(())
}

fn options() -> anyhow::Result<Options> {
    let (mut file, mut seed, mut list) = (None, 1, false);
    let mut similarities = vec![Settings::default().story.similarity];
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--similarity" => {
                let numbers = arguments.next().context("--similarity needs numbers")?;
                similarities = numbers.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            "--seed" => seed = arguments.next().context("--seed needs a number")?.parse()?,
            "--list" => list = true,
            _ => file = Some(PathBuf::from(argument)),
        }
    }
    Ok(Options { file: file.context("name a file of events")?, similarities, seed, list })
}

/// Articles of this length. Where a language has too few that are long enough, articles are put together.
fn to_length(all: &[Article], words: usize, random: &mut Random) -> Vec<Article> {
    let mut long: Vec<Article> = all.iter().filter_map(|article| article.cut(words)).collect();
    let short: Vec<&Article> = all.iter().filter(|article| article.cut(words).is_none()).collect();
    for language in 0..LANGUAGES.len() {
        let mut missing =
            ARTICLES.div_ceil(LANGUAGES.len()).saturating_sub(long.iter().filter(|a| a.language == language).count());
        let mut parts = short.iter().filter(|article| article.language == language);
        while missing > 0
            && let Some(first) = parts.next()
        {
            let mut whole = (*first).clone();
            while whole.cut(words).is_none()
                && let Some(next) = parts.next()
            {
                whole.body.extend(next.body.iter().cloned());
            }
            long.extend(whole.cut(words));
            missing -= 1;
        }
    }
    articles::choose(&long, ARTICLES, random).0
}

/// The copies of all articles, shuffled.
fn items(articles: &[Article], random: &mut Random, out: &mut impl Write) -> anyhow::Result<Vec<Item>> {
    let (mut items, mut kept) = (Vec::with_capacity(articles.len() * COPIES), 0.0);
    for (number, article) in articles.iter().enumerate() {
        let others: Vec<&Article> = articles.iter().filter(|other| other.language == article.language).collect();
        for _ in 0..COPIES {
            let copy = edit::copy(article, others[random.below(others.len())], random);
            kept += copy.kept;
            items.push(Item { article: number as u32, language: article.language, sketch: sketch(&copy.event()) });
        }
    }
    writeln!(out, "{} copies keep {:.1} % of the words on average", items.len(), 100.0 * kept / items.len() as f64)?;
    random.shuffle(&mut items);
    Ok(items)
}

fn report(
    length: &str,
    articles: &[Article],
    items: &[Item],
    options: &Options,
    out: &mut impl Write,
) -> io::Result<()> {
    for &similarity in &options.similarities {
        let stories = cluster::stories(items, similarity);
        let over_all = Pairs::count(items, &stories, |_| true);
        write!(out, "{similarity:.2}  {length:12} {over_all}")?;
        for language in 0..LANGUAGES.len() {
            write!(out, "  | {}", Pairs::count(items, &stories, |item| item.language == language))?;
        }
        let wrong = cluster::wrong(items, &stories);
        writeln!(out, "  | {} pairs of articles in one story", wrong.len())?;
        for (one, other) in wrong.iter().filter(|_| options.list) {
            for article in [one, other].map(|number| &articles[*number as usize]) {
                let title = if article.title.is_empty() { &article.body } else { &article.title };
                let title: String = article.spacing().join(title).chars().take(70).collect();
                writeln!(out, "    {}: {title}", article.id)?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}
