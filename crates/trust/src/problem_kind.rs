//! The kinds of problem, with the codes that logs, protocol and API share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What kind of problem a certificate has. Any one of them makes the certificate invalid.
///
/// Ordered by how much it matters, the gravest first. Its text form everywhere (documents, logs, API) is
/// [`ProblemKind::code`], which never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The server presented no certificate at all.
    NoCertificate,
    /// The issuer has revoked the certificate. Nobody can allow it.
    Revoked,
    /// More certificates, or more bytes, than are looked at.
    ChainTooLarge,
    /// A certificate that cannot be read by the rules of X.509 (RFC 5280, section 4).
    Malformed,
    /// A certificate that was not signed by the issuer that it names.
    BadSignature,
    /// The certificate belongs to another server (RFC 9525).
    NameMismatch,
    /// The name matches only through a wildcard over a whole public suffix, such as `*.co.uk`.
    WildcardTooBroad,
    /// The certificate vouches for itself, and the operating system does not trust it.
    SelfSigned,
    /// No chain leads to a root that the operating system trusts.
    UnknownIssuer,
    /// The chain ends at a trusted certificate that may not issue others.
    UnsuitableRoot,
    /// The server's certificate is past its end date.
    Expired,
    /// The server's certificate is before its start date.
    NotYetValid,
    /// A certificate above the server's is past its end date.
    IssuerExpired,
    /// A certificate above the server's is before its start date.
    IssuerNotYetValid,
    /// The certificate was issued for something else than servers (extended key usage).
    WrongUsage,
    /// The key may not make the signatures that TLS needs (key usage).
    WrongKeyUsage,
    /// The certificate of a certificate authority is used as a server's.
    AuthorityAsServer,
    /// A certificate that is no authority has issued another (basic constraints).
    IssuerNotAuthority,
    /// An authority whose key may not sign certificates (key usage without keyCertSign).
    IssuerMayNotSign,
    /// An authority that may not issue certificates for servers (extended key usage).
    IssuerWrongUsage,
    /// More authorities below one another than one of them permits (path length).
    PathTooLong,
    /// An authority issued a certificate for a name outside its bounds (name constraints).
    NameNotPermitted,
    /// Name constraints in a certificate that is no authority (RFC 5280, section 4.2.1.10).
    MisplacedNameConstraints,
    /// A condition that must be understood and is not (RFC 5280, section 4.2).
    UnknownCriticalExtension,
    /// A public key that is too short or of a kind that is no longer safe.
    WeakKey,
    /// A signature by a method that is no longer safe, such as SHA-1.
    WeakSignature,
    /// A key or signature of a kind that this program cannot check.
    UnsupportedAlgorithm,
    /// A chain that takes more work to check than is spent on one.
    TooComplex,
    /// Any other reason for which the verification library refuses.
    NotAcceptable,
}

/// Text that is not the code of a kind of problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{code}” is not the code of a certificate problem. Give one such as expired or name_mismatch.")]
pub struct UnknownProblemCodeError {
    code: String,
}

impl ProblemKind {
    /// Every kind, the gravest first.
    pub const ALL: [Self; 29] = [
        Self::NoCertificate,
        Self::Revoked,
        Self::ChainTooLarge,
        Self::Malformed,
        Self::BadSignature,
        Self::NameMismatch,
        Self::WildcardTooBroad,
        Self::SelfSigned,
        Self::UnknownIssuer,
        Self::UnsuitableRoot,
        Self::Expired,
        Self::NotYetValid,
        Self::IssuerExpired,
        Self::IssuerNotYetValid,
        Self::WrongUsage,
        Self::WrongKeyUsage,
        Self::AuthorityAsServer,
        Self::IssuerNotAuthority,
        Self::IssuerMayNotSign,
        Self::IssuerWrongUsage,
        Self::PathTooLong,
        Self::NameNotPermitted,
        Self::MisplacedNameConstraints,
        Self::UnknownCriticalExtension,
        Self::WeakKey,
        Self::WeakSignature,
        Self::UnsupportedAlgorithm,
        Self::TooComplex,
        Self::NotAcceptable,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::Revoked => "revoked",
            Self::ChainTooLarge => "chain_too_large",
            Self::Malformed => "malformed",
            Self::BadSignature => "bad_signature",
            Self::NameMismatch => "name_mismatch",
            Self::WildcardTooBroad => "wildcard_too_broad",
            Self::SelfSigned => "self_signed",
            Self::UnknownIssuer => "unknown_issuer",
            Self::UnsuitableRoot => "unsuitable_root",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuerExpired => "issuer_expired",
            Self::IssuerNotYetValid => "issuer_not_yet_valid",
            Self::WrongUsage => "wrong_usage",
            Self::WrongKeyUsage => "wrong_key_usage",
            Self::AuthorityAsServer => "authority_as_server",
            Self::IssuerNotAuthority => "issuer_not_authority",
            Self::IssuerMayNotSign => "issuer_may_not_sign",
            Self::IssuerWrongUsage => "issuer_wrong_usage",
            Self::PathTooLong => "path_too_long",
            Self::NameNotPermitted => "name_not_permitted",
            Self::MisplacedNameConstraints => "misplaced_name_constraints",
            Self::UnknownCriticalExtension => "unknown_critical_extension",
            Self::WeakKey => "weak_key",
            Self::WeakSignature => "weak_signature",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::TooComplex => "too_complex",
            Self::NotAcceptable => "not_acceptable",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl FromStr for ProblemKind {
    type Err = UnknownProblemCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.code() == text)
            .ok_or_else(|| UnknownProblemCodeError { code: crate::text::display_text(text) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_stable_and_read_back() {
        let codes: BTreeSet<&str> = ProblemKind::ALL.into_iter().map(ProblemKind::code).collect();
        assert_eq!(codes.len(), ProblemKind::ALL.len());
        assert!(ProblemKind::ALL.is_sorted());
        for kind in ProblemKind::ALL {
            assert_eq!(kind.code().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.code()));
        }
        assert!("Expired".parse::<ProblemKind>().is_err());
    }
}
