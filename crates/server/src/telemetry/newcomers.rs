//! How many newcomers are let in. Whoever holds an enrolment token could otherwise fill the database with endpoints that do
//! not exist, as fast as the network lets them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use crate::places::origin;

/// Who has not come for so long that everything is allowed again need not be remembered; that is looked at whenever there are
/// more than so many.
const REMEMBERED: usize = 1024;

/// Lets in so many a minute from each network, and as many at once. Endpoints with a client certificate are no newcomers.
#[derive(Debug)]
pub(crate) struct Newcomers {
    a_minute: NonZeroU32,
    allowances: Mutex<HashMap<IpAddr, Allowance>>,
}

/// What a network has left.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: f64,
    at: OffsetDateTime,
}

/// Too many came; it makes sense to come back after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) retry_after: Duration,
}

impl Newcomers {
    pub(crate) fn new(a_minute: NonZeroU32) -> Self {
        Self { a_minute, allowances: Mutex::default() }
    }

    /// Lets one in, if there is room.
    pub(crate) fn admit(&self, peer: IpAddr, now: OffsetDateTime) -> Result<(), TooMany> {
        let most = f64::from(self.a_minute.get());
        let a_second = most / 60.0;
        let left = |allowance: &Allowance| {
            // A clock that is set back takes nothing away.
            let seconds = (now - allowance.at).as_seconds_f64().max(0.0);
            (allowance.left + seconds * a_second).min(most)
        };
        let mut allowances = self.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        if allowances.len() > REMEMBERED {
            allowances.retain(|_, allowance| left(allowance) < most);
        }
        let allowance = allowances.entry(origin(peer)).or_insert(Allowance { left: most, at: now });
        let has = left(allowance);
        if has < 1.0 {
            return Err(TooMany { retry_after: Duration::seconds_f64((1.0 - has) / a_second) });
        }
        *allowance = Allowance { left: has - 1.0, at: now };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_come_at_once_and_so_many_a_minute() {
        let newcomers = Newcomers::new(NonZeroU32::new(60).unwrap());
        let start = OffsetDateTime::UNIX_EPOCH;
        let admitted = |peer: &str, seconds: i64, number: usize| {
            let now = start + Duration::seconds(seconds);
            (0..number).filter(|_| newcomers.admit(peer.parse().unwrap(), now).is_ok()).count()
        };
        // Peer, when, how many come, how many of them are let in.
        for (peer, seconds, number, expected) in [
            ("192.0.2.1", 0, 100, 60),
            ("192.0.2.1", 0, 1, 0),
            ("192.0.2.2", 0, 100, 60),
            // One site of IPv6 is one origin, whatever addresses it uses.
            ("2001:db8:1:1::1", 0, 40, 40),
            ("2001:db8:1:1::2", 0, 40, 20),
            ("2001:db8:1:2::1", 0, 40, 40),
            ("192.0.2.1", 10, 100, 10),
            ("192.0.2.1", 5, 1, 0),
            ("192.0.2.1", 3600, 100, 60),
        ] {
            assert_eq!(admitted(peer, seconds, number), expected, "{peer} {seconds}");
        }
        let refused = newcomers.admit("192.0.2.1".parse().unwrap(), start + Duration::seconds(3600));
        assert_eq!(refused, Err(TooMany { retry_after: Duration::SECOND }));
    }

    #[test]
    fn networks_that_may_do_everything_again_are_forgotten() {
        let newcomers = Newcomers::new(NonZeroU32::MIN);
        let start = OffsetDateTime::UNIX_EPOCH;
        for number in 0..5000_u32 {
            let now = start + Duration::seconds(i64::from(number));
            newcomers.admit(IpAddr::from(number.to_be_bytes()), now).unwrap();
        }
        assert!(newcomers.allowances.lock().unwrap().len() <= REMEMBERED + 1);
    }
}
