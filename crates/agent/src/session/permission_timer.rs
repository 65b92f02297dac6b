//! Tells when the time is over for which a person allowed the certificate of a session.

use std::time::Duration;

use time::OffsetDateTime;

use crate::clock::{Clock, Pause};

/// No pause is longer: the clock may be set meanwhile.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// A timer that follows the end of the permission, which a changed profile moves.
#[derive(Default)]
pub(super) struct PermissionTimer {
    running: Option<(OffsetDateTime, Pause)>,
}

impl PermissionTimer {
    /// Sets the end; it stays as it is when nothing has changed.
    pub(super) fn set(&mut self, until: Option<OffsetDateTime>, clock: &dyn Clock) {
        let Some(until) = until else {
            self.running = None;
            return;
        };
        if matches!(&self.running, Some((running, _)) if *running == until) {
            return;
        }
        let left = Duration::try_from(until - clock.now()).unwrap_or_default();
        self.running = Some((until, clock.pause(left.min(LONGEST_PAUSE))));
    }

    /// Waits until it is time to look.
    pub(super) async fn due(&mut self) {
        match &mut self.running {
            Some((_, pause)) => pause.await,
            None => std::future::pending().await,
        }
    }
}
