//! Rehearsals: a server asks an agent what it would do if the server showed another certificate, before it does.
//!
//! The answer is an answer and nothing more. Nobody proves to hold the key of a rehearsed certificate, so that it is neither
//! remembered nor lets anything through.

use countersign_trust::{
    Assessment, ConnectReason, Fingerprint, InvalidCertificateAction, Refusal, ServerAddress, display_text,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::chain::CertificateChain;
use crate::decision::DecidedQuestion;

/// Asks what the agent would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judge {
    /// Made by the server; the judgement has the same.
    pub id: Uuid,
    /// What the server would show.
    pub chain: CertificateChain,
    /// Why it asks.
    pub kind: RehearsalKind,
}

/// Why a server asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RehearsalKind {
    /// The certificate may be served later.
    Candidate,
}

/// What an agent would do if the server showed a certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The [`Judge::id`] that is answered.
    pub id: Uuid,
    /// The certificate that was judged.
    pub fingerprint: Fingerprint,
    /// The time by which it was judged: that of the agent's clock, right or wrong.
    #[serde(with = "time::serde::rfc3339")]
    pub judged_at: OffsetDateTime,
    /// The address at which the agent reaches this server, for which it was judged.
    pub address: ServerAddress,
    /// The action in force at the agent.
    pub action: InvalidCertificateAction,
    /// Everything that was found. None where nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Box<Assessment>>,
    /// What would happen under the action in force.
    pub outcome: RehearsedOutcome,
    /// What would happen under each action. None where nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_action: Option<OutcomeByAction>,
}

/// What would happen to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum RehearsedOutcome {
    /// It is made, and nobody notices.
    ConnectsSilently {
        /// Why.
        because: ConnectReason,
    },
    /// The person is asked.
    WouldAsk {
        /// What makes it a question.
        question: DecidedQuestion,
    },
    /// It is refused, and nobody is asked.
    WouldRefuse {
        /// Why.
        because: Refusal,
    },
    /// The agent does not say.
    CannotJudge {
        /// Why not.
        reason: CannotJudge,
    },
}

/// Why an agent does not judge a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum CannotJudge {
    /// The session is not trusted: the server has no valid certificate and did not prove its identity.
    NotTrusted,
    /// The server asks too often.
    TooOften {
        /// When it may ask again.
        retry_after_seconds: u32,
    },
    /// The agent could not do it.
    Failed {
        /// A whole sentence.
        detail: String,
    },
}

/// What would happen under each action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeByAction {
    /// Under *Allow*.
    pub allow: RehearsedOutcome,
    /// Under *Warn*.
    pub warn: RehearsedOutcome,
    /// Under *Deny*.
    pub deny: RehearsedOutcome,
}

impl OutcomeByAction {
    /// What would happen under an action.
    #[must_use]
    pub fn under(&self, action: InvalidCertificateAction) -> &RehearsedOutcome {
        match action {
            InvalidCertificateAction::Allow => &self.allow,
            InvalidCertificateAction::Warn => &self.warn,
            InvalidCertificateAction::Deny => &self.deny,
        }
    }
}

impl CannotJudge {
    /// Something that went wrong at the agent.
    #[must_use]
    pub fn failed(detail: &str) -> Self {
        Self::Failed { detail: display_text(detail) }
    }
}
