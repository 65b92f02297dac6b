//! For how long an answer holds.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{Answer, ConnectionState, Keeping, RefusalReason};
use countersign_protocol::SessionTrust;
use countersign_trust::{Question, RememberFor, RememberLimit, RememberOptions};

use crate::support::management::Management;
use crate::support::{Setup, Surroundings, is_connected, is_refused};

const DAY: Duration = Duration::from_hours(24);

fn days(number: u16) -> RememberFor {
    RememberFor::Days(NonZeroU16::new(number).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_for_days_ends_with_the_session_that_rests_on_it() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    let question = around.desktop.question().await;
    assert_eq!(question.prompt.offers, RememberOptions::default().offers());
    question.answer(Answer::Allow(days(7)));
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Remembered));
    let remembered = status.remembered.unwrap();
    assert_eq!(remembered.until, Some(remembered.since + 7 * DAY));
    management.sessions(1).await;
    // Not before its time.
    around.clock.advance(6 * DAY + Duration::from_mins(24 * 60 - 90));
    assert_eq!(around.clock.elapse().await, Duration::from_hours(1));
    assert_eq!(around.clock.pause_begun().await, Duration::from_mins(30));
    around.desktop.was_not_asked().await;
    around.clock.elapse().await;
    let again = around.desktop.question().await;
    assert_eq!(again.prompt.question, Question::First);
    management.sessions(0).await;
    assert!(around.agent.status().borrow().remembered.is_none());
    again.answer(Answer::Deny);
    let status = around.status(is_refused).await;
    assert_eq!(status.state, ConnectionState::Refused { reason: RefusalReason::DeniedByPerson });
    around.desktop.was_not_asked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_server_itself_makes_a_permission_superfluous() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    management.sessions(1).await;
    // Somebody has a certificate that this computer takes for valid, and not the identity key.
    let somebody = Management::new();
    around.server.manage(&somebody);
    around.server.show(&around.certificates.valid);
    around.agent.disconnect();
    management.sessions(0).await;
    around.agent.connect();
    around.status_where(|status| status.trust == Some(SessionTrust::Unverified)).await;
    assert_eq!(around.agent.remembered().await.entries.len(), 1);

    around.server.manage(&management);
    around.agent.disconnect();
    somebody.sessions(0).await;
    around.agent.connect();
    around.status_where(|status| status.trust == Some(SessionTrust::Valid)).await;
    assert!(around.agent.remembered().await.entries.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_for_this_session_is_never_in_the_keychain() {
    let keychain = Arc::new(MemoryKeychain::default());
    let management = Management::new();
    let setup = Setup { keychain: Arc::clone(&keychain) as _, ..Setup::managed(&management) };
    let mut around = Surroundings::set_up(setup).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::Session));
    let status = around.status(is_connected).await;
    assert_eq!(status.remembered.unwrap().keeping, Keeping::ThisSession);
    // Reconnecting does not ask.
    around.agent.disconnect();
    around.status(|state| *state == ConnectionState::Disconnected).await;
    around.agent.connect();
    around.status(is_connected).await;
    around.desktop.was_not_asked().await;
    around.restart().await;
    around.desktop.question().await;
    assert!(!keychain.names().iter().any(|name| name.starts_with("remembered")), "{:?}", keychain.names());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_counts_as_far_as_the_profile_of_now_permits() {
    let management = Management::new();
    let mut around = Surroundings::set_up(Setup::managed(&management)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    let first = around.status_where(|status| {
        status.remembered.is_some_and(|remembered| remembered.keeping == Keeping::Keychain)
    });
    let since = first.await.remembered.unwrap().since;
    management.sessions(1).await;
    let three_days = |longest| RememberOptions { longest, days: NonZeroU16::new(3).unwrap() };
    management.push_profile(1, |profile| profile.remember = three_days(RememberLimit::Days));
    let limited = around.status_where(|status| {
        status.remembered.is_some_and(|remembered| remembered.until == Some(since + 3 * DAY))
    });
    assert_eq!(limited.await.profile.remember, three_days(RememberLimit::Days));
    // The answer was given in this session, so it holds as long as that.
    management.push_profile(2, |profile| profile.remember = three_days(RememberLimit::Session));
    around.status_where(|status| status.profile.revision == Some(2)).await;
    around.desktop.was_not_asked().await;
    // The profile is kept, and the entry does not count any more.
    around.restart().await;
    let question = around.desktop.question().await;
    assert_eq!(question.prompt.question, Question::First);
    assert_eq!(question.prompt.offers, [RememberFor::Session]);
    // A longer time than is permitted is not what the person gets.
    question.answer(Answer::Allow(RememberFor::UntilChanged));
    let status = around.status_where(|status| status.remembered.is_some()).await;
    assert_eq!(status.remembered.unwrap().keeping, Keeping::ThisSession);
    let list = around.agent.remembered().await;
    assert_eq!(list.entries.len(), 1);
    assert_eq!(list.entries[0].keeping, Keeping::ThisSession);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_valid_is_not_remembered_any_longer() {
    let keychain = Arc::new(MemoryKeychain::default());
    let management = Management::new();
    let setup = Setup { keychain: Arc::clone(&keychain) as _, ..Setup::managed(&management) };
    let around = Surroundings::set_up(setup).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    around.agent.disconnect();
    around.server.show(&around.certificates.valid);
    around.agent.connect();
    around.status_where(|status| status.trust == Some(SessionTrust::Valid)).await;
    assert!(around.agent.remembered().await.entries.is_empty());
    around.agent.shutdown().await;
    assert!(!keychain.names().iter().any(|name| name.starts_with("remembered")), "{:?}", keychain.names());
}
