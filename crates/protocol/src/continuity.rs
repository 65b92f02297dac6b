//! Renewal continuity: a server tells its agents which certificate it will show next, so that those who had to allow the
//! present one are not asked again, unless the next one has a kind of problem that was not accepted with that.

use std::collections::BTreeSet;

use countersign_trust::{Fingerprint, ProblemKind};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::chain::CertificateChain;

/// The certificate that the server will show next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextCertificate {
    /// Its fingerprint, which is that of the first certificate of the chain.
    pub fingerprint: Fingerprint,
    /// What the server will show.
    pub chain: CertificateChain,
    /// After this moment it counts as any other certificate. The agent may set an earlier end.
    #[serde(with = "time::serde::rfc3339")]
    pub not_later_than: OffsetDateTime,
}

/// The agent lets the next certificate through when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextCertificateKept {
    /// Which one.
    pub fingerprint: Fingerprint,
    /// Until when it may be shown for the first time.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// The agent has not taken what was announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextCertificateRefused {
    /// Which one.
    pub fingerprint: Fingerprint,
    /// Why not.
    pub reason: NotKept,
}

/// Why an announced certificate is not let through in advance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum NotKept {
    /// The session is not trusted: the server has no valid certificate and did not prove its identity.
    NotTrusted,
    /// The agent finds the next certificate valid, so that nobody is asked in any case.
    NotNeeded,
    /// It is the certificate that the server shows already.
    AlreadyShown,
    /// It has problems that the present one is not let through with.
    NewProblems {
        /// Which ones.
        added: BTreeSet<ProblemKind>,
    },
    /// Nobody can allow it: it has been revoked, or cannot be read.
    CannotBeAllowed,
    /// The time in which it could be shown is over.
    Over,
    /// The message does not fit, or the agent could not do it.
    Failed {
        /// A whole sentence.
        detail: String,
    },
}

/// A certificate that was announced, as agents list it beside what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedAtEndpoint {
    /// The certificate.
    pub fingerprint: Fingerprint,
    /// Until when it is let through.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}
