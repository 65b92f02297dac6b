//! What an agent found out about the certificate of its server, sent under every action so that an
//! administrator knows before a change which endpoints it would reach.

use countersign_trust::{Assessment, InvalidCertificateAction};
use serde::{Deserialize, Serialize};

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
    /// Everything that was found.
    pub assessment: Assessment,
    /// The action in force when the certificate was judged.
    pub action: InvalidCertificateAction,
    /// The trust of the session that carries this report.
    pub trust: SessionTrust,
    /// What let the connection through.
    pub decision: ReportedDecision,
}

/// What let a connection through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedDecision {
    /// The certificate is valid.
    Valid,
    /// The person allowed this certificate.
    AllowedByPerson,
    /// The profile's action is Allow.
    AllowedByProfile,
}
