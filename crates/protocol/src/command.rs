//! Commands of an administrator to an endpoint, and what became of them.

use countersign_trust::Fingerprint;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// One command. The same `id` is carried out once, however often it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Made by the server.
    pub id: Uuid,
    /// After this the agent answers [`CommandOutcome::Refused`] instead of doing it.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// What to do.
    #[serde(flatten)]
    pub kind: CommandKind,
}

/// What an endpoint can be told to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CommandKind {
    /// Return the agent's state, without secrets.
    CollectDiagnostics,
    /// Send the inventory again.
    RefreshInventory,
    /// Show a message to the person at the desktop. Plain text, never markup.
    NotifyUser {
        /// At most 80 characters are shown.
        title: String,
        /// At most 500 characters are shown.
        text: String,
    },
    /// Forget that this certificate was allowed for the server that gives the command. A session that rests on it ends. Only
    /// for agents that announce [`crate::custom::DECISIONS`].
    ForgetCertificate {
        /// The certificate.
        fingerprint: Fingerprint,
    },
    /// Forget the enrolment: the client certificate is deleted and the connection ends.
    Deregister,
}

impl CommandKind {
    /// The machine name of the command: the same in protocol, API and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CollectDiagnostics => "collect_diagnostics",
            Self::RefreshInventory => "refresh_inventory",
            Self::NotifyUser { .. } => "notify_user",
            Self::ForgetCertificate { .. } => "forget_certificate",
            Self::Deregister => "deregister",
        }
    }
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandResult {
    /// The command's `id`.
    pub id: Uuid,
    /// How it ended.
    pub outcome: CommandOutcome,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CommandOutcome {
    /// It was carried out.
    Succeeded {
        /// What it returned; null when it returns nothing.
        output: serde_json::Value,
    },
    /// It was tried and did not work.
    Failed {
        /// A whole sentence.
        reason: String,
    },
    /// It was not tried: expired, or the session may not give commands.
    Refused {
        /// A whole sentence.
        reason: String,
    },
}
