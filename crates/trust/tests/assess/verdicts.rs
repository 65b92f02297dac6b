//! What is decided, for every combination of what the decision rests on.

use countersign_trust::{
    AnnouncedCertificate, Assessment, ConnectReason, Decision, Fingerprint, InvalidCertificateAction,
    PermissionOrigin, Possession, Problem, ProblemKind, Question, Refusal, RememberedCertificate,
    ServerAddress, decide,
};
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

fn assessment(server: &str, certificate: &[u8], problems: Vec<Problem>) -> Assessment {
    Assessment {
        server: ServerAddress::parse(server).unwrap(),
        certificate: None,
        fingerprint: Some(Fingerprint::of(certificate)),
        chain_digest: None,
        problems,
        advice: Vec::new(),
        chain: Vec::new(),
        diagnosis: Vec::new(),
    }
}

fn remembered(server: &str, certificate: &[u8], accepted: &[ProblemKind]) -> RememberedCertificate {
    RememberedCertificate {
        server: ServerAddress::parse(server).unwrap(),
        fingerprint: Fingerprint::of(certificate),
        accepted: accepted.iter().copied().collect(),
        remembered_at: OffsetDateTime::UNIX_EPOCH,
        subject: String::new(),
        issuer: String::new(),
        not_before: OffsetDateTime::UNIX_EPOCH,
        not_after: OffsetDateTime::UNIX_EPOCH,
        public_key_fingerprint: Fingerprint::of(b"key"),
        until: None,
        chosen: None,
        origin: PermissionOrigin::Person,
        announced: Vec::new(),
    }
}

/// Another certificate was allowed, and this one announced.
fn announcing(server: &str) -> RememberedCertificate {
    let announced =
        AnnouncedCertificate { fingerprint: Fingerprint::of(b"this"), until: NOW + Duration::SECOND };
    remembered(server, b"other", &[ProblemKind::SelfSigned]).with_announced(announced, NOW)
}

fn self_signed() -> Problem {
    Problem::SelfSigned { subject: "CN=server".to_owned() }
}

fn expired() -> Problem {
    Problem::Expired { not_after: OffsetDateTime::UNIX_EPOCH }
}

/// A decision without what it carries.
fn outline(decision: &Decision) -> &'static str {
    match decision {
        Decision::Connect(ConnectReason::Valid) => "valid",
        Decision::Connect(ConnectReason::Remembered) => "remembered",
        Decision::Connect(ConnectReason::Announced) => "announced",
        Decision::Connect(ConnectReason::AllowedByProfile) => "allowed",
        Decision::Ask(Question::First) => "ask",
        Decision::Ask(Question::Changed { .. }) => "ask: changed",
        Decision::Ask(Question::Worse { .. }) => "ask: worse",
        Decision::Refuse(Refusal::PossessionNotProved) => "refuse: not proved",
        Decision::Refuse(Refusal::Revoked) => "refuse: revoked",
        Decision::Refuse(Refusal::DeniedByProfile) => "refuse: denied",
        Decision::Refuse(Refusal::NoCertificate) => "refuse: none",
    }
}

