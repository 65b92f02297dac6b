//! When a certificate is renewed, when a failed attempt is repeated, and when a person is told. Pure: the time is a parameter.

use instant_acme::SuggestedWindow;
use time::{Duration, OffsetDateTime};

use super::failure::{AcmeFailure, FailureKind};
use super::progress::{Issued, IssuedCandidate, OrderCause, OrderStage, Progress, RenewalSource, Schedule};
use super::settings::AutoRenew;

/// How often the authority is asked when to renew, at least and at most, whatever it says itself (RFC 9773, section 4.3.2).
const ASK_AT_LEAST: Duration = Duration::hours(24);
const ASK_AT_MOST: Duration = Duration::hours(1);

/// No certificate is renewed earlier after it was issued, whatever clocks and authorities say: nobody is asked again and again.
pub(super) const LEAST_LIFE: Duration = Duration::hours(1);

/// How long to wait after the first, second, … failure in a row. Authorities count failures: Let's Encrypt permits five an hour.
const WAITS: [Duration; 7] = [
    Duration::minutes(1),
    Duration::minutes(10),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(6),
    Duration::hours(12),
    Duration::hours(24),
];
/// An authority that says that it was asked too often is left alone for at least so long: most of its limits count by hours.
const WHEN_RATE_LIMITED: Duration = Duration::hours(2);
/// The type of problem by which it says so (RFC 8555, section 6.7).
const RATE_LIMITED: &str = "urn:ietf:params:acme:error:rateLimited";
/// An import by a person is tried so many times; then it rests until somebody asks again.
const IMPORT_ATTEMPTS: u32 = 5;

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Order, or carry on with the order.
    Order(OrderCause),
    /// Look what agents say to the certificate that was issued.
    Judge,
    /// Ask the authority when to renew.
    AskAuthority,
    /// Nothing until then, or until somebody asks for it.
    Nothing(Option<OffsetDateTime>),
}

/// Which SSL certificate there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InUse {
    /// The one that the authority has issued last.
    Issued,
    /// Another one, which somebody has uploaded or rolled back to; or none.
    Another,
}

/// What there is to do now. What somebody uses instead of the certificate that was issued is not replaced by itself.
pub(crate) fn due(progress: &Progress, auto_renew: AutoRenew, in_use: InUse, now: OffsetDateTime) -> Due {
    match (by_time(progress, auto_renew, now), in_use, &progress.candidate) {
        // What somebody has asked for goes on to be judged.
        (Due::Order(OrderCause::Renewal), InUse::Another, Some(candidate)) if candidate.look_at <= now => {
            Due::Judge
        }
        (Due::Order(OrderCause::Renewal), InUse::Another, Some(candidate)) => {
            Due::Nothing(Some(candidate.look_at))
        }
        (Due::Order(OrderCause::Renewal) | Due::AskAuthority, InUse::Another, _) => Due::Nothing(None),
        (due, InUse::Issued | InUse::Another, _) => due,
    }
}

fn by_time(progress: &Progress, auto_renew: AutoRenew, now: OffsetDateTime) -> Due {
    let reached = |moment: Option<OffsetDateTime>| moment.is_none_or(|moment| moment <= now);
    match progress.stage {
        OrderStage::Wanted | OrderStage::Ordered => {
            if reached(progress.not_before) {
                Due::Order(progress.cause.unwrap_or(OrderCause::Import))
            } else {
                Due::Nothing(progress.not_before)
            }
        }
        OrderStage::Rehearsing | OrderStage::Awaiting | OrderStage::HeldBack => {
            let Some(candidate) = &progress.candidate else {
                return Due::Order(progress.cause.unwrap_or(OrderCause::Import));
            };
            // One that nobody has committed until then is no use any more.
            let renew_at = renew_candidate_at(candidate);
            match auto_renew {
                AutoRenew::On if renew_at <= now => Due::Order(OrderCause::Renewal),
                AutoRenew::On | AutoRenew::Off if candidate.look_at <= now => Due::Judge,
                AutoRenew::On => Due::Nothing(Some(candidate.look_at.min(renew_at))),
                AutoRenew::Off => Due::Nothing(Some(candidate.look_at)),
            }
        }
        OrderStage::Resting => {
            let Some(schedule) = progress.schedule.filter(|_| auto_renew == AutoRenew::On) else {
                return Due::Nothing(None);
            };
            if schedule.renew_at <= now {
                Due::Order(OrderCause::Renewal)
            } else if schedule.ask_again_at <= now {
                Due::AskAuthority
            } else {
                Due::Nothing(Some(schedule.renew_at.min(schedule.ask_again_at)))
            }
        }
    }
}

