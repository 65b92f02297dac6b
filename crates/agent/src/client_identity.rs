//! The client certificate of this endpoint, which its server issues at the enrolment, and its key.

use countersign_protocol::InstanceUid;
use countersign_trust::ServerAddress;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::Secret;
use crate::keychain::{KeychainClient, KeychainError};

/// A key and the certificate for it.
#[derive(Clone, Debug)]
pub(crate) struct ClientIdentity {
    key_pem: Secret,
    certificate_pem: String,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

/// A key whose certificate has been asked for.
pub(crate) struct PendingIdentity {
    key: KeyPair,
}

/// Why a client identity cannot be made or used.
#[derive(Debug, Error)]
pub(crate) enum ClientIdentityError {
    #[error("No key for the enrolment could be made: {0}.")]
    Key(#[from] rcgen::Error),
    #[error("The client certificate is not readable: {detail}.")]
    Malformed { detail: String },
    #[error("The client certificate is for another key than the one that this computer made.")]
    OtherKey,
    #[error(transparent)]
    Keychain(#[from] KeychainError),
}

/// The form in the keychain.
#[derive(Serialize, Deserialize)]
struct Stored {
    key: String,
    certificate: String,
}

fn entry_name(server: &ServerAddress) -> String {
    format!("client-identity:{server}")
}

impl PendingIdentity {
    /// Makes a key (ECDSA P-256) that has not left this process.
    pub(crate) fn generate() -> Result<Self, ClientIdentityError> {
        Ok(Self { key: KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)? })
    }

    /// The certificate signing request (RFC 2986) in PEM form.
    pub(crate) fn request(&self, instance_uid: InstanceUid) -> Result<String, ClientIdentityError> {
        let mut parameters = CertificateParams::new(Vec::new())?;
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, instance_uid.to_string());
        parameters.distinguished_name = name;
        Ok(parameters.serialize_request(&self.key)?.pem()?)
    }

    /// Puts the issued certificate to the key.
    pub(crate) fn complete(&self, certificate_pem: &[u8]) -> Result<ClientIdentity, ClientIdentityError> {
        let text = std::str::from_utf8(certificate_pem)
            .map_err(|_| ClientIdentityError::Malformed { detail: "it is not PEM text".to_owned() })?;
        let identity = ClientIdentity::new(Secret::new(self.key.serialize_pem()), text.to_owned())?;
        let leaf = identity.chain()?;
        let certified = leaf.first().and_then(countersign_trust::subject_public_key_info);
        if certified.as_deref() == Some(self.key.subject_public_key_info().as_slice()) {
            Ok(identity)
        } else {
            Err(ClientIdentityError::OtherKey)
        }
    }
}

impl ClientIdentity {
    fn new(key_pem: Secret, certificate_pem: String) -> Result<Self, ClientIdentityError> {
        let malformed = |detail: String| ClientIdentityError::Malformed { detail };
        let leaf = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|error| malformed(error.to_string()))?;
        let (_, parsed) = X509Certificate::from_der(&leaf).map_err(|error| malformed(error.to_string()))?;
        let (not_before, not_after) =
            (parsed.validity().not_before.to_datetime(), parsed.validity().not_after.to_datetime());
        Ok(Self { key_pem, certificate_pem, not_before, not_after })
    }

    /// Reads the one for this server from the keychain.
    pub(crate) async fn load(
        keychain: &KeychainClient,
        server: &ServerAddress,
    ) -> Result<Option<Self>, ClientIdentityError> {
        let Some(secret) = keychain.get(entry_name(server)).await? else { return Ok(None) };
        let stored: Stored = serde_json::from_str(secret.expose()).map_err(|_| {
            ClientIdentityError::Malformed { detail: "its keychain entry is no JSON".to_owned() }
        })?;
        Self::new(Secret::new(stored.key), stored.certificate).map(Some)
    }

    /// Keeps it in the keychain.
    pub(crate) async fn save(
        &self,
        keychain: &KeychainClient,
        server: &ServerAddress,
    ) -> Result<(), ClientIdentityError> {
        let stored =
            Stored { key: self.key_pem.expose().to_owned(), certificate: self.certificate_pem.clone() };
        let text = serde_json::to_string(&stored)
            .map_err(|error| ClientIdentityError::Malformed { detail: error.to_string() })?;
        Ok(keychain.set(entry_name(server), Secret::new(text)).await?)
    }

