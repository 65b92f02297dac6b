//! How long to wait before the next attempt: exponential back-off with full jitter, so that a fleet that lost its
//! server does not come back all at once.

use std::time::Duration;

/// The waiting times of one series of attempts.
#[derive(Clone, Debug)]
pub(crate) struct BackOff {
    first: Duration,
    longest: Duration,
    /// The part of the limit that is always waited for, from 0 to 1.
    least: f64,
    failures: u32,
}

/// No waiting time is shorter than this.
const SHORTEST: Duration = Duration::from_millis(200);

impl BackOff {
    /// For reconnecting: up to one second at first, up to five minutes at last.
    #[must_use]
    pub(crate) fn for_reconnecting() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_mins(5), least: 0.0, failures: 0 }
    }

    /// For looking again at a server that was refused: up to a minute at first, up to a quarter of an hour at last, and
    /// never less than half of that, because nobody waits for it.
    #[must_use]
    pub(crate) fn for_looking_again() -> Self {
        Self { first: Duration::from_mins(1), longest: Duration::from_mins(15), least: 0.5, failures: 0 }
    }

    /// The next waiting time: `unit`, a random number from 0 to 1, times a limit that doubles with every call.
    #[must_use]
    pub(crate) fn next(&mut self, unit: f64) -> Duration {
        let limit =
            self.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(self.longest);
        self.failures = self.failures.saturating_add(1).min(31);
        limit.mul_f64(self.least + unit.clamp(0.0, 1.0) * (1.0 - self.least)).max(SHORTEST)
    }

    /// After a success the series starts again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_double_up_to_the_longest() {
        let mut back_off = BackOff::for_reconnecting();
        let limits: Vec<u64> = (0..12).map(|_| back_off.next(1.0).as_secs()).collect();
        assert_eq!(limits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        back_off.reset();
        assert_eq!(back_off.next(1.0).as_secs(), 1);
    }

    proptest! {
        #[test]
        fn stays_within_bounds(units in proptest::collection::vec(0.0..=1.0_f64, 1..80)) {
            let mut back_off = BackOff::for_looking_again();
            for unit in units {
                let delay = back_off.next(unit);
                prop_assert!(delay >= Duration::from_secs(30) && delay <= Duration::from_mins(15));
            }
        }
    }
}
