//! What was found out about the certificates that a server presented.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::advice::Advice;
use crate::chain_digest::ChainDigest;
use crate::diagnosis::Diagnosis;
use crate::fingerprint::Fingerprint;
use crate::presented::PresentedCertificate;
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;
use crate::server_address::ServerAddress;

/// The verdict about a presented chain, with every reason.
///
/// Data only: it can be stored, sent and shown anywhere, and all text in it is fit to be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// The server that was connected to.
    pub server: ServerAddress,
    /// The server's own certificate. Absent when none was presented or it cannot be read.
    pub certificate: Option<PresentedCertificate>,
    /// SHA-256 of the server's own certificate. Absent only when none was presented.
    pub fingerprint: Option<Fingerprint>,
    /// Which chain it was, all that was presented. Absent when none was, and in what earlier versions have written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_digest: Option<ChainDigest>,
    /// Every reason for which the certificate is not valid, the gravest first. Empty when it is valid.
    pub problems: Vec<Problem>,
    /// What a careful administrator would improve. None of it makes the certificate invalid.
    #[serde(default)]
    pub advice: Vec<Advice>,
    /// The readable ones of the presented certificates, in the order in which they were presented (at most
    /// [`crate::MAXIMUM_CHAIN_CERTIFICATES`]).
    pub chain: Vec<PresentedCertificate>,
    /// Likely causes to which the facts point.
    pub diagnosis: Vec<Diagnosis>,
}

impl Assessment {
    /// Whether the certificate is valid, that is, without a single problem.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    /// The codes of the kinds of problem that were found, for logs: `name_mismatch, expired`.
    #[must_use]
    pub fn codes(&self) -> String {
        self.kinds().into_iter().map(ProblemKind::code).collect::<Vec<_>>().join(", ")
    }

    /// The kinds of problem that were found.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<ProblemKind> {
        self.problems.iter().map(Problem::kind).collect()
    }
}
