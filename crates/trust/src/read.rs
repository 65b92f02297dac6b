//! Reads a certificate into its summary.

use base64::Engine as _;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

use crate::certificate_summary::CertificateSummary;
use crate::fingerprint::{Fingerprint, colon_separated};
use crate::text::display_text;

/// More names than this are not shown; their number is bounded by the size of the chain only.
const MAXIMUM_NAMES: usize = 100;

/// The public key of a certificate as the TLS library wants it for a bare key.
///
/// For certificates that the verification library cannot parse (X.509 version 1, unknown critical extension)
/// though their key is readable: the handshake signature can be checked all the same.
#[must_use]
pub fn subject_public_key_info(leaf: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let certificate = parse(leaf)?;
    Some(SubjectPublicKeyInfoDer::from(certificate.tbs_certificate.subject_pki.raw.to_vec()))
}

/// Parses a certificate; nothing may follow it.
pub(crate) fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        Ok(_) | Err(_) => None,
    }
}

/// The summary of a certificate. Of one that cannot be read there is nothing but its fingerprints.
#[must_use]
pub fn summarise(der: &CertificateDer<'_>) -> CertificateSummary {
    let sha1 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    let nothing = CertificateSummary {
        subject: String::new(),
        issuer: String::new(),
        subject_alternative_names: Vec::new(),
        serial: String::new(),
        not_before: OffsetDateTime::UNIX_EPOCH,
        not_after: OffsetDateTime::UNIX_EPOCH,
        fingerprint: Fingerprint::of(der),
        sha1_fingerprint: colon_separated(sha1.as_ref()),
        public_key: String::new(),
        public_key_fingerprint: Fingerprint::of(&[]),
        signature_algorithm: String::new(),
        self_issued: false,
        is_authority: false,
        pem: pem(der),
    };
    let Some(certificate) = parse(der) else { return nothing };
    CertificateSummary {
        subject: display_text(&certificate.subject().to_string()),
        issuer: display_text(&certificate.issuer().to_string()),
        subject_alternative_names: alternative_names(&certificate),
        serial: colon_separated(certificate.raw_serial()),
        not_before: moment(certificate.validity().not_before),
        not_after: moment(certificate.validity().not_after),
        public_key: crate::algorithm::describe_key(certificate.public_key()),
        public_key_fingerprint: Fingerprint::of(certificate.public_key().raw),
        signature_algorithm: crate::algorithm::describe_signature(&certificate.signature_algorithm),
        self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        is_authority: certificate.is_ca(),
        ..nothing
    }
}

/// A certificate's time; X.509 has none that the type cannot hold.
pub(crate) fn moment(time: ASN1Time) -> OffsetDateTime {
    time.to_datetime()
}

pub(crate) fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    extension
        .value
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
                Some(display_text(name))
            }
            GeneralName::IPAddress(bytes) => Some(crate::names::address_text(bytes)),
            GeneralName::DirectoryName(name) => Some(display_text(&name.to_string())),
            GeneralName::OtherName(..)
            | GeneralName::X400Address(_)
            | GeneralName::EDIPartyName(_)
            | GeneralName::RegisteredID(_)
            | GeneralName::Invalid(..) => None,
        })
        .take(MAXIMUM_NAMES)
        .collect()
}

fn pem(der: &CertificateDer<'_>) -> String {
    const LINE: usize = 64;
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = String::with_capacity(base64.len() + base64.len() / LINE + 60);
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, following) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = following;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
