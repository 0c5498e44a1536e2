//! `completions` and `man`: what a shell and `man` want to know, made of the commands themselves.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::commands::{Arguments, Exit, Usage};

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
pub struct CompletionsArguments {
    /// The shell that reads them
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Print the manual page: `newswatch man | man -l -`
#[derive(Debug, clap::Args)]
pub struct ManArguments {
    /// Of this command; of newswatch where none is named
    pub command: Option<String>,
}

pub(super) fn completions(arguments: &CompletionsArguments) -> anyhow::Result<Exit> {
    // Made in memory first: the generator panics where its reader has gone.
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, env!("CARGO_PKG_NAME"), &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Fine)
}

pub(super) fn man(arguments: &ManArguments) -> anyhow::Result<Exit> {
    Man::new(page(arguments.command.as_deref())?).render(&mut io::stdout().lock())?;
    Ok(Exit::Fine)
}

/// What a page is about.
fn page(name: Option<&str>) -> Result<Command, Usage> {
    let mut command = Arguments::command();
    command.build();
    let Some(name) = name else { return Ok(command) };
    let found = command.get_subcommands().find(|known| known.get_name() == name).cloned();
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    found.ok_or_else(|| Usage::no_such("command", name, &names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(name: Option<&str>) -> String {
        let mut page = Vec::new();
        Man::new(super::page(name).unwrap()).render(&mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn the_manual_has_a_page_of_all_and_one_of_each_command() {
        let whole = rendered(None);
        assert!(whole.contains(".TH newswatch 1"), "{whole}");
        for command in Arguments::command().get_subcommands() {
            let name = command.get_name();
            assert!(whole.contains(&format!("newswatch\\-{name}(1)")), "{name}: {whole}");
            let page = rendered(Some(name));
            assert!(page.contains(&format!(".TH newswatch-{name} 1")) && page.contains("\\-\\-config"), "{page}");
        }
    }

    #[test]
    fn a_page_that_is_not_there_is_answered_with_the_nearest() {
        let reason = page(Some("backtst")).unwrap_err().to_string();
        assert_eq!(reason, "there is no command `backtst`: did you mean `backtest`?");
    }
}
