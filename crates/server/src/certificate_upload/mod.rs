//! Reads what an administrator uploads as the SSL certificate: PKCS#12, PKCS#7, PEM or DER, in one or several files, in any
//! order. Finds the private key, the certificate that belongs to it and its issuers, and says what is missing.
//!
//! Pure: no sockets, no files, no clock; the trusted roots are a parameter. Whatever the bytes are, the answer is a
//! [`ReadUpload`] or an [`UploadError`], after bounded work. That work can take seconds, so that whoever calls it in
//! asynchronous code does so on a thread where that may be.

mod algorithms;
mod ber;
mod chain;
mod collect;
mod decryption;
mod error;
mod integrity;
mod key_derivation;
mod key_kind;
mod password;
mod pem;
mod pkcs12;
mod pkcs7;
mod private_key;
#[cfg(test)]
mod tests;
mod work;

use std::fmt;

use countersign_protocol::Secret;
use countersign_trust::TrustedRoots;
use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;

pub use chain::ChainEnd;
pub use error::{Encrypted, UploadError};
pub use private_key::PrivateKey;
pub use work::Limits;

use collect::Collected;
use work::Work;

/// More bytes than this are not looked at, all files together: 1 MiB.
pub const MAXIMUM_UPLOAD_BYTES: usize = 1024 * 1024;
/// More certificates than this are not put in order.
const MAXIMUM_CERTIFICATES: usize = 256;

/// A certificate that TLS can serve, with its key and its issuers.
pub struct ReadUpload {
    /// The key of the first certificate of the chain.
    pub private_key: PrivateKey,
    /// The server's own certificate, then its issuers, each the issuer of the one before.
    pub chain: Vec<CertificateDer<'static>>,
    /// Certificates that were given and have no place in the chain.
    pub unused: Vec<CertificateDer<'static>>,
    /// Where the chain leads.
    pub end: ChainEnd,
}

impl fmt::Debug for ReadUpload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("ReadUpload");
        debug.field("chain", &self.chain.len()).field("unused", &self.unused.len());
        debug.field("end", &self.end).finish_non_exhaustive()
    }
}

impl ReadUpload {
    /// The chain as PEM text, the server's own certificate first.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        self.chain.iter().map(|certificate| pem::write("CERTIFICATE", certificate).to_string()).collect()
    }

    /// What the administrator should know about what was given. Whole sentences.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        chain::remarks(&self.end, &self.unused)
    }
}

/// What the administrator should know about a chain that was put in order before. Whole sentences.
#[must_use]
pub fn remarks_about(chain: &[CertificateDer<'static>], roots: &TrustedRoots) -> Vec<String> {
    chain::end_of(chain, roots).map(|end| chain::remarks(&end, &[])).unwrap_or_default()
}

/// Reads an upload. `password` opens what is encrypted; a PKCS#12 file tells no password from an empty one.
pub fn read(
    files: &[&[u8]],
    password: Option<&Secret>,
    roots: &TrustedRoots,
) -> Result<ReadUpload, UploadError> {
    read_within(Limits::default(), files, password, roots)
}

/// As [`read`], with other limits.
pub fn read_within(
    limits: Limits,
    files: &[&[u8]],
    password: Option<&Secret>,
    roots: &TrustedRoots,
) -> Result<ReadUpload, UploadError> {
    let bytes = files.iter().fold(0_usize, |sum, file| sum.saturating_add(file.len()));
    if bytes > MAXIMUM_UPLOAD_BYTES {
        return Err(UploadError::TooLarge);
    }
    let mut work = Work::new(limits);
    let mut collected = Collected::default();
    for file in files {
        collected.file(file, password, &mut work)?;
    }
    let Collected { keys, certificates, seen } = collected;
    let (private_key, signing) = private_key::the_one(keys, seen)?;
    if certificates.is_empty() {
        return Err(seen.without_certificate());
    }
    let ordered = chain::order(certificates, signing.public_key().as_deref(), roots)?;
    let certified = CertifiedKey::new(ordered.chain.clone(), signing);
    certified.keys_match().map_err(|_| UploadError::Unusable { subject: ordered.subject.clone() })?;
    Ok(ReadUpload { private_key, chain: ordered.chain, unused: ordered.unused, end: ordered.end })
}
