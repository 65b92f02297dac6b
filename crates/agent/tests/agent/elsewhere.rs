//! Another server is chosen, and questions are answered without the dialog.

use countersign_agent::{Answer, CommandLineAnswers, ConnectionState, RequestError, Secret, ServerChoice};
use countersign_trust::{InvalidCertificateAction, RememberFor, RememberOptions};

use crate::support::management::Management;
use crate::support::server::{Manner, Server};
use crate::support::{Setup, Surroundings, is_connected, is_refused};

fn with_token(management: &Management) -> Setup {
    let enrolment_token = Some(Secret::new("the-token".to_owned()));
    Setup { enrolment_token, ..Setup::managed(management) }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_is_given_nothing_of_the_configured_one_and_is_kept() {
    let (home, elsewhere) = (Management::new(), Management::new());
    let mut around = Surroundings::set_up(with_token(&home)).await;
    let other = Server::start_with(&around.certificates.valid, Manner::Manages(elsewhere.clone())).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    home.sessions(1).await;
    assert_eq!(home.credentials(), [Some("Bearer the-token".to_owned())]);
    home.push_profile(1, |profile| profile.invalid_certificate_action = InvalidCertificateAction::Deny);
    around.status(is_refused).await;

    assert_eq!(around.agent.connect_to(other.name()).await, Ok(()));
    let there = |status: &countersign_agent::Status| {
        status.server == Some(other.name()) && is_connected(&status.state)
    };
    let status = around.status_where(there).await;
    assert_eq!(elsewhere.credentials(), [None]);
    assert_eq!(status.profile.name, None, "the profile of the former server says nothing about this one");
    assert!(status.server_identity.is_some(), "it is learned");
    around.restart().await;
    around.status_where(there).await;

    // The way back does not loosen what that server's profile says.
    assert_eq!(around.agent.connect_to(around.server.name()).await, Ok(()));
    let back = around.status(is_refused).await;
    assert_eq!(back.server, Some(around.server.name()));
    assert_eq!(back.profile.action, InvalidCertificateAction::Deny);
    around.desktop.was_not_asked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_the_former_server_is_withdrawn_first() {
    let around = Surroundings::start().await;
    let other = Server::start(&around.certificates.other_self_signed).await;
    let question = around.desktop.question().await;
    let mut open = around.agent.question();
    assert_eq!(open.borrow_and_update().as_ref().unwrap().server, around.server.name());
    assert_eq!(around.agent.connect_to(other.name()).await, Ok(()));
    question.withdrawn().await;
    let question = around.desktop.question().await;
    assert_eq!(question.prompt.server, other.name());
    assert_eq!(open.borrow_and_update().as_ref().unwrap().server, other.name());
    question.answer(Answer::Deny);
    around.status(is_refused).await;
    assert_eq!(*open.borrow_and_update(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_the_machine_names_stays() {
    let around =
        Surroundings::set_up(Setup { server_choice: ServerChoice::Pinned, ..Setup::default() }).await;
    let question = around.desktop.question().await;
    let other = "other.example".parse().unwrap();
    let server = around.server.name();
    assert_eq!(around.agent.connect_to(other).await, Err(RequestError::Pinned { server: server.clone() }));
    assert_eq!(around.agent.connect_to(server).await, Ok(()));
    assert_eq!(around.agent.status().borrow().server_choice, ServerChoice::Pinned);
    question.answer(Answer::Deny);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_elsewhere_are_for_the_machine_to_permit() {
    let around = Surroundings::start().await;
    let question = around.desktop.question().await;
    let fingerprint = question.prompt.assessment.fingerprint.unwrap();
    let refused = around.agent.answer(fingerprint, Answer::Allow(RememberFor::Session)).await;
    assert_eq!(refused, Err(RequestError::AnswersForbidden));
    question.answer(Answer::Unavailable);
    around.status(is_refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_elsewhere_is_about_exactly_the_open_question() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup {
        command_line_answers: CommandLineAnswers::Permitted,
        ..Setup::managed(&management)
    });
    let around = around.await;
    let question = around.desktop.question().await;
    let shown = question.prompt.clone();
    assert_eq!(shown.offers, RememberOptions::default().offers());
    // Nobody sees the dialog, and the question stays open.
    question.answer(Answer::Unavailable);
    around.clock.pause_begun().await;
    assert_eq!(around.agent.status().borrow().state, ConnectionState::AwaitingDecision);
    assert_eq!(around.agent.question().borrow().as_ref(), Some(&shown));
    let allow = Answer::Allow(RememberFor::UntilChanged);
    let other = countersign_trust::Fingerprint::of(b"another certificate");
    assert_eq!(around.agent.answer(other, allow).await, Err(RequestError::OtherQuestion));
    let fingerprint = shown.assessment.fingerprint.unwrap();
    assert_eq!(around.agent.answer(fingerprint, allow).await, Ok(()));
    around.status(is_connected).await;
    assert_eq!(around.agent.answer(fingerprint, allow).await, Err(RequestError::NoQuestion));
    around.desktop.was_not_asked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_elsewhere_takes_the_dialog_away() {
    let around = Surroundings::set_up(Setup {
        command_line_answers: CommandLineAnswers::Permitted,
        ..Setup::default()
    });
    let around = around.await;
    let question = around.desktop.question().await;
    let fingerprint = question.prompt.assessment.fingerprint.unwrap();
    assert_eq!(around.agent.answer(fingerprint, Answer::Deny).await, Ok(()));
    question.withdrawn().await;
    around.status(is_refused).await;
    around.desktop.was_not_asked().await;
}
