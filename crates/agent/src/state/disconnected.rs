//! No connection, and none is tried, until the person wants one.

use super::{Context, RecoverRequest, Recovery, Request, State};
use crate::status::ConnectionState;

pub(super) async fn run(context: &mut Context) -> State {
    context.show(ConnectionState::Disconnected);
    loop {
        match context.next_request().await {
            Request::Connect if context.server().is_some() => {
                context.person_connects().await;
                return State::Connecting;
            }
            // Only the person ends what the person wanted: what was put in place is taken when they connect.
            Request::Connect
            | Request::Disconnect
            | Request::Review
            | Request::PermissionsChanged
            | Request::Recover(RecoverRequest::LookForFiles) => {}
            // After the end of the enrolment only the person starts a new one.
            Request::Recover(request) => {
                if context.recover(request).await == Recovery::Taken && !context.kept.deregistered {
                    context.person_connects().await;
                    return State::Connecting;
                }
            }
            Request::Answer(answer) => answer.decline(),
            Request::ConnectTo { server, reply } => {
                context.choose_server(&server, reply);
                context.person_connects().await;
                return State::Connecting;
            }
            Request::Shutdown => return State::Ended,
        }
    }
}
