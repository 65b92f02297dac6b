//! A certificate that a person allowed for a server although it is not valid.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::assessment::Assessment;
use crate::fingerprint::Fingerprint;
use crate::problem_kind::ProblemKind;
use crate::server_address::ServerAddress;
use crate::text::limited;

/// Names are cut to so many characters.
const MAXIMUM_NAME_CHARACTERS: usize = 120;

/// What is kept of an answer *Allow*.
///
/// Holds for exactly this server (host and port), this certificate and these kinds of problem. Small on purpose:
/// some keychains hold 2,560 bytes an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RememberedCertificate {
    /// The server for which it was allowed.
    pub server: ServerAddress,
    /// The certificate that was allowed.
    pub fingerprint: Fingerprint,
    /// The kinds of problem that it had then.
    pub accepted: BTreeSet<ProblemKind>,
    /// When it was allowed.
    #[serde(with = "time::serde::rfc3339")]
    pub remembered_at: OffsetDateTime,
    /// To whom it was issued; cut to 120 characters.
    pub subject: String,
    /// Who issued it; cut to 120 characters.
    pub issuer: String,
    /// From when on it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// Until when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// SHA-256 of its public key, to tell a renewal with the same key.
    pub public_key_fingerprint: Fingerprint,
}

impl RememberedCertificate {
    /// What is to be remembered of an assessment that a person has allowed at `at`.
    ///
    /// Nothing when the certificate is valid (there is nothing to remember), revoked (nobody can allow it), missing
    /// or unreadable.
    #[must_use]
    pub fn of(assessment: &Assessment, at: OffsetDateTime) -> Option<Self> {
        let accepted = assessment.kinds();
        if accepted.is_empty() || accepted.contains(&ProblemKind::Revoked) {
            return None;
        }
        let certificate = assessment.certificate.as_ref()?;
        Some(Self {
            server: assessment.server.clone(),
            fingerprint: assessment.fingerprint?,
            accepted,
            remembered_at: at,
            subject: limited(&certificate.subject, MAXIMUM_NAME_CHARACTERS),
            issuer: limited(&certificate.issuer, MAXIMUM_NAME_CHARACTERS),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            public_key_fingerprint: certificate.public_key_fingerprint,
        })
    }

    /// Whether it names this issuer, as far as its name was kept.
    pub(crate) fn is_issued_by(&self, issuer: &str) -> bool {
        self.issuer == limited(issuer, MAXIMUM_NAME_CHARACTERS)
    }
}
