//! What a backtest reads: records from files, from standard input or from a range of a topic, one after the other.
//! Bad input is handed on as such and stops nothing.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::commands::Usage;
use crate::commands::lines::{self, LineError, Lines};
use crate::kafka::connection::ConnectionError;
use crate::kafka::reader::RangeReader;
use crate::kafka::stage::fetched::Fetched;
use crate::pipeline::reason::Reason;
use crate::settings::Kafka;

/// The reason of what could not be read at all; all of it counts as one dead letter.
const UNREADABLE: &str = "unreadable";

/// A piece of input.
#[derive(Debug)]
pub(in crate::commands) enum Given {
    /// A record.
    Record(Fetched),
    /// What is not even a record.
    Bad(BadInput),
}

/// A dead letter as a backtest tells of it.
#[derive(Clone, Debug, serde::Serialize)]
pub(in crate::commands) struct BadInput {
    /// The reason code.
    #[serde(skip)]
    pub(in crate::commands) reason: &'static str,
    /// The file and line, or the topic, partition and offset.
    pub(in crate::commands) place: String,
    /// What exactly.
    pub(in crate::commands) message: String,
}

/// Where the pieces come from.
pub(in crate::commands) enum Inputs {
    /// Files and standard input.
    Files(Files),
    /// A range of the events topics.
    Topics(Topics),
}

impl Inputs {
    /// The next piece; none after the last.
    pub(in crate::commands) fn next(&mut self) -> Option<Piece> {
        match self {
            Self::Files(files) => files.next(),
            Self::Topics(topics) => topics.next(),
        }
    }

    /// Whether records are lines of files.
    pub(in crate::commands) fn are_files(&self) -> bool {
        matches!(self, Self::Files(_))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// What ended it before its time.
    pub(in crate::commands) fn finish(self) -> Result<(), ConnectionError> {
        match self {
            Self::Files(_) => Ok(()),
            Self::Topics(mut topics) => topics.failure.take().map_or(Ok(()), Err),
        }
    }
}

/// A range of topics, one after the other.
pub(in crate::commands) struct Topics {
    left: VecDeque<RangeReader>,
    number: usize,
    failure: Option<ConnectionError>,
    progress: ProgressBar,
}

impl Topics {
    /// From a time to a time of the records, where they are given.
    pub(in crate::commands) fn open(
        kafka: &Kafka,
        topics: &[String],
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Self, ConnectionError> {
        let readers = topics.iter().map(|topic| RangeReader::open(kafka, topic, from, to));
        let left = readers.collect::<Result<VecDeque<_>, _>>()?;
        let records = left.iter().map(RangeReader::records).sum();
        let progress = progress(Some(records), "{pos} of {len} records");
        Ok(Self { left, number: 0, failure: None, progress })
    }

    fn next(&mut self) -> Option<Piece> {
        loop {
            match self.left.front_mut()?.next() {
                Ok(Some(fetched)) => {
                    self.progress.inc(1);
                    return Some((self.number, Given::Record(fetched)));
                }
                Ok(None) => {
                    self.left.pop_front();
                    self.number += 1;
                }
                Err(error) => {
                    self.failure = Some(error);
                    return None;
                }
            }
        }
    }
}

impl Drop for Topics {
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}

/// A piece of input and the number of the input it is from.
pub(in crate::commands) type Piece = (usize, Given);

/// The files, in the order in which they were named.
pub(in crate::commands) struct Files {
    left: VecDeque<PathBuf>,
    open: Option<(Arc<str>, Lines)>,
    number: usize,
    longest: usize,
    progress: ProgressBar,
}

impl Files {
    /// # Errors
    /// One of them is not there, or is a folder.
    pub(in crate::commands) fn new(paths: &[PathBuf], longest: usize) -> Result<Self, Usage> {
        let mut bytes = Some(0);
        for path in paths.iter().filter(|path| *path != Path::new("-")) {
            match std::fs::metadata(path) {
                Ok(known) if known.is_dir() => return Err(Usage(format!("{} is a folder", path.display()))),
                Ok(known) => bytes = bytes.map(|bytes| bytes + known.len()),
                Err(error) => return Err(Usage(format!("cannot read {}: {error}", path.display()))),
            }
        }
        if paths.iter().any(|path| path == Path::new("-")) {
            bytes = None;
        }
        let progress = progress(bytes, "{bytes} of {total_bytes}");
        Ok(Self { left: paths.iter().cloned().collect(), open: None, number: 0, longest, progress })
    }

    pub(in crate::commands) fn next(&mut self) -> Option<Piece> {
        loop {
            let Some((name, lines)) = &mut self.open else {
                let path = self.left.pop_front()?;
                self.number += 1;
                let name: Arc<str> =
                    if path == Path::new("-") { "stdin".into() } else { path.to_string_lossy().into() };
                match self.open(&path) {
                    Ok(lines) => self.open = Some((name, lines)),
                    Err(error) => return Some((self.number, unreadable(&name, &error))),
                }
                continue;
            };
            let name = Arc::clone(name);
            let given = match lines.next() {
                Ok(None) => {
                    self.open = None;
                    continue;
                }
                Ok(Some(line)) => {
                    let line = line.to_vec();
                    Given::Record(Fetched::line(name, lines.number() as i64, line))
                }
                Err(LineError::TooLong { line, longest }) => Given::Bad(BadInput {
                    reason: Reason::TooLarge.as_str(),
                    place: format!("{name}:{line}"),
                    message: format!("more than {longest} bytes (`events.max_bytes`)"),
                }),
                Err(LineError::Unreadable(error)) => {
                    let place = format!("{name}, after line {}", lines.number());
                    self.open = None;
                    unreadable(&place, &error)
                }
            };
            return Some((self.number, given));
        }
    }

    fn open(&self, path: &Path) -> std::io::Result<Lines> {
        let input = self.progress.wrap_read(lines::open(path)?);
        Lines::of(Box::new(input), self.longest)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}

fn unreadable(place: &str, error: &std::io::Error) -> Given {
    Given::Bad(BadInput { reason: UNREADABLE, place: place.to_owned(), message: error.to_string() })
}

/// How far it is, on a terminal: shown so where it is known how much there is.
fn progress(all: Option<u64>, shown: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match all {
        Some(all) => (ProgressBar::new(all), format!("{{bar:30}} {{percent:>3}} %  {shown}, {{eta}} left")),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} read in {elapsed}".to_owned()),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.with_style(ProgressStyle::with_template(&template).expect("the templates are right"))
}
