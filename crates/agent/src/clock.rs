//! Time, as a parameter.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rustls_pki_types::UnixTime;
use time::OffsetDateTime;

/// A pause that is under way.
pub type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time of day, and measures the pauses between attempts. Limits of what the network may take come from the
/// runtime's own timer instead.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, in UTC.
    fn now(&self) -> OffsetDateTime;

    /// Waits for as long as given.
    fn pause(&self, duration: Duration) -> Pause {
        Box::pin(tokio::time::sleep(duration))
    }

    /// Waits until it is time to look at something again that is looked at regularly, beside whatever is paused for.
    fn interval(&self, duration: Duration) -> Pause {
        self.pause(duration)
    }
}

/// The clock of the computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// The same moment as certificates are judged by; times before 1970 count as 1970.
pub(crate) fn unix_time(moment: OffsetDateTime) -> UnixTime {
    let seconds = u64::try_from(moment.unix_timestamp()).unwrap_or_default();
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
}
