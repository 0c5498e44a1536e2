//! `schema`: the JSON Schemas of what goes in and comes out.

use std::io::{self, Write};

use clap::ValueEnum;
use schemars::{Schema, schema_for};

use crate::commands::Exit;
use crate::message::alert::Alert;
use crate::message::matched::MatchMessage;
use crate::settings::Settings;

mod forms;

/// Print a JSON Schema
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
    /// A watchlist file
    Watchlist,
    /// The settings file
    Settings,
}

pub(super) fn execute(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, &schema(arguments.name))?;
    writeln!(stdout)?;
    Ok(Exit::Fine)
}

fn schema(name: Name) -> Schema {
    match name {
        Name::Event => schema_for!(forms::Event),
        Name::Match => schema_for!(MatchMessage),
        Name::Alert => schema_for!(Alert),
        Name::Watchlist => schema_for!(forms::WatchlistFile),
        Name::Settings => schema_for!(Settings),
    }
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
            (Name::Watchlist, "escalate"),
            (Name::Settings, "batch_time"),
        ] {
            let json = serde_json::to_string(&schema(name)).unwrap();
            assert!(json.contains(&format!("\"{field}\":")), "{name:?}: {json}");
        }
    }
}
