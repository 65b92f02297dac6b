//! Not connected because of the certificate. The person can try again; the agent only looks whether it has changed.

use super::looking_again::{Look, look};
use super::{Context, Denied, GivenUp, Recovery, Refused, Request, State};
use crate::status::ConnectionState;

impl Refused {
    /// By the answer to a question.
    pub(super) fn denied(denied: &Denied) -> Self {
        Self { reason: denied.reason, denied: Some(denied.prompt.clone()) }
    }

    pub(super) async fn run(self, context: &mut Context) -> State {
        if context.give_up_move() == GivenUp::Move {
            return State::Connecting;
        }
        let Some(server) = context.server() else { return State::Disconnected };
        loop {
            let delay = context.looking_again.next(rand::random());
            let delay = context.within_trial(delay);
            context.show_until(ConnectionState::Refused { reason: self.reason }, delay);
            let due = context.clock.pause(delay);
            let request = tokio::select! {
                () = due => None,
                request = context.requests.recv() => Some(request.unwrap_or(Request::Shutdown)),
            };
            match request {
                None => match look(context, server.clone(), self.denied.as_deref()).await {
                    Look::Same => {}
                    Look::Changed(state) => return *state,
                },
                Some(Request::Connect | Request::Review) => {
                    context.person_connects().await;
                    return State::Connecting;
                }
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
                Some(Request::PermissionsChanged) => {}
                Some(Request::Disconnect) => return State::Disconnected,
                Some(Request::Shutdown) => return State::Ended,
            }
        }
    }
}
