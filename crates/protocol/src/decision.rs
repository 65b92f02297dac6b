//! What people at endpoints decided about the certificate of a server, and what is still allowed because of it. A server
//! hears only of what concerns itself.

use std::collections::BTreeSet;

use countersign_trust::{Fingerprint, PermissionOrigin, ProblemKind};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::continuity::AnnouncedAtEndpoint;

/// The most decisions of one message.
pub const MAXIMUM_DECISIONS: usize = 100;

/// A question about a certificate that came to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Made by the agent; the same decision is kept once, however often it arrives.
    pub id: Uuid,
    /// When it was taken.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The certificate.
    pub fingerprint: Fingerprint,
    /// What was wrong with it.
    pub problems: BTreeSet<ProblemKind>,
    /// What made it a question.
    pub question: DecidedQuestion,
    /// What was decided.
    pub answer: DecidedAnswer,
    /// How.
    pub asked: Asked,
}

/// What made it a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedQuestion {
    /// Nothing was remembered.
    First,
    /// Another certificate had been allowed.
    Changed,
    /// The same one had been allowed, with fewer problems.
    Worse,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum DecidedAnswer {
    /// To connect.
    Allowed {
        /// When the permission ends by itself; none when it holds until the certificate changes or the app ends.
        #[serde(with = "time::serde::rfc3339::option", default)]
        until: Option<OffsetDateTime>,
        /// Whether it ends with the app.
        lasting: Lasting,
    },
    /// Not to connect.
    Denied,
    /// Nobody could be asked, which counts as *Denied*.
    NobodyToAsk,
}

/// Whether a permission outlasts the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    /// It is kept in the keychain.
    Kept,
    /// It ends with the app.
    ThisSession,
}

/// How somebody was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// By the dialog.
    Dialog,
    /// On the command line.
    CommandLine,
    /// Nobody was: the server had announced the certificate, and it takes the place of the one that was allowed. Only for
    /// servers that announce [`crate::custom::CONTINUITY`].
    Announcement,
    /// Nobody was: a recovery file of the server allows it. Only for such servers.
    RecoveryFile,
}

/// Decisions on their way to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// The oldest first; at most [`MAXIMUM_DECISIONS`].
    pub decisions: Vec<Decision>,
}

/// The server has kept these decisions; the agent need not send them again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionsKept {
    /// Their identifiers.
    pub ids: Vec<Uuid>,
}

/// What is allowed for the server that hears it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedReport {
    /// Empty when nothing is.
    pub certificates: Vec<RememberedAtEndpoint>,
}

/// A certificate that is allowed although it is not valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedAtEndpoint {
    /// The certificate.
    pub fingerprint: Fingerprint,
    /// To whom it was issued.
    pub subject: String,
    /// By whom.
    pub issuer: String,
    /// The kinds of problem that were accepted.
    pub accepted: BTreeSet<ProblemKind>,
    /// When it was allowed.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When the permission ends by itself.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub until: Option<OffsetDateTime>,
    /// Whether it outlasts the app.
    pub lasting: Lasting,
    /// Who allowed it.
    #[serde(default)]
    pub origin: PermissionOrigin,
    /// The certificates that are let through in its place, because this server announced them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announced: Vec<AnnouncedAtEndpoint>,
}
