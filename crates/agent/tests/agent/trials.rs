//! A stricter action on trial: who cannot connect under it goes back by itself.

use std::sync::Arc;
use std::time::Duration;

use countersign_agent::{Answer, ConnectionState, Notice, RefusalReason, Status};
use countersign_protocol::opamp::RemoteConfigStatuses;
use countersign_protocol::{EndpointProfile, SessionTrust, Trial};
use countersign_trust::{InvalidCertificateAction, RememberFor};
use rustls::sign::CertifiedKey;
use uuid::Uuid;

use crate::support::management::Management;
use crate::support::server::Certificates;
use crate::support::{Setup, Surroundings, is_connected, is_refused};

const MINUTE: Duration = Duration::from_mins(1);

/// The profile that is pushed says *Warn*; *Deny* is on trial for ten minutes.
fn deny_on_trial(profile: &mut EndpointProfile) {
    *profile = profile.clone().on_trial(InvalidCertificateAction::Deny, Uuid::from_u128(7), 10);
}

fn action(status: &Status) -> InvalidCertificateAction {
    status.profile.action
}

/// An agent whose person has allowed the certificate of its server.
async fn remembered(management: &Management) -> Surroundings {
    let around = Surroundings::set_up(Setup::managed(management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    around
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_cut_off_comes_back_when_the_trial_is_over() {
    let management = Management::new();
    let mut around = remembered(&management).await;
    management.push_profile(1, deny_on_trial);
    let status = around.status(is_refused).await;
    assert_eq!(status.state, ConnectionState::Refused { reason: RefusalReason::DeniedByProfile });
    assert_eq!(action(&status), InvalidCertificateAction::Deny);
    management.profile_outcome(RemoteConfigStatuses::Applying).await;
    management.sessions(0).await;
    // It looks again and again, and a restart does not begin the trial anew.
    let first = around.clock.elapse().await;
    around.clock.pause_begun().await;
    around.restart().await;
    let status = around.status(is_refused).await;
    assert_eq!(action(&status), InvalidCertificateAction::Deny);
    let mut passed = first;
    while passed < 10 * MINUTE {
        passed += around.clock.elapse().await;
        assert!(passed <= 10 * MINUTE, "a pause reaches over the end of the trial: {passed:?}");
    }
    let status = around.status(is_connected).await;
    assert_eq!(
        (status.trust, action(&status)),
        (Some(SessionTrust::Remembered), InvalidCertificateAction::Warn)
    );
    management.sessions(1).await;
    management.profile_outcome(RemoteConfigStatuses::Failed).await;
    // The same trial in a changed profile begins nothing anew, and a profile without one ends it.
    management.push_profile(2, |profile| {
        deny_on_trial(profile);
        profile.heartbeat_seconds = 60;
    });
    let status = around.status_where(|status| status.profile.revision == Some(2)).await;
    assert_eq!(
        (status.state.clone(), action(&status)),
        (ConnectionState::Connected, InvalidCertificateAction::Warn)
    );
    management.push_profile(3, |_| {});
    around.status_where(|status| status.profile.revision == Some(3)).await;
    around.desktop.was_not_asked().await;
}

/// A session that rests on this certificate, which is valid.
async fn valid(
    management: &Management,
    certificate: impl Fn(&Certificates) -> &Arc<CertifiedKey>,
) -> Surroundings {
    let around = remembered(management).await;
    around.agent.disconnect();
    management.sessions(0).await;
    around.server.show(certificate(&around.certificates));
    around.agent.connect();
    let is_valid = |status: &Status| {
        (&status.state, status.trust) == (&ConnectionState::Connected, Some(SessionTrust::Valid))
    };
    around.status_where(is_valid).await;
    management.sessions(1).await;
    around
}

/// What a person could notice of a trial: everything but the profile.
fn noticed(around: &Surroundings) -> (usize, Vec<Notice>, ConnectionState, Option<SessionTrust>) {
    let status = around.agent.status().borrow().clone();
    (around.agent.history().borrow().len(), around.desktop.notices(), status.state, status.trust)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_connect_keeps_the_stricter_action() {
    let management = Management::new();
    let mut around = valid(&management, |certificates| &certificates.valid).await;
    let (before, sessions) = (noticed(&around), management.credentials().len());
    management.push_profile(1, deny_on_trial);
    // The session that is there shows nothing; another one does, at some time within the next minute.
    management.profile_outcome(RemoteConfigStatuses::Applying).await;
    assert!(around.clock.elapse().await <= MINUTE);
    management.profile_outcome(RemoteConfigStatuses::Applied).await;
    assert_eq!(management.credentials().len(), sessions + 1);
    management.sessions(1).await;
    assert_eq!(noticed(&around), before);
    around.desktop.was_not_asked().await;
    around.clock.advance(20 * MINUTE);
    around.restart().await;
    let status = around.status(is_connected).await;
    assert_eq!(action(&status), InvalidCertificateAction::Deny);
    // Afterwards it is as strict as any other.
    management.sessions(1).await;
    around.agent.disconnect();
    management.sessions(0).await;
    around.server.show(&around.certificates.self_signed);
    around.agent.connect();
    around.status(is_refused).await;
    around.clock.advance(60 * MINUTE);
    around.one_look().await;
    let status = around.status(is_refused).await;
    assert_eq!(action(&status), InvalidCertificateAction::Deny);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_becomes_valid_in_time_passes_the_trial() {
    let management = Management::new();
    let around = remembered(&management).await;
    management.push_profile(1, deny_on_trial);
    around.status(is_refused).await;
    around.server.show(&around.certificates.valid);
    around.clock.elapse().await;
    around.status(is_connected).await;
    management.profile_outcome(RemoteConfigStatuses::Applied).await;
    around.clock.advance(Duration::from_secs(u64::from(Trial::MAXIMUM_MINUTES) * 60));
    around.agent.disconnect();
    management.sessions(0).await;
    around.server.show(&around.certificates.other_self_signed);
    around.agent.connect();
    let status = around.status(is_refused).await;
    assert_eq!(action(&status), InvalidCertificateAction::Deny);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_answers_goes_away_with_the_trial() {
    let management = Management::new();
    let around = remembered(&management).await;
    // The administrator allows everything for now.
    management
        .push_profile(1, |profile| profile.invalid_certificate_action = InvalidCertificateAction::Allow);
    around.status_where(|status| status.profile.revision == Some(1)).await;
    let status = around.status_where(|status| status.trust == Some(SessionTrust::Identified)).await;
    around.agent.forget(around.server.name()).await.unwrap();
    assert_eq!(action(&status), InvalidCertificateAction::Allow);
    management.sessions(1).await;
    management.push_profile(2, |profile| {
        profile.invalid_certificate_action = InvalidCertificateAction::Allow;
        *profile = profile.clone().on_trial(InvalidCertificateAction::Warn, Uuid::from_u128(8), 2);
    });
    let question = around.desktop.question().await;
    let mut passed = Duration::ZERO;
    while passed < 2 * MINUTE {
        passed += around.clock.elapse().await;
    }
    let status = around.status(is_connected).await;
    assert_eq!(
        (status.trust, action(&status)),
        (Some(SessionTrust::Identified), InvalidCertificateAction::Allow)
    );
    question.withdrawn().await;
    management.profile_outcome(RemoteConfigStatuses::Failed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_no_other_could_follow_passes_no_trial() {
    let management = Management::new();
    let around = valid(&management, |certificates| &certificates.for_a_month).await;
    let (before, sessions) = (noticed(&around), management.credentials().len());
    // The certificate has expired since the session began, and nobody has seen to it.
    around.clock.advance(40 * 24 * 60 * MINUTE);
    management.push_profile(1, deny_on_trial);
    management.profile_outcome(RemoteConfigStatuses::Applying).await;
    assert_eq!(around.agent.status().borrow().profile.action, InvalidCertificateAction::Deny);
    let mut passed = Duration::ZERO;
    while passed < 10 * MINUTE {
        let looks = around.server.connections();
        passed += around.clock.elapse().await;
        assert!(passed <= 10 * MINUTE, "a pause reaches over the end of the trial: {passed:?}");
        if passed < 10 * MINUTE {
            around.server.connections_beyond(looks).await;
        }
    }
    management.profile_outcome(RemoteConfigStatuses::Failed).await;
    let status = around.status_where(|status| action(status) == InvalidCertificateAction::Warn).await;
    assert_eq!((status.state, status.trust), (ConnectionState::Connected, Some(SessionTrust::Valid)));
    // Nobody was cut off, asked or told anything; the session goes on as if nothing had been.
    management.sessions(1).await;
    assert_eq!(management.credentials().len(), sessions);
    assert_eq!(noticed(&around), before);
    around.desktop.was_not_asked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_renewed_during_a_session_passes_the_trial() {
    let management = Management::new();
    let around = valid(&management, |certificates| &certificates.for_a_month).await;
    let (before, sessions) = (noticed(&around), management.credentials().len());
    around.clock.advance(40 * 24 * 60 * MINUTE);
    management.push_profile(1, deny_on_trial);
    let looks = around.server.connections();
    around.clock.elapse().await;
    around.server.connections_beyond(looks).await;
    around.clock.pause_begun().await;
    around.server.show(&around.certificates.valid);
    around.clock.elapse().await;
    management.profile_outcome(RemoteConfigStatuses::Applied).await;
    assert_eq!(management.credentials().len(), sessions + 1);
    management.sessions(1).await;
    assert_eq!(noticed(&around), before);
    around.desktop.was_not_asked().await;
}