/// When another certificate is ordered in the place of one that nobody is shown.
pub(crate) fn renew_candidate_at(candidate: &IssuedCandidate) -> OffsetDateTime {
    by_lifetime(&candidate.issued, candidate.issued_at).renew_at.max(candidate.issued_at + LEAST_LIFE)
}

/// When to renew a certificate of which the authority says nothing: when a third of its lifetime is left.
pub(crate) fn by_lifetime(issued: &Issued, now: OffsetDateTime) -> Schedule {
    let lifetime = issued.not_after - issued.not_before;
    Schedule {
        renew_at: issued.not_after - lifetime / 3,
        source: RenewalSource::Lifetime,
        ask_again_at: now + ASK_AT_LEAST,
    }
}

/// The latest moment at which a certificate is renewed, whatever the authority says: half of the last third of its lifetime is left
/// for attempts that fail, and for somebody to see to it.
fn latest(issued: &Issued) -> OffsetDateTime {
    issued.not_after - (issued.not_after - issued.not_before) / 6
}

/// When to renew by what the authority says: at a moment within its window, so that not all its customers come at once, and not
/// later than there is time for. `part` is at random, from 0 to 1. A window that begins after the certificate has ended, or that ends
/// before it begins, does not count.
pub(crate) fn by_authority(
    issued: &Issued,
    window: &SuggestedWindow,
    ask_again_in: std::time::Duration,
    part: f64,
    now: OffsetDateTime,
) -> Option<Schedule> {
    if window.end <= window.start || window.start >= issued.not_after {
        return None;
    }
    let latest = latest(issued);
    let (start, end) = (window.start.min(latest), window.end.min(latest));
    let renew_at = start + (end - start) * part.clamp(0.0, 1.0);
    let ask_again_in = Duration::try_from(ask_again_in).unwrap_or(ASK_AT_LEAST);
    Some(Schedule {
        renew_at,
        source: RenewalSource::Authority,
        ask_again_at: now + ask_again_in.clamp(ASK_AT_MOST, ASK_AT_LEAST),
    })
}

/// Whether and when to try again after an attempt that has failed. `failures` counts it.
pub(crate) fn try_again(
    cause: OrderCause,
    failure: &AcmeFailure,
    failures: u32,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let gives_up = match (cause, failure.kind) {
        // The name may lead here again, or the authority change its mind; and somebody is told meanwhile.
        (OrderCause::Renewal, _) => false,
        (OrderCause::Import, FailureKind::Passing) => failures >= IMPORT_ATTEMPTS,
        (OrderCause::Import, FailureKind::Lasting) => true,
    };
    let longest = WAITS.len() - 1;
    let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(longest).min(longest);
    // What lasts is not tried again at once.
    let index = if failure.kind == FailureKind::Lasting { index.max(2) } else { index };
    let is_rate_limited = failure.problem_type.as_deref() == Some(RATE_LIMITED);
    let wait = if is_rate_limited { WAITS[index].max(WHEN_RATE_LIMITED) } else { WAITS[index] };
    (!gives_up).then(|| now + wait)
}

/// How soon a person has to see to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// It does not work, and there is time.
    Soon,
    /// It does not work, and the certificate ends.
    Now,
}

