//! No connection, and none is tried, until the person wants one.

use super::{Context, Request, State};
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
