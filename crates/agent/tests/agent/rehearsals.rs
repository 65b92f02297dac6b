//! What the agent would do if its server showed another certificate.

use countersign_agent::{Answer, Clock as _};
use countersign_protocol::custom::{self, AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::decision::DecidedQuestion;
use countersign_protocol::{CannotJudge, Judge, Judgement, RehearsalKind, RehearsedOutcome as Outcome};
use countersign_trust::{ConnectReason, InvalidCertificateAction, Question, Refusal, RememberFor};
use rustls::sign::CertifiedKey;
use uuid::Uuid;

use crate::support::management::Management;
use crate::support::server::chain;
use crate::support::{Setup, Surroundings, is_connected};

pub(crate) fn judge(certificate: &CertifiedKey) -> Judge {
    Judge { id: Uuid::now_v7(), chain: chain(certificate), kind: RehearsalKind::Candidate }
}

async fn judged(management: &Management, certificate: &CertifiedKey) -> Judgement {
    let judge = judge(certificate);
    management.say_custom(&ServerCustomMessage::Judge(judge.clone()));
    let judgement = management
        .heard(|heard| {
            heard.iter().find_map(|message| {
                if let AgentCustomMessage::Judgement(judgement) = message
                    && judgement.id == judge.id
                {
                    Some(judgement.as_ref().clone())
                } else {
                    None
                }
            })
        })
        .await;
    assert_eq!(judgement.fingerprint, judge.chain.fingerprint());
    judgement
}

fn silently(because: ConnectReason) -> Outcome {
    Outcome::ConnectsSilently { because }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_what_happens() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    let certificates = &around.certificates;
    let asks = || Outcome::WouldAsk { question: DecidedQuestion::Changed };
    let refuses = || Outcome::WouldRefuse { because: Refusal::DeniedByProfile };
    let table = [
        ("valid", &certificates.valid, silently(ConnectReason::Valid), silently(ConnectReason::Valid)),
        ("present", &certificates.self_signed, silently(ConnectReason::Remembered), refuses()),
        ("other", &certificates.other_self_signed, asks(), refuses()),
    ];
    for (what, certificate, warn, deny) in table {
        let judgement = judged(&management, certificate).await;
        assert_eq!(judgement.address, around.server.name());
        assert_eq!(judgement.judged_at, around.clock.now(), "{what}");
        assert_eq!(judgement.action, InvalidCertificateAction::Warn);
        assert_eq!(judgement.outcome, warn, "{what}");
        let by_action = judgement.by_action.unwrap();
        assert_eq!(by_action.deny, deny, "{what}");
        assert_eq!(by_action.warn, warn, "{what}");
        assert!(matches!(by_action.allow, Outcome::ConnectsSilently { .. }), "{what}");
        assert_eq!(judgement.assessment.unwrap().is_valid(), what == "valid");
    }
    // Nothing follows from an answer.
    around.desktop.was_not_asked().await;
    let list = around.agent.remembered().await;
    assert_eq!(list.entries.len(), 1);
    assert!(list.entries[0].certificate.announced.is_empty());
    management.sessions(1).await;

    around.server.show(&certificates.other_self_signed);
    around.agent.disconnect();
    management.sessions(0).await;
    around.agent.connect();
    let question = around.desktop.question().await.prompt.question;
    assert!(matches!(question, Question::Changed { .. }), "{question:?}");
    around.server.show(&certificates.valid);
    around.clock.elapse().await;
    around.status(is_connected).await;
    management.sessions(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_too_often_is_told_so() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    for _ in 0..30 {
        management.say_custom(&ServerCustomMessage::Judge(judge(&around.certificates.valid)));
    }
    let wait = management
        .heard(|heard| {
            heard.iter().find_map(|message| {
                if let AgentCustomMessage::Judgement(judgement) = message
                    && let Outcome::CannotJudge { reason: CannotJudge::TooOften { retry_after_seconds } } =
                        &judgement.outcome
                {
                    Some(*retry_after_seconds)
                } else {
                    None
                }
            })
        })
        .await;
    assert!((1..=6).contains(&wait), "{wait}");
    management.sessions(1).await;
}
