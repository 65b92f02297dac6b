//! Recovery files, for an agent that refuses its server.

use std::sync::Arc;
use std::time::Duration;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{
    ConnectionState, EventNote, Keychain as _, Notice, RecoveryRefusal, RefusalReason, RequestError,
};
use countersign_protocol::custom::{self, AgentCustomMessage};
use countersign_protocol::decision::{Asked, DecidedAnswer};
use countersign_protocol::{
    EndpointProfile, IdentityKeyPair, NotKept, RecoveryAction, RecoveryCertificate, RecoveryDocument,
    SessionTrust,
};
use countersign_trust::{InvalidCertificateAction, PermissionOrigin, ProblemKind, ServerAddress};
use time::OffsetDateTime;

use crate::continuity::{announce, answer};
use crate::man_in_the_middle::move_to;
use crate::support::management::Management;
use crate::support::server::{Issuing, Manner, Server};
use crate::support::{Setup, Surroundings, is_connected, is_refused};

const DAY: Duration = Duration::from_hours(24);
pub(crate) const DENIED: ConnectionState =
    ConnectionState::Refused { reason: RefusalReason::DeniedByProfile };

/// Lets the certificate through that the server shows, for a week.
pub(crate) fn document(around: &Surroundings, server: ServerAddress) -> RecoveryDocument {
    let now = OffsetDateTime::now_utc();
    let until = now + 7 * DAY;
    RecoveryDocument {
        allow: Some(RecoveryCertificate {
            certificate: around.certificates.self_signed.cert[0].to_vec(),
            accepted: [ProblemKind::SelfSigned].into(),
            until,
        }),
        action: Some(RecoveryAction { action: InvalidCertificateAction::Warn, until }),
        ..RecoveryDocument::new(server, now, time::Duration::days(14))
    }
}

/// The profile of the server is in force at another address.
fn strict_at(server: &Server) -> impl Fn(&countersign_agent::Status) -> bool {
    let server = server.name();
    move |status| {
        (&status.state, status.server.as_ref()) == (&ConnectionState::Connected, Some(&server))
            && (status.profile.revision, status.profile.action) == (Some(7), InvalidCertificateAction::Deny)
    }
}

fn strict(profile: &mut EndpointProfile) {
    profile.invalid_certificate_action = InvalidCertificateAction::Deny;
}

/// An agent that refuses its server, which understands everything.
pub(crate) async fn cut_off() -> (Management, Surroundings) {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Deny)).await;
    around.status(|state| *state == DENIED).await;
    (management, around)
}

pub(crate) fn text(document: &RecoveryDocument, signer: &IdentityKeyPair) -> String {
    document.sign(signer).unwrap().to_text()
}

