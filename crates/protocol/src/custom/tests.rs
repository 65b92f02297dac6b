use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::{CommandKind, CommandOutcome};

#[test]
fn messages_of_a_server_are_read_back() {
    let messages = [
        ServerCustomMessage::Command(Command {
            id: Uuid::from_u128(7),
            expires_at: datetime!(2026-11-30 12:00 UTC),
            kind: CommandKind::NotifyUser { title: "Restart".into(), text: "Tonight at nine.".into() },
        }),
        ServerCustomMessage::Licence(Licence::evaluation()),
        ServerCustomMessage::RequestEnrolmentToken,
        ServerCustomMessage::DecisionsKept(DecisionsKept { ids: vec![Uuid::from_u128(7)] }),
        ServerCustomMessage::RequestInventory,
    ];
    for message in messages {
        let wire = message.to_message().expect("can be written");
        assert_eq!(ServerCustomMessage::from_message(&wire).expect("can be read"), message);
    }
}

#[test]
fn a_result_is_read_back() {
    let message = AgentCustomMessage::CommandResult(CommandResult {
        id: Uuid::from_u128(7),
        outcome: CommandOutcome::Refused { reason: "The server has not proved who it is.".into() },
    });
    let wire = message.to_message().expect("can be written");
    assert_eq!(AgentCustomMessage::from_message(&wire).expect("can be read"), message);
}

#[test]
fn decisions_are_read_back() {
    use crate::decision::{Asked, DecidedAnswer, DecidedQuestion, Lasting};
    use crate::{AnnouncedAtEndpoint, Decision, RememberedAtEndpoint};
    use countersign_trust::{Fingerprint, PermissionOrigin, ProblemKind};
    let at = datetime!(2026-11-30 12:00 UTC);
    let fingerprint = Fingerprint::of(b"certificate");
    let decision = |answer| Decision {
        id: Uuid::from_u128(7),
        at,
        fingerprint,
        problems: [ProblemKind::SelfSigned].into(),
        question: DecidedQuestion::Changed,
        answer,
        asked: Asked::CommandLine,
    };
    let answers = [
        DecidedAnswer::Allowed { until: Some(at), lasting: Lasting::Kept },
        DecidedAnswer::Allowed { until: None, lasting: Lasting::ThisSession },
        DecidedAnswer::Denied,
        DecidedAnswer::NobodyToAsk,
    ];
    let remembered = RememberedAtEndpoint {
        fingerprint,
        subject: "a".into(),
        issuer: "b".into(),
        accepted: [ProblemKind::SelfSigned].into(),
        since: at,
        until: None,
        lasting: Lasting::Kept,
        origin: PermissionOrigin::Announcement,
        announced: vec![AnnouncedAtEndpoint { fingerprint: Fingerprint::of(b"next"), until: at }],
    };
    for message in [
        AgentCustomMessage::Decisions(Decisions { decisions: answers.map(decision).to_vec() }),
        AgentCustomMessage::Remembered(RememberedReport { certificates: vec![remembered] }),
    ] {
        let wire = message.to_message().expect("can be written");
        assert_eq!(AgentCustomMessage::from_message(&wire).expect("can be read"), message);
    }
}

