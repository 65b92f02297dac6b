//! Removes, again and again, what has been kept long enough.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::store::Removed;
use crate::telemetry::Telemetry;

/// How often it is looked for what is over.
const TO_LOOK: Duration = Duration::from_hours(1);

/// The task; it ends with this value.
pub(crate) struct Housekeeping {
    stop: DropGuard,
    tasks: TaskTracker,
}

impl Housekeeping {
    /// Begins at once.
    pub(crate) fn begin(telemetry: Arc<Telemetry>, keep_days: NonZeroU32) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let stopped = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = keep_house(&telemetry, keep_days) => {}
                () = stopped.cancelled() => {}
            }
        });
        tasks.close();
        Self { stop: stop.drop_guard(), tasks }
    }

    /// Ends. What is half done is rolled back and done at the next start.
    pub(crate) async fn stop(self, limit: Duration) {
        drop(self.stop);
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!("the removal of what is over did not end in time");
        }
    }
}

async fn keep_house(telemetry: &Telemetry, keep_days: NonZeroU32) {
    let mut looks = tokio::time::interval(TO_LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let kept = time::Duration::days(keep_days.get().into());
    loop {
        looks.tick().await;
        // Before the beginning of time nothing has happened.
        let Some(before) = telemetry.clock.now().checked_sub(kept) else { continue };
        match telemetry.store.remove_history(before).await {
            Ok(removed) if removed == Removed::default() => {}
            Ok(Removed { commands, batches, decisions }) => {
                tracing::info!(
                    commands,
                    group_commands = batches,
                    decisions,
                    "removed what had been over for {keep_days} days"
                );
            }
            Err(error) => tracing::warn!(%error, "what is over could not be removed; it is tried again"),
        }
    }
}
