//! What becomes of answers.

use std::sync::Arc;
use std::time::Duration;

use countersign_agent::ConnectionState;
use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{Answer, Keychain, KeychainError, Notice, RefusalReason, Secret};
use countersign_trust::{ProblemKind, Question, RememberFor};

use crate::support::{SOON, Surroundings, is_backing_off, is_refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_question_is_not_raised_again_by_itself() {
    let around = Surroundings::start().await;
    let question = around.desktop.question().await;
    let first = question.prompt.clone();
    assert_eq!(first.assessment.kinds().into_iter().collect::<Vec<_>>(), [ProblemKind::SelfSigned]);
    question.answer(Answer::Deny);
    let status = around.status(is_refused).await;
    assert_eq!(status.state, ConnectionState::Refused { reason: RefusalReason::DeniedByPerson });
    for _ in 0..10 {
        around.one_look().await;
    }
    around.desktop.was_not_asked().await;
    around.agent.connect();
    assert_eq!(around.desktop.question().await.prompt, first, "the same words");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_question_stays_denied_whatever_comes_in_between() {
    let around = Surroundings::start().await;
    around.desktop.question().await.answer(Answer::Deny);
    around.status(is_refused).await;
    // A look finds a valid certificate; the session does not come about, so the agent waits for its next attempt.
    around.server.show(&around.certificates.valid);
    around.one_look().await;
    around.status(is_backing_off).await;
    around.server.show(&around.certificates.self_signed);
    around.one_look().await;
    around.status(is_refused).await;
    around.desktop.was_not_asked().await;
    // Another question waits until the person asks for it.
    around.server.show(&around.certificates.other_self_signed);
    around.one_look().await;
    around.status(|state| *state == ConnectionState::AwaitingDecision).await;
    around.desktop.was_not_asked().await;
    let told = || {
        let notices = around.desktop.notices();
        notices.iter().filter(|notice| matches!(notice, Notice::AnswerNeeded { .. })).count()
    };
    // Notifications are on their way while the status is there already.
    let both_told = async {
        while told() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, both_told).await.expect("once for each question");
    // However often the server shows one and the other.
    for _ in 0..3 {
        around.server.show(&around.certificates.self_signed);
        around.one_look().await;
        around.status(is_refused).await;
        around.server.show(&around.certificates.other_self_signed);
        around.one_look().await;
        around.status(|state| *state == ConnectionState::AwaitingDecision).await;
    }
    around.desktop.was_not_asked().await;
    assert_eq!(told(), 2, "nobody is told again");
    around.agent.review();
    around.desktop.question().await.answer(Answer::Deny);
    around.status(is_refused).await;
    for certificate in [&around.certificates.self_signed, &around.certificates.other_self_signed] {
        around.server.show(certificate);
        around.one_look().await;
        around.status(is_refused).await;
    }
    around.desktop.was_not_asked().await;
    assert_eq!(told(), 2, "both are denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_goes_away_with_its_reason() {
    let around = Surroundings::start().await;
    let question = around.desktop.question().await;
    around.server.show(&around.certificates.valid);
    around.clock.elapse().await;
    question.withdrawn().await;
    around.status(is_backing_off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_swapped_meanwhile_is_another_question() {
    let around = Surroundings::start().await;
    let question = around.desktop.question().await;
    let allowed = question.prompt.assessment.fingerprint;
    around.server.show(&around.certificates.other_self_signed);
    question.answer(Answer::Allow(RememberFor::UntilChanged));
    let again = around.desktop.question().await;
    assert_ne!(again.prompt.assessment.fingerprint, allowed);
    assert!(matches!(again.prompt.question, Question::Changed { .. }), "{:?}", again.prompt.question);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialog_about_another_certificate_comes_only_when_it_is_asked_for() {
    let around = Surroundings::start().await;
    let question = around.desktop.question().await;
    let compared = question.prompt.assessment.fingerprint;
    around.server.show(&around.certificates.other_self_signed);
    around.clock.elapse().await;
    question.withdrawn().await;
    around.status(|state| *state == ConnectionState::AwaitingDecision).await;
    around.desktop.was_not_asked().await;
    around.agent.review();
    let other = around.desktop.question().await;
    assert_ne!(other.prompt.assessment.fingerprint, compared);
    assert_eq!(around.desktop.gone(), 1, "the first question has gone away");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_certificate_is_asked_about_once() {
    let keychain = Arc::new(MemoryKeychain::default());
    let around = Surroundings::start_with(Arc::clone(&keychain) as _).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_backing_off).await;
    for _ in 0..3 {
        around.one_look().await;
    }
    around.desktop.was_not_asked().await;
    let names = keychain.names();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(names[0].contains(&format!("localhost:{}", around.server.address.port())), "{names:?}");
}

/// A keychain that nobody opens.
struct Locked;

impl Keychain for Locked {
    fn get(&self, _name: &str) -> Result<Option<Secret>, KeychainError> {
        Err(KeychainError::Locked { detail: "nobody is there".to_owned() })
    }

    fn set(&self, _name: &str, _secret: &Secret) -> Result<(), KeychainError> {
        Err(KeychainError::Locked { detail: "nobody is there".to_owned() })
    }

    fn find(&self, _prefix: &str) -> Result<Vec<String>, KeychainError> {
        Err(KeychainError::Locked { detail: "nobody is there".to_owned() })
    }

    fn delete(&self, _name: &str) -> Result<(), KeychainError> {
        Err(KeychainError::Locked { detail: "nobody is there".to_owned() })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_answers_are_not_kept_is_said_once() {
    let around = Surroundings::start_with(Arc::new(Locked)).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_backing_off).await;
    around.one_look().await;
    around.desktop.was_not_asked().await;
    around.server.show(&around.certificates.other_self_signed);
    around.clock.elapse().await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_backing_off).await;
    around.agent.shutdown().await;
    let notices = around.desktop.notices();
    let told = notices.iter().filter(|notice| matches!(notice, Notice::AnswerNotKept { .. }));
    assert_eq!(told.count(), 1, "{notices:?}");
}
