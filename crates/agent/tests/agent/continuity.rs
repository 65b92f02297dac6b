//! The next certificate of a server, announced before it is shown.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{Answer, Clock as _, EventNote};
use countersign_protocol::custom::{self, AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::decision::{Asked, DecidedQuestion};
use countersign_protocol::{Decision, NextCertificate, NotKept, SessionTrust};
use countersign_trust::{Fingerprint, InvalidCertificateAction, PermissionOrigin, Question, RememberFor};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;

use crate::support::management::Management;
use crate::support::server::chain;
use crate::support::{SOON, Setup, Surroundings, is_connected};

const DAY: Duration = Duration::from_hours(24);

pub(crate) fn announce(management: &Management, certificate: &CertifiedKey, not_later_than: OffsetDateTime) {
    let chain = chain(certificate);
    let next = NextCertificate { fingerprint: chain.fingerprint(), chain, not_later_than };
    management.say_custom(&ServerCustomMessage::NextCertificate(next));
}

/// The answers to announcements, in their order.
fn answers(heard: &[AgentCustomMessage]) -> Vec<Result<OffsetDateTime, NotKept>> {
    let answers = heard.iter().filter_map(|message| {
        if let AgentCustomMessage::NextCertificateKept(kept) = message {
            Some(Ok(kept.until))
        } else if let AgentCustomMessage::NextCertificateRefused(refused) = message {
            Some(Err(refused.reason.clone()))
        } else {
            None
        }
    });
    answers.collect()
}

pub(crate) async fn answer(management: &Management) -> Result<OffsetDateTime, NotKept> {
    let answer = management.heard(|heard| answers(heard).into_iter().next()).await;
    management.take_heard();
    answer
}

fn decisions(heard: &[AgentCustomMessage]) -> Vec<Decision> {
    let decisions = heard.iter().filter_map(|message| {
        if let AgentCustomMessage::Decisions(decisions) = message { Some(&decisions.decisions) } else { None }
    });
    decisions.flatten().cloned().collect()
}

fn fingerprint(certificate: &CertifiedKey) -> Fingerprint {
    chain(certificate).fingerprint()
}

/// Ends the session, and lets the agent connect again.
async fn reconnect(around: &Surroundings, management: &Management) {
    around.agent.disconnect();
    management.sessions(0).await;
    around.agent.connect();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_change_asks_nobody_and_any_other_is_the_loud_question() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let keychain = Arc::new(MemoryKeychain::default());
    let setup = Setup { keychain: Arc::clone(&keychain) as _, ..Setup::managed(&management) };
    let mut around = Surroundings::set_up(setup).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    let (former, next) =
        (Arc::clone(&around.certificates.self_signed), Arc::clone(&around.certificates.other_self_signed));
    let until = OffsetDateTime::now_utc() + 30 * DAY;
    announce(&management, &next, until);
    assert_eq!(answer(&management).await, Ok(until));
    // What is of no use is said, and why.
    announce(&management, &former, until);
    assert_eq!(answer(&management).await, Err(NotKept::AlreadyShown));
    announce(&management, &around.certificates.valid, until);
    assert_eq!(answer(&management).await, Err(NotKept::NotNeeded));
    let list = around.agent.remembered().await;
    assert_eq!(list.entries[0].certificate.announced[0].fingerprint, fingerprint(&next));

    // It outlasts the agent.
    around.restart().await;
    management.sessions(1).await;
    management.take_heard();
    around.server.show(&next);
    reconnect(&around, &management).await;
    let status = around.status_where(|status| {
        status.remembered.is_some_and(|remembered| remembered.fingerprint == fingerprint(&next))
    });
    assert_eq!(status.await.trust, Some(SessionTrust::Remembered));
    management.sessions(1).await;
    let reported = management
        .heard(|heard| decisions(heard).into_iter().find(|found| found.asked == Asked::Announcement))
        .await;
    assert_eq!((reported.fingerprint, reported.question), (fingerprint(&next), DecidedQuestion::Changed));
    let history = around.agent.history().borrow().clone();
    assert!(history.iter().any(|event| event.note == Some(EventNote::AnnouncedCertificate)), "{history:#?}");
    let entry = around.agent.remembered().await.entries.remove(0).certificate;
    assert_eq!((entry.fingerprint, entry.origin), (fingerprint(&next), PermissionOrigin::Announcement));

    // The change is taken back.
    around.restart().await;
    management.sessions(1).await;
    around.server.show(&former);
    reconnect(&around, &management).await;
    around
        .status_where(|status| {
            status.remembered.is_some_and(|remembered| remembered.fingerprint == fingerprint(&former))
        })
        .await;
    around.desktop.was_not_asked().await;
    management.sessions(1).await;
    // One that was not announced.
    let stranger = crate::support::server::Certificates::make().self_signed;
    around.server.show(&stranger);
    reconnect(&around, &management).await;
    let question = around.desktop.question().await.prompt.question;
    assert!(matches!(question, Question::Changed { .. }), "{question:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_identified_server_announces_is_not_asked_about_under_a_stricter_action() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Allow)).await;
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Identified));
    management.sessions(1).await;
    let until = OffsetDateTime::now_utc() + 30 * DAY;
    announce(&management, &around.certificates.other_self_signed, until);
    assert_eq!(answer(&management).await, Ok(until));
    management.push_profile(1, |_| ());
    // The present one was never allowed by anybody.
    let question = around.desktop.question().await;
    assert_eq!(question.prompt.question, Question::First);
    management.sessions(0).await;
    around.server.show(&around.certificates.other_self_signed);
    around.clock.elapse().await;
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Remembered));
    question.withdrawn().await;
    let entry = around.agent.remembered().await.entries.remove(0).certificate;
    assert_eq!((entry.until, entry.origin), (Some(until), PermissionOrigin::Announcement));
    assert!(entry.announced.is_empty(), "what nobody allowed does not come back");
}