/// Whether a person has to see to it: an import that has failed, a renewal that has failed twice in a row or lastingly, or that
/// nobody has set going, or that is late for whatever reason: less than half of the last third of the lifetime is left. There is time
/// until only a third of what was left when renewing began is left.
pub(crate) fn alarm(progress: &Progress, auto_renew: AutoRenew, now: OffsetDateTime) -> Option<Alarm> {
    let remaining = progress.issued.as_ref().map(|issued| issued.not_after - now);
    let third = progress.lifetime().map(|lifetime| lifetime / 3);
    let (Some(remaining), Some(third)) = (remaining, third) else {
        return progress.last_failure.as_ref().map(|_| Alarm::Soon);
    };
    let failing = progress
        .last_failure
        .as_ref()
        .is_some_and(|failure| failure.kind == FailureKind::Lasting || progress.failures >= 2);
    let forgotten = auto_renew == AutoRenew::Off && remaining <= third;
    let is_late = remaining < third / 2;
    if !failing && !forgotten && !is_late {
        return None;
    }
    Some(if remaining <= third / 3 { Alarm::Now } else { Alarm::Soon })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::failure::AcmeFailure;
    use super::*;

    const BEGIN: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);

    fn issued(days: i64) -> Issued {
        Issued {
            fingerprint: String::new(),
            authority_id: None,
            not_before: BEGIN,
            not_after: BEGIN + Duration::days(days),
        }
    }

    fn resting(days: i64) -> Progress {
        let issued = issued(days);
        let schedule = by_lifetime(&issued, BEGIN);
        Progress { issued: Some(issued), schedule: Some(schedule), ..Progress::default() }
    }

    #[test]
    fn a_certificate_is_renewed_when_a_third_of_its_lifetime_is_left() {
        for days in [6, 45, 90] {
            let progress = resting(days);
            let renew_at = BEGIN + Duration::days(days) * 2 / 3;
            assert_eq!(progress.schedule.unwrap().renew_at, renew_at, "{days}");
            let at = |moment| due(&progress, AutoRenew::On, InUse::Issued, moment);
            assert_eq!(at(renew_at), Due::Order(OrderCause::Renewal));
            assert_eq!(at(BEGIN), Due::Nothing(Some(BEGIN + ASK_AT_LEAST)));
            assert_eq!(at(BEGIN + ASK_AT_LEAST), Due::AskAuthority);
            assert_eq!(due(&progress, AutoRenew::Off, InUse::Issued, renew_at), Due::Nothing(None));
        }
    }

    #[test]
    fn what_somebody_uses_instead_is_not_replaced_by_itself() {
        let day = |day| BEGIN + Duration::days(day);
        let failed = |cause, stage| Progress { stage, cause: Some(cause), ..resting(90) };
        let nothing = Due::Nothing(None);
        for (progress, at, expected) in [
            (resting(90), day(2), nothing),
            (resting(90), day(60), nothing),
            (failed(OrderCause::Renewal, OrderStage::Wanted), day(61), nothing),
            (failed(OrderCause::Renewal, OrderStage::Ordered), day(61), nothing),
            // Somebody wants it.
            (failed(OrderCause::Import, OrderStage::Wanted), day(61), Due::Order(OrderCause::Import)),
            (failed(OrderCause::Import, OrderStage::Ordered), day(61), Due::Order(OrderCause::Import)),
        ] {
            let found = due(&progress, AutoRenew::On, InUse::Another, at);
            assert_eq!(found, expected, "{:?} {:?} {at}", progress.stage, progress.cause);
        }
    }

    #[test]
    fn a_certificate_that_nobody_is_shown_is_looked_at_again_until_another_one_is_ordered() {
        let day = |day| BEGIN + Duration::days(day);
        let candidate = IssuedCandidate {
            certificate: uuid::Uuid::nil(),
            issued: issued(90),
            issued_at: BEGIN,
            rehearsed_until: BEGIN,
            awaited_until: day(7),
            look_at: day(1),
            foretold: None,
        };
        for stage in [OrderStage::Rehearsing, OrderStage::Awaiting, OrderStage::HeldBack] {
            let progress = Progress { stage, candidate: Some(candidate.clone()), ..resting(90) };
            for (auto_renew, at, expected) in [
                (AutoRenew::On, day(0), Due::Nothing(Some(day(1)))),
                (AutoRenew::Off, day(0), Due::Nothing(Some(day(1)))),
                (AutoRenew::On, day(1), Due::Judge),
                (AutoRenew::On, day(60), Due::Order(OrderCause::Renewal)),
                (AutoRenew::Off, day(60), Due::Judge),
            ] {
                let found = due(&progress, auto_renew, InUse::Issued, at);
                assert_eq!(found, expected, "{stage:?} {auto_renew:?} {at}");
                // In the place of one that somebody has uploaded it is judged, and no other is ordered.
                let instead = if expected == Due::Order(OrderCause::Renewal) { Due::Judge } else { expected };
                assert_eq!(
                    due(&progress, auto_renew, InUse::Another, at),
                    instead,
                    "{stage:?} {auto_renew:?} {at}"
                );
            }
        }
    }

    #[test]
    fn the_window_of_the_authority_counts_as_far_as_it_makes_sense() {
        let day = |day| BEGIN + Duration::days(day);
        let hour = std::time::Duration::from_hours(6);
        for (start, end, part, expected) in [
            (50, 60, 0.0, Some(50)),
            (50, 60, 1.0, Some(60)),
            // Already over: at once. The authority wants the certificate replaced.
            (-3, -1, 0.5, Some(-2)),
            // Half of the last third is left for attempts that fail.
            (50, 76, 1.0, Some(75)),
            (65, 95, 0.5, Some(70)),
            (80, 120, 0.0, Some(75)),
            (80, 120, 1.0, Some(75)),
            (60, 50, 0.5, None),
            (95, 100, 0.5, None),
        ] {
            let window = SuggestedWindow { start: day(start), end: day(end) };
            let found = by_authority(&issued(90), &window, hour, part, BEGIN);
            assert_eq!(found.map(|found| found.renew_at), expected.map(day), "{start} {end}");
            assert!(found.is_none_or(|found| found.ask_again_at == BEGIN + Duration::hours(6)));
        }
        let window = SuggestedWindow { start: day(1), end: day(2) };
        for (said, asked) in [(0, 1), (1_000_000, 24)] {
            let said = std::time::Duration::from_secs(said);
            let found = by_authority(&issued(90), &window, said, 0.5, BEGIN).unwrap();
            assert_eq!(found.ask_again_at, BEGIN + Duration::hours(asked));
        }
    }

    #[test]
    fn failures_are_repeated_ever_more_rarely_and_renewals_never_given_up() {
        use FailureKind::{Lasting, Passing};
        use OrderCause::{Import, Renewal};
        let after = |cause, failure: &AcmeFailure, failures| {
            try_again(cause, failure, failures, BEGIN).map(|again| (again - BEGIN).whole_minutes())
        };
        let minutes = |cause, kind, failures| after(cause, &AcmeFailure::own(kind, "a", BEGIN), failures);
        assert_eq!(minutes(Import, Passing, 1), Some(1));
        assert_eq!(minutes(Import, Passing, 4), Some(120));
        assert_eq!(minutes(Import, Passing, 5), None);
        assert_eq!(minutes(Import, Lasting, 1), None);
        assert_eq!(minutes(Renewal, Lasting, 1), Some(30));
        // Who was asked too often is left alone for some hours, and not asked more often later.
        let limited = r#"{"type": "urn:ietf:params:acme:error:rateLimited", "status": 429}"#;
        let limited = AcmeFailure::of_problem(&serde_json::from_str(limited).unwrap(), BEGIN);
        for (cause, failures, expected) in
            [(Import, 1, Some(120)), (Import, 5, None), (Renewal, 1, Some(120)), (Renewal, 6, Some(12 * 60))]
        {
            assert_eq!(after(cause, &limited, failures), expected, "{cause:?} {failures}");
        }
        let mut before = 0;
        for failures in 1..50 {
            let now = minutes(Renewal, Passing, failures).unwrap();
            assert!(now >= before && now <= 24 * 60, "{failures}: {now}");
            before = now;
        }
        // At most five an hour (Let's Encrypt).
        assert!((1..=4).filter_map(|failures| minutes(Renewal, Passing, failures)).sum::<i64>() > 60);
    }

    #[test]
    fn somebody_is_told_long_before_the_certificate_ends() {
        let failure = |kind| Some(AcmeFailure::own(kind, "a", BEGIN));
        let day = |day| BEGIN + Duration::days(day);
        let passing = Progress { last_failure: failure(FailureKind::Passing), failures: 1, ..resting(90) };
        let twice = Progress { failures: 2, ..passing.clone() };
        let lasting = Progress { last_failure: failure(FailureKind::Lasting), failures: 1, ..resting(90) };
        for (progress, auto_renew, at, expected) in [
            (&resting(90), AutoRenew::On, day(61), None),
            (&resting(90), AutoRenew::Off, day(59), None),
            (&resting(90), AutoRenew::Off, day(60), Some(Alarm::Soon)),
            (&resting(90), AutoRenew::Off, day(81), Some(Alarm::Now)),
            (&passing, AutoRenew::On, day(60), None),
            // Nothing has failed, and nothing was issued.
            (&resting(90), AutoRenew::On, day(75), None),
            (&resting(90), AutoRenew::On, day(76), Some(Alarm::Soon)),
            (&resting(90), AutoRenew::On, day(81), Some(Alarm::Now)),
            (&passing, AutoRenew::On, day(76), Some(Alarm::Soon)),
            (&twice, AutoRenew::On, day(60), Some(Alarm::Soon)),
            (&lasting, AutoRenew::On, day(60), Some(Alarm::Soon)),
            (&twice, AutoRenew::On, day(80), Some(Alarm::Now)),
            (&Progress { issued: None, ..lasting.clone() }, AutoRenew::On, day(0), Some(Alarm::Soon)),
            (&Progress::default(), AutoRenew::Off, day(0), None),
        ] {
            assert_eq!(alarm(progress, auto_renew, at), expected, "{progress:?} {at}");
        }
    }
}
