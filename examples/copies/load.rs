//! What a full index costs: memory for each story, and finds in a second of one CPU.

use std::collections::HashMap;
use std::hint::black_box;

use anyhow::Context;
use newswatch::message::sketch::Sketch;
use newswatch::story::similar::Similar;

use crate::random::Random;

const STORIES: u32 = 100_000;
const FINDS: usize = 20_000;

/// What so many stories in one watchlist cost. Each has the size of a long text's sketch; a fifth of its hashes are
/// those of one of a hundred publishers, as lines that stand under every article of theirs are. To be asked for
/// first, before memory is used and freed again.
pub(crate) fn measure(similarity: f64, random: &mut Random) -> anyhow::Result<String> {
    let publishers: Vec<Vec<u32>> = (0..100).map(|_| (0..50).map(|_| random.number() as u32).collect()).collect();
    let texts: Vec<Vec<u32>> = (0..STORIES)
        .map(|_| {
            let size = 32 + random.below(33);
            let publisher = &publishers[random.below(publishers.len())];
            let own = (0..size * 4 / 5).map(|_| random.number() as u32);
            own.chain(publisher.iter().take(size / 5).copied()).collect()
        })
        .collect();
    let before = resident()?;
    let stories: Vec<Sketch> = texts.iter().map(|text| Sketch::new(text.clone())).collect();
    let mut similar = Similar::default();
    let began = cpu()?;
    for (story, sketch) in stories.iter().enumerate() {
        similar.insert(story as u32, sketch);
    }
    let inserted = cpu()? - began;
    let bytes = resident()? - before;
    let copies: Vec<(usize, Sketch)> = (0..FINDS)
        .map(|_| {
            let story = random.below(texts.len());
            let kept = texts[story].iter().map(|hash| if random.once_in(5) { !hash } else { *hash }).collect();
            (story, Sketch::new(kept))
        })
        .collect();
    let began = cpu()?;
    let right = copies
        .iter()
        .filter(|(story, sketch)| {
            black_box(similar.find(sketch, similarity, |story| &stories[story as usize])) == Some(*story as u32)
        })
        .count();
    let found = cpu()? - began;
    Ok(format!(
        "{STORIES} stories in one watchlist: {} bytes a story, sketch and index; {:.0} inserts and {:.0} finds in a \
         CPU-second, {right} of {FINDS} found",
        bytes / STORIES as usize,
        f64::from(STORIES) / inserted,
        FINDS as f64 / found
    ))
}

/// Bytes of memory in use.
fn resident() -> anyhow::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let fields: HashMap<&str, &str> = status.lines().filter_map(|line| line.split_once(':')).collect();
    let kilobytes = fields.get("VmRSS").and_then(|field| field.split_whitespace().next()).context("no VmRSS")?;
    Ok(kilobytes.parse::<usize>()? * 1024)
}

/// Seconds that this thread has had of a CPU.
fn cpu() -> anyhow::Result<f64> {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(nanoseconds.split_whitespace().next().context("an empty schedstat")?.parse::<f64>()? / 1e9)
}