/// Where the profile lets everything through, one planned change follows the other.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_announced_before_and_is_over_does_not_stand_in_the_way() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Allow)).await;
    management.sessions(1).await;
    let second = Arc::clone(&around.certificates.other_self_signed);
    let until = around.clock.now() + 30 * DAY;
    announce(&management, &second, until);
    assert_eq!(answer(&management).await, Ok(until));
    around.server.show(&second);
    let mut changes = around.agent.remembered_changes();
    reconnect(&around, &management).await;
    management.sessions(1).await;
    loop {
        let entry = around.agent.remembered().await.entries.remove(0).certificate;
        if (entry.fingerprint, entry.origin) == (fingerprint(&second), PermissionOrigin::Announcement) {
            break;
        }
        tokio::time::timeout(SOON, changes.changed()).await.expect("it takes no place").unwrap();
    }

    around.clock.advance(31 * DAY);
    let third = crate::support::server::Certificates::make().self_signed;
    let until = around.clock.now() + 30 * DAY;
    announce(&management, &third, until);
    assert_eq!(answer(&management).await, Ok(until));
    // It is no more than what the profile lets through: under a stricter one, only what was announced needs no question.
    management.push_profile(1, |_| ());
    let question = around.desktop.question().await;
    assert_eq!(question.prompt.question, Question::First);
    management.sessions(0).await;
    around.server.show(&third);
    around.clock.elapse().await;
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Remembered));
    question.withdrawn().await;
    let entry = around.agent.remembered().await.entries.remove(0).certificate;
    assert_eq!((entry.fingerprint, entry.until), (fingerprint(&third), Some(until)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_is_forgotten_with_what_was_allowed() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    let next = Arc::clone(&around.certificates.other_self_signed);
    announce(&management, &next, OffsetDateTime::now_utc() + 30 * DAY);
    answer(&management).await.unwrap();
    around.server.show(&next);
    around.agent.forget(around.server.name()).await.unwrap();
    assert_eq!(around.desktop.question().await.prompt.question, Question::First);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_ends_with_the_days_for_which_was_allowed() {
    let management = Management::new();
    management.understand(custom::CAPABILITIES);
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    let seven = RememberFor::Days(NonZeroU16::new(7).unwrap());
    around.desktop.question().await.answer(Answer::Allow(seven));
    let since = around.status(is_connected).await.remembered.unwrap().since;
    management.sessions(1).await;
    let next = Arc::clone(&around.certificates.other_self_signed);
    announce(&management, &next, since + 30 * DAY);
    assert_eq!(answer(&management).await, Ok(since + 7 * DAY));
    around.clock.advance(7 * DAY);
    around.server.show(&next);
    reconnect(&around, &management).await;
    let question = around.desktop.question().await.prompt.question;
    assert!(matches!(question, Question::Changed { .. }), "{question:?}");
}
