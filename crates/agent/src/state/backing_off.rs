//! Waiting for the next attempt.

use super::{BackingOff, Context, Recovery, Request, State};
use crate::status::ConnectionState;

impl BackingOff {
    pub(super) async fn run(self, context: &mut Context) -> State {
        context.show_until(ConnectionState::BackingOff { reason: self.reason }, self.delay);
        let mut due = context.clock.pause(self.delay);
        loop {
            tokio::select! {
                () = &mut due => return State::Connecting,
                request = context.next_request() => match request {
                    Request::Connect => {
                        context.person_connects().await;
                        return State::Connecting;
                    }
                    Request::Disconnect => return State::Disconnected,
                    Request::ConnectTo { server, reply } => {
                        context.choose_server(&server, reply);
                        context.person_connects().await;
                        return State::Connecting;
                    }
                    Request::Recover(request) => {
                        if context.recover(request).await == Recovery::Taken {
                            context.person_connects().await;
                            return State::Connecting;
                        }
                    }
                    Request::Answer(answer) => answer.decline(),
                    Request::Review | Request::PermissionsChanged => {}
                    Request::Shutdown => return State::Ended,
                },
            }
        }
    }
}
