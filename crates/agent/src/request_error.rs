//! Why the agent does not do what it was asked.

use countersign_trust::ServerAddress;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::recovery::RecoveryRefusal;

/// Why the agent does not do what it was asked. The texts are for people.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum RequestError {
    /// The machine's configuration names the server.
    #[error(
        "This computer is set up for {server} by its administrator, so another server cannot be chosen. Ask your IT \
         department."
    )]
    Pinned {
        /// The server that it names.
        server: ServerAddress,
    },
    /// There is no open question.
    #[error("There is no open question. Choose Connect to be asked again.")]
    NoQuestion,
    /// The open question is about another certificate.
    #[error("The open question is about another certificate. Look at it again before you answer.")]
    OtherQuestion,
    /// The machine's configuration does not let anybody answer so.
    #[error(
        "Questions about certificates are answered in the dialog only. An administrator can permit answers on the \
         command line with “answers_on_command_line” in the section [endpoint_control] of this computer's configuration."
    )]
    AnswersForbidden,
    /// The endpoint profile does not permit to allow a certificate for so long.
    #[error(
        "The endpoint profile does not permit to allow a certificate for so long. Choose a shorter time."
    )]
    TooLong,
    /// The keychain did not remove an entry.
    #[error(
        "{reason} What was allowed does not count any more, and is removed from the keychain at the next opportunity."
    )]
    NotRemoved {
        /// Why, as a whole sentence.
        reason: String,
    },
    /// It is done, and could not be noted for the next start.
    #[error("{reason} It holds until Countersign ends.")]
    NotKept {
        /// Why, as a whole sentence.
        reason: String,
    },
    /// A recovery file is not taken.
    #[error(transparent)]
    Recovery {
        /// Why.
        #[from]
        refusal: RecoveryRefusal,
    },
    /// The agent has ended, or is about to.
    #[error("Countersign is ending, so it takes no more requests.")]
    Ended,
}
