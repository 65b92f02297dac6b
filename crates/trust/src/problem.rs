//! A problem with a certificate, with the facts that a person needs to judge it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::problem_kind::ProblemKind;

/// Which certificate a problem is about.
#[derive(Clone, Default, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CertificateReference {
    /// Its place in the presented chain, 0 being the server's own. Absent for a root that was not presented.
    pub position: Option<usize>,
    /// Its subject, fit to be shown. Empty when it names none or cannot be read.
    pub subject: String,
}

impl CertificateReference {
    /// Whether it is the server's own certificate.
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.position == Some(0)
    }
}

/// One reason for which a certificate is not valid.
///
/// All text in it is fit to be shown (see [`crate::display_text`]). In documents it is an object whose `kind` is
/// [`ProblemKind::code`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// See [`ProblemKind::NoCertificate`].
    NoCertificate,
    /// See [`ProblemKind::Revoked`].
    Revoked {
        /// The revoked certificate.
        certificate: CertificateReference,
    },
    /// See [`ProblemKind::ChainTooLarge`].
    ChainTooLarge {
        /// How many certificates were presented.
        certificates: usize,
        /// How many bytes they have together.
        bytes: usize,
    },
    /// See [`ProblemKind::Malformed`].
    Malformed {
        /// The certificate that cannot be read.
        certificate: CertificateReference,
        /// What is wrong with it, for experts.
        detail: String,
    },
    /// See [`ProblemKind::BadSignature`].
    BadSignature {
        /// The certificate whose signature is wrong.
        certificate: CertificateReference,
        /// The issuer that it names.
        issuer: String,
    },
    /// See [`ProblemKind::NameMismatch`].
    NameMismatch {
        /// The host that was connected to.
        requested: String,
        /// The names and addresses that the certificate bears; at most 20 of them.
        names: Vec<String>,
    },
    /// See [`ProblemKind::WildcardTooBroad`].
    WildcardTooBroad {
        /// The wildcard name in the certificate.
        pattern: String,
    },
    /// See [`ProblemKind::SelfSigned`].
    SelfSigned {
        /// The certificate's subject, which is also its issuer.
        subject: String,
    },
    /// See [`ProblemKind::UnknownIssuer`].
    UnknownIssuer {
        /// The issuer at which the chain breaks off.
        issuer: String,
    },
    /// See [`ProblemKind::UnsuitableRoot`].
    UnsuitableRoot {
        /// The trusted certificate.
        certificate: CertificateReference,
        /// Why it may not issue others, for experts.
        detail: String,
    },
    /// See [`ProblemKind::Expired`].
    Expired {
        /// Until when the certificate was valid.
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
    },
    /// See [`ProblemKind::NotYetValid`].
    NotYetValid {
        /// From when on the certificate will be valid.
        #[serde(with = "time::serde::rfc3339")]
        not_before: OffsetDateTime,
    },
    /// See [`ProblemKind::IssuerExpired`].
    IssuerExpired {
        /// The issuer's certificate.
        certificate: CertificateReference,
        /// Until when it was valid.
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
    },
    /// See [`ProblemKind::IssuerNotYetValid`].
    IssuerNotYetValid {
        /// The issuer's certificate.
        certificate: CertificateReference,
        /// From when on it will be valid.
        #[serde(with = "time::serde::rfc3339")]
        not_before: OffsetDateTime,
    },
    /// See [`ProblemKind::WrongUsage`].
    WrongUsage {
        /// What the certificate may be used for, by name where the name is known, else as an object identifier.
        allowed: Vec<String>,
    },
    /// See [`ProblemKind::WrongKeyUsage`].
    WrongKeyUsage {
        /// What the key may be used for.
        allowed: Vec<String>,
    },
    /// See [`ProblemKind::AuthorityAsServer`].
    AuthorityAsServer {
        /// The certificate's subject.
        subject: String,
    },
    /// See [`ProblemKind::IssuerNotAuthority`].
    IssuerNotAuthority {
        /// The certificate that issued another without being an authority.
        certificate: CertificateReference,
    },
    /// See [`ProblemKind::IssuerMayNotSign`].
    IssuerMayNotSign {
        /// The authority's certificate.
        certificate: CertificateReference,
    },
    /// See [`ProblemKind::IssuerWrongUsage`].
    IssuerWrongUsage {
        /// The authority's certificate.
        certificate: CertificateReference,
        /// What it may be used for.
        allowed: Vec<String>,
    },
    /// See [`ProblemKind::PathTooLong`].
    PathTooLong {
        /// The authority whose limit is passed.
        certificate: CertificateReference,
        /// How many authorities it permits below itself.
        limit: u32,
    },
    /// See [`ProblemKind::NameNotPermitted`].
    NameNotPermitted {
        /// The authority that may issue for certain names only, as far as it is known.
        certificate: Option<CertificateReference>,
    },
    /// See [`ProblemKind::MisplacedNameConstraints`].
    MisplacedNameConstraints,
    /// See [`ProblemKind::UnknownCriticalExtension`].
    UnknownCriticalExtension {
        /// The certificate that makes the condition.
        certificate: CertificateReference,
        /// Object identifier of the condition.
        identifier: String,
    },
    /// See [`ProblemKind::WeakKey`].
    WeakKey {
        /// The certificate with the weak key.
        certificate: CertificateReference,
        /// The key, such as “RSA 1024 bits”.
        key: String,
    },
    /// See [`ProblemKind::WeakSignature`].
    WeakSignature {
        /// The certificate with the weak signature.
        certificate: CertificateReference,
        /// The method, such as “SHA-1 with RSA”.
        algorithm: String,
    },
    /// See [`ProblemKind::UnsupportedAlgorithm`].
    UnsupportedAlgorithm {
        /// The certificate with the unsupported key or signature.
        certificate: CertificateReference,
        /// The key or signature.
        algorithm: String,
    },
    /// See [`ProblemKind::TooComplex`].
    TooComplex,
    /// See [`ProblemKind::NotAcceptable`].
    NotAcceptable {
        /// What the verification library says, for experts.
        detail: String,
    },
}

