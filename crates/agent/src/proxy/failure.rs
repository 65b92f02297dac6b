//! Why a proxy did not let the agent through.

use std::io;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ProxyAddress;
use crate::status::BackOffReason;

/// What went wrong at one proxy. Everything that came from it is fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Failure {
    /// No connection to it, or it broke off. What the system said.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it did not answer in time")]
    TimedOut,
    #[error("it closed the connection without an answer")]
    Closed,
    /// It answered, and not with a relayed connection.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Authentication(ProxyAuthenticationProblem),
}

impl Failure {
    /// The connection to the proxy could not be made, or broke.
    pub(super) fn broken(error: &io::Error) -> Self {
        let closed = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        );
        if closed { Self::Closed } else { Self::Unreachable(crate::tls::plain(error)) }
    }
}

/// Why a proxy that asks for a login does not let the agent through.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum ProxyAuthenticationProblem {
    /// The keychain holds no login for it.
    #[error("it asks for user and password, and the keychain holds none for it")]
    NoLogin,
    /// It does not accept the login that the keychain holds.
    #[error("it does not accept the user and password in the keychain")]
    NotAccepted,
    /// It asks in a way that the agent does not speak.
    #[error("it does not accept user and password (HTTP Basic), but asks for {offered}")]
    MethodNotSupported {
        /// What it asks for, fit to be shown.
        offered: String,
    },
    /// The keychain does not give the login away.
    #[error("it asks for user and password, and the keychain does not give them: {detail}")]
    KeychainFailed {
        /// Why, without a full stop.
        detail: String,
    },
}

/// A proxy, and what went wrong there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the proxy {proxy} does not let through: {failure}")]
pub(crate) struct ProxyError {
    pub(crate) proxy: ProxyAddress,
    pub(crate) failure: Failure,
}

impl ProxyError {
    /// The same for people.
    pub(crate) fn reason(&self) -> BackOffReason {
        let proxy = self.proxy.clone();
        match &self.failure {
            Failure::Unreachable(detail) => BackOffReason::ProxyUnreachable { proxy, detail: detail.clone() },
            failure @ (Failure::TimedOut | Failure::Closed) => {
                BackOffReason::ProxyUnreachable { proxy, detail: failure.to_string() }
            }
            Failure::Refused(detail) => BackOffReason::ProxyRefused { proxy, detail: detail.clone() },
            Failure::Authentication(problem) => {
                BackOffReason::ProxyAuthentication { proxy, problem: problem.clone() }
            }
        }
    }
}
