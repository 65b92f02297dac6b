//! Runtimes for commands. A command is synchronous, and has one of these only while it waits.

use std::future::Future;

use super::error::CommandError;

/// Waits on this thread.
pub(super) fn within_one_thread<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(CommandError::Runtime)?.block_on(work))
}

/// Waits with threads for what blocks. One that still waits for the keychain or a name server is left behind.
pub(super) fn within_threads<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(CommandError::Runtime)?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(done)
}
