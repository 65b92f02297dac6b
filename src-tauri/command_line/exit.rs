//! Exit codes.

use countersign_agent::{ConnectionState, RequestError};

use crate::control_socket::ClientError;
use crate::control_socket::protocol::Failure;

/// Why the program ends. The numbers are documented and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitReason {
    /// As the person or the system asked.
    Asked = 0,
    /// Something failed.
    Failed = 1,
    /// A configuration file is wrong. (2 is a wrong command line.)
    Configuration = 3,
    /// There is no display.
    NoDisplay = 4,
    /// No instance runs.
    NotRunning = 5,
    /// The machine's configuration or the endpoint profile does not permit it.
    NotPermitted = 6,
    /// There is no connection.
    NotConnected = 7,
    /// A question waits for an answer.
    AnswerNeeded = 8,
    /// What was named is not there.
    NotThere = 9,
}

impl ExitReason {
    /// The table for `--help`, the manual and the README.
    pub const TABLE: [(u8, &'static str); 10] = [
        (0, "done, ended as asked, or handed over to the instance that runs already"),
        (1, "something failed"),
        (2, "wrong command line"),
        (3, "wrong configuration"),
        (4, "no display"),
        (5, "no instance runs"),
        (6, "the configuration of this computer or the endpoint profile does not permit it"),
        (7, "not connected (connect, status --exit-code), or something prevents it (doctor)"),
        (8, "an answer is needed (connect, status --exit-code)"),
        (
            9,
            "what was named is not there: no open question, or not about this certificate; nothing to forget; no proxy to log in at",
        ),
    ];

    /// What a script learns of a state.
    #[must_use]
    pub fn of_state(state: &ConnectionState) -> Self {
        match state {
            ConnectionState::Connected => Self::Asked,
            ConnectionState::AwaitingDecision => Self::AnswerNeeded,
            ConnectionState::Disconnected
            | ConnectionState::Connecting
            | ConnectionState::Refused { .. }
            | ConnectionState::BackingOff { .. } => Self::NotConnected,
        }
    }
}

impl From<&ClientError> for ExitReason {
    fn from(error: &ClientError) -> Self {
        match error {
            ClientError::NotRunning | ClientError::Ended => Self::NotRunning,
            ClientError::Silent | ClientError::NotUnderstood { .. } | ClientError::Connection(_) => {
                Self::Failed
            }
            ClientError::Failure(failure) => failure.into(),
        }
    }
}

impl From<&Failure> for ExitReason {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Agent { error } => error.into(),
            Failure::NotForWindows => Self::NotPermitted,
            Failure::NoDisplay => Self::NoDisplay,
            Failure::Version { .. }
            | Failure::Busy
            | Failure::NotUnderstood { .. }
            | Failure::TimedOut
            | Failure::NotPossible => Self::Failed,
        }
    }
}

impl From<&RequestError> for ExitReason {
    fn from(error: &RequestError) -> Self {
        match error {
            RequestError::Pinned { .. } | RequestError::AnswersForbidden | RequestError::TooLong => {
                Self::NotPermitted
            }
            RequestError::NoQuestion | RequestError::OtherQuestion => Self::NotThere,
            RequestError::Recovery { .. }
            | RequestError::NotRemoved { .. }
            | RequestError::NotKept { .. } => Self::Failed,
            RequestError::Ended => Self::NotRunning,
        }
    }
}

impl From<ExitReason> for std::process::ExitCode {
    fn from(reason: ExitReason) -> Self {
        Self::from(reason as u8)
    }
}
