//! `schema`: the JSON Schemas of what goes in and comes out, and the AsyncAPI document that ties them to topics.

use std::io::{self, Write};

use clap::ValueEnum;
use schemars::{Schema, schema_for};

use crate::commands::Exit;
use crate::message::alert::Alert;
use crate::message::matched::MatchMessage;
use crate::settings::Settings;
use crate::story::StateValue;

mod forms;

/// What is on which topic; refers to the schemas as files in a folder beside it.
const ASYNCAPI: &str = include_str!("../../docs/asyncapi.yaml");

/// Print a JSON Schema, or the AsyncAPI document
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Of what
    #[arg(value_enum)]
    pub name: Name,
}

/// What there is a schema of.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Name {
    /// A news event in its plain form
    Event,
    /// A record of the matches topic
    Match,
    /// A record of the alerts topic
    Alert,
    /// A record of the stories topic
    Story,
    /// A watchlist file
    Watchlist,
    /// The settings file
    Settings,
    /// All topics and their records (AsyncAPI 3.0)
    Asyncapi,
}

pub(super) fn execute(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut stdout = io::stdout().lock();
    match schema(arguments.name) {
        Some(schema) => {
            serde_json::to_writer_pretty(&mut stdout, &schema)?;
            writeln!(stdout)?;
        }
        None => stdout.write_all(ASYNCAPI.as_bytes())?,
    }
    Ok(Exit::Fine)
}

/// None of what has none.
fn schema(name: Name) -> Option<Schema> {
    Some(match name {
        Name::Event => schema_for!(forms::Event),
        Name::Match => schema_for!(MatchMessage),
        Name::Alert => schema_for!(Alert),
        Name::Watchlist => schema_for!(forms::WatchlistFile),
        Name::Story => schema_for!(StateValue),
        Name::Settings => schema_for!(Settings),
        Name::Asyncapi => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_names_the_fields_of_its_form() {
        for (name, field) in [
            (Name::Event, "published_at"),
            (Name::Match, "sketch"),
            (Name::Alert, "hits_truncated"),
            (Name::Story, "last_seen_at"),
            (Name::Watchlist, "escalate"),
            (Name::Settings, "batch_time"),
        ] {
            let json = serde_json::to_string(&schema(name).expect("it has one")).unwrap();
            assert!(json.contains(&format!("\"{field}\":")), "{name:?}: {json}");
        }
    }
}
