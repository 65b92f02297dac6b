//! Somebody in the middle, whom the action *Allow* lets connect. They relay what the server says, and add to it what they like.

use countersign_agent::{ConnectionState, Notice};
use countersign_protocol::custom::{self, AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::opamp::{
    AgentToServer, ConnectionSettingsOffers, ConnectionSettingsStatuses, OpAmpConnectionSettings,
    RemoteConfigStatuses, ServerToAgent,
};
use countersign_protocol::{
    CannotJudge, Command, CommandKind, CommandOutcome, NextCertificate, NotKept, RecoveryAction,
    RecoveryDocument, RehearsedOutcome, SessionTrust, SignedProfile,
};
use countersign_trust::{ConnectReason, InvalidCertificateAction};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::rehearsals::judge;
use crate::support::management::Management;
use crate::support::middle::Middle;
use crate::support::server::{Certificates, Manner, Server, chain};
use crate::support::{Setup, Surroundings, is_backing_off, is_connected, is_refused};

/// What is wanted of the agent, beside another profile.
fn wishes(certificates: &Certificates) -> [ServerCustomMessage; 3] {
    let later = OffsetDateTime::now_utc() + Duration::days(3);
    let kind = CommandKind::NotifyUser { title: "Pushed".to_owned(), text: String::new() };
    let chain = chain(&certificates.other_self_signed);
    [
        ServerCustomMessage::Command(Command { id: Uuid::now_v7(), expires_at: later, kind }),
        ServerCustomMessage::Judge(judge(&certificates.other_self_signed)),
        ServerCustomMessage::NextCertificate(NextCertificate {
            fingerprint: chain.fingerprint(),
            chain,
            not_later_than: later,
        }),
    ]
}

pub(crate) fn move_to(server: &Server) -> ServerToAgent {
    let destination_endpoint = format!("wss://{}/v1/opamp", server.name());
    let opamp = OpAmpConnectionSettings { destination_endpoint, ..Default::default() };
    let offers = ConnectionSettingsOffers { hash: b"1".to_vec(), opamp: Some(opamp), ..Default::default() };
    ServerToAgent { connection_settings: Some(offers), ..Default::default() }
}

fn loosened(profile: &mut countersign_protocol::EndpointProfile) {
    profile.invalid_certificate_action = InvalidCertificateAction::Allow;
    profile.heartbeat_seconds = 77;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_in_the_middle_gets_nothing() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Allow)).await;
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Identified));
    management.sessions(1).await;

    // The true server is behind somebody with a certificate of their own.
    let server =
        Server::start_with(&around.certificates.self_signed, Manner::Manages(management.clone())).await;
    let elsewhere = Server::start(&around.certificates.self_signed).await;
    let middle = Middle::before(server.address);
    around.server.relay(&middle);
    around.server.show(&around.certificates.other_self_signed);
    around.agent.disconnect();
    management.sessions(0).await;
    management.take_heard();
    around.agent.connect();
    // The proof of the server is for another connection.
    around.status_where(|status| status.trust == Some(SessionTrust::Unverified)).await;
    management.sessions(1).await;

    // A profile that the server signed itself: it loosens, or changes something else.
    management.push_profile(7, loosened);
    let result = middle
        .heard(|message| message.remote_config_status.clone().filter(|it| !it.error_message.is_empty()));
    let result = result.await;
    assert_eq!(result.status(), RemoteConfigStatuses::Failed);
    assert!(result.error_message.contains("stricter"), "{}", result.error_message);
    // One that they change themselves, with the hash that belongs to it.
    middle.change(|message| {
        if let Some(config) = &mut message.remote_config
            && let Ok(mut signed) = SignedProfile::from_remote_config(config)
        {
            let document = String::from_utf8_lossy(&signed.document).replace("deny", "allow");
            signed.document = document.into_bytes();
            *config = signed.to_remote_config();
        }
    });
    management.push_profile(8, |profile| {
        profile.invalid_certificate_action = InvalidCertificateAction::Deny;
    });
    let forged = |message: &AgentToServer| {
        message.remote_config_status.clone().filter(|status| status.error_message.contains("not signed"))
    };
    assert_eq!(middle.heard(forged).await.status(), RemoteConfigStatuses::Failed);
    for wish in wishes(&around.certificates) {
        middle.say_custom(&wish);
    }
    middle.say(move_to(&elsewhere));
    let outcome = middle
        .heard_custom(|message| {
            if let AgentCustomMessage::CommandResult(result) = message { Some(result.outcome) } else { None }
        })
        .await;
    assert!(matches!(outcome, CommandOutcome::Refused { .. }), "{outcome:?}");
    let judgement = middle
        .heard_custom(|message| {
            if let AgentCustomMessage::Judgement(judgement) = message { Some(judgement) } else { None }
        })
        .await;
    assert_eq!(judgement.outcome, RehearsedOutcome::CannotJudge { reason: CannotJudge::NotTrusted });
    assert_eq!((&judgement.assessment, &judgement.by_action), (&None, &None));
    let refused = middle
        .heard_custom(|message| {
            if let AgentCustomMessage::NextCertificateRefused(refused) = message {
                Some(refused)
            } else {
                None
            }
        })
        .await;
    assert_eq!(refused.reason, NotKept::NotTrusted);
    let settings = |message: &AgentToServer| message.connection_settings_status.clone();
    let settings = middle.heard(settings).await;
    assert_eq!(settings.status(), ConnectionSettingsStatuses::Failed);

    let status = around.agent.status().borrow().clone();
    assert_eq!(status.server, Some(around.server.name()));
    assert_eq!((status.profile.revision, status.state), (None, ConnectionState::Connected));
    assert!(around.agent.remembered().await.entries.is_empty());
    around.agent.shutdown().await;
    let told = around.desktop.notices();
    assert!(!told.iter().any(|notice| matches!(notice, Notice::CommandMessage { .. })), "{told:?}");
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_recovery_file_loosens_for_a_while_is_not_loosened_for_good() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Deny)).await;
    around.status(is_refused).await;
    let now = OffsetDateTime::now_utc();
    let recovery = RecoveryDocument {
        action: Some(RecoveryAction {
            action: InvalidCertificateAction::Allow,
            until: now + Duration::days(7),
        }),
        ..RecoveryDocument::new(around.server.name(), now, Duration::days(14))
    };
    let server =
        Server::start_with(&around.certificates.self_signed, Manner::Manages(management.clone())).await;
    let middle = Middle::before(server.address);
    around.server.relay(&middle);
    around.agent.recover(recovery.sign(management.identity()).unwrap().to_text()).await.unwrap();
    let status = around.status_where(|status| status.trust == Some(SessionTrust::Unverified)).await;
    assert_eq!(status.profile.action, InvalidCertificateAction::Allow);
    management.sessions(1).await;

    // Stricter than the action of the recovery file, and less strict than the one that holds after it.
    management.push_profile(7, |profile| profile.invalid_certificate_action = InvalidCertificateAction::Warn);
    let result = middle
        .heard(|message| message.remote_config_status.clone().filter(|it| !it.error_message.is_empty()))
        .await;
    assert!(result.error_message.contains("stricter"), "{}", result.error_message);
    assert_eq!(around.agent.status().borrow().profile.revision, None);
}

