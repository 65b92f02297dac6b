//! The time of day, as a parameter.

use time::OffsetDateTime;

/// Tells the time of day.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The clock of the computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
