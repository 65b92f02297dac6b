//! Somebody in the middle, whom the action Allow lets connect, gets nothing for it.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::opamp::{
    ConnectionSettingsStatus, ConnectionSettingsStatuses, RemoteConfigStatus, RemoteConfigStatuses,
};
use countersign_protocol::{CertificateChain, CommandKind, CommandOutcome, IdentityKeyPair, NotKept};
use countersign_trust::InvalidCertificateAction;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::support::app::{App, Setup};
use crate::support::certificates::Wish;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::stranger::{Identity, Seen, Stranger, Want, identity_key};
use crate::support::{wait_for, watch};

fn wants(elsewhere: &Stranger) -> Vec<Want> {
    let title = "Pushed".to_owned();
    vec![
        Want::Profile(InvalidCertificateAction::Allow),
        Want::Command(CommandKind::NotifyUser { title, text: "Text".to_owned() }),
        Want::InsecureSettings,
        Want::Token,
        // No worse than the one that is shown.
        Want::Announce(next()),
        Want::Move(elsewhere.address),
    ]
}

/// The certificate that is announced.
fn next() -> CertificateChain {
    let pair = Wish::new(&["localhost"]).self_signed();
    let chain =
        CertificateDer::pem_slice_iter(pair.chain.as_bytes()).map(|der| der.expect("a certificate").to_vec());
    CertificateChain::new(chain.collect()).expect("in bounds")
}

/// Somebody to be moved to.
fn elsewhere() -> Stranger {
    Stranger::start(
        &Wish::new(&["elsewhere.example.test"]).self_signed(),
        Identity::Own(identity_key()),
        Vec::new(),
    )
}

fn setup(stranger: &Stranger, identity: String) -> Setup {
    Setup {
        address: format!("localhost:{}", stranger.address.port()),
        connect_to: Some(stranger.address),
        identity: Some(identity),
        token: Some("a-secret-token".to_owned()),
        action: Some("allow"),
        ..Setup::default()
    }
}

fn config_results(seen: &Seen) -> Vec<RemoteConfigStatuses> {
    let statuses = seen.messages.iter().filter_map(|message| message.remote_config_status.as_ref());
    statuses.map(RemoteConfigStatus::status).filter(|status| *status != RemoteConfigStatuses::Unset).collect()
}

fn settings_results(seen: &Seen) -> Vec<ConnectionSettingsStatuses> {
    seen.messages
        .iter()
        .filter_map(|message| message.connection_settings_status.as_ref())
        .map(ConnectionSettingsStatus::status)
        .collect()
}

/// What came of announcements: why they were refused, if they were.
fn announced(seen: &Seen) -> Vec<Result<(), NotKept>> {
    let custom = seen.messages.iter().filter_map(|message| message.custom_message.as_ref());
    custom
        .filter_map(|custom| match AgentCustomMessage::from_message(custom) {
            Ok(AgentCustomMessage::NextCertificateKept(_)) => Some(Ok(())),
            Ok(AgentCustomMessage::NextCertificateRefused(refused)) => Some(Err(refused.reason)),
            Ok(_) | Err(_) => None,
        })
        .collect()
}

