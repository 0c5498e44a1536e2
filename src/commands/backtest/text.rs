//! Results for people. Text from outside is shown on one line and steers no terminal.

use std::io::{self, Write};

use crate::commands::alert_text::{Plain, Quote};
use crate::commands::backtest::chart::Chart;
use crate::commands::backtest::labels::{Counts, Measured, Quality};
use crate::commands::backtest::outcome_text;
use crate::commands::backtest::outcomes::Listed;
use crate::commands::backtest::results::{
    Against, Compared, DeadLetters, Figures, OnlyOne, Results, Span, TopHit, WatchlistResults,
};
use crate::commands::backtest::sample::{NearMiss, Sample};
use crate::commands::counted;
use crate::message::evidence::{EventReference, Hit};

/// Hits shown with an example, each on a line of its own.
const SHOWN_HITS: usize = 2;

/// Writes all of it.
pub(super) fn write(results: &Results, listed: Listed, out: &mut impl Write) -> io::Result<()> {
    head(results, out)?;
    results.dead_letters.iter().try_for_each(|letters| dead_letters(letters, out))?;
    results.watchlists.iter().try_for_each(|list| watchlist(list, listed, out))?;
    if let Some(all) = &results.totals.labelled {
        writeln!(out, "\nall watchlists  {}", quality(&all.quality))?;
        for (lang, quality_of) in &all.by_language {
            writeln!(out, "  {:<8}  {}", Plain(lang).to_string(), quality(quality_of))?;
        }
    }
    if let Some(against) = &results.against {
        comparison(against, out)?;
    }
    Ok(())
}

fn head(results: &Results, out: &mut impl Write) -> io::Result<()> {
    let outcome = |name: &str| results.outcomes.get(name).copied().unwrap_or_default();
    let (matched, not) = (outcome("matched"), outcome("no_match"));
    write!(out, "{}: {matched} matched, {not} did not", counted(results.events, "event"))?;
    match outcome("dead_lettered") {
        0 => writeln!(out)?,
        bad => writeln!(out, ", {}", counted(bad, "dead letter"))?,
    }
    if let Some(Span { first, last }) = results.span {
        let form = "%Y-%m-%d %H:%M UTC";
        write!(out, "from {} to {}", first.strftime(form), last.strftime(form))?;
        match results.undated {
            0 => writeln!(out)?,
            undated => writeln!(out, ", {undated} without a time of their own")?,
        }
    }
    match results.story_parts {
        0 | 1 => Ok(()),
        parts => writeln!(out, "too many matches to sort at once: told in {parts} parts, each in the order of time"),
    }
}

fn dead_letters(letters: &DeadLetters, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "  {} × {}", letters.count, letters.reason)?;
    letters.samples.iter().try_for_each(|bad| writeln!(out, "      {}: {}", Plain(&bad.place), Plain(&bad.message)))
}

fn watchlist(list: &WatchlistResults, listed: Listed, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n{}  {}", list.id, Plain(&list.title))?;
    write!(out, "  matched {}, alerts {}", list.matched, list.alerts)?;
    let changes =
        [(list.updates, "updated"), (list.retractions, "retracted")].into_iter().filter(|(many, _)| *many > 0);
    let suppressed = list.suppressed.iter().map(|(reason, many)| format!("{many} {reason}"));
    let more: Vec<String> = changes.map(|(many, what)| format!("{many} {what}")).chain(suppressed).collect();
    writeln!(out, "{}", if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) })?;
    if let Some(measured) = &list.labelled {
        labelled(measured, out)?;
    }
    let days: Vec<_> = list.days.iter().map(|day| (day.day, day.counts.alerts)).collect();
    if let Some(chart) = Chart::of(&days) {
        writeln!(out, "  alerts      {chart}")?;
    }
    if !list.top_hits.is_empty() {
        let hits: Vec<String> = list.top_hits.iter().map(top_hit).collect();
        writeln!(out, "  most found  {}", hits.join(", "))?;
    }
    samples("matched", &list.samples, out)?;
    outcome_text::write(list, listed, out)?;
    near_misses("nearly matched", &list.near_misses, out)?;
    samples("wrong: matched, and is not labelled so", &list.wrong, out)?;
    near_misses("missed: labelled so, and did not match", &list.missed, out)?;
    ids("all wrong", &list.false_positives, list.wrong.len(), out)?;
    ids("all missed", &list.false_negatives, list.missed.len(), out)
}

fn labelled(measured: &Measured<Counts>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "  labelled    {}", quality(&measured.quality))?;
    let wrong: Vec<String> =
        measured.by_language.iter().filter_map(|(lang, counts)| not_right(lang, *counts)).collect();
    if wrong.is_empty() { Ok(()) } else { writeln!(out, "              {}", wrong.join("; ")) }
}