fn refused(result: Result<countersign_agent::RecoveryTaken, RequestError>) -> RecoveryRefusal {
    match result {
        Err(RequestError::Recovery { refusal }) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_opened_lets_the_agent_back_in_for_a_time() {
    let (management, mut around) = cut_off().await;
    let document = document(&around, around.server.name());
    let file = text(&document, management.identity());
    // To look at it changes nothing.
    assert_eq!(around.agent.examine_recovery_file(file.clone()).await.as_ref(), Ok(&document));
    let status = around.agent.status().borrow().clone();
    assert_eq!((&status.state, status.profile.loosened_until), (&DENIED, None));
    let taken = around.agent.recover(file.clone()).await.unwrap();
    assert_eq!(taken.action, Some(InvalidCertificateAction::Warn));
    assert_eq!(taken.until, document.action.map(|action| action.until));
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Remembered));
    assert_eq!(status.profile.action, InvalidCertificateAction::Warn);
    assert_eq!(status.profile.loosened_until, taken.until);
    assert_eq!(status.remembered.map(|remembered| remembered.origin), Some(PermissionOrigin::RecoveryFile));
    management.sessions(1).await;
    let allowed = management
        .heard(|heard| {
            heard.iter().find_map(|message| {
                if let AgentCustomMessage::Decisions(decisions) = message {
                    decisions.decisions.iter().find(|found| found.asked == Asked::RecoveryFile).cloned()
                } else {
                    None
                }
            })
        })
        .await;
    assert!(matches!(allowed.answer, DecidedAnswer::Allowed { until: Some(_), .. }), "{allowed:?}");
    let entry = around.agent.remembered().await.entries.remove(0).certificate;
    assert_eq!(entry.origin, PermissionOrigin::RecoveryFile);
    let history = around.agent.history().borrow().clone();
    assert!(history.iter().any(|event| event.note == Some(EventNote::RecoveryFile)), "{history:#?}");

    // Taken once, whoever brings it again, and whenever.
    assert_eq!(refused(around.agent.recover(file.clone()).await), RecoveryRefusal::AlreadyTaken);
    let examined = around.agent.examine_recovery_file(file.clone()).await;
    assert_eq!(examined, Err(RecoveryRefusal::AlreadyTaken.into()));
    around.agent.shutdown().await;
    let told = around.desktop.notices();
    let (server, until) = (around.server.name(), taken.until);
    assert_eq!(
        told.iter().filter(|notice| **notice == Notice::Recovered { server: server.clone(), until }).count(),
        1
    );
    around.restart().await;
    around.status(is_connected).await;
    management.sessions(1).await;
    assert_eq!(refused(around.agent.recover(file).await), RecoveryRefusal::AlreadyTaken);
    around.desktop.was_not_asked().await;

    // When its time is over, the session ends.
    around.clock.advance(Duration::from_mins(7 * 24 * 60 - 30));
    while around.agent.status().borrow().state == ConnectionState::Connected {
        around.clock.elapse().await;
        tokio::task::yield_now().await;
    }
    around.status(|state| *state == DENIED).await;
    let profile = around.agent.status().borrow().profile.clone();
    assert_eq!((profile.action, profile.loosened_until), (InvalidCertificateAction::Deny, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_allows_outlasts_a_valid_certificate() {
    let (management, around) = cut_off().await;
    let document = document(&around, around.server.name());
    around.agent.recover(text(&document, management.identity())).await.unwrap();
    around.status_where(|status| status.trust == Some(SessionTrust::Remembered)).await;
    management.sessions(1).await;
    for (certificate, trust) in [
        (&around.certificates.valid, SessionTrust::Valid),
        (&around.certificates.self_signed, SessionTrust::Remembered),
    ] {
        around.server.show(certificate);
        around.agent.disconnect();
        management.sessions(0).await;
        around.agent.connect();
        around.status_where(|status| status.trust == Some(trust)).await;
        management.sessions(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_makes_such_a_file() {
    let (management, around) = cut_off().await;
    let stranger = IdentityKeyPair::generate().unwrap().0;
    let document = document(&around, around.server.name());
    let elsewhere = RecoveryDocument { server: "other.example:8013".parse().unwrap(), ..document.clone() };
    let table = [
        (text(&document, &stranger), RecoveryRefusal::BadSignature),
        (
            text(&elsewhere, management.identity()),
            RecoveryRefusal::OtherServer { server: elsewhere.server.clone() },
        ),
    ];
    for (file, expected) in table {
        let examined = around.agent.examine_recovery_file(file.clone()).await;
        assert_eq!(examined, Err(expected.clone().into()));
        assert_eq!(refused(around.agent.recover(file).await), expected);
        assert_eq!(around.agent.status().borrow().state, DENIED);
    }
    assert!(matches!(
        refused(around.agent.recover("{}".to_owned()).await),
        RecoveryRefusal::Unreadable { .. }
    ));
    assert!(around.agent.remembered().await.entries.is_empty());

    // An agent that has never learned who its server is cannot tell.
    let unknown =
        Setup { server_identity: None, ..Setup::identified(&management, InvalidCertificateAction::Deny) };
    let around = Surroundings::set_up(unknown).await;
    around.status(is_refused).await;
    let file = text(&self::document(&around, around.server.name()), management.identity());
    let server = around.server.name();
    assert_eq!(refused(around.agent.recover(file).await), RecoveryRefusal::NoIdentity { server });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_put_in_place_is_taken_at_the_next_look() {
    let (management, around) = cut_off().await;
    let directory = around.state.path().join("recovery");
    std::fs::create_dir(&directory).unwrap();
    // What is no such file is left alone.
    std::fs::write(directory.join("a.countersign-recovery"), "{}").unwrap();
    around.one_look().await;
    assert_eq!(around.agent.status().borrow().state, DENIED);
    let document = document(&around, around.server.name());
    std::fs::write(directory.join("b.countersign-recovery"), text(&document, management.identity())).unwrap();
    around.clock.elapse().await;
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Remembered));
    around.desktop.was_not_asked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_names_the_new_address_of_the_server() {
    let management = Management::new();
    let keychain = Arc::new(MemoryKeychain::default());
    let setup = Setup {
        keychain: Arc::clone(&keychain) as _,
        ..Setup::identified(&management, InvalidCertificateAction::Deny)
    };
    let mut around = Surroundings::set_up(setup).await;
    around.status(|state| *state == DENIED).await;
    // This computer is enrolled, and there is no other way to get in.
    let authority = Issuing::make("Clients");
    let entry = format!("client-identity:{}", around.server.name());
    keychain.set(&entry, &authority.issue_to_client()).unwrap();
    let manages = Manner::Manages(management.clone());
    let elsewhere = Server::start_for_enrolled(&around.certificates.valid, manages, &authority).await;
    let document = RecoveryDocument {
        allow: None,
        action: None,
        new_address: Some(elsewhere.name()),
        ..document(&around, around.server.name())
    };
    around.agent.recover(text(&document, management.identity())).await.unwrap();
    let moved = |status: &countersign_agent::Status| {
        status.state == ConnectionState::Connected && status.server.as_ref() == Some(&elsewhere.name())
    };
    let status = around.status_where(moved).await;
    // The identity goes with the server.
    assert_eq!(status.server_identity, Some(management.identity().public_key()));
    around.restart().await;
    around.status_where(moved).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_goes_to_the_new_address() {
    // By a recovery file.
    let management = Management::new();
    let setup = Setup::identified(&management, InvalidCertificateAction::Allow);
    let mut around = Surroundings::set_up(setup).await;
    around.status(is_connected).await;
    management.sessions(1).await;
    management.push_profile(7, strict);
    around.status(|state| *state == DENIED).await;
    management.sessions(0).await;
    let manages = Manner::Manages(management.clone());
    let elsewhere = Server::start_with(&around.certificates.valid, manages.clone()).await;
    let document = RecoveryDocument {
        allow: None,
        action: None,
        new_address: Some(elsewhere.name()),
        ..document(&around, around.server.name())
    };
    around.agent.recover(text(&document, management.identity())).await.unwrap();
    around.status_where(strict_at(&elsewhere)).await;
    around.restart().await;
    around.status_where(strict_at(&elsewhere)).await;

    // By the server.
    management.sessions(1).await;
    let further = Server::start_with(&around.certificates.valid, manages).await;
    management.say(move_to(&further));
    around.status_where(strict_at(&further)).await;
    around.restart().await;
    around.status_where(strict_at(&further)).await;
}

/// Whoever runs the server of now has no say in who another server is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_does_not_put_another_server_in_the_place_of_a_known_one() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Allow)).await;
    around.status(is_connected).await;
    let other = Management::new();
    let manages = Manner::Manages(other.clone());
    let elsewhere = Server::start_with(&around.certificates.valid, manages).await;
    around.agent.connect_to(elsewhere.name()).await.unwrap();
    let status = around.status_where(|status| {
        status.state == ConnectionState::Connected && status.server.as_ref() == Some(&elsewhere.name())
    });
    assert_eq!(status.await.server_identity, Some(other.identity().public_key()));
    around.agent.connect_to(around.server.name()).await.unwrap();
    let home = around.server.name();
    around
        .status_where(|status| {
            status.state == ConnectionState::Connected && status.server.as_ref() == Some(&home)
        })
        .await;
    let document = RecoveryDocument { new_address: Some(elsewhere.name()), ..document(&around, home) };
    let refusal = refused(around.agent.recover(text(&document, management.identity())).await);
    assert_eq!(refusal, RecoveryRefusal::OtherIdentity { server: elsewhere.name() });
    assert!(around.agent.remembered().await.entries.is_empty());
}

/// Nothing is announced beside what a recovery file allows for another certificate than the valid one that is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_valid_certificate_announces_no_invalid_one() {
    let (management, around) = cut_off().await;
    let file = text(&document(&around, around.server.name()), management.identity());
    around.server.show(&around.certificates.valid);
    around.agent.recover(file).await.unwrap();
    around.status_where(|status| status.trust == Some(SessionTrust::Valid)).await;
    management.sessions(1).await;
    announce(&management, &around.certificates.other_self_signed, OffsetDateTime::now_utc() + 7 * DAY);
    let refused = NotKept::NewProblems { added: [ProblemKind::SelfSigned].into() };
    assert_eq!(answer(&management).await, Err(refused));
}