#[test]
fn a_relayed_identity_proves_nothing() {
    let desktop = Desktop::start();
    let server = Server::start();
    let elsewhere = elsewhere();
    let middle = Stranger::start(
        &Wish::new(&["localhost"]).self_signed(),
        Identity::RelayedFrom(server.telemetry),
        wants(&elsewhere),
    );
    let app = App::start(&desktop, &setup(&middle, server.identity.clone()));
    app.wait_for_state("Connected without a valid certificate");
    let seen = wait_for("the answers", || {
        let seen = middle.seen();
        let answered = settings_results(&seen).len() == 2
            && !seen.results.is_empty()
            && !config_results(&seen).is_empty()
            && !announced(&seen).is_empty();
        answered.then_some(seen)
    });
    assert_eq!(config_results(&seen), [RemoteConfigStatuses::Failed]);
    assert_eq!(settings_results(&seen), [ConnectionSettingsStatuses::Failed; 2]);
    assert!(matches!(seen.results[0].outcome, CommandOutcome::Refused { .. }), "{:?}", seen.results);
    assert_eq!(announced(&seen), [Err(NotKept::NotTrusted)]);
    assert!(
        seen.messages.iter().all(|message| message.connection_settings_request.is_none()),
        "no enrolment"
    );
    watch("nothing is given or applied", || {
        middle.seen().authorizations.is_empty()
            && middle.seen().connections == 1
            && elsewhere.seen().connections == 0
            && desktop.notifications().is_empty()
    });
    for line in [
        "refused an endpoint profile",
        "refused a command",
        "refused connection settings",
        "refused to send the enrolment token",
        "an announced certificate is not kept",
    ] {
        app.wait_for_log(line);
    }
    assert!(!app.log().contains("a-secret-token"), "the token is not logged");
    assert!(server.endpoint().is_none());
}

#[test]
fn a_server_that_proves_its_identity_is_obeyed() {
    let desktop = Desktop::start();
    let elsewhere = elsewhere();
    let server = Stranger::start(
        &Wish::new(&["localhost"]).self_signed(),
        Identity::Own(identity_key()),
        wants(&elsewhere),
    );
    let app = App::start(&desktop, &setup(&server, identity_key().public_key().to_string()));
    wait_for("the move", || (elsewhere.seen().connections > 0).then_some(()));
    let seen = server.seen();
    assert!(config_results(&seen).contains(&RemoteConfigStatuses::Applied), "{:?}", config_results(&seen));
    assert!(matches!(seen.results[0].outcome, CommandOutcome::Succeeded { .. }), "{:?}", seen.results);
    assert_eq!(announced(&seen), [Ok(())]);
    assert_eq!(seen.authorizations.first().map(String::as_str), Some("Bearer a-secret-token"));
    assert_eq!(
        settings_results(&seen).first(),
        Some(&ConnectionSettingsStatuses::Failed),
        "never without a check"
    );
    wait_for("the message", || {
        desktop.notifications().iter().any(|notification| notification.title.contains("Pushed")).then_some(())
    });
    drop(app);
}

#[test]
fn an_unverified_session_may_tighten_with_what_the_server_signed() {
    let desktop = Desktop::start();
    // It relays a profile that the real server has signed.
    let middle = Stranger::start(
        &Wish::new(&["localhost"]).self_signed(),
        Identity::Unknown(IdentityKeyPair::generate().unwrap().0),
        vec![Want::Profile(InvalidCertificateAction::Deny)],
    );
    let app = App::start(&desktop, &setup(&middle, identity_key().public_key().to_string()));
    app.wait_for_state("Connection refused");
    app.wait_for_shape("refused");
    assert_eq!(middle.seen().connections, 2, "once for the session, and once to judge the server again");
    assert!(middle.seen().authorizations.is_empty());
    wait_for("the warning", || {
        let notifications = desktop.notifications();
        notifications.iter().any(|notification| notification.body.contains("another identity")).then_some(())
    });
}

#[test]
fn a_profile_that_a_stranger_signed_counts_for_nothing() {
    let desktop = Desktop::start();
    let middle = Stranger::start(
        &Wish::new(&["localhost"]).self_signed(),
        Identity::Own(identity_key()),
        vec![Want::Profile(InvalidCertificateAction::Deny)],
    );
    let pinned = IdentityKeyPair::generate().unwrap().0.public_key();
    let app = App::start(&desktop, &setup(&middle, pinned.to_string()));
    app.wait_for_state("Connected without a valid certificate");
    let seen = wait_for("the answer", || Some(middle.seen()).filter(|seen| !config_results(seen).is_empty()));
    assert_eq!(config_results(&seen), [RemoteConfigStatuses::Failed]);
    assert_eq!(app.state(), "Connected without a valid certificate");
}
