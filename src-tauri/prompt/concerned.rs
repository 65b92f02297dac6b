//! Which certificate of a chain, and which of its fields, a problem concerns. Pure.

use countersign_trust::{Assessment, Problem, ProblemKind};
use countersign_words::CertificateField;

/// The field beside which a problem is shown; nothing when it concerns the certificate as a whole, or what is no field.
pub(super) fn field_concerned(kind: ProblemKind) -> Option<CertificateField> {
    match kind {
        ProblemKind::NameMismatch | ProblemKind::WildcardTooBroad | ProblemKind::NameNotPermitted => {
            Some(CertificateField::Names)
        }
        ProblemKind::SelfSigned | ProblemKind::UnknownIssuer => Some(CertificateField::Issuer),
        ProblemKind::NotYetValid | ProblemKind::IssuerNotYetValid => Some(CertificateField::NotBefore),
        ProblemKind::Expired | ProblemKind::IssuerExpired => Some(CertificateField::NotAfter),
        ProblemKind::UnsuitableRoot | ProblemKind::AuthorityAsServer | ProblemKind::IssuerNotAuthority => {
            Some(CertificateField::Kind)
        }
        ProblemKind::WeakKey => Some(CertificateField::PublicKey),
        ProblemKind::BadSignature | ProblemKind::WeakSignature => Some(CertificateField::Signature),
        // What authorities revoke, they name by its number (RFC 5280, section 5.1.2.6).
        ProblemKind::Revoked => Some(CertificateField::SerialNumber),
        ProblemKind::NoCertificate
        | ProblemKind::ChainTooLarge
        | ProblemKind::Malformed
        | ProblemKind::WrongUsage
        | ProblemKind::WrongKeyUsage
        | ProblemKind::IssuerMayNotSign
        | ProblemKind::IssuerWrongUsage
        | ProblemKind::PathTooLong
        | ProblemKind::MisplacedNameConstraints
        | ProblemKind::UnknownCriticalExtension
        // Of the key or of the signature.
        | ProblemKind::UnsupportedAlgorithm
        | ProblemKind::TooComplex
        | ProblemKind::NotAcceptable => None,
    }
}

/// The place in the presented chain of the certificate that a problem concerns, 0 being the server's own. Nothing when the
/// server did not present it.
pub(super) fn position_concerned(problem: &Problem, assessment: &Assessment) -> Option<usize> {
    match problem {
        Problem::Revoked { certificate }
        | Problem::Malformed { certificate, .. }
        | Problem::BadSignature { certificate, .. }
        | Problem::UnsuitableRoot { certificate, .. }
        | Problem::IssuerExpired { certificate, .. }
        | Problem::IssuerNotYetValid { certificate, .. }
        | Problem::IssuerNotAuthority { certificate }
        | Problem::IssuerMayNotSign { certificate }
        | Problem::IssuerWrongUsage { certificate, .. }
        | Problem::PathTooLong { certificate, .. }
        | Problem::UnknownCriticalExtension { certificate, .. }
        | Problem::WeakKey { certificate, .. }
        | Problem::WeakSignature { certificate, .. }
        | Problem::UnsupportedAlgorithm { certificate, .. } => certificate.position,
        // The last one that names the issuer: there the chain breaks off.
        Problem::UnknownIssuer { issuer } => {
            Some(assessment.chain.iter().rposition(|certificate| certificate.issuer == *issuer).unwrap_or(0))
        }
        // Also where an authority does not permit the name: the name is the server's.
        Problem::NameNotPermitted { .. }
        | Problem::NoCertificate
        | Problem::ChainTooLarge { .. }
        | Problem::NameMismatch { .. }
        | Problem::WildcardTooBroad { .. }
        | Problem::SelfSigned { .. }
        | Problem::Expired { .. }
        | Problem::NotYetValid { .. }
        | Problem::WrongUsage { .. }
        | Problem::WrongKeyUsage { .. }
        | Problem::AuthorityAsServer { .. }
        | Problem::MisplacedNameConstraints
        | Problem::TooComplex
        | Problem::NotAcceptable { .. } => Some(0),
    }
}
