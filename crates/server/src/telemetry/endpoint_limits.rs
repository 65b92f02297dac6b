//! How much one endpoint may ask of the server. An agent that has gone wrong, or whoever has its certificate, is sent away before it
//! costs the others anything.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use countersign_protocol::InstanceUid;
use time::OffsetDateTime;

use super::allowance::{Allowance, Stock, TooMuch};

/// Sessions. An agent that loses its connection waits longer and longer before it comes back; one that was told to come back
/// does so once.
const SESSIONS: Allowance = Allowance { most: 30.0, a_second: 0.25, worth_coming: 1.0 };
/// Messages of any kind. A session needs one every heartbeat, and some dozens at its beginning.
const MESSAGES: Allowance = Allowance { most: 400.0, a_second: 10.0, worth_coming: 100.0 };
/// Those that make the database work: what an agent reports. A first session has some dozens of them, with everything that people
/// decided while the server was away.
const REPORTS: Allowance = Allowance { most: 200.0, a_second: 2.0, worth_coming: 50.0 };
/// A report counts once more for each of so many bytes.
const BYTES_OF_A_REPORT: u32 = 64 * 1024;
/// Who has not come for so long that everything is allowed again need not be remembered; that is looked at whenever there are
/// more than so many, and twice as many as were left the last time.
const REMEMBERED: usize = 1024;

/// What all endpoints have left.
#[derive(Debug, Default)]
pub(crate) struct EndpointLimits {
    spent: Mutex<Spent>,
}

#[derive(Debug)]
struct Spent {
    by_endpoint: HashMap<InstanceUid, Stocks>,
    look_at: usize,
}

impl Default for Spent {
    fn default() -> Self {
        Self { by_endpoint: HashMap::new(), look_at: REMEMBERED }
    }
}

#[derive(Debug)]
struct Stocks {
    sessions: Stock,
    messages: Stock,
    reports: Stock,
}

impl Stocks {
    fn are_full(&self, now: OffsetDateTime) -> bool {
        SESSIONS.is_full(&self.sessions, now)
            && MESSAGES.is_full(&self.messages, now)
            && REPORTS.is_full(&self.reports, now)
    }
}

impl EndpointLimits {
    /// The endpoint opens a session.
    pub(crate) fn session(&self, endpoint: InstanceUid, now: OffsetDateTime) -> Result<(), TooMuch> {
        self.with(endpoint, now, |stocks| SESSIONS.take(&mut stocks.sessions, 1.0, now))
    }

    /// It sends something.
    pub(crate) fn message(&self, endpoint: InstanceUid, now: OffsetDateTime) -> Result<(), TooMuch> {
        self.with(endpoint, now, |stocks| MESSAGES.take(&mut stocks.messages, 1.0, now))
    }

    /// What it sends makes the database work.
    pub(crate) fn report(
        &self,
        endpoint: InstanceUid,
        bytes: usize,
        now: OffsetDateTime,
    ) -> Result<(), TooMuch> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let amount = 1.0 + f64::from(bytes / BYTES_OF_A_REPORT);
        self.with(endpoint, now, |stocks| REPORTS.take(&mut stocks.reports, amount, now))
    }

    fn with<T>(&self, endpoint: InstanceUid, now: OffsetDateTime, take: impl FnOnce(&mut Stocks) -> T) -> T {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let Spent { by_endpoint, look_at } = &mut *spent;
        if by_endpoint.len() >= *look_at {
            by_endpoint.retain(|_, stocks| !stocks.are_full(now));
            *look_at = REMEMBERED.max(2 * by_endpoint.len());
        }
        let full = || Stocks {
            sessions: SESSIONS.full(now),
            messages: MESSAGES.full(now),
            reports: REPORTS.full(now),
        };
        take(by_endpoint.entry(endpoint).or_insert_with(full))
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn so_much_at_once_and_so_much_in_the_long_run() {
        let limits = EndpointLimits::default();
        let [flooding, other] = [InstanceUid::generate(), InstanceUid::generate()];
        let granted = |endpoint, what: &str, seconds: i64, number: usize| {
            let now = START + Duration::seconds(seconds);
            let one = || match what {
                "session" => limits.session(endpoint, now),
                "message" => limits.message(endpoint, now),
                "large report" => limits.report(endpoint, 3 << 20, now),
                _ => limits.report(endpoint, 100, now),
            };
            (0..number).filter(|_| one().is_ok()).count()
        };
        // Who, what, when, how many, how many of them are granted.
        for (endpoint, what, seconds, number, expected) in [
            (flooding, "session", 0, 100, 30),
            (flooding, "session", 60, 100, 15),
            (flooding, "message", 60, 1000, 400),
            (flooding, "message", 61, 1000, 10),
            (flooding, "report", 61, 1000, 200),
            (flooding, "report", 161, 1000, 200),
            // Three megabytes count as forty-nine.
            (other, "large report", 161, 1000, 4),
            (other, "session", 161, 1, 1),
        ] {
            assert_eq!(granted(endpoint, what, seconds, number), expected, "{what} {seconds}");
        }
        let later = limits.message(flooding, START + Duration::seconds(61)).unwrap_err().retry_after;
        assert_eq!(later.whole_seconds(), 10, "until there is enough for a session");
    }

    #[test]
    fn endpoints_that_may_do_everything_again_are_forgotten() {
        let limits = EndpointLimits::default();
        for number in 0..20_000 {
            let now = START + Duration::milliseconds(10 * number);
            limits.session(InstanceUid::generate(), now).unwrap();
        }
        // Within the four seconds after which one is full again, 400 have come.
        assert!(limits.spent.lock().unwrap().by_endpoint.len() <= REMEMBERED);
    }
}
