//! What the agent tells its server: decisions, what is allowed because of them, and the inventory.

use std::sync::Arc;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{Answer, Keychain, Notice};
use countersign_protocol::custom::{self, AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::decision::{Asked, DecidedAnswer, DecidedQuestion, Lasting};
use countersign_protocol::{
    Command, CommandKind, CommandOutcome, Decision, DecisionsKept, Inventory, InventoryChanges, SessionTrust,
};
use countersign_trust::{InvalidCertificateAction, ProblemKind, Question, RememberFor};
use time::Duration;
use uuid::Uuid;

use crate::support::management::Management;
use crate::support::{Setup, Surroundings, is_connected, is_refused};

fn decisions(heard: &[AgentCustomMessage]) -> Vec<Decision> {
    heard
        .iter()
        .filter_map(|message| match message {
            AgentCustomMessage::Decisions(decisions) => Some(decisions.decisions.clone()),
            AgentCustomMessage::CommandResult(_)
            | AgentCustomMessage::CertificateReport(_)
            | AgentCustomMessage::Inventory(_)
            | AgentCustomMessage::InventoryChanges(_)
            | AgentCustomMessage::Remembered(_)
            | AgentCustomMessage::Judgement(_)
            | AgentCustomMessage::NextCertificateKept(_)
            | AgentCustomMessage::NextCertificateRefused(_) => None,
        })
        .flatten()
        .collect()
}

/// The last report of what is allowed.
fn remembered(heard: &[AgentCustomMessage]) -> Option<usize> {
    heard.iter().rev().find_map(|message| match message {
        AgentCustomMessage::Remembered(report) => Some(report.certificates.len()),
        AgentCustomMessage::CommandResult(_)
        | AgentCustomMessage::CertificateReport(_)
        | AgentCustomMessage::Inventory(_)
        | AgentCustomMessage::InventoryChanges(_)
        | AgentCustomMessage::Decisions(_)
        | AgentCustomMessage::Judgement(_)
        | AgentCustomMessage::NextCertificateKept(_)
        | AgentCustomMessage::NextCertificateRefused(_) => None,
    })
}

fn keep(management: &Management, decisions: &[Decision]) {
    let ids = decisions.iter().map(|decision| decision.id).collect();
    management.say_custom(&ServerCustomMessage::DecisionsKept(DecisionsKept { ids }));
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_taken_without_a_connection_are_reported_until_they_are_kept() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let mut around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Deny);
    around.status(is_refused).await;
    // The decision outlasts the agent.
    around.restart().await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::Session));
    around.status(is_connected).await;
    let first = management.heard(|heard| Some(decisions(heard)).filter(|found| found.len() == 2)).await;
    let outline: Vec<_> =
        first.iter().map(|decision| (decision.answer, decision.question, decision.asked)).collect();
    let allowed = |decision: &Decision| match decision.answer {
        DecidedAnswer::Allowed { lasting, .. } => Some(lasting),
        DecidedAnswer::Denied | DecidedAnswer::NobodyToAsk => None,
    };
    assert_eq!(outline[0], (DecidedAnswer::Denied, DecidedQuestion::First, Asked::Dialog));
    assert_eq!(allowed(&first[1]), Some(Lasting::ThisSession));
    assert_eq!(first[1].problems, [ProblemKind::SelfSigned].into());

    // The server has kept only one of them; the other comes again.
    keep(&management, &first[..1]);
    management.heard(|heard| Some(decisions(heard)).filter(|found| found.len() == 3)).await;
    management.take_heard();
    around.agent.disconnect();
    management.sessions(0).await;
    around.agent.connect();
    let again = management.heard(|heard| Some(decisions(heard)).filter(|found| !found.is_empty())).await;
    assert_eq!(again, first[1..]);
    keep(&management, &again);
    // Once this is answered, that was heeded.
    management.command(CommandKind::CollectDiagnostics, time::OffsetDateTime::now_utc() + Duration::hours(1));
    management
        .heard(|heard| {
            heard.iter().any(|message| matches!(message, AgentCustomMessage::CommandResult(_))).then_some(())
        })
        .await;
    management.take_heard();
    // What was kept does not come again, not even after a restart.
    around.agent.shutdown().await;
    around.restart().await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    let last = management.heard(|heard| Some(decisions(heard)).filter(|found| !found.is_empty())).await;
    assert_eq!((last.len(), allowed(&last[0])), (1, Some(Lasting::Kept)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_an_earlier_version_is_told_nothing_that_it_does_not_know() {
    let management = Management::new();
    management.understand(&custom::CAPABILITIES[..5]);
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    for _ in 0..2 {
        management
            .heard(|heard| {
                heard.iter().any(|message| matches!(message, AgentCustomMessage::Inventory(_))).then_some(())
            })
            .await;
        let heard = management.take_heard();
        assert!(decisions(&heard).is_empty() && remembered(&heard).is_none(), "{heard:#?}");
        around.agent.disconnect();
        management.sessions(0).await;
        around.agent.connect();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_reported_and_an_administrator_can_revoke_it() {
    let keychain = Arc::new(MemoryKeychain::default());
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let setup = Setup { keychain: Arc::clone(&keychain) as _, ..Setup::managed(&management) };
    let around = Surroundings::set_up(setup).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    let report = management
        .heard(|heard| {
            heard.iter().rev().find_map(|message| match message {
                AgentCustomMessage::Remembered(report) => {
                    report.certificates.first().filter(|found| found.lasting == Lasting::Kept).cloned()
                }
                AgentCustomMessage::CommandResult(_)
                | AgentCustomMessage::CertificateReport(_)
                | AgentCustomMessage::Inventory(_)
                | AgentCustomMessage::InventoryChanges(_)
                | AgentCustomMessage::Decisions(_)
                | AgentCustomMessage::Judgement(_)
                | AgentCustomMessage::NextCertificateKept(_)
                | AgentCustomMessage::NextCertificateRefused(_) => None,
            })
        })
        .await;
    assert_eq!(report.accepted, [ProblemKind::SelfSigned].into());
    let later = time::OffsetDateTime::now_utc() + Duration::hours(1);
    let result = |heard: &[AgentCustomMessage]| {
        heard.iter().rev().find_map(|message| match message {
            AgentCustomMessage::CommandResult(result) => Some(result.outcome.clone()),
            AgentCustomMessage::CertificateReport(_)
            | AgentCustomMessage::Inventory(_)
            | AgentCustomMessage::InventoryChanges(_)
            | AgentCustomMessage::Remembered(_)
            | AgentCustomMessage::Decisions(_)
            | AgentCustomMessage::Judgement(_)
            | AgentCustomMessage::NextCertificateKept(_)
            | AgentCustomMessage::NextCertificateRefused(_) => None,
        })
    };

    // Another certificate is not allowed anyway.
    let other = countersign_trust::Fingerprint::of(b"other");
    management.command(CommandKind::ForgetCertificate { fingerprint: other }, later);
    let outcome = management.heard(result).await;
    let succeeded = |was_allowed: bool| CommandOutcome::Succeeded {
        output: serde_json::json!({"was_allowed": was_allowed}),
    };
    assert_eq!(outcome, succeeded(false));
    management.take_heard();
    management.sessions(1).await;

    management.command(CommandKind::ForgetCertificate { fingerprint: report.fingerprint }, later);
    assert_eq!(management.heard(result).await, succeeded(true));
    assert_eq!(management.heard(remembered).await, 0);
    // The session that rested on it is over, and the person is asked as for the first time.
    assert_eq!(around.desktop.question().await.prompt.question, Question::First);
    management.sessions(0).await;
    // What is on its way to the keychain comes to its end.
    around.agent.shutdown().await;
    assert!(keychain.find("remembered").unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_session_neither_hears_of_decisions_nor_revokes() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    let allowed = management.heard(|heard| remembered(heard).filter(|number| *number == 1)).await;
    assert_eq!(allowed, 1);
    management
        .push_profile(1, |profile| profile.invalid_certificate_action = InvalidCertificateAction::Allow);
    // The session is opened again, because it rests on something else now.
    around.status_where(|status| status.trust == Some(SessionTrust::Identified)).await;
    management.sessions(1).await;

    // Somebody else is in the middle, with a certificate and an identity of their own.
    let stranger = Management::new();
    stranger.understand(custom::CAPABILITIES);
    around.server.manage(&stranger);
    around.server.show(&around.certificates.other_self_signed);
    around.agent.disconnect();
    management.sessions(0).await;
    around.agent.connect();
    stranger.sessions(1).await;
    let fingerprint = around.agent.remembered().await.entries[0].certificate.fingerprint;
    let later = time::OffsetDateTime::now_utc() + Duration::hours(1);
    // By then the stranger has said what it understands, so that the agent would tell it.
    let reported = |heard: &[AgentCustomMessage]| {
        heard.iter().any(|message| matches!(message, AgentCustomMessage::CertificateReport(_))).then_some(())
    };
    stranger.heard(reported).await;
    stranger.command(CommandKind::ForgetCertificate { fingerprint }, later);
    let refused = stranger
        .heard(|heard| {
            heard.iter().find_map(|message| match message {
                AgentCustomMessage::CommandResult(result) => Some(result.outcome.clone()),
                AgentCustomMessage::CertificateReport(_)
                | AgentCustomMessage::Inventory(_)
                | AgentCustomMessage::InventoryChanges(_)
                | AgentCustomMessage::Remembered(_)
                | AgentCustomMessage::Decisions(_)
                | AgentCustomMessage::Judgement(_)
                | AgentCustomMessage::NextCertificateKept(_)
                | AgentCustomMessage::NextCertificateRefused(_) => None,
            })
        })
        .await;
    assert!(matches!(refused, CommandOutcome::Refused { .. }), "{refused:?}");
    let heard = stranger.take_heard();
    assert!(decisions(&heard).is_empty() && remembered(&heard).is_none(), "{heard:#?}");
    assert_eq!(around.agent.remembered().await.entries.len(), 1, "what was allowed is still remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_comes_again_after_a_restart_is_not_carried_out_again() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let mut around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    let command = Command {
        id: Uuid::now_v7(),
        expires_at: time::OffsetDateTime::now_utc() + Duration::hours(1),
        kind: CommandKind::NotifyUser { title: "Maintenance".to_owned(), text: String::new() },
    };
    let results = |heard: &[AgentCustomMessage]| {
        let results = heard.iter().filter(|message| matches!(message, AgentCustomMessage::CommandResult(_)));
        Some(results.count()).filter(|number| *number > 0)
    };
    management.say_custom(&ServerCustomMessage::Command(command.clone()));
    management.heard(results).await;
    management.take_heard();
    // What is on its way to the desktop comes to its end.
    around.agent.shutdown().await;
    management.sessions(0).await;
    assert_eq!(messages(&around.desktop.notices()), 1);
    around.restart().await;
    around.status(is_connected).await;
    management.sessions(1).await;
    management.say_custom(&ServerCustomMessage::Command(command));
    management.heard(results).await;
    around.agent.shutdown().await;
    assert_eq!(messages(&around.desktop.notices()), 0);
}

fn messages(notices: &[Notice]) -> usize {
    notices.iter().filter(|notice| matches!(notice, Notice::CommandMessage { .. })).count()
}

fn inventories(heard: &[AgentCustomMessage]) -> (Vec<Inventory>, Vec<InventoryChanges>) {
    let mut found = (Vec::new(), Vec::new());
    for message in heard {
        match message {
            AgentCustomMessage::Inventory(inventory) => found.0.push(inventory.as_ref().clone()),
            AgentCustomMessage::InventoryChanges(changes) => found.1.push(changes.clone()),
            AgentCustomMessage::CommandResult(_)
            | AgentCustomMessage::CertificateReport(_)
            | AgentCustomMessage::Decisions(_)
            | AgentCustomMessage::Remembered(_)
            | AgentCustomMessage::Judgement(_)
            | AgentCustomMessage::NextCertificateKept(_)
            | AgentCustomMessage::NextCertificateRefused(_) => {}
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_inventory_is_sent_at_first_and_when_it_is_asked_for() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    let whole = management.heard(|heard| inventories(heard).0.first().cloned()).await;
    assert!(inventories(&management.take_heard()).1.is_empty());
    around.agent.disconnect();
    management.sessions(0).await;
    around.agent.connect();
    let changes = management.heard(|heard| inventories(heard).1.first().cloned()).await;
    assert!(inventories(&management.take_heard()).0.is_empty());
    let now = changes.apply(Some(&whole)).unwrap();
    assert_eq!(Inventory { uptime_seconds: 0, ..now.clone() }, Inventory { uptime_seconds: 0, ..whole });
    assert!(!changes.matter(), "{changes:?}");
    management.say_custom(&ServerCustomMessage::RequestInventory);
    management.heard(|heard| inventories(heard).0.first().cloned()).await;
}
