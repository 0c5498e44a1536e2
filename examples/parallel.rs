//! Holds the names of the vocabulary against stories that were translated sentence by sentence: what
//! is named in one language's version is named in the others.
//! `cargo run --release --example parallel -- [--misses] FILE`
//!
//! FILE holds events in the plain form, packed with zstd where its name ends in `.zst`; the id of a
//! version is STORY-LANGUAGE or STORY-LANGUAGE-EDITION, its language in three letters. Of two editions in
//! one language the first counts. Only entities with names of their own count, not groups made of others,
//! nor names that need company.
//!
//! Prints two numbers. *Agreement*: over all ordered pairs of two languages, the share of what was
//! found in the first version that was found in the second too. *Strict*: over all entities found in
//! any version of a story, the share of the versions that have it; here a translator who adds a name
//! costs as much as eight misses. With `--misses`, each entity that most versions have and one has not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use newswatch::diagnostic::{Level, SourceFile};
use newswatch::matching::definition::{Entry, Vocabulary};
use newswatch::matching::engine::Engine;
use newswatch::matching::reading::{self, Kind};
use newswatch::message::event::Event;
use serde::Deserialize;

const LANGUAGES: [&str; 9] = ["en", "zh", "ar", "ja", "ko", "ru", "de", "fr", "es"];

#[derive(Deserialize)]
struct Version {
    id: String,
    lang: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

impl Version {
    fn event(&self) -> Event<'_> {
        Event {
            id: self.id.as_str().into(),
            lang: Some(self.lang.as_str().into()),
            title: self.title.as_str().into(),
            body: self.body.as_str().into(),
            ..Event::default()
        }
    }

    /// The story and the place of the language among [`LANGUAGES`].
    fn place(&self) -> Option<(String, usize)> {
        let language = self.lang.split('-').next()?;
        let number = LANGUAGES.iter().position(|known| *known == language)?;
        let is_language = |part: &str| part.len() == 3 && part != "src" && part.bytes().all(|b| b.is_ascii_lowercase());
        let cut =
            self.id.rmatch_indices('-').find(|(at, _)| self.id[at + 1..].split('-').next().is_some_and(is_language));
        Some((self.id[..cut?.0].to_owned(), number))
    }
}

/// By story, the entities found in each language's version; none where there is no version.
type Stories = BTreeMap<String, [Option<BTreeSet<String>>; LANGUAGES.len()]>;

fn main() -> anyhow::Result<()> {
    let (mut file, mut misses) = (None, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--misses" => misses = true,
            _ => file = Some(PathBuf::from(argument)),
        }
    }
    let file = file.context("name a file of events")?;
    let engine = engine(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config/vocabulary"))?;
    let stories = found(&engine, &file)?;
    report(&stories, misses, &mut io::stdout().lock())?;
    Ok(())
}

/// An engine with one watchlist for each entity that has names of its own.
fn engine(folder: &Path) -> anyhow::Result<Engine> {
    let mut sources = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        sources.push((Kind::Vocabulary, SourceFile::new(path.display().to_string(), std::fs::read_to_string(&path)?)));
    }
    let (definitions, _) = reading::read(&sources);
    for id in named(&definitions.vocabulary) {
        let text =
            format!("[watchlist]\nid = \"{id}\"\ntitle = \"{id}\"\n[[query]]\nname = \"named\"\nmatch = '@{id}'\n");
        sources.push((Kind::Watchlist, SourceFile::new(format!("{id}.toml"), text)));
    }
    let (definitions, _) = reading::read(&sources.iter().map(|(k, f)| (*k, Arc::clone(f))).collect::<Vec<_>>());
    let (engine, found) = Engine::compile(&definitions);
    if let Some(error) = found.iter().find(|finding| finding.level == Level::Error) {
        bail!("{}: {}", error.file.name, error.message);
    }
    Ok(engine)
}

fn named(vocabulary: &Vocabulary) -> impl Iterator<Item = &String> {
    let plain = |entry: &Entry| !entry.words.is_empty() && entry.context.is_empty();
    vocabulary.entities.iter().filter(move |(_, entry)| plain(entry)).map(|(id, _)| id)
}

fn found(engine: &Engine, path: &Path) -> anyhow::Result<Stories> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let reader: Box<dyn Read> = match path.extension().is_some_and(|extension| extension == "zst") {
        true => Box::new(zstd::Decoder::new(file)?),
        false => Box::new(file),
    };
    let mut stories = Stories::new();
    let mut workspace = engine.workspace();
    for line in BufReader::new(reader).lines() {
        let version: Version = serde_json::from_str(&line?)?;
        let Some((story, language)) = version.place() else { continue };
        let entities = &mut stories.entry(story).or_default()[language];
        if entities.is_some() {
            continue;
        }
        let event = version.event();
        let matches = match engine.evaluate(&event, &mut workspace) {
            Ok(matches) => matches,
            Err(_) => bail!("{}: the work would not end", version.id),
        };
        *entities = Some(matches.iter().map(|found| found.watchlist.id().to_owned()).collect());
    }
    Ok(stories)
}

fn report(stories: &Stories, misses: bool, out: &mut impl Write) -> io::Result<()> {
    // Found in the first language's version, and of these in the second's.
    let mut pairs = [[(0_u32, 0_u32); LANGUAGES.len()]; LANGUAGES.len()];
    let (mut wanted, mut had, mut entities) = (0_u32, 0_u32, BTreeSet::new());
    for (story, versions) in stories {
        let present: Vec<(usize, &BTreeSet<String>)> =
            versions.iter().enumerate().filter_map(|(number, found)| Some((number, found.as_ref()?))).collect();
        let any: BTreeSet<&String> = present.iter().flat_map(|(_, found)| found.iter()).collect();
        for entity in any {
            let (with, without): (Vec<usize>, Vec<usize>) = present
                .iter()
                .map(|(n, _)| *n)
                .partition(|n| versions[*n].as_ref().is_some_and(|f| f.contains(entity)));
            for &first in &with {
                for &second in with.iter().chain(&without).filter(|second| **second != first) {
                    pairs[first][second].0 += 1;
                    pairs[first][second].1 += u32::from(with.contains(&second));
                }
            }
            wanted += present.len() as u32;
            had += with.len() as u32;
            entities.insert(entity);
            if misses && !without.is_empty() {
                let names = |numbers: &[usize]| numbers.iter().map(|n| LANGUAGES[*n]).collect::<Vec<_>>().join(" ");
                let sign = if with.len() > without.len() { "missed in" } else { "only in  " };
                let which = if with.len() > without.len() { names(&without) } else { names(&with) };
                writeln!(out, "{sign} {which:18} {entity:20} {story}")?;
            }
        }
    }
    let share = |(all, both): (u32, u32)| f64::from(both) / f64::from(all.max(1));
    let sum = |parts: &mut dyn Iterator<Item = (u32, u32)>| parts.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    writeln!(
        out,
        "{} stories, {} entities, found in {} stories together",
        stories.len(),
        entities.len(),
        wanted / LANGUAGES.len() as u32
    )?;
    writeln!(out, "language   found of what others have   others have of what is found")?;
    for (number, language) in LANGUAGES.iter().enumerate() {
        let into = share(sum(&mut pairs.iter().map(|row| row[number])));
        let from = share(sum(&mut pairs[number].iter().copied()));
        writeln!(out, "{language:10} {into:26.3} {from:30.3}")?;
    }
    writeln!(out, "agreement  {:.3}", share(sum(&mut pairs.iter().flatten().copied())))?;
    writeln!(out, "strict     {:.3}", share((wanted, had)))
}