/// A language in which something was wrong or missed.
fn not_right(lang: &str, counts: Counts) -> Option<String> {
    let [right, wrong, missed] = counts.numbers();
    let lang = Plain(lang);
    (wrong + missed > 0).then(|| format!("{lang}: {right} right, {wrong} wrong, {missed} missed"))
}

fn quality(quality: &Quality) -> String {
    let share = |share: Option<f64>| share.map_or_else(|| "    -".to_owned(), |share| format!("{share:.3}"));
    let [right, wrong, missed] = quality.counts.numbers();
    format!(
        "precision {}  recall {}  F1 {}  ({right} right, {wrong} wrong, {missed} missed)",
        share(quality.precision),
        share(quality.recall),
        share(quality.f1)
    )
}

fn top_hit(hit: &TopHit) -> String {
    match &hit.entity {
        Some(entity) => format!("{} (@{entity}) {}", Plain(&hit.term), hit.events),
        None => format!("{} {}", Plain(&hit.term), hit.events),
    }
}

fn samples(name: &str, samples: &[Sample], out: &mut impl Write) -> io::Result<()> {
    if !samples.is_empty() {
        writeln!(out, "  {name}")?;
    }
    for sample in samples {
        event(&sample.event, out)?;
        writeln!(out, "        {}", sample.queries.join(", "))?;
        hits(&sample.hits, out)?;
    }
    Ok(())
}

fn near_misses(name: &str, near_misses: &[NearMiss], out: &mut impl Write) -> io::Result<()> {
    if !near_misses.is_empty() {
        writeln!(out, "  {name}")?;
    }
    for near in near_misses {
        event(&near.event, out)?;
        writeln!(out, "        {}: {}", near.query, Plain(&near.reason))?;
        hits(&near.hits, out)?;
    }
    Ok(())
}

pub(super) fn event(event: &EventReference, out: &mut impl Write) -> io::Result<()> {
    let day = event.published_at.map_or_else(|| "no date   ".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
    let title = event.title.as_deref().unwrap_or(&event.id);
    let from: Vec<&str> = [&event.source, &event.lang].into_iter().filter_map(|known| known.as_deref()).collect();
    writeln!(out, "    {day}  {}  — {} [{}]", Plain(title), Plain(&from.join(", ")), Plain(&event.id))
}

fn hits(hits: &[Hit], out: &mut impl Write) -> io::Result<()> {
    hits.iter().take(SHOWN_HITS).try_for_each(|hit| writeln!(out, "        {:<7}  {}", hit.field, Quote(hit)))
}

/// The ids of what was wrong, where not all of it was shown.
fn ids(name: &str, ids: &Option<Vec<String>>, shown: usize, out: &mut impl Write) -> io::Result<()> {
    match ids {
        Some(ids) if ids.len() > shown => writeln!(out, "  {name}: {}", Plain(&ids.join(" "))),
        _ => Ok(()),
    }
}

fn comparison(against: &Against, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\nagainst {}", Plain(&against.folder))?;
    let width = against.watchlists.iter().map(|list| list.id.len()).max().unwrap_or(0).max("all".len());
    writeln!(out, "  {:width$}  {:>15}  {:>15}  {:>9}  {:>10}", "", "matched", "alerts", "only here", "only there")?;
    for Compared { id, here, there, only_here, only_there } in &against.watchlists {
        let pair = |of: fn(&Figures) -> u64| {
            let number = |figures: &Option<Figures>| {
                figures.as_ref().map_or_else(|| "-".to_owned(), |figures| of(figures).to_string())
            };
            format!("{} / {}", number(here), number(there))
        };
        let (matched, alerts) = (pair(|figures| figures.matched), pair(|figures| figures.alerts));
        let (this, other) = (only_here.events, only_there.events);
        writeln!(out, "  {id:width$}  {matched:>15}  {alerts:>15}  {this:>9}  {other:>10}")?;
    }
    for (name, totals) in [("here", &against.here), ("there", &against.there)] {
        if let Some(all) = &totals.labelled {
            writeln!(out, "  {name:width$}  {}", quality(&all.quality))?;
        }
    }
    for list in &against.watchlists {
        only(&list.id, "here", &list.only_here, out)?;
        only(&list.id, "there", &list.only_there, out)?;
    }
    Ok(())
}

fn only(id: &str, place: &str, only: &OnlyOne, out: &mut impl Write) -> io::Result<()> {
    samples(&format!("{id}: matched only {place}"), &only.samples, out)
}
