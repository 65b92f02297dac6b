//! Has the agents that are connected to this server judge certificates that are not shown yet, a few at a time: each judgement
//! costs an agent some work and this server a write. Those that are not connected are asked when they come.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::store::{Rehearsal, StoreError};
use crate::telemetry::{Telemetry, Wake};

/// So many agents are asked together.
const AT_ONCE: usize = 100;
/// The pause after that. Ten thousand agents are asked within half a minute.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the database may take to say what is open, and how long to wait before it is asked again.
const TO_ANSWER: Duration = Duration::from_secs(10);
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Until when there is something to ask, so that sessions that begin need not look for it in the database.
#[derive(Debug, Default)]
pub(crate) struct Rehearsals {
    open_until: RwLock<Option<OffsetDateTime>>,
    changed: Notify,
}

impl Rehearsals {
    /// A rehearsal was opened or ended, or a certificate was announced; here, or by another server.
    pub(crate) fn have_changed(&self) {
        self.changed.notify_one();
    }

    /// Whether an agent that connects has to be asked something.
    pub(crate) fn are_open(&self, now: OffsetDateTime) -> bool {
        let until = *self.open_until.read().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| now < until)
    }

    fn set(&self, rehearsals: &[Rehearsal]) {
        let ends = rehearsals.iter().flat_map(|rehearsal| {
            std::iter::once(rehearsal.closes_at).chain(rehearsal.announced.map(|(_, until)| until))
        });
        *self.open_until.write().unwrap_or_else(PoisonError::into_inner) = ends.max();
    }
}

/// What asks the agents.
pub(crate) struct Rehearsing {
    /// The task ends with this value, too.
    stop: DropGuard,
    tasks: TaskTracker,
}

impl Rehearsing {
    /// Begins, with what was open when the server was stopped.
    pub(crate) fn begin(telemetry: &Arc<Telemetry>) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        telemetry.rehearsals.have_changed();
        let asking = ask(Arc::clone(telemetry));
        let ended = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = asking => {}
                () = ended.cancelled() => {}
            }
        });
        tasks.close();
        Self { stop: stop.drop_guard(), tasks }
    }

    /// Ends.
    pub(crate) async fn stop(self, limit: Duration) {
        drop(self.stop);
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!("asking agents about certificates did not end in time");
        }
    }
}

async fn ask(telemetry: Arc<Telemetry>) {
    loop {
        telemetry.rehearsals.changed.notified().await;
        match refresh(&telemetry).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(%error, "it could not be found out which certificates are to be rehearsed; it is tried again");
                tokio::time::sleep(AFTER_FAILURE).await;
                telemetry.rehearsals.have_changed();
                continue;
            }
        }
        if !telemetry.rehearsals.are_open(telemetry.clock.now()) {
            continue;
        }
        // Those that come meanwhile are asked when they introduce themselves.
        let connected = telemetry.presence.endpoints();
        for (place, some) in connected.chunks(AT_ONCE).enumerate() {
            if place > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            for endpoint in some {
                telemetry.presence.wake(*endpoint, Wake::Rehearsals);
            }
        }
    }
}

async fn refresh(telemetry: &Telemetry) -> Result<(), StoreError> {
    let Ok(found) = tokio::time::timeout(TO_ANSWER, telemetry.store.rehearsals()).await else {
        return Err(StoreError::Conflict("The database did not answer in time.".to_owned()));
    };
    telemetry.rehearsals.set(&found?);
    Ok(())
}
