//! The authority for endpoints: signs the client certificates with which they come back after the enrolment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::{InstanceUid, Secret};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

/// How long the authority is valid.
const AUTHORITY_VALIDITY: Duration = Duration::days(20 * 365);
/// How long a client certificate is valid; agents renew after two thirds of it.
const CLIENT_VALIDITY: Duration = Duration::days(90);
/// Clocks of endpoints may be behind by this much.
const CLOCK_TOLERANCE: Duration = Duration::hours(24);

/// Signs client certificates.
pub(crate) struct EndpointAuthority {
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as they are kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptPair {
    pub(crate) certificate: String,
    pub(crate) private_key: String,
}

/// Why a certificate was not issued or made.
#[derive(Debug, Error)]
pub(crate) enum AuthorityError {
    #[error("The certificate signing request cannot be read: {0}.")]
    Request(rcgen::Error),
    #[error("The certificate signing request is for a key of another kind; it must be ECDSA P-256.")]
    KeyKind,
    #[error("A certificate could not be made: {0}.")]
    Make(#[from] rcgen::Error),
    #[error("The kept authority for endpoints cannot be read: {0}.")]
    Kept(String),
}

impl EndpointAuthority {
    /// Makes a new authority; returns what is to be kept.
    pub(crate) fn generate(now: OffsetDateTime) -> Result<Secret, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = named("Countersign endpoint authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.not_before = now - CLOCK_TOLERANCE;
        parameters.not_after = now + AUTHORITY_VALIDITY;
        let certificate = parameters.self_signed(&key)?.pem();
        kept(certificate, &key)
    }

    /// Reads what was kept.
    pub(crate) fn from_kept(kept: &Secret) -> Result<Self, AuthorityError> {
        let pair: KeptPair =
            serde_json::from_str(kept.expose()).map_err(|error| AuthorityError::Kept(error.to_string()))?;
        let key = KeyPair::from_pem(&pair.private_key)?;
        let issuer = Issuer::from_ca_cert_pem(&pair.certificate, key)?;
        Ok(Self { certificate_pem: pair.certificate, issuer })
    }

    /// The authority's own certificate.
    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The same for the TLS library.
    pub(crate) fn certificate(&self) -> Result<CertificateDer<'static>, AuthorityError> {
        CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())
            .map_err(|error| AuthorityError::Kept(error.to_string()))
    }

    /// Issues a client certificate. Of the request only the key counts: its name is that of the session.
    pub(crate) fn issue(
        &self,
        endpoint: InstanceUid,
        request: &[u8],
        now: OffsetDateTime,
    ) -> Result<Issued, AuthorityError> {
        let text = std::str::from_utf8(request)
            .map_err(|_| AuthorityError::Request(rcgen::Error::CouldNotParseCertificationRequest))?;
        let mut request = CertificateSigningRequestParams::from_pem(text).map_err(AuthorityError::Request)?;
        if request.public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(AuthorityError::KeyKind);
        }
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = named(&endpoint.to_string());
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        parameters.not_before = now - CLOCK_TOLERANCE;
        parameters.not_after = now + CLIENT_VALIDITY;
        request.params = parameters;
        let certificate = request.signed_by(&self.issuer)?;
        let key = ClientKey::of(certificate.der())
            .ok_or(AuthorityError::Request(rcgen::Error::CouldNotParseCertificationRequest))?;
        Ok(Issued { certificate_pem: certificate.pem(), key })
    }
}

/// What tells the client certificates of an endpoint apart: SHA-256 of the public key (SubjectPublicKeyInfo), in
/// base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientKey(String);

impl ClientKey {
    /// The key of a certificate that can be read.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let key = countersign_trust::subject_public_key_info(certificate)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &key);
        Some(Self(BASE64.encode(digest)))
    }

    /// As it is kept.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A client certificate that was issued.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) certificate_pem: String,
    pub(crate) key: ClientKey,
}

/// The endpoint to which a client certificate was issued. The TLS library has checked its signature.
pub(crate) fn endpoint_of(certificate: &CertificateDer<'_>) -> Option<InstanceUid> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let mut names = parsed.subject().iter_common_name();
    match (names.next(), names.next()) {
        (Some(only), None) => only.as_str().ok()?.parse().ok(),
        _ => None,
    }
}

/// A name with nothing but a common name.
pub(crate) fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// A certificate and its key in the form in which they are kept.
pub(crate) fn kept(certificate: String, key: &KeyPair) -> Result<Secret, AuthorityError> {
    let pair = KeptPair { certificate, private_key: key.serialize_pem() };
    serde_json::to_string(&pair).map(Secret::new).map_err(|error| AuthorityError::Kept(error.to_string()))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

    fn authority() -> EndpointAuthority {
        EndpointAuthority::from_kept(&EndpointAuthority::generate(NOW).unwrap()).unwrap()
    }

    fn request(key: &KeyPair, name: &str) -> Vec<u8> {
        let mut parameters = CertificateParams::new(vec!["evil.example".to_owned()]).unwrap();
        parameters.distinguished_name = named(name);
        parameters.serialize_request(key).unwrap().pem().unwrap().into_bytes()
    }

    #[test]
    fn the_name_is_that_of_the_session_whatever_was_asked_for() {
        let uid = InstanceUid::generate();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let issued = authority().issue(uid, &request(&key, "administrator"), NOW).unwrap();
        let der = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
        assert_eq!(ClientKey::of(&der), Some(issued.key));
        assert_eq!(endpoint_of(&der), Some(uid));
        let (_, parsed) = X509Certificate::from_der(&der).unwrap();
        assert!(parsed.subject_alternative_name().unwrap().is_none());
        assert_eq!(parsed.validity().not_after.to_datetime(), NOW + CLIENT_VALIDITY);
    }

    #[test]
    fn other_keys_and_garbage_are_refused() {
        let uid = InstanceUid::generate();
        let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        assert!(matches!(authority().issue(uid, &request(&key, "x"), NOW), Err(AuthorityError::KeyKind)));
        for garbage in [
            &b""[..],
            b"\xff",
            b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        ] {
            assert!(matches!(authority().issue(uid, garbage, NOW), Err(AuthorityError::Request(_))));
        }
    }
}
