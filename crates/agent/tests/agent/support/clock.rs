//! Time that passes when the test says so.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign_agent::{Clock, Pause};
use time::OffsetDateTime;
use tokio::sync::{Notify, oneshot};

use super::SOON;

/// A clock that stands, and the pause that waits for it to go on.
#[derive(Debug)]
pub(crate) struct ManualClock {
    inner: Mutex<Inner>,
    begun: Notify,
}

#[derive(Debug)]
struct Inner {
    now: OffsetDateTime,
    pause: Option<(Duration, oneshot::Sender<()>)>,
    /// What is looked at regularly goes on beside it.
    interval: Option<(Duration, oneshot::Sender<()>)>,
}

impl Default for ManualClock {
    fn default() -> Self {
        let inner = Inner { now: OffsetDateTime::now_utc(), pause: None, interval: None };
        Self { inner: Mutex::new(inner), begun: Notify::new() }
    }
}

impl ManualClock {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the agent pauses, and tells for how long it wants to.
    pub(crate) async fn pause_begun(&self) -> Duration {
        self.begun(|inner| &inner.pause).await
    }

    /// Waits until the agent waits for the next regular look, and tells for how long it wants to.
    pub(crate) async fn interval_begun(&self) -> Duration {
        self.begun(|inner| &inner.interval).await
    }

    async fn begun(&self, which: fn(&Inner) -> &Option<(Duration, oneshot::Sender<()>)>) -> Duration {
        let waiting = async {
            loop {
                let begun = self.begun.notified();
                if let Some((duration, sender)) = which(&self.lock())
                    && !sender.is_closed()
                {
                    return *duration;
                }
                begun.await;
            }
        };
        tokio::time::timeout(SOON, waiting).await.expect("the agent does not pause")
    }

    /// Sets the clock forward, without ending a pause: as when the computer sleeps.
    pub(crate) fn advance(&self, duration: Duration) {
        self.lock().now += duration;
    }

    /// Lets the time of the present pause pass.
    pub(crate) async fn elapse(&self) -> Duration {
        let duration = self.pause_begun().await;
        let mut inner = self.lock();
        inner.now += duration;
        if let Some((_, sender)) = inner.pause.take() {
            let _ = sender.send(());
        }
        duration
    }

    /// Lets it be time for the next regular look.
    pub(crate) async fn elapse_interval(&self) {
        let duration = self.interval_begun().await;
        let mut inner = self.lock();
        inner.now += duration;
        if let Some((_, sender)) = inner.interval.take() {
            let _ = sender.send(());
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        self.lock().now
    }

    fn pause(&self, duration: Duration) -> Pause {
        let (sender, over) = oneshot::channel();
        self.lock().pause = Some((duration, sender));
        self.begun.notify_waiters();
        until(over)
    }

    fn interval(&self, duration: Duration) -> Pause {
        let (sender, over) = oneshot::channel();
        self.lock().interval = Some((duration, sender));
        self.begun.notify_waiters();
        until(over)
    }
}

fn until(over: oneshot::Receiver<()>) -> Pause {
    Box::pin(async move {
        // A pause that was replaced by another does not end.
        if over.await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
