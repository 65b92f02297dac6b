//! What a certificate says about itself, fit to be shown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::fingerprint::Fingerprint;

/// The fields of a certificate that people look at and compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateSummary {
    /// To whom it was issued, as a distinguished name (RFC 4514 style). May be empty.
    pub subject: String,
    /// Who issued it, as a distinguished name.
    pub issuer: String,
    /// The DNS names, IP addresses, mail addresses and URIs that it is for (RFC 5280, section 4.2.1.6); at most 100.
    pub subject_alternative_names: Vec<String>,
    /// Its serial number, as pairs of hexadecimal digits with colons between them.
    pub serial: String,
    /// From when on it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// Until when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// SHA-256 of the certificate.
    pub fingerprint: Fingerprint,
    /// SHA-1 of the certificate, for comparison with older tools only; pairs of hexadecimal digits with colons.
    pub sha1_fingerprint: String,
    /// Kind and size of the public key, such as “ECDSA P-256” or “RSA 2048 bits”.
    pub public_key: String,
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`), which survives a renewal with the same key.
    pub public_key_fingerprint: Fingerprint,
    /// How its issuer signed it, such as “SHA-256 with RSA”.
    pub signature_algorithm: String,
    /// Whether subject and issuer are the same (RFC 5280, section 3.2).
    pub self_issued: bool,
    /// Whether it says that it is a certificate authority (basic constraints).
    pub is_authority: bool,
    /// The certificate itself in PEM (RFC 7468).
    pub pem: String,
}
