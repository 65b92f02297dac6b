//! A clock that a test sets forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use countersign_server::Clock;
use time::{Duration, OffsetDateTime};

/// Stands still until it is set forward.
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn at(moment: OffsetDateTime) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(moment.unix_timestamp())))
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.0.fetch_add(time.whole_seconds(), Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::Relaxed)).unwrap()
    }
}