impl Problem {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        match self {
            Self::NoCertificate => ProblemKind::NoCertificate,
            Self::Revoked { .. } => ProblemKind::Revoked,
            Self::ChainTooLarge { .. } => ProblemKind::ChainTooLarge,
            Self::Malformed { .. } => ProblemKind::Malformed,
            Self::BadSignature { .. } => ProblemKind::BadSignature,
            Self::NameMismatch { .. } => ProblemKind::NameMismatch,
            Self::WildcardTooBroad { .. } => ProblemKind::WildcardTooBroad,
            Self::SelfSigned { .. } => ProblemKind::SelfSigned,
            Self::UnknownIssuer { .. } => ProblemKind::UnknownIssuer,
            Self::UnsuitableRoot { .. } => ProblemKind::UnsuitableRoot,
            Self::Expired { .. } => ProblemKind::Expired,
            Self::NotYetValid { .. } => ProblemKind::NotYetValid,
            Self::IssuerExpired { .. } => ProblemKind::IssuerExpired,
            Self::IssuerNotYetValid { .. } => ProblemKind::IssuerNotYetValid,
            Self::WrongUsage { .. } => ProblemKind::WrongUsage,
            Self::WrongKeyUsage { .. } => ProblemKind::WrongKeyUsage,
            Self::AuthorityAsServer { .. } => ProblemKind::AuthorityAsServer,
            Self::IssuerNotAuthority { .. } => ProblemKind::IssuerNotAuthority,
            Self::IssuerMayNotSign { .. } => ProblemKind::IssuerMayNotSign,
            Self::IssuerWrongUsage { .. } => ProblemKind::IssuerWrongUsage,
            Self::PathTooLong { .. } => ProblemKind::PathTooLong,
            Self::NameNotPermitted { .. } => ProblemKind::NameNotPermitted,
            Self::MisplacedNameConstraints => ProblemKind::MisplacedNameConstraints,
            Self::UnknownCriticalExtension { .. } => ProblemKind::UnknownCriticalExtension,
            Self::WeakKey { .. } => ProblemKind::WeakKey,
            Self::WeakSignature { .. } => ProblemKind::WeakSignature,
            Self::UnsupportedAlgorithm { .. } => ProblemKind::UnsupportedAlgorithm,
            Self::TooComplex => ProblemKind::TooComplex,
            Self::NotAcceptable { .. } => ProblemKind::NotAcceptable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_name_every_problem_by_the_code_of_its_kind() {
        let mut document = serde_json::json!({
            "certificate": { "position": 0, "subject": "CN=a" }, "certificates": 1, "bytes": 1, "detail": "",
            "issuer": "", "requested": "", "names": [], "pattern": "", "subject": "", "allowed": [], "limit": 1,
            "not_before": "2030-01-01T00:00:00Z", "not_after": "2030-01-01T00:00:00Z", "identifier": "", "key": "",
            "algorithm": "",
        });
        for kind in ProblemKind::ALL {
            document["kind"] = kind.code().into();
            let problem: Problem = serde_json::from_value(document.clone()).unwrap();
            assert_eq!(problem.kind(), kind);
            assert_eq!(serde_json::to_value(&problem).unwrap()["kind"], kind.code());
        }
    }
}
