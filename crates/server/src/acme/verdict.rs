//! Whether a certificate that was issued takes the place of the present one by itself. Pure: what agents have said and the time are
//! parameters.
//!
//! Nobody who connects now is cut off or asked by a certificate that has come by itself. Who has not judged it is waited for, as
//! long as there is time: the renewal begins long before the present certificate ends. Once that ends, everybody is cut off or
//! asked by it, so that a new one that is no worse than an expired one is better than none.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::progress::{IssuedCandidate, OrderStage};
use crate::forecast::CertificateComparison;

/// How long the agents that are connected may take to judge it. Ten thousand are asked within half a minute.
const TO_REHEARSE: Duration = Duration::minutes(3);
/// How long those that are not connected are waited for at the longest: whoever works here has been here once within a week.
const TO_AWAIT: Duration = Duration::days(7);
/// So near to its end holding back for the present certificate makes no sense: a tenth of its lifetime, at most a day.
const LAST_PART: i32 = 10;
const LONGEST_LAST_PART: Duration = Duration::DAY;

/// How long the certificate that is shown is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl Validity {
    pub(crate) fn lifetime(self) -> Duration {
        self.not_after - self.not_before
    }
}

/// Until when agents are given time to judge a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeToJudge {
    /// Those that are connected.
    pub(crate) rehearsed_until: OffsetDateTime,
    /// Those that are not.
    pub(crate) awaited_until: OffsetDateTime,
}

impl TimeToJudge {
    /// For a certificate that was issued now. Half of what is left of the present one stays for an administrator.
    pub(crate) fn from(now: OffsetDateTime, present: Option<Validity>) -> Self {
        let left = present.map_or(Duration::ZERO, |present| (present.not_after - now).max(Duration::ZERO));
        let rehearsed_until = now + TO_REHEARSE;
        Self { rehearsed_until, awaited_until: rehearsed_until.max(now + TO_AWAIT.min(left / 2)) }
    }
}

/// Why a certificate that was issued became the SSL certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CommitReason {
    /// No agent is shown the SSL certificate, or there are none.
    NobodyToAsk,
    /// All that can be asked have judged it, and nobody is worse off.
    NobodyWorse,
    /// Nobody who has judged it is worse off, and the others were waited for long enough.
    WaitedLongEnough,
    /// Some are worse off, but nobody more than by the former certificate, which has expired or was about to.
    FormerEnds,
    /// An administrator has committed it.
    ByHand,
}

/// What becomes of a certificate that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Commit(CommitReason),
    /// It stays a candidate, and is looked at again.
    Wait(OrderStage),
}

/// What becomes of a certificate by what agents have said up to now.
pub(crate) fn verdict(
    found: &CertificateComparison,
    time: TimeToJudge,
    present: Option<Validity>,
    now: OffsetDateTime,
) -> Verdict {
    let nobody_worse = found.worse() == 0;
    if nobody_worse && found.awaited == 0 {
        return Verdict::Commit(CommitReason::NobodyWorse);
    }
    // What agents report beside their judgement, such as what was announced to them, may still be on its way.
    if now < time.rehearsed_until {
        return Verdict::Wait(OrderStage::Rehearsing);
    }
    if nobody_worse && now >= time.awaited_until {
        return Verdict::Commit(CommitReason::WaitedLongEnough);
    }
    let ends = present.is_some_and(|present| {
        let last_part = present.lifetime() / LAST_PART;
        now >= present.not_after - last_part.min(LONGEST_LAST_PART)
    });
    if ends && found.worse_than_expired == 0 {
        return Verdict::Commit(CommitReason::FormerEnds);
    }
    Verdict::Wait(if nobody_worse { OrderStage::Awaiting } else { OrderStage::HeldBack })
}

impl IssuedCandidate {
    /// Until when agents are given time to judge it.
    pub(crate) fn time_to_judge(&self) -> TimeToJudge {
        TimeToJudge { rehearsed_until: self.rehearsed_until, awaited_until: self.awaited_until }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const BEGIN: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);

    fn present(days: i64) -> Validity {
        Validity { not_before: BEGIN, not_after: BEGIN + Duration::days(days) }
    }

    fn found(cut_off: u64, asked: u64, awaited: u64, worse_than_expired: u64) -> CertificateComparison {
        CertificateComparison {
            cut_off,
            asked,
            awaited,
            worse_than_expired,
            ..CertificateComparison::default()
        }
    }

