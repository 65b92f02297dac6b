//! The private key of an upload.

use std::fmt;
use std::sync::Arc;

use countersign_protocol::Secret;
use rustls::sign::SigningKey;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

use super::collect::Seen;
use super::error::UploadError;
use super::{key_kind, pem};
use crate::served_certificate::provider;

/// How a private key is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyFormat {
    /// RFC 5208, RFC 5958.
    Pkcs8,
    /// RSA only (RFC 8017, appendix A.1.2).
    Pkcs1,
    /// ECDSA only (RFC 5915).
    Sec1,
}

impl KeyFormat {
    fn label(self) -> &'static str {
        match self {
            Self::Pkcs8 => "PRIVATE KEY",
            Self::Pkcs1 => "RSA PRIVATE KEY",
            Self::Sec1 => "EC PRIVATE KEY",
        }
    }
}

/// A private key that TLS can serve. It is not printed, and overwritten when it is dropped.
pub struct PrivateKey {
    format: KeyFormat,
    der: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey([redacted])")
    }
}

impl PrivateKey {
    pub(super) fn new(format: KeyFormat, der: &[u8]) -> Self {
        Self { format, der: Zeroizing::new(der.to_vec()) }
    }

    /// The key as PEM text, not encrypted.
    #[must_use]
    pub fn to_pem(&self) -> Secret {
        Secret::new(std::mem::take(&mut *pem::write(self.format.label(), &self.der)))
    }

    fn signing(&self) -> Result<Arc<dyn SigningKey>, UploadError> {
        let der = self.der.to_vec();
        let key = match self.format {
            KeyFormat::Pkcs8 => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der)),
            KeyFormat::Pkcs1 => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der)),
            KeyFormat::Sec1 => PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der)),
        };
        let loaded = provider().key_provider.load_private_key(key);
        loaded.map_err(|_| key_kind::refusal(self.format, &self.der))
    }
}

/// The key, if there is exactly one; the same one may occur several times.
pub(super) fn the_one(
    keys: Vec<PrivateKey>,
    seen: Seen,
) -> Result<(PrivateKey, Arc<dyn SigningKey>), UploadError> {
    let mut different: Vec<(PrivateKey, Arc<dyn SigningKey>)> = Vec::new();
    for key in keys {
        let signing = key.signing()?;
        let public = signing.public_key();
        if !different.iter().any(|(_, other)| other.public_key().as_deref() == public.as_deref()) {
            drop(public);
            different.push((key, signing));
        }
    }
    match different.len() {
        0 => Err(seen.without_key()),
        1 => different.pop().ok_or(UploadError::NoPrivateKey),
        count => Err(UploadError::SeveralKeys(count)),
    }
}
