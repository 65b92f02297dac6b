//! The commands of administrators, for whoever shows them.

use countersign_protocol::{CommandKind, CommandOutcome};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// How many records are kept.
pub const MAXIMUM_COMMAND_RECORDS: usize = 20;

/// A command that arrived, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// When it was dealt with.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What was wanted.
    pub command: CommandName,
    /// How it ended.
    pub result: CommandRecordResult,
}

/// What was wanted, without what came with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandName {
    /// The state of the agent.
    CollectDiagnostics,
    /// The inventory.
    RefreshInventory,
    /// To tell the person something.
    NotifyUser,
    /// To forget a certificate that the person allowed.
    ForgetCertificate,
    /// To end the enrolment.
    Deregister,
}

/// How it ended, without what it returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum CommandRecordResult {
    /// It was carried out.
    Succeeded,
    /// It was tried and did not work.
    Failed {
        /// A whole sentence.
        reason: String,
    },
    /// It was not tried.
    Refused {
        /// A whole sentence.
        reason: String,
    },
}

impl From<&CommandKind> for CommandName {
    fn from(kind: &CommandKind) -> Self {
        match kind {
            CommandKind::CollectDiagnostics => Self::CollectDiagnostics,
            CommandKind::RefreshInventory => Self::RefreshInventory,
            CommandKind::NotifyUser { .. } => Self::NotifyUser,
            CommandKind::ForgetCertificate { .. } => Self::ForgetCertificate,
            CommandKind::Deregister => Self::Deregister,
        }
    }
}

impl From<&CommandOutcome> for CommandRecordResult {
    fn from(outcome: &CommandOutcome) -> Self {
        match outcome {
            CommandOutcome::Succeeded { .. } => Self::Succeeded,
            CommandOutcome::Failed { reason } => Self::Failed { reason: reason.clone() },
            CommandOutcome::Refused { reason } => Self::Refused { reason: reason.clone() },
        }
    }
}
