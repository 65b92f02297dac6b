use std::collections::BTreeSet;

use countersign_protocol::decision::Lasting;
use countersign_protocol::{RememberedAtEndpoint, ReportedDecision};
use countersign_trust::{
    Assessment, CertificateReference, ChainDigest, Fingerprint, InvalidCertificateAction, PermissionOrigin,
    Problem, ProblemKind, RememberLimit, RememberOptions,
};
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::*;

mod chains;
mod moments;

pub(super) const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
const EARLIER: OffsetDateTime = datetime!(2026-05-01 12:00 UTC);

fn certificate(number: u8) -> Fingerprint {
    Fingerprint::of(&[number])
}

/// The chain that the certificate is in, unless a test says another one.
fn alone(fingerprint: Fingerprint) -> ChainDigest {
    ChainDigest::of(&[fingerprint.as_bytes()])
}

fn self_signed() -> Problem {
    Problem::SelfSigned { subject: "CN=server".to_owned() }
}

fn expired() -> Problem {
    Problem::Expired { not_after: OffsetDateTime::UNIX_EPOCH }
}

fn revoked() -> Problem {
    Problem::Revoked { certificate: CertificateReference::default() }
}

fn found(fingerprint: Fingerprint, problems: Vec<Problem>) -> Assessment {
    Assessment {
        server: "ems.example".parse().unwrap(),
        certificate: None,
        fingerprint: Some(fingerprint),
        chain_digest: Some(alone(fingerprint)),
        problems,
        advice: Vec::new(),
        chain: Vec::new(),
        diagnosis: Vec::new(),
    }
}

fn allowed(fingerprint: Fingerprint, accepted: &[ProblemKind]) -> RememberedAtEndpoint {
    RememberedAtEndpoint {
        fingerprint,
        subject: String::new(),
        issuer: String::new(),
        accepted: accepted.iter().copied().collect(),
        since: EARLIER,
        until: None,
        lasting: Lasting::Kept,
        origin: PermissionOrigin::Person,
        announced: Vec::new(),
    }
}

fn rules(action: InvalidCertificateAction) -> Rules {
    Rules { action, remember: RememberOptions::default() }
}

/// A connected agent under *Warn* that has been sent the first certificate to be judged, and whose person has allowed nothing.
fn evidence(problems: Vec<Problem>) -> Evidence {
    Evidence {
        agent: AgentKind::Validating,
        connection: Connection::Connected,
        profile: ProfileState::Applied,
        in_force: Some(rules(InvalidCertificateAction::Warn)),
        judgements: vec![Judgement {
            source: Source::Rehearsed,
            assessment: found(certificate(1), problems),
            judged_at: EARLIER,
        }],
        permissions: Permissions::Reported { certificates: Vec::new(), at: NOW },
    }
}

fn shown(number: u8, kind: ShownKind) -> Shown {
    let fingerprint = certificate(number);
    Shown { chain: alone(fingerprint), fingerprint, kind, not_before: None, not_after: None }
}

const SSL: ShownKind = ShownKind::SslCertificate;
const BUILT_IN: ShownKind = ShownKind::BuiltIn;

fn outline(
    evidence: &Evidence,
    number: u8,
    kind: ShownKind,
    action: InvalidCertificateAction,
) -> (Outcome, Reason) {
    let forecast = foretell(evidence, &shown(number, kind), rules(action), NOW);
    (forecast.outcome, forecast.reason)
}