    /// Removes the one for this server.
    pub(crate) async fn forget(
        keychain: &KeychainClient,
        server: &ServerAddress,
    ) -> Result<(), KeychainError> {
        keychain.delete(entry_name(server)).await
    }

    /// The certificate chain, this endpoint's certificate first.
    pub(crate) fn chain(&self) -> Result<Vec<CertificateDer<'static>>, ClientIdentityError> {
        CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| ClientIdentityError::Malformed { detail: error.to_string() })
    }

    /// The key.
    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, ClientIdentityError> {
        PrivateKeyDer::from_pem_slice(self.key_pem.expose().as_bytes())
            .map_err(|_| ClientIdentityError::Malformed { detail: "its key is no PEM text".to_owned() })
    }

    /// Whether two thirds of its life have passed.
    pub(crate) fn is_due_for_renewal(&self, now: OffsetDateTime) -> bool {
        now >= self.not_before + (self.not_after - self.not_before) * 2 / 3
    }

    /// Whether its time is over.
    pub(crate) fn has_expired(&self, now: OffsetDateTime) -> bool {
        now > self.not_after
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateSigningRequestParams, Issuer};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    fn issue(request: &str) -> String {
        let key = KeyPair::generate().unwrap();
        let authority = CertificateParams::new(Vec::new()).unwrap();
        let mut request = CertificateSigningRequestParams::from_pem(request).unwrap();
        request.params.not_before = datetime!(2026-01-01 00:00 UTC);
        request.params.not_after = datetime!(2026-01-31 00:00 UTC);
        request.signed_by(&Issuer::new(authority, key)).unwrap().pem()
    }

    #[test]
    fn a_certificate_fits_the_key_that_asked_for_it() {
        let pending = PendingIdentity::generate().unwrap();
        let pem = issue(&pending.request(InstanceUid::generate()).unwrap());
        let identity = pending.complete(pem.as_bytes()).unwrap();
        assert!(identity.key().is_ok());
        let other = PendingIdentity::generate().unwrap();
        assert!(matches!(other.complete(pem.as_bytes()), Err(ClientIdentityError::OtherKey)));
        assert!(matches!(other.complete(b"x"), Err(ClientIdentityError::Malformed { .. })));
    }

    #[test]
    fn it_is_renewed_after_two_thirds_of_its_life() {
        let pending = PendingIdentity::generate().unwrap();
        let pem = issue(&pending.request(InstanceUid::generate()).unwrap());
        let identity = pending.complete(pem.as_bytes()).unwrap();
        let due = datetime!(2026-01-21 00:00 UTC);
        assert!(!identity.is_due_for_renewal(due - Duration::SECOND));
        assert!(identity.is_due_for_renewal(due));
        assert!(!identity.has_expired(due));
        assert!(identity.has_expired(datetime!(2026-01-31 00:00:01 UTC)));
    }

    #[tokio::test]
    async fn it_fits_into_every_keychain() {
        use crate::keychain::{Keychain, MemoryKeychain};
        let keychain = std::sync::Arc::new(MemoryKeychain::default());
        let client = KeychainClient::new(std::sync::Arc::clone(&keychain) as _);
        let pending = PendingIdentity::generate().unwrap();
        let pem = issue(&pending.request(InstanceUid::generate()).unwrap());
        let server: ServerAddress = "a.example".parse().unwrap();
        pending.complete(pem.as_bytes()).unwrap().save(&client, &server).await.unwrap();
        let stored = keychain.get("client-identity:a.example:8013").unwrap().unwrap();
        assert!(stored.expose().len() <= 2500, "{}", stored.expose().len());
        assert!(ClientIdentity::load(&client, &server).await.unwrap().is_some());
        ClientIdentity::forget(&client, &server).await.unwrap();
        assert!(ClientIdentity::load(&client, &server).await.unwrap().is_none());
    }
}