    #[test]
    fn what_becomes_of_a_certificate_that_was_issued() {
        use CommitReason::{FormerEnds, NobodyWorse, WaitedLongEnough};
        use OrderStage::{Awaiting, HeldBack, Rehearsing};
        let commit = Verdict::Commit;
        let wait = Verdict::Wait;
        let minutes = Duration::minutes;
        // Issued at the sixtieth day of ninety.
        let issued_at = BEGIN + Duration::days(60);
        let time = TimeToJudge::from(issued_at, Some(present(90)));
        let unknown =
            |number| CertificateComparison { not_known: number, ..CertificateComparison::default() };
        for (name, found, after, expected) in [
            ("nobody there", found(0, 0, 0, 0), minutes(0), commit(NobodyWorse)),
            ("nobody worse", unknown(4), minutes(1), commit(NobodyWorse)),
            ("some have not answered", found(0, 0, 3, 0), minutes(2), wait(Rehearsing)),
            ("some would be asked, perhaps", found(0, 1, 0, 0), minutes(2), wait(Rehearsing)),
            ("one would be asked", found(0, 1, 0, 0), minutes(3), wait(HeldBack)),
            ("one would be cut off", found(1, 0, 0, 0), Duration::days(28), wait(HeldBack)),
            ("some are not there", found(0, 0, 3, 0), minutes(3), wait(Awaiting)),
            ("they do not come", found(0, 0, 3, 0), Duration::days(7) - minutes(1), wait(Awaiting)),
            ("nor later", found(0, 0, 3, 0), Duration::days(7), commit(WaitedLongEnough)),
            ("one came, and is cut off", found(1, 0, 2, 0), Duration::days(8), wait(HeldBack)),
            ("the former ends", found(1, 0, 2, 0), Duration::days(29), commit(FormerEnds)),
            ("it has ended", found(0, 1, 0, 0), Duration::days(40), commit(FormerEnds)),
            ("worse than an expired one", found(0, 1, 0, 1), Duration::days(40), wait(HeldBack)),
        ] {
            assert_eq!(verdict(&found, time, Some(present(90)), issued_at + after), expected, "{name}");
        }
    }

    #[test]
    fn half_of_what_is_left_stays_for_an_administrator() {
        for (days, at, awaited) in [
            (90, Duration::days(60), Duration::days(7)),
            (6, Duration::days(4), Duration::DAY),
            (6, Duration::days(7), TO_REHEARSE),
        ] {
            let time = TimeToJudge::from(BEGIN + at, Some(present(days)));
            assert_eq!(time.awaited_until, BEGIN + at + awaited, "{days} {at}");
        }
        // A tenth of six days.
        let time = TimeToJudge::from(BEGIN + Duration::days(4), Some(present(6)));
        let at = |hours| verdict(&found(1, 0, 0, 0), time, Some(present(6)), BEGIN + Duration::hours(hours));
        assert_eq!(at(129), Verdict::Wait(OrderStage::HeldBack));
        assert_eq!(at(130), Verdict::Commit(CommitReason::FormerEnds));
    }

    proptest! {
        #[test]
        fn nobody_is_cut_off_or_asked_while_there_is_time(
            cut_off in 0..3_u64, asked in 0..3_u64, awaited in 0..3_u64, worse_than_expired in 0..3_u64,
            issued in 0..90_i64, minutes in 0..40_000_i64,
        ) {
            let found = found(cut_off, asked, awaited, worse_than_expired);
            let issued_at = BEGIN + Duration::days(issued);
            let time = TimeToJudge::from(issued_at, Some(present(90)));
            let now = issued_at + Duration::minutes(minutes);
            let said = verdict(&found, time, Some(present(90)), now);
            let time_left = now < BEGIN + Duration::days(89);
            if found.worse() > 0 && (time_left || worse_than_expired > 0) {
                prop_assert!(matches!(said, Verdict::Wait(_)), "{:?}", said);
            }
            // It is never waited for ever where nobody is worse off.
            if found.worse() == 0 && minutes >= 7 * 24 * 60 {
                prop_assert!(matches!(said, Verdict::Commit(_)), "{:?}", said);
            }
            // And what is committed by the same facts stays so.
            if matches!(said, Verdict::Commit(_)) {
                let later = verdict(&found, time, Some(present(90)), now + Duration::DAY);
                prop_assert!(matches!(later, Verdict::Commit(_)), "{:?}", later);
            }
        }
    }
}
