//! What an agent found out about the certificate of its server, sent under every action so that an
//! administrator knows before a change which endpoints it would reach.

use countersign_trust::{Assessment, InvalidCertificateAction};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// How far a session may be trusted (design, "Identity and ratchet").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionTrust {
    /// The certificate is valid.
    Valid,
    /// The certificate is invalid; the person allowed exactly this one for this server.
    Remembered,
    /// The certificate is invalid, the action is Allow, and the server proved its identity key.
    Identified,
    /// The certificate is invalid, the action is Allow, and nothing proves who the server is.
    Unverified,
}

/// The report itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CertificateReport {
    /// Everything that was found, and the address at which the agent reached the server.
    pub assessment: Assessment,
    /// The action in force when the certificate was judged.
    pub action: InvalidCertificateAction,
    /// The trust of the session that carries this report.
    pub trust: SessionTrust,
    /// What let the connection through.
    pub decision: ReportedDecision,
    /// The time by which it was judged: that of the agent's clock, right or wrong. Earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub judged_at: Option<OffsetDateTime>,
}

/// What let a connection through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedDecision {
    /// The certificate is valid.
    Valid,
    /// It was allowed: by the person, by an announcement that follows from that, or by a recovery file.
    AllowedByPerson,
    /// The profile's action is Allow.
    AllowedByProfile,
}
