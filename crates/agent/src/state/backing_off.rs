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
                request = context.requests.recv() => match request {
                    Some(Request::Connect) => {
                        context.person_connects().await;
                        return State::Connecting;
                    }
                    Some(Request::Disconnect) => return State::Disconnected,
                    Some(Request::ConnectTo { server, reply }) => {
                        context.choose_server(&server, reply);
                        context.person_connects().await;
                        return State::Connecting;
                    }
                    Some(Request::Recover(file)) => {
                        if context.recover(file).await == Recovery::Taken {
                            context.person_connects().await;
                            return State::Connecting;
                        }
                    }
                    Some(Request::Answer(answer)) => answer.decline(),
                    Some(Request::Review | Request::PermissionsChanged) => {}
                    Some(Request::Shutdown) | None => return State::Ended,
                },
            }
        }
    }
}
