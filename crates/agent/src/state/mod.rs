//! The states of the connection, one file each, and the way from one to the next.

mod asked;
mod awaiting_decision;
mod backing_off;
mod connected;
mod connecting;
mod context;
mod disconnected;
mod looking_again;
mod refused;

use std::time::Duration;

use countersign_protocol::RecoveryDocument;
use countersign_trust::{Fingerprint, ServerAddress};
use tokio::sync::oneshot;

pub(crate) use asked::AskedQuestions;
pub(crate) use awaiting_decision::AwaitingDecision;
pub(crate) use context::{Chosen, Context, GivenUp, Recovery, Told, profile_status};

use crate::desktop::{Answer, Prompt};
use crate::recovery::RecoveryTaken;
use crate::request_error::RequestError;
use crate::session::Session;
use crate::status::{BackOffReason, RefusalReason};

/// What the person or the app asks of the agent.
#[derive(Debug)]
pub(crate) enum Request {
    /// Connect now.
    Connect,
    /// End the connection, or the attempts.
    Disconnect,
    /// Ask the open question again.
    Review,
    /// The person has forgotten something that was allowed: what rests on it has to end.
    PermissionsChanged,
    /// Take an answer to the open question.
    Answer(AnswerRequest),
    /// Connect to another server.
    ConnectTo { server: ServerAddress, reply: Reply },
    /// Take a recovery file, say what it would do, or look for some.
    Recover(RecoverRequest),
    /// End the agent.
    Shutdown,
}

/// Tells whether a request was carried out.
pub(crate) type Reply = oneshot::Sender<Result<(), RequestError>>;

/// Where recovery files come from.
#[derive(Debug)]
pub(crate) enum RecoverRequest {
    /// Somebody has opened one.
    Opened {
        /// What is in it.
        file: String,
        wish: RecoveryWish,
    },
    /// Some may have been put in place.
    LookForFiles,
}

/// What is wanted of a recovery file, and who is told.
#[derive(Debug)]
pub(crate) enum RecoveryWish {
    /// To take it.
    Take(oneshot::Sender<Result<RecoveryTaken, RequestError>>),
    /// To say what it would do.
    Examine(oneshot::Sender<Result<RecoveryDocument, RequestError>>),
}

/// An answer that does not come from the dialog.
#[derive(Debug)]
pub(crate) struct AnswerRequest {
    /// The certificate that the answer is about.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) answer: Answer,
    pub(crate) reply: Reply,
}

impl AnswerRequest {
    /// Does not take it.
    pub(crate) fn refuse(self, reason: RequestError) {
        // Whoever asked may have gone.
        let _ = self.reply.send(Err(reason));
    }

    /// There is no question.
    pub(crate) fn decline(self) {
        self.refuse(RequestError::NoQuestion);
    }
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
