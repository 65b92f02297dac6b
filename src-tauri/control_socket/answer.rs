//! Does what a client asks for.

use countersign_agent::{Answer, RequestError};

use super::host::Host;
use super::permission::{Permission, permission};
use super::protocol::{Client, Failure, PersonsAnswer, Request, Response};
use crate::action::Action;
use crate::recovery_file::OpenedFile;

/// The answer to a request. Subscriptions are the session's own business and count as done here.
pub(super) async fn answer(host: &dyn Host, client: Client, request: Request) -> Result<Response, Failure> {
    if permission(client, &request) == Permission::Refused {
        tracing::warn!(?client, ?request, "a window asked for what it may not do");
        return Err(Failure::NotForWindows);
    }
    let control = host.control();
    match request {
        Request::Status => Ok(Response::Status(Box::new(control.status().borrow().clone()))),
        Request::Question => Ok(Response::Question(control.question().borrow().clone().map(Box::new))),
        Request::History => Ok(Response::History(control.history().borrow().to_vec())),
        Request::Remembered => Ok(Response::Remembered(control.remembered().await)),
        Request::Subscribe { .. } => Ok(Response::Done),
        Request::Connect { server: None } => done(host.perform(Action::Connect)),
        Request::Connect { server: Some(server) } => {
            host.expect_question();
            Ok(done_by(control.connect_to(server).await)?)
        }
        Request::Disconnect => done(host.perform(Action::Disconnect)),
        Request::Review => done(host.perform(Action::Review)),
        Request::Answer { fingerprint, answer } => {
            let answer = in_full(host, answer);
            Ok(done_by(control.answer(fingerprint, answer).await)?)
        }
        Request::Forget { server } => Ok(done_by(control.forget(server).await)?),
        Request::ForgetAll => Ok(Response::Forgotten(control.forget_all().await?)),
        Request::Recover { file } => Ok(Response::Recovered(control.recover(file).await?)),
        Request::OpenRecoveryFile { file, activation } => {
            done(host.open_recovery_file(OpenedFile { content: file, activation }))
        }
        Request::Open { window, presentation } => done(host.open(window, presentation)),
    }
}

/// The answer with its duration: the one that the dialog proposes where the person names none.
fn in_full(host: &dyn Host, answer: PersonsAnswer) -> Answer {
    match answer {
        PersonsAnswer::Deny => Answer::Deny,
        PersonsAnswer::Allow { remember: Some(remember) } => Answer::Allow(remember),
        PersonsAnswer::Allow { remember: None } => {
            let question = host.control().question();
            let proposed = question.borrow().as_ref().and_then(|question| question.offers.first().copied());
            // Without a question the agent says why it takes no answer.
            Answer::Allow(proposed.unwrap_or_default())
        }
    }
}

fn done(result: Result<(), Failure>) -> Result<Response, Failure> {
    result.map(|()| Response::Done)
}

fn done_by(result: Result<(), RequestError>) -> Result<Response, RequestError> {
    result.map(|()| Response::Done)
}