#[test]
fn every_combination_is_decided() {
    use InvalidCertificateAction::{Allow, Deny, Warn};
    let server = "server.example:8013";
    let revoked = || Problem::Revoked { certificate: countersign_trust::CertificateReference::default() };
    let certificates: [(&str, Vec<Problem>); 4] = [
        ("valid", vec![]),
        ("invalid", vec![self_signed()]),
        ("worse", vec![self_signed(), expired()]),
        ("revoked", vec![revoked(), self_signed()]),
    ];
    let memories = [
        ("nothing", None),
        ("this", Some(remembered(server, b"this", &[ProblemKind::SelfSigned]))),
        ("other certificate", Some(remembered(server, b"other", &[ProblemKind::SelfSigned]))),
        ("announced", Some(announcing(server))),
        ("other port", Some(remembered("server.example:9", b"this", &[ProblemKind::SelfSigned]))),
        ("other host", Some(remembered("other.example:8013", b"this", &[ProblemKind::SelfSigned]))),
    ];
    let mut combinations = 0;
    for (certificate, problems) in &certificates {
        for action in [Allow, Warn, Deny] {
            for (memory, remembered) in &memories {
                for possession in [Possession::Proved, Possession::NotProved] {
                    let assessment = assessment(server, b"this", problems.clone());
                    let decision = decide(possession, &assessment, action, remembered.as_ref(), NOW);
                    let expected = match (possession, *certificate, action, *memory) {
                        (Possession::NotProved, ..) => "refuse: not proved",
                        (_, "valid", ..) => "valid",
                        (_, "revoked", ..) => "refuse: revoked",
                        (_, _, Allow, _) => "allowed",
                        (_, _, Deny, _) => "refuse: denied",
                        (_, "invalid", Warn, "this") => "remembered",
                        (_, "invalid", Warn, "announced") => "announced",
                        (_, "worse", Warn, "this") => "ask: worse",
                        (_, "worse", Warn, "announced") | (_, _, Warn, "other certificate") => "ask: changed",
                        (_, _, Warn, _) => "ask",
                    };
                    assert_eq!(
                        outline(&decision),
                        expected,
                        "{possession:?} {certificate} {action:?} {memory}"
                    );
                    combinations += 1;
                }
            }
        }
    }
    assert_eq!(combinations, 4 * 3 * 6 * 2);
}

#[test]
fn without_a_certificate_nobody_can_allow() {
    for action in
        [InvalidCertificateAction::Allow, InvalidCertificateAction::Warn, InvalidCertificateAction::Deny]
    {
        let nothing =
            Assessment { fingerprint: None, ..assessment("a:1", b"", vec![Problem::NoCertificate]) };
        assert_eq!(
            decide(Possession::Proved, &nothing, action, None, NOW),
            Decision::Refuse(Refusal::NoCertificate)
        );
    }
}

#[test]
fn a_problem_that_is_new_is_named() {
    let now = assessment("a:1", b"this", vec![self_signed(), expired()]);
    let before = remembered("a:1", b"this", &[ProblemKind::SelfSigned]);
    let decision = decide(Possession::Proved, &now, InvalidCertificateAction::Warn, Some(&before), NOW);
    let Decision::Ask(Question::Worse { added, .. }) = decision else { panic!("{decision:?}") };
    assert_eq!(added.into_iter().collect::<Vec<_>>(), [ProblemKind::Expired]);
    // Fewer problems than were accepted are accepted.
    let better = assessment("a:1", b"this", vec![expired()]);
    let before = remembered("a:1", b"this", &[ProblemKind::SelfSigned, ProblemKind::Expired]);
    let decision = decide(Possession::Proved, &better, InvalidCertificateAction::Warn, Some(&before), NOW);
    assert_eq!(decision, Decision::Connect(ConnectReason::Remembered));
}

proptest! {
    /// Whoever remembers one certificate is asked about every other, whatever it is like.
    #[test]
    fn only_what_was_allowed_is_allowed(bytes in prop::collection::vec(any::<u8>(), 1..40), accepted in 0_usize..8) {
        prop_assume!(bytes != b"this");
        let all: Vec<ProblemKind> = ProblemKind::ALL.into_iter().take(accepted).collect();
        let before = remembered("a:1", b"this", &all);
        let other = assessment("a:1", &bytes, vec![self_signed()]);
        let decision = decide(Possession::Proved, &other, InvalidCertificateAction::Warn, Some(&before), NOW);
        prop_assert_eq!(outline(&decision), "ask: changed");
    }

    /// A stricter action never connects where a looser one does not.
    #[test]
    fn strictness_is_monotonous(kinds in prop::collection::vec(0_usize..2, 0..3), proved: bool) {
        let problems = kinds.into_iter().map(|kind| if kind == 0 { self_signed() } else { expired() }).collect();
        let facts = assessment("a:1", b"this", problems);
        let possession = if proved { Possession::Proved } else { Possession::NotProved };
        let connects = |action| matches!(decide(possession, &facts, action, None, NOW), Decision::Connect(_));
        prop_assert!(connects(InvalidCertificateAction::Allow) || !connects(InvalidCertificateAction::Warn));
        prop_assert!(connects(InvalidCertificateAction::Warn) || !connects(InvalidCertificateAction::Deny));
    }
}
