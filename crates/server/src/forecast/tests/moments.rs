//! What time does: the age of answers, and certificates that expire.

use super::*;

#[test]
fn the_age_is_that_of_the_oldest_answer_it_rests_on() {
    let later = NOW - Duration::HOUR;
    let reported = |at| Evidence {
        permissions: Permissions::Reported { certificates: Vec::new(), at },
        ..evidence(vec![self_signed()])
    };
    let answered =
        |evidence: &Evidence, action| foretell(evidence, &shown(1, SSL), rules(action), NOW).answered_at;
    let (deny, warn) = (InvalidCertificateAction::Deny, InvalidCertificateAction::Warn);
    assert_eq!(answered(&reported(later), warn), Some(EARLIER));
    assert_eq!(answered(&reported(EARLIER - Duration::HOUR), warn), Some(EARLIER - Duration::HOUR));
    // What was allowed matters only where people decide.
    assert_eq!(answered(&reported(EARLIER - Duration::HOUR), deny), Some(EARLIER));
}

#[test]
fn what_becomes_of_the_present_certificate_once_it_has_expired() {
    use InvalidCertificateAction::{Allow, Deny, Warn};
    use Outcome::{Asked, ConnectsSilently, CutOff, Unknown};
    let of_both = vec![allowed(certificate(1), &[ProblemKind::SelfSigned, ProblemKind::Expired])];
    let of_one = vec![allowed(certificate(1), &[ProblemKind::SelfSigned])];
    let with = |certificates| Evidence {
        permissions: Permissions::Reported { certificates, at: NOW },
        ..evidence(vec![self_signed()])
    };
    let seen = Evidence {
        permissions: Permissions::Reported { certificates: of_both.clone(), at: NOW },
        judgements: vec![Judgement {
            source: Source::Rehearsed,
            assessment: found(certificate(1), vec![self_signed(), expired()]),
            judged_at: NOW + Duration::days(2),
        }],
        ..evidence(vec![])
    };
    let present = Shown { not_after: Some(NOW + Duration::DAY), ..shown(1, SSL) };
    let (ended, at) = present.once_expired(NOW).unwrap();
    assert!(at > NOW + Duration::DAY && shown(1, SSL).once_expired(NOW).is_none());
    for (name, evidence, action, outcome) in [
        // Whoever finds it valid now does so no longer.
        ("valid, deny", evidence(vec![]), Deny, CutOff),
        ("valid, warn", evidence(vec![]), Warn, Asked),
        ("valid, allow", evidence(vec![]), Allow, ConnectsSilently),
        ("allowed, but not that it expires", with(of_one), Warn, Asked),
        ("allowed, and that it expires", with(of_both), Warn, Unknown),
        ("allowed, and found expired", seen, Warn, ConnectsSilently),
        ("too old", Evidence { agent: AgentKind::Legacy, ..evidence(vec![]) }, Allow, CutOff),
        ("foreign", Evidence { agent: AgentKind::Foreign, ..evidence(vec![]) }, Allow, CutOff),
    ] {
        assert_eq!(foretell(&evidence, &ended, rules(action), at).outcome, outcome, "{name}");
    }
}
