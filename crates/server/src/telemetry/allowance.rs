//! A stock that is used up and fills again with time: so much at once, and so much a second in the long run.

use time::{Duration, OffsetDateTime};

/// How much there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// At once.
    pub(super) most: f64,
    /// In the long run.
    pub(super) a_second: f64,
    /// With less than this in stock, it makes no sense to come back.
    pub(super) worth_coming: f64,
}

/// What is left of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock {
    left: f64,
    at: OffsetDateTime,
}

/// Too much was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMuch {
    /// It makes sense to come back after this time. Never negative.
    pub(crate) retry_after: Duration,
}

impl Allowance {
    pub(super) fn full(&self, now: OffsetDateTime) -> Stock {
        Stock { left: self.most, at: now }
    }

    /// Whether everything is there again, so that the stock need not be remembered.
    pub(super) fn is_full(&self, stock: &Stock, now: OffsetDateTime) -> bool {
        self.left(stock, now) >= self.most
    }

    fn left(&self, stock: &Stock, now: OffsetDateTime) -> f64 {
        // A clock that is set back takes nothing away.
        let seconds = (now - stock.at).as_seconds_f64().max(0.0);
        (stock.left + seconds * self.a_second).min(self.most)
    }

    /// Takes so much, or nothing at all. What is more than there can ever be takes everything.
    pub(super) fn take(&self, stock: &mut Stock, amount: f64, now: OffsetDateTime) -> Result<(), TooMuch> {
        let (left, amount) = (self.left(stock, now), amount.min(self.most));
        if left < amount {
            let wanted = amount.max(self.worth_coming);
            return Err(TooMuch { retry_after: Duration::seconds_f64((wanted - left) / self.a_second) });
        }
        *stock = Stock { left: left - amount, at: now };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nobody_gets_more_than_the_stock_and_what_has_come_since(
            requests in proptest::collection::vec((0_u32..20, 0_u32..5), 1..200)
        ) {
            let allowance = Allowance { most: 50.0, a_second: 2.0, worth_coming: 1.0 };
            let mut now = OffsetDateTime::UNIX_EPOCH;
            let (mut stock, mut taken) = (allowance.full(now), 0.0);
            for (amount, seconds) in requests {
                now += Duration::seconds(i64::from(seconds));
                let amount = f64::from(amount);
                match allowance.take(&mut stock, amount, now) {
                    Ok(()) => taken += amount,
                    // After the time that was said, it is there.
                    Err(TooMuch { retry_after }) => {
                        prop_assert!(retry_after.is_positive());
                        let mut later = stock;
                        let then = now + retry_after + Duration::MILLISECOND;
                        prop_assert!(allowance.take(&mut later, amount, then).is_ok());
                    }
                }
                let since = (now - OffsetDateTime::UNIX_EPOCH).as_seconds_f64();
                prop_assert!(taken <= allowance.most + since * allowance.a_second + 1e-6);
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_takes_nothing_away() {
        let allowance = Allowance { most: 2.0, a_second: 1.0, worth_coming: 1.0 };
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut stock = allowance.full(now);
        assert_eq!(allowance.take(&mut stock, 1.0, now - Duration::DAY), Ok(()));
        assert_eq!(allowance.take(&mut stock, 1.0, now - Duration::DAY), Ok(()));
        assert!(allowance.take(&mut stock, 1.0, now - Duration::DAY).is_err());
    }
}
