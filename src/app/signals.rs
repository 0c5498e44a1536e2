//! The signals that end the daemon, and the one that has it read its watchlists again.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit code after a second signal.
const AT_ONCE: i32 = 130;

/// Each SIGHUP, which no longer ends the process.
///
/// # Errors
/// The machine lets nobody listen to signals.
pub fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Comes with the first SIGTERM or SIGINT. A second one ends the process at once.
///
/// # Errors
/// The machine lets nobody listen to signals.
pub fn shutdown() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            tracing::warn!("a second signal: ending at once");
            std::process::exit(AT_ONCE);
        });
    })
}