#[test]
fn what_follows_from_what_was_found_and_allowed() {
    use InvalidCertificateAction::{Allow, Deny, Warn};
    use Outcome::{Asked, ConnectsSilently, CutOff, Unknown};
    let with = |problems: Vec<Problem>, certificates: Vec<RememberedAtEndpoint>| Evidence {
        permissions: Permissions::Reported { certificates, at: NOW },
        ..evidence(problems)
    };
    let own = vec![allowed(certificate(1), &[ProblemKind::SelfSigned])];
    let other = vec![allowed(certificate(2), &[ProblemKind::SelfSigned])];
    let over = vec![RememberedAtEndpoint { until: Some(EARLIER), ..own[0].clone() }];
    let in_session = vec![RememberedAtEndpoint { lasting: Lasting::ThisSession, ..own[0].clone() }];
    let absent = |evidence: Evidence| Evidence { connection: Connection::Absent, ..evidence };
    let unreported = Evidence { permissions: Permissions::NotReported, ..evidence(vec![self_signed()]) };
    let mut was_allowed = unreported.clone();
    was_allowed.judgements[0].source = Source::Shown(ReportedDecision::AllowedByPerson);
    let table: Vec<(&str, Evidence, InvalidCertificateAction, Outcome, Reason)> = vec![
        ("valid", evidence(vec![]), Deny, ConnectsSilently, Reason::Valid),
        ("allowed", evidence(vec![expired()]), Allow, ConnectsSilently, Reason::AllowedByProfile),
        ("first", evidence(vec![expired()]), Warn, Asked, Reason::NotAllowed),
        ("denied", evidence(vec![expired()]), Deny, CutOff, Reason::DeniedByProfile),
        ("revoked", evidence(vec![revoked()]), Allow, CutOff, Reason::Revoked),
        ("remembered", with(vec![self_signed()], own.clone()), Warn, ConnectsSilently, Reason::Remembered),
        (
            "remembered and denied",
            with(vec![self_signed()], own.clone()),
            Deny,
            CutOff,
            Reason::DeniedByProfile,
        ),
        ("changed", with(vec![self_signed()], other.clone()), Warn, Asked, Reason::AnotherAllowed),
        ("worse", with(vec![self_signed(), expired()], own), Warn, Asked, Reason::MoreWrong),
        ("over", with(vec![self_signed()], over), Warn, Asked, Reason::NotAllowed),
        (
            "in this session",
            with(vec![self_signed()], in_session.clone()),
            Warn,
            ConnectsSilently,
            Reason::Remembered,
        ),
        (
            "and gone since",
            absent(with(vec![self_signed()], in_session)),
            Warn,
            Unknown,
            Reason::PermissionUnclear,
        ),
        ("not reported", unreported, Warn, Unknown, Reason::PermissionsNotReported),
        ("of an earlier version", was_allowed, Warn, ConnectsSilently, Reason::Remembered),
    ];
    for (name, evidence, action, outcome, reason) in table {
        assert_eq!(outline(&evidence, 1, SSL, action), (outcome, reason), "{name}");
    }
}

#[test]
fn what_follows_where_nothing_was_found() {
    use InvalidCertificateAction::{Allow, Deny, Warn};
    use Outcome::{Asked, ConnectsSilently, CutOff, Unknown};
    let nothing_allowed = evidence(vec![]);
    let allowed_this = Evidence {
        permissions: Permissions::Reported {
            certificates: vec![allowed(certificate(2), &[ProblemKind::NameMismatch])],
            at: EARLIER,
        },
        ..evidence(vec![])
    };
    for (evidence, kind, action, outcome, reason) in [
        // What this computer would find is no answer.
        (&nothing_allowed, SSL, Warn, Unknown, Reason::NotJudged),
        (&nothing_allowed, SSL, Deny, Unknown, Reason::NotJudged),
        (&nothing_allowed, SSL, Allow, ConnectsSilently, Reason::AllowedByProfile),
        (&nothing_allowed, BUILT_IN, Allow, ConnectsSilently, Reason::AllowedByProfile),
        (&nothing_allowed, BUILT_IN, Warn, Asked, Reason::NotAllowed),
        (&nothing_allowed, BUILT_IN, Deny, CutOff, Reason::DeniedByProfile),
        (&allowed_this, BUILT_IN, Warn, Unknown, Reason::NotJudged),
    ] {
        assert_eq!(outline(evidence, 2, kind, action), (outcome, reason), "{kind:?} {action}");
    }
}

#[test]
fn an_answer_counts_as_long_as_the_certificate_has_not_begun_or_expired_since() {
    let evidence = evidence(vec![]);
    let day = Duration::days(1);
    for (not_before, not_after, expected) in [
        (Some(EARLIER - day), Some(NOW + day), Outcome::ConnectsSilently),
        (Some(EARLIER - day), Some(NOW - day), Outcome::Unknown),
        (Some(EARLIER + day), Some(NOW + day), Outcome::Unknown),
        (None, None, Outcome::ConnectsSilently),
    ] {
        let shown = Shown { not_before, not_after, ..shown(1, SSL) };
        let forecast = foretell(&evidence, &shown, rules(InvalidCertificateAction::Deny), NOW);
        assert_eq!(forecast.outcome, expected, "{not_before:?} {not_after:?}");
    }
}

