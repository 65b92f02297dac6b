//! Sees to the tightenings that are running: one task of each server. What is due is done once, whichever server is first.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::administration::Administration;
use crate::store::Moved;
use crate::telemetry::Wake;

/// How often it is looked whether something is due. Nothing is asked of the database but which tightenings are running.
const TO_LOOK: Duration = Duration::from_secs(1);
/// How long one move may take: a ring of a large fleet is many rows.
const TO_MOVE: Duration = Duration::from_mins(2);

/// The task.
pub(crate) struct Tightenings {
    /// The task ends with this value, too.
    stop: DropGuard,
    tasks: TaskTracker,
}

impl Tightenings {
    /// Begins.
    pub(crate) fn begin(administration: &Arc<Administration>) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(see_to(Arc::clone(administration), stop.clone()));
        tasks.close();
        Self { stop: stop.drop_guard(), tasks }
    }

    /// Ends. A move that is being made is not carried out, and is due again when a server looks.
    pub(crate) async fn stop(self, limit: Duration) {
        drop(self.stop);
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!("seeing to tightenings did not end in time");
        }
    }
}

async fn see_to(administration: Arc<Administration>, stop: CancellationToken) {
    let mut looks = tokio::time::interval(TO_LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let look = async {
            looks.tick().await;
            if tokio::time::timeout(TO_MOVE, administration.advance_tightenings()).await.is_err() {
                tracing::warn!("a tightening could not go on in time; it is tried again");
            }
        };
        tokio::select! {
            () = look => {}
            () = stop.cancelled() => return,
        }
    }
}

impl Administration {
    /// Does what is due.
    async fn advance_tightenings(&self) {
        let store = &self.telemetry.store;
        let running = match store.running_tightenings().await {
            Ok(running) => running,
            Err(error) => {
                tracing::warn!(%error, "it could not be found out which tightenings are running");
                return;
            }
        };
        for id in running {
            match store.advance_tightening(id, self.now()).await {
                Ok(Moved::Yes) => {
                    tracing::info!(tightening = %id, "a tightening has gone on or stepped back; its endpoints hear of it");
                    self.telemetry.presence.wake_all(&Wake::Profile);
                }
                Ok(Moved::No) => {}
                Err(error) => tracing::error!(tightening = %id, %error, "a tightening cannot go on"),
            }
        }
    }
}
