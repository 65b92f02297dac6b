//! Which certificate the server shows, exchanged without a restart.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use countersign_protocol::Secret;
use countersign_trust::{ChainDigest, Fingerprint};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256};
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;

use crate::authority::{AuthorityError, KeptPair, kept, named};
use crate::pem_text::{self, Part, PemTextError};

/// How long the built-in certificate is valid.
const BUILT_IN_VALIDITY: Duration = Duration::days(10 * 365);
/// More certificates than this make no chain that agents would look at.
const MAXIMUM_CHAIN: usize = countersign_trust::MAXIMUM_CHAIN_CERTIFICATES;

/// Agents find certificates with smaller RSA keys not valid.
const MINIMUM_RSA_BITS: usize = 2048;

/// A certificate chain with its key, ready to be shown.
#[derive(Clone, Debug)]
pub(crate) struct ServerCertificate {
    pub(crate) key: Arc<CertifiedKey>,
    /// The server's own certificate.
    pub(crate) fingerprint: Fingerprint,
    /// The whole chain: with other issuers beside it, agents may find the same certificate valid or not.
    pub(crate) chain: ChainDigest,
}

/// Why a certificate cannot be shown. Whole sentences: the administrator reads them.
#[derive(Debug, Error)]
pub(crate) enum ServerCertificateError {
    #[error(transparent)]
    Text(#[from] PemTextError),
    #[error(
        "The key of the first certificate is RSA with {0} bits; agents accept {MINIMUM_RSA_BITS} and more."
    )]
    SmallKey(usize),
    #[error("The certificate file holds {0} certificates; at most {MAXIMUM_CHAIN} are possible.")]
    TooLong(usize),
    #[error(
        "The private key is encrypted. Decrypt it first, for example with: openssl pkey -in key.pem -out plain.pem"
    )]
    EncryptedKey,
    #[error(
        "The private key is damaged or of a kind that TLS 1.3 does not use. Give an RSA key of {MINIMUM_RSA_BITS} bits or \
         more, an ECDSA key on P-256, P-384 or P-521, or an Ed25519 key."
    )]
    KeyKind,
    #[error(
        "The private key does not belong to the first certificate. Put the server's own certificate first."
    )]
    KeyOfAnother,
    #[error("The first certificate cannot be used: it cannot be read by the rules for certificates.")]
    Unusable,
    #[error(transparent)]
    BuiltIn(#[from] AuthorityError),
}

/// The size of an RSA key; none for keys of other kinds.
fn rsa_bits(certificate: &CertificateDer<'_>) -> Option<usize> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    match certificate.public_key().parsed().ok()? {
        PublicKey::RSA(key) => Some(key.key_size()),
        PublicKey::EC(_)
        | PublicKey::DSA(_)
        | PublicKey::GostR3410(_)
        | PublicKey::GostR3410_2012(_)
        | PublicKey::Unknown(_) => None,
    }
}

/// The provider of cryptography, named once.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

impl ServerCertificate {
    /// The certificates in PEM text.
    pub(crate) fn chain_from_pem(chain: &str) -> Result<Vec<CertificateDer<'static>>, PemTextError> {
        pem_text::check(Part::Certificate, chain)?;
        CertificateDer::pem_slice_iter(chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| pem_text::unreadable(Part::Certificate, &error))
    }

    /// From PEM text, the server's own certificate first.
    pub(crate) fn from_pem(chain: &str, private_key: &Secret) -> Result<Self, ServerCertificateError> {
        let chain = Self::chain_from_pem(chain)?;
        if chain.len() > MAXIMUM_CHAIN {
            return Err(ServerCertificateError::TooLong(chain.len()));
        }
        let Some(leaf) = chain.first() else {
            return Err(PemTextError::NoBlock(Part::Certificate).into());
        };
        if let Some(bits) = rsa_bits(leaf).filter(|bits| *bits < MINIMUM_RSA_BITS) {
            return Err(ServerCertificateError::SmallKey(bits));
        }
        let (fingerprint, digest) = (Fingerprint::of(leaf), ChainDigest::of(&chain));
        let text = private_key.expose();
        if text.contains("ENCRYPTED") {
            return Err(ServerCertificateError::EncryptedKey);
        }
        pem_text::check(Part::Key, text)?;
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes())
            .map_err(|error| pem_text::unreadable(Part::Key, &error))?;
        let signing =
            provider().key_provider.load_private_key(key).map_err(|_| ServerCertificateError::KeyKind)?;
        let key = CertifiedKey::new(chain, signing);
        match key.keys_match() {
            Ok(()) => Ok(Self { key: Arc::new(key), fingerprint, chain: digest }),
            Err(rustls::Error::InconsistentKeys(_)) => Err(ServerCertificateError::KeyOfAnother),
            Err(_) => Err(ServerCertificateError::Unusable),
        }
    }

    /// Makes the built-in certificate; returns what is to be kept. It bears no host name, so that no agent finds it
    /// valid: the key that every new server makes for itself proves nothing about where it stands.
    pub(crate) fn generate_built_in(now: OffsetDateTime) -> Result<Secret, ServerCertificateError> {
        let made = || -> Result<Secret, AuthorityError> {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name = named("Countersign built-in certificate");
            parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            parameters.not_before = now - Duration::hours(24);
            parameters.not_after = now + BUILT_IN_VALIDITY;
            let certificate = parameters.self_signed(&key)?.pem();
            kept(certificate, &key)
        };
        Ok(made()?)
    }

    /// Reads the kept built-in certificate.
    pub(crate) fn built_in(kept: &Secret) -> Result<Self, ServerCertificateError> {
        let pair: KeptPair = serde_json::from_str(kept.expose())
            .map_err(|error| ServerCertificateError::BuiltIn(AuthorityError::Kept(error.to_string())))?;
        Self::from_pem(&pair.certificate, &Secret::new(pair.private_key))
    }
}

