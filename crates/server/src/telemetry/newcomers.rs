//! How many newcomers are let in. Whoever holds an enrolment token could otherwise fill the database with endpoints that do
//! not exist, as fast as the network lets them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use super::allowance::{Allowance, Stock, TooMuch};
use crate::places::origin;

/// Who has not come for so long that everything is allowed again need not be remembered; that is looked at whenever there are
/// more than so many.
const REMEMBERED: usize = 1024;

/// Lets in so many a minute from each network, and as many at once. Endpoints with a client certificate are no newcomers.
#[derive(Debug)]
pub(crate) struct Newcomers {
    allowance: Allowance,
    /// What networks have left.
    stocks: Mutex<HashMap<IpAddr, Stock>>,
}

impl Newcomers {
    pub(crate) fn new(a_minute: NonZeroU32) -> Self {
        let most = f64::from(a_minute.get());
        let allowance = Allowance { most, a_second: most / 60.0, worth_coming: 1.0 };
        Self { allowance, stocks: Mutex::default() }
    }

    /// Lets one in, if there is room.
    pub(crate) fn admit(&self, peer: IpAddr, now: OffsetDateTime) -> Result<(), TooMuch> {
        let mut stocks = self.stocks.lock().unwrap_or_else(PoisonError::into_inner);
        if stocks.len() > REMEMBERED {
            stocks.retain(|_, stock| !self.allowance.is_full(stock, now));
        }
        let stock = stocks.entry(origin(peer)).or_insert_with(|| self.allowance.full(now));
        self.allowance.take(stock, 1.0, now)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

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
        assert_eq!(refused, Err(TooMuch { retry_after: Duration::SECOND }));
    }

    #[test]
    fn networks_that_may_do_everything_again_are_forgotten() {
        let newcomers = Newcomers::new(NonZeroU32::MIN);
        let start = OffsetDateTime::UNIX_EPOCH;
        for number in 0..5000_u32 {
            let now = start + Duration::seconds(i64::from(number));
            newcomers.admit(IpAddr::from(number.to_be_bytes()), now).unwrap();
        }
        assert!(newcomers.stocks.lock().unwrap().len() <= REMEMBERED + 1);
    }
}
