//! The daemon as it is seen from outside, over HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;

use crate::commands::demo::summary::Outcomes;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `/metrics` says of events, matches and alerts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) outcomes: Outcomes,
    /// Pairs of event and watchlist.
    pub(super) matches: u64,
    pub(super) matches_processed: u64,
    pub(super) published: u64,
}

impl Observed {
    pub(super) fn at(http: SocketAddr) -> anyhow::Result<Self> {
        let (_, page) = get(http, "/metrics")?;
        Ok(Self::of(&page))
    }

    fn of(page: &str) -> Self {
        let mut observed = Self::default();
        for sample in page.lines().filter_map(Sample::of) {
            match (sample.name, sample.label("outcome")) {
                ("newswatch_events_processed_total", Some("matched")) => observed.outcomes.matched = sample.value,
                ("newswatch_events_processed_total", Some("no_match")) => observed.outcomes.no_match = sample.value,
                ("newswatch_matches_processed_total", _) => observed.matches_processed += sample.value,
                ("newswatch_watchlist_matches_total", _) => observed.matches += sample.value,
                ("newswatch_alerts_published_total", _) => observed.published += sample.value,
                ("newswatch_dead_letters_total", _) if sample.value > 0 => {
                    let reason = sample.label("reason").unwrap_or("unknown");
                    observed.outcomes.dead_lettered.insert(reason.to_owned(), sample.value);
                }
                _ => {}
            }
        }
        observed
    }
}

/// One line of the text exposition format, as far as counters need it.
struct Sample<'a> {
    name: &'a str,
    labels: &'a str,
    value: u64,
}

impl<'a> Sample<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        Some(Self { name, labels: labels.trim_end_matches('}'), value: value.parse().ok()? })
    }

    /// Ours come from closed sets, in which nothing needs escapes.
    fn label(&self, name: &str) -> Option<&'a str> {
        self.labels.split(',').find_map(|label| label.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'))
    }
}

/// Whether the answer is 200, and its body. Blocks, for the moment that this process takes to answer itself.
pub(super) fn get(http: SocketAddr, path: &str) -> anyhow::Result<(bool, String)> {
    let exchange = || {
        let mut stream = TcpStream::connect_timeout(&http, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {http}\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    let answer = exchange().with_context(|| format!("http://{http}{path} does not answer"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok((head.split(' ').nth(1) == Some("200"), body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_that_matter_are_read_from_the_page() {
        let page = "# HELP newswatch_events_processed_total Events.\n\
            newswatch_events_processed_total{outcome=\"matched\"} 3\n\
            newswatch_events_processed_total{outcome=\"no_match\"} 2\n\
            newswatch_events_processed_total{outcome=\"dead_lettered\"} 1\n\
            newswatch_dead_letters_total{reason=\"not_json\"} 1\n\
            newswatch_dead_letters_total{reason=\"avro\"} 0\n\
            newswatch_matches_processed_total{outcome=\"alerted\"} 4\n\
            newswatch_matches_processed_total{outcome=\"suppressed\"} 1\n\
            newswatch_watchlist_matches_total{watchlist=\"a\"} 2\n\
            newswatch_watchlist_matches_total{watchlist=\"b\"} 3\n\
            newswatch_alerts_published_total{action=\"open\",severity=\"high\",watchlist=\"a\"} 4\n";
        let outcomes = Outcomes { matched: 3, no_match: 2, dead_lettered: [("not_json".to_owned(), 1)].into() };
        assert_eq!(outcomes.processed(), 6);
        assert_eq!(Observed::of(page), Observed { outcomes, matches: 5, matches_processed: 5, published: 4 });
    }
}