/// Shows the certificate of the moment to whoever connects.
#[derive(Debug)]
pub(crate) struct CertificateSwitch {
    current: RwLock<ServerCertificate>,
    generation: AtomicU64,
}

/// Counts the certificates that were shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u64);

/// Whether a switch changed what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switched {
    /// Another certificate is shown now.
    Changed,
    /// It is the same as before.
    Same,
}

impl CertificateSwitch {
    pub(crate) fn new(first: ServerCertificate) -> Self {
        Self { current: RwLock::new(first), generation: AtomicU64::new(0) }
    }

    /// The certificate that is shown now.
    pub(crate) fn current(&self) -> ServerCertificate {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whoever connects from now on is shown a certificate of this generation or a later one.
    pub(crate) fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// Shows another one from now on.
    pub(crate) fn switch(&self, next: ServerCertificate) -> Switched {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let switched = if current.chain == next.chain {
            Switched::Same
        } else {
            self.generation.fetch_add(1, Ordering::SeqCst);
            Switched::Changed
        };
        *current = next;
        switched
    }
}

impl ResolvesServerCert for CertificateSwitch {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().key)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn pair(name: &str) -> (String, Secret) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), Secret::new(key.serialize_pem()))
    }

    #[test]
    fn what_cannot_be_shown_is_said() {
        let (chain, key) = pair("a.example");
        let (_, other) = pair("b.example");
        let encrypted = Secret::new(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned(),
        );
        let nothing = Secret::new(String::new());
        let table = [
            (chain.as_str(), &other, "does not belong"),
            (chain.as_str(), &encrypted, "encrypted"),
            (chain.as_str(), &nothing, "PRIVATE KEY block"),
            ("", &key, "at least one"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &key, "cannot be used"),
        ];
        for (chain, key, expected) in table {
            let error = ServerCertificate::from_pem(chain, key).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let many = chain.repeat(MAXIMUM_CHAIN + 1);
        assert!(matches!(ServerCertificate::from_pem(&many, &key), Err(ServerCertificateError::TooLong(_))));
        assert!(ServerCertificate::from_pem(&chain, &key).is_ok());
    }

    #[test]
    fn the_built_in_certificate_bears_no_host_name() {
        let now = datetime!(2026-06-01 12:00 UTC);
        let kept = ServerCertificate::generate_built_in(now).unwrap();
        let certificate = ServerCertificate::built_in(&kept).unwrap();
        let roots = countersign_trust::TrustedRoots::default();
        let server = "localhost".parse().unwrap();
        let unix = rustls_pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            now.unix_timestamp().unsigned_abs(),
        ));
        let assessment = countersign_trust::assess(&certificate.key.cert, &server, &roots, unix);
        assert!(assessment.kinds().contains(&countersign_trust::ProblemKind::NameMismatch));
        assert!(!assessment.is_valid());
        assert_ne!(ServerCertificate::generate_built_in(now).unwrap().expose(), kept.expose());
    }

    #[test]
    fn a_switch_tells_whether_anything_changed() {
        let (chain, key) = pair("a.example");
        let first = ServerCertificate::from_pem(&chain, &key).unwrap();
        let switch = CertificateSwitch::new(first.clone());
        assert_eq!(switch.switch(first), Switched::Same);
        let (chain, key) = pair("b.example");
        assert_eq!(switch.switch(ServerCertificate::from_pem(&chain, &key).unwrap()), Switched::Changed);
    }
}