#[test]
fn an_endpoint_that_is_not_connected_goes_by_its_old_rules_first() {
    use InvalidCertificateAction::{Allow, Deny, Warn};
    let with = |connection, profile, in_force: Option<InvalidCertificateAction>| Evidence {
        connection,
        profile,
        in_force: in_force.map(rules),
        ..evidence(vec![self_signed()])
    };
    let table = [
        // Whoever is connected hears of it.
        (Connection::Connected, ProfileState::Awaited, Some(Deny), Allow, Outcome::ConnectsSilently),
        // A milder profile does not reach those that are cut off.
        (Connection::Absent, ProfileState::Awaited, Some(Deny), Allow, Outcome::CutOff),
        (Connection::Absent, ProfileState::Applied, Some(Warn), Allow, Outcome::Asked),
        (Connection::Absent, ProfileState::Applied, Some(Allow), Deny, Outcome::CutOff),
        (Connection::Absent, ProfileState::Applied, Some(Allow), Allow, Outcome::ConnectsSilently),
        (Connection::Absent, ProfileState::Awaited, None, Allow, Outcome::Unknown),
        (Connection::Absent, ProfileState::Awaited, None, Deny, Outcome::CutOff),
        (Connection::Connected, ProfileState::Failed, Some(Deny), Allow, Outcome::CutOff),
    ];
    for (connection, profile, in_force, then, expected) in table {
        let evidence = with(connection, profile, in_force);
        assert_eq!(
            outline(&evidence, 1, SSL, then).0,
            expected,
            "{connection:?} {profile:?} {in_force:?} {then}"
        );
    }
    let valid = Evidence { in_force: None, connection: Connection::Absent, ..evidence(vec![]) };
    assert_eq!(outline(&valid, 1, SSL, Deny).0, Outcome::ConnectsSilently);
}

#[test]
fn words_are_read_as_they_are_written() {
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::of_code(outcome.code()), Some(outcome));
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.code());
    }
    assert_eq!(Outcome::of_code("else"), None);
}

fn any_problems() -> impl Strategy<Value = Vec<Problem>> {
    proptest::sample::subsequence(vec![self_signed(), expired(), revoked()], 0..=3)
}

pub(super) fn any_action() -> impl Strategy<Value = InvalidCertificateAction> {
    proptest::sample::select(InvalidCertificateAction::ALL.to_vec())
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let limits = vec![RememberLimit::UntilChanged, RememberLimit::Days, RememberLimit::Session];
    (any_action(), proptest::sample::select(limits)).prop_map(|(action, longest)| Rules {
        action,
        remember: RememberOptions { longest, ..RememberOptions::default() },
    })
}

fn any_judgement() -> impl Strategy<Value = Judgement> {
    let sources = vec![
        Source::Rehearsed,
        Source::Shown(ReportedDecision::Valid),
        Source::Shown(ReportedDecision::AllowedByPerson),
        Source::Shown(ReportedDecision::AllowedByProfile),
    ];
    (proptest::sample::select(sources), 1..3_u8, any_problems(), 0..100_i64).prop_map(
        |(source, number, problems, days)| Judgement {
            source,
            assessment: found(certificate(number), problems),
            judged_at: NOW - Duration::days(days),
        },
    )
}

fn any_allowed() -> impl Strategy<Value = RememberedAtEndpoint> {
    let lasting = proptest::sample::select(vec![Lasting::Kept, Lasting::ThisSession]);
    (1..3_u8, any_problems(), proptest::option::of(-10..10_i64), lasting).prop_map(
        |(number, problems, days, lasting)| RememberedAtEndpoint {
            accepted: problems.iter().map(Problem::kind).collect::<BTreeSet<_>>(),
            until: days.map(|days| NOW + Duration::days(days)),
            lasting,
            ..allowed(certificate(number), &[])
        },
    )
}

fn any_permissions() -> impl Strategy<Value = Permissions> {
    prop_oneof![
        Just(Permissions::NotReported),
        (proptest::collection::vec(any_allowed(), 0..3), 0..100_i64).prop_map(|(certificates, days)| {
            Permissions::Reported { certificates, at: NOW - Duration::days(days) }
        }),
    ]
}

