//! The binary: arguments to a command, its end to an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use newswatch::commands::Arguments;
use tikv_jemallocator::Jemalloc;

/// librdkafka's and OpenSSL's too: `malloc` is jemalloc's in the whole process.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let Arguments { common, command } = Arguments::parse();
    match command.execute(&common) {
        Ok(exit) => exit.into(),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where stderr is closed too there is nobody left to tell.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether whoever read our output has had enough of it, as `head` has.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |kind: io::ErrorKind| kind == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| closed(error.kind()))
            || cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind).is_some_and(closed)
    })
}
