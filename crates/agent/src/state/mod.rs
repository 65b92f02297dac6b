//! The states of the connection, one file each, and the way from one to the next.

mod awaiting_decision;
mod backing_off;
mod connected;
mod connecting;
mod context;
mod disconnected;
mod looking_again;
mod refused;

use std::time::Duration;

use countersign_trust::ServerAddress;

pub(crate) use awaiting_decision::AwaitingDecision;
pub(crate) use context::{Context, GivenUp, Told, profile_status};

use crate::desktop::Prompt;
use crate::session::Session;
use crate::status::{BackOffReason, RefusalReason};

/// What the person or the app asks of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Connect now.
    Connect,
    /// End the connection, or the attempts.
    Disconnect,
    /// Ask the open question again.
    Review,
    /// Forget what was allowed for a server.
    Forget(ServerAddress),
    /// End the agent.
    Shutdown,
}

/// A state, with what it needs.
pub(crate) enum State {
    Disconnected,
    Connecting,
    AwaitingDecision(AwaitingDecision),
    Connected(Box<Session>),
    Refused(Refused),
    BackingOff(BackingOff),
    /// The agent ends.
    Ended,
}

/// Not connected because of the certificate.
pub(crate) struct Refused {
    pub(crate) reason: RefusalReason,
    /// The question that was answered with *Deny*, which is not raised again by itself.
    pub(crate) denied: Option<Box<Prompt>>,
}

/// A question that was not answered with *Allow*.
#[derive(Clone, Debug)]
pub(crate) struct Denied {
    pub(crate) reason: RefusalReason,
    pub(crate) prompt: Box<Prompt>,
}

/// Waiting for the next attempt.
pub(crate) struct BackingOff {
    pub(crate) reason: BackOffReason,
    pub(crate) delay: Duration,
}

impl State {
    /// The state in which an agent starts.
    pub(crate) fn first(context: &Context) -> Self {
        if context.server().is_some() && !context.kept.deregistered {
            Self::Connecting
        } else {
            Self::Disconnected
        }
    }

    /// Lives through the state and returns the next.
    pub(crate) async fn run(self, context: &mut Context) -> Self {
        match self {
            Self::Disconnected => disconnected::run(context).await,
            Self::Connecting => Box::pin(connecting::run(context)).await,
            Self::AwaitingDecision(question) => question.run(context).await,
            Self::Connected(session) => connected::run(context, *session).await,
            Self::Refused(refused) => refused.run(context).await,
            Self::BackingOff(waiting) => waiting.run(context).await,
            Self::Ended => Self::Ended,
        }
    }
}
