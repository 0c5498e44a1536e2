//! Explanations for people: of one event all clauses, of several events a few lines each.

use std::io::{self, Write};

use crate::commands::alert_text::Plain;
use crate::commands::explain::{ByWatchlist, Explained};

/// What matches clause by clause; what does not so only where watchlists were chosen, else with the first reason.
pub(super) fn in_full(explained: &Explained, chosen: bool, out: &mut impl Write) -> io::Result<()> {
    dead_letter(explained, out)?;
    for one in &explained.watchlists {
        writeln!(out, "{}", one.explanation.headline())?;
        accounts(one, "  ", out)?;
        if chosen || one.explanation.matched {
            writeln!(out, "{}", one.explanation.details())?;
        }
    }
    Ok(())
}

/// What matches and what it comes to; what does not match only where watchlists were chosen.
pub(super) fn briefly(explained: &Explained, chosen: bool, out: &mut impl Write) -> io::Result<()> {
    let Explained { id, title, time, watchlists, .. } = explained;
    writeln!(out, "{}  {}  [{}]", time.strftime("%Y-%m-%d %H:%M UTC"), Plain(title), Plain(id))?;
    dead_letter(explained, out)?;
    let is_shown = |one: &&ByWatchlist| chosen || one.explanation.matched || !one.accounts.is_empty();
    let mut shown = watchlists.iter().filter(is_shown).peekable();
    if shown.peek().is_none() {
        writeln!(out, "  no watchlist matches")?;
    }
    for one in shown {
        writeln!(out, "  {}", Plain(&one.explanation.headline()))?;
        accounts(one, "    ", out)?;
    }
    Ok(())
}

fn dead_letter(explained: &Explained, out: &mut impl Write) -> io::Result<()> {
    explained.dead_letter.iter().try_for_each(|why| writeln!(out, "it would be a dead letter besides: {}", Plain(why)))
}

fn accounts(one: &ByWatchlist, indent: &str, out: &mut impl Write) -> io::Result<()> {
    one.accounts.iter().try_for_each(|account| writeln!(out, "{indent}{}", Plain(&account.to_string())))
}
