//! Calls that block without a limit of their own.

use tokio::sync::oneshot;

/// Runs the work in a thread of its own.
///
/// Unlike one of the runtime's threads for such work, it does not keep the program from ending while the call hangs,
/// and whoever no longer waits for the result leaves the work to its end.
pub(super) async fn in_own_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, result) = oneshot::channel();
    let thread = std::thread::Builder::new().name("doctor".to_owned()).spawn(move || {
        // Nobody may be waiting any more.
        let _ = sender.send(work());
    });
    match thread {
        Ok(_) => result.await.ok(),
        Err(error) => {
            tracing::warn!(%error, "a check could not be started");
            None
        }
    }
}