/// Whoever is in the middle can bring any profile that the server has signed for anybody.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_tightened_in_the_middle_lasts_until_the_agent_ends_and_changes_nothing_else() {
    let management = Management::new();
    let setup = Setup::identified(&management, InvalidCertificateAction::Allow);
    let mut around = Surroundings::set_up(Setup { manner: Manner::Closes, ..setup }).await;
    let server =
        Server::start_with(&around.certificates.self_signed, Manner::Manages(management.clone())).await;
    around.status(is_backing_off).await;
    around.server.relay(&Middle::before(server.address));
    around.agent.connect();
    around.status_where(|status| status.trust == Some(SessionTrust::Unverified)).await;
    management.sessions(1).await;
    management.push_profile(7, |profile| {
        profile.invalid_certificate_action = InvalidCertificateAction::Deny;
        profile.proxy_fallback = countersign_protocol::ProxyFallback::Direct;
    });
    let status = around.status(is_refused).await;
    assert_eq!((status.profile.action, status.profile.revision), (InvalidCertificateAction::Deny, None));
    management.sessions(0).await;
    // When they have gone, the server is reached again.
    around.server.manage(&management);
    around.restart().await;
    let status = around.status_where(|status| status.trust == Some(SessionTrust::Identified)).await;
    assert_eq!((status.profile.action, status.profile.revision), (InvalidCertificateAction::Allow, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_itself_gets_all_of_it() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Allow)).await;
    around.status(is_connected).await;
    management.sessions(1).await;
    management.push_profile(7, loosened);
    around.status_where(|status| status.profile.revision == Some(7)).await;
    for wish in wishes(&around.certificates) {
        management.say_custom(&wish);
    }
    management
        .heard(|heard| {
            let succeeded = heard.iter().any(|message| {
                matches!(message, AgentCustomMessage::CommandResult(result) if matches!(result.outcome, CommandOutcome::Succeeded { .. }))
            });
            let silently = RehearsedOutcome::ConnectsSilently { because: ConnectReason::AllowedByProfile };
            let judged = heard.iter().any(|message| {
                matches!(message, AgentCustomMessage::Judgement(judgement) if judgement.outcome == silently)
            });
            let kept = heard.iter().any(|message| matches!(message, AgentCustomMessage::NextCertificateKept(_)));
            (succeeded && judged && kept).then_some(())
        })
        .await;
    let elsewhere =
        Server::start_with(&around.certificates.self_signed, Manner::Manages(management.clone())).await;
    management.say(move_to(&elsewhere));
    around.status_where(|status| status.server.as_ref() == Some(&elsewhere.name())).await;
}
