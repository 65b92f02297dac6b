//! Why sessions end, and what agents are told then.

use std::time::Duration;

use countersign_protocol::opamp::server_error_response::Details;
use countersign_protocol::opamp::{RetryInfo, ServerErrorResponse, ServerErrorResponseType};
use thiserror::Error;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::allowance::TooMuch;
use super::presence::CloseReason;
use crate::endpoint_control::NotValidating;
use crate::store::StoreError;

/// When an agent is asked to come back after the server could not serve it.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// When an agent is asked to come back that has to be upgraded first, unless an administrator lets it in before.
const RETRY_AFTER_UPGRADE: Duration = Duration::from_mins(5);

/// Why a session ends.
#[derive(Debug, Error)]
pub(super) enum End {
    #[error("the connection was lost")]
    Lost(Option<tungstenite::Error>),
    #[error("no heartbeat came")]
    Silent,
    #[error("the agent said goodbye")]
    Goodbye,
    #[error("its profile denies certificates that are not valid: {0}")]
    Denied(String),
    #[error("its person is asked about the certificate and has not allowed it: {0}")]
    Asked(String),
    #[error("{0}")]
    NotValidating(NotValidating),
    #[error("{}", .0.words())]
    Closed(CloseReason),
    #[error("the agent broke the protocol: {0}")]
    Protocol(String),
    #[error("the agent was given another instance UID")]
    Renamed,
    #[error("the endpoint was deregistered by an administrator")]
    Deregistered,
    #[error("the agent sent more than an endpoint may; it was asked to come back later")]
    TooMuch(TooMuch),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the agent is told before the session is closed.
pub(super) fn error_response(end: &End) -> Option<ServerErrorResponse> {
    match end {
        End::Protocol(reason) => Some(ServerErrorResponse {
            r#type: ServerErrorResponseType::BadRequest.into(),
            error_message: reason.clone(),
            details: None,
        }),
        End::Store(_) => Some(ServerErrorResponse {
            error_message: "The server cannot serve this agent at the moment.".to_owned(),
            ..come_back(RETRY_AFTER)
        }),
        End::NotValidating(why) => Some(ServerErrorResponse {
            error_message: format!("This server does not let this agent connect: {why}."),
            ..come_back(RETRY_AFTER_UPGRADE)
        }),
        End::TooMuch(TooMuch { retry_after }) => Some(ServerErrorResponse {
            error_message: "This agent sends more than an endpoint may. Come back later.".to_owned(),
            ..come_back(retry_after.unsigned_abs())
        }),
        End::Lost(_)
        | End::Silent
        | End::Goodbye
        | End::Denied(_)
        | End::Asked(_)
        | End::Closed(_)
        | End::Renamed
        | End::Deregistered => None,
    }
}

/// Asks the agent to come back after this time.
pub(super) fn come_back(after: Duration) -> ServerErrorResponse {
    ServerErrorResponse {
        r#type: ServerErrorResponseType::Unavailable.into(),
        error_message: "The server restarts or shows another certificate. Come back a little later."
            .to_owned(),
        details: Some(Details::RetryInfo(RetryInfo {
            retry_after_nanoseconds: u64::try_from(after.as_nanos()).unwrap_or(u64::MAX),
        })),
    }
}

/// How the session is closed; not at all when the connection is lost.
pub(super) fn close_frame(end: &End) -> Option<CloseFrame> {
    let (code, reason) = match end {
        End::Closed(CloseReason::Shutdown | CloseReason::CertificateChanged) => {
            (CloseCode::Restart, end.to_string())
        }
        End::Closed(CloseReason::Replaced | CloseReason::Removed) => (CloseCode::Policy, end.to_string()),
        End::NotValidating(_) => (CloseCode::Policy, "the agent does not validate certificates".to_owned()),
        End::Protocol(_) => (CloseCode::Protocol, "the agent broke the protocol".to_owned()),
        End::Store(_) => (CloseCode::Again, "the server cannot serve this agent".to_owned()),
        End::TooMuch(_) => (CloseCode::Again, "the agent sends too much".to_owned()),
        End::Goodbye | End::Denied(_) | End::Asked(_) | End::Renamed | End::Deregistered => {
            (CloseCode::Normal, String::new())
        }
        End::Silent => (CloseCode::Away, end.to_string()),
        End::Lost(_) => return None,
    };
    Some(CloseFrame { code, reason: reason.into() })
}
