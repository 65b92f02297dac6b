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
}

impl Default for ManualClock {
    fn default() -> Self {
        let inner = Inner { now: OffsetDateTime::now_utc(), pause: None };
        Self { inner: Mutex::new(inner), begun: Notify::new() }
    }
}

impl ManualClock {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the agent pauses, and tells for how long it wants to.
    pub(crate) async fn pause_begun(&self) -> Duration {
        let waiting = async {
            loop {
                let begun = self.begun.notified();
                if let Some((duration, sender)) = &self.lock().pause
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
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        self.lock().now
    }

    fn pause(&self, duration: Duration) -> Pause {
        let (sender, over) = oneshot::channel();
        self.lock().pause = Some((duration, sender));
        self.begun.notify_waiters();
        Box::pin(async move {
            // A pause that was replaced by another does not end.
            if over.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
