//! The signals of the system that ask the program to end.

use std::io;

/// Waits until the session ends or somebody stops the process.
#[cfg(unix)]
pub async fn ending() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Waits until somebody stops the process.
#[cfg(not(unix))]
pub async fn ending() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
