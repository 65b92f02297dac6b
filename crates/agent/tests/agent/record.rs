//! What there is to read afterwards: history and commands.

use countersign_agent::{
    Answer, CommandName, CommandRecordResult, ConnectionState, MAXIMUM_COMMAND_RECORDS, RefusalReason,
};
use countersign_protocol::{CommandKind, SessionTrust};
use countersign_trust::RememberFor;
use time::{Duration, OffsetDateTime};

use crate::support::management::Management;
use crate::support::{Setup, Surroundings, is_connected, is_refused};

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_across_restarts() {
    let management = Management::new();
    let mut around = Surroundings::set_up(Setup::managed(&management)).await;
    let question = around.desktop.question().await;
    let fingerprint = question.prompt.assessment.fingerprint;
    let written = serde_json::to_string(&question.prompt).unwrap();
    assert_eq!(serde_json::from_str::<countersign_agent::Prompt>(&written).unwrap(), question.prompt);
    question.answer(Answer::Deny);
    around.status(is_refused).await;
    around.agent.connect();
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    around.restart().await;
    around.status(is_connected).await;
    let history = around.agent.history().borrow().clone();
    let told: Vec<_> = history.iter().map(|event| (event.state.clone(), event.trust)).collect();
    let refused = ConnectionState::Refused { reason: RefusalReason::DeniedByPerson };
    let connected = (ConnectionState::Connected, Some(SessionTrust::Remembered));
    assert_eq!(
        told,
        [
            (ConnectionState::AwaitingDecision, None),
            (refused, None),
            (ConnectionState::AwaitingDecision, None),
            connected.clone(),
            connected,
        ]
    );
    assert!(history.iter().all(|event| event.server == Some(around.server.name())));
    assert!(history.iter().all(|event| event.fingerprint == fingerprint), "{history:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_commands_are_shown_with_what_became_of_them() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    let later = OffsetDateTime::now_utc() + Duration::hours(1);
    management.command(CommandKind::RefreshInventory, later);
    management.command(CommandKind::CollectDiagnostics, OffsetDateTime::UNIX_EPOCH);
    let status = around.status_where(|status| status.commands.len() == 2).await;
    assert_eq!(status.commands[0].command, CommandName::RefreshInventory);
    assert_eq!(status.commands[0].result, CommandRecordResult::Succeeded);
    assert_eq!(status.commands[1].command, CommandName::CollectDiagnostics);
    assert!(matches!(status.commands[1].result, CommandRecordResult::Refused { .. }), "{status:?}");
    for _ in 0..MAXIMUM_COMMAND_RECORDS - 1 {
        management.command(CommandKind::RefreshInventory, later);
    }
    let full = |status: &countersign_agent::Status| {
        status.commands.len() == MAXIMUM_COMMAND_RECORDS
            && status.commands[0].command == CommandName::CollectDiagnostics
    };
    let status = around.status_where(full).await;
    // It travels to windows and command lines as JSON.
    let written = serde_json::to_string(&status).unwrap();
    assert_eq!(serde_json::from_str::<countersign_agent::Status>(&written).unwrap(), status);
}