#[test]
fn errors_name_the_message() {
    let unknown = CustomMessage { capability: "com.example".into(), r#type: "x".into(), data: vec![] };
    let error = ServerCustomMessage::from_message(&unknown).expect_err("unknown").to_string();
    assert!(error.contains("com.example"), "{error}");

    let malformed =
        CustomMessage { capability: COMMANDS.into(), r#type: "command".into(), data: b"{}".to_vec() };
    let error = ServerCustomMessage::from_message(&malformed).expect_err("malformed").to_string();
    assert!(error.contains(COMMANDS) && error.contains("missing field"), "{error}");
}

#[test]
fn rehearsals_and_announcements_are_read_back() {
    use countersign_trust::{ConnectReason, Fingerprint, InvalidCertificateAction, ProblemKind, Refusal};

    use crate::decision::DecidedQuestion;
    use crate::{
        CannotJudge, CertificateChain, NotKept, OutcomeByAction, RehearsalKind, RehearsedOutcome as Outcome,
    };
    let at = datetime!(2026-11-30 12:00 UTC);
    let id = Uuid::from_u128(7);
    let chain = CertificateChain::new(vec![b"own".to_vec(), b"issuer".to_vec()]).expect("in bounds");
    let fingerprint = chain.fingerprint();
    for message in [
        ServerCustomMessage::Judge(Judge { id, chain: chain.clone(), kind: RehearsalKind::Candidate }),
        ServerCustomMessage::NextCertificate(NextCertificate { fingerprint, chain, not_later_than: at }),
    ] {
        let wire = message.to_message().expect("can be written");
        assert_eq!(ServerCustomMessage::from_message(&wire).expect("can be read"), message);
    }
    let outcomes = [
        Outcome::ConnectsSilently { because: ConnectReason::Announced },
        Outcome::WouldAsk { question: DecidedQuestion::Changed },
        Outcome::WouldRefuse { because: Refusal::DeniedByProfile },
        Outcome::CannotJudge { reason: CannotJudge::NotTrusted },
        Outcome::CannotJudge { reason: CannotJudge::TooOften { retry_after_seconds: 2 } },
        Outcome::CannotJudge { reason: CannotJudge::failed("no\u{202e} roots") },
    ];
    let judgements = outcomes.map(|outcome| {
        AgentCustomMessage::Judgement(Box::new(Judgement {
            id,
            fingerprint,
            judged_at: at,
            address: "a.example:9000".parse().expect("an address"),
            action: InvalidCertificateAction::Warn,
            assessment: None,
            by_action: Some(OutcomeByAction {
                allow: outcome.clone(),
                warn: outcome.clone(),
                deny: outcome.clone(),
            }),
            outcome,
        }))
    });
    let reasons = [
        NotKept::NotTrusted,
        NotKept::NotNeeded,
        NotKept::AlreadyShown,
        NotKept::NewProblems { added: [ProblemKind::Expired].into() },
        NotKept::CannotBeAllowed,
        NotKept::Over,
        NotKept::Failed { detail: "It is no chain.".into() },
    ];
    let refusals = reasons.map(|reason| {
        AgentCustomMessage::NextCertificateRefused(NextCertificateRefused { fingerprint, reason })
    });
    let kept = AgentCustomMessage::NextCertificateKept(NextCertificateKept { fingerprint, until: at });
    for message in judgements.into_iter().chain(refusals).chain([kept]) {
        let wire = message.to_message().expect("can be written");
        assert_eq!(AgentCustomMessage::from_message(&wire).expect("can be read"), message);
    }
    let long = serde_json::json!({"id": id, "kind": "candidate", "chain": vec!["AAAA"; 17]});
    let long = CustomMessage {
        capability: REHEARSAL.into(),
        r#type: "judge".into(),
        data: long.to_string().into_bytes(),
    };
    let error = ServerCustomMessage::from_message(&long).expect_err("too long").to_string();
    assert!(error.contains("17 certificates; at most 16"), "{error}");
    assert_eq!(Fingerprint::of(b"own"), fingerprint);
}

#[test]
fn reports_of_earlier_versions_are_read() {
    let earlier = serde_json::json!({"certificates": [{
        "fingerprint": countersign_trust::Fingerprint::of(b"x"), "subject": "a", "issuer": "b", "accepted": [],
        "since": "2026-11-30T12:00:00Z", "lasting": "kept",
    }]});
    let report: RememberedReport = serde_json::from_value(earlier).expect("a report");
    assert_eq!(report.certificates[0].origin, countersign_trust::PermissionOrigin::Person);
    assert!(report.certificates[0].announced.is_empty());
}
