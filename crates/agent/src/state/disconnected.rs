//! No connection, and none is tried, until the person wants one.

use super::{Context, Recovery, Request, State};
use crate::status::ConnectionState;

pub(super) async fn run(context: &mut Context) -> State {
    context.show(ConnectionState::Disconnected);
    loop {
        match context.requests.recv().await {
            Some(Request::Connect) if context.server().is_some() => {
                context.person_connects().await;
                return State::Connecting;
            }
            Some(Request::Connect | Request::Disconnect | Request::Review | Request::PermissionsChanged) => {}
            // After the end of the enrolment only the person starts a new one.
            Some(Request::Recover(file)) => {
                if context.recover(file).await == Recovery::Taken && !context.kept.deregistered {
                    context.person_connects().await;
                    return State::Connecting;
                }
            }
            Some(Request::Answer(answer)) => answer.decline(),
            Some(Request::ConnectTo { server, reply }) => {
                context.choose_server(&server, reply);
                context.person_connects().await;
                return State::Connecting;
            }
            Some(Request::Shutdown) | None => return State::Ended,
        }
    }
}
