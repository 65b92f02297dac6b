//! Not connected because of the certificate. The person can try again; the agent only looks whether it has changed.

use super::looking_again::{Look, look};
use super::{Context, Denied, GivenUp, Recovery, Refused, Request, State};
use crate::clock::Pause;
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
        let mut due = self.pause(context);
        loop {
            let request = tokio::select! {
                () = &mut due => None,
                request = context.next_request() => Some(request),
            };
            match request {
                None => match look(context, server.clone(), self.denied.as_deref()).await {
                    Look::Same => due = self.pause(context),
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
                Some(Request::Recover(request)) => {
                    if context.recover(request).await == Recovery::Taken {
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

    /// Shows the state until the next look.
    fn pause(&self, context: &mut Context) -> Pause {
        let delay = context.looking_again.next(rand::random());
        let delay = context.within_trial(delay);
        context.show_until(ConnectionState::Refused { reason: self.reason }, delay);
        context.clock.pause(delay)
    }
}