prop_compose! {
    pub(super) fn any_evidence()(
        agent in proptest::sample::select(vec![AgentKind::Validating, AgentKind::Legacy, AgentKind::Foreign]),
        connection in proptest::sample::select(vec![Connection::Connected, Connection::Absent]),
        profile in proptest::sample::select(
            vec![ProfileState::Applied, ProfileState::Awaited, ProfileState::Failed],
        ),
        in_force in proptest::option::of(any_rules()),
        judgements in proptest::collection::vec(any_judgement(), 0..3),
        permissions in any_permissions(),
    ) -> Evidence {
        Evidence { agent, connection, profile, in_force, judgements, permissions }
    }
}

pub(super) fn any_shown() -> impl Strategy<Value = Shown> {
    (1..3_u8, proptest::sample::select(vec![SSL, BUILT_IN])).prop_map(|(number, kind)| shown(number, kind))
}

proptest! {
    #[test]
    fn who_finds_the_certificate_valid_is_never_asked_nor_cut_off(
        evidence in any_evidence(), shown in any_shown(), rules in any_rules(),
    ) {
        let mut evidence = Evidence { agent: AgentKind::Validating, ..evidence };
        evidence.judgements.push(Judgement {
            source: Source::Rehearsed,
            assessment: found(shown.fingerprint, Vec::new()),
            judged_at: NOW + Duration::DAY,
        });
        let forecast = foretell(&evidence, &shown, rules, NOW);
        prop_assert_eq!((forecast.outcome, forecast.reason), (Outcome::ConnectsSilently, Reason::Valid));
    }

    #[test]
    fn a_stricter_action_is_never_milder(
        evidence in any_evidence(), shown in any_shown(), rules in any_rules(),
    ) {
        let outcomes = InvalidCertificateAction::ALL
            .map(|action| foretell(&evidence, &shown, Rules { action, ..rules }, NOW).outcome);
        prop_assert!(outcomes.is_sorted(), "{:?}", outcomes);
    }

    #[test]
    fn agents_that_are_too_old_are_cut_off_by_the_ssl_certificate_and_by_nothing_else(
        evidence in any_evidence(), shown in any_shown(), rules in any_rules(),
    ) {
        let evidence = Evidence { agent: AgentKind::Legacy, ..evidence };
        let outcome = foretell(&evidence, &shown, rules, NOW).outcome;
        let expected = if shown.kind == SSL { Outcome::CutOff } else { Outcome::ConnectsSilently };
        prop_assert_eq!(outcome, expected);
    }

    #[test]
    fn nothing_is_unknown_of_an_agent_that_has_told_everything(
        evidence in any_evidence(), problems in any_problems(), certificates in proptest::collection::vec(any_allowed(), 0..2),
        shown in any_shown(), rules in any_rules(),
    ) {
        let kept = |mut certificate: RememberedAtEndpoint| {
            (certificate.lasting, certificate.until) = (Lasting::Kept, None);
            certificate
        };
        let evidence = Evidence {
            agent: AgentKind::Validating,
            in_force: Some(rules),
            judgements: vec![Judgement {
                source: Source::Rehearsed,
                assessment: found(shown.fingerprint, problems),
                judged_at: EARLIER,
            }],
            permissions: Permissions::Reported { certificates: certificates.into_iter().map(kept).collect(), at: NOW },
            ..evidence
        };
        let forecast = foretell(&evidence, &shown, rules, NOW);
        let only_the_agent_knows = forecast.reason == Reason::PermissionUnclear
            && rules.remember.longest == RememberLimit::Session;
        prop_assert!(forecast.outcome != Outcome::Unknown || only_the_agent_knows, "{:?}", forecast);
        prop_assert!(forecast.answered_at.is_some());
    }

    #[test]
    fn what_no_agent_has_judged_is_unknown_unless_the_rules_alone_decide(
        evidence in any_evidence(), rules in any_rules(),
    ) {
        let evidence = Evidence { agent: AgentKind::Validating, in_force: Some(rules), ..evidence };
        let forecast = foretell(&evidence, &shown(9, SSL), rules, NOW);
        let expected = match rules.action {
            InvalidCertificateAction::Allow => Outcome::ConnectsSilently,
            InvalidCertificateAction::Warn | InvalidCertificateAction::Deny => Outcome::Unknown,
        };
        prop_assert_eq!(forecast.outcome, expected);
        prop_assert_eq!(forecast.answered_at, None);
    }
}
