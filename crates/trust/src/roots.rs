//! The certificates that the operating system trusts.

use std::collections::HashSet;

use rustls_pki_types::{CertificateDer, TrustAnchor};

/// A set of trusted root certificates, prepared for path searches.
#[derive(Debug, Default)]
pub struct TrustedRoots {
    anchors: Vec<TrustAnchor<'static>>,
    certificates: HashSet<CertificateDer<'static>>,
}

impl TrustedRoots {
    /// Prepares the given certificates; a certificate that occurs twice counts once.
    ///
    /// Also returns how many were skipped because they cannot be read as certificates.
    #[must_use]
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = CertificateDer<'a>>) -> (Self, usize) {
        let mut roots = Self::default();
        let mut skipped = 0;
        for certificate in certificates {
            let certificate = certificate.into_owned();
            if roots.certificates.contains(&certificate) {
                continue;
            }
            match webpki::anchor_from_trusted_cert(&certificate) {
                Ok(anchor) => {
                    let anchor = anchor.to_owned();
                    roots.anchors.push(anchor);
                    roots.certificates.insert(certificate);
                }
                Err(_) => skipped += 1,
            }
        }
        (roots, skipped)
    }

    /// Whether this very certificate, byte for byte, is among them.
    #[must_use]
    pub fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.contains(certificate)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Whether there are none, in which case every certificate is without a known issuer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// The anchors for path searches.
    pub(crate) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }
}
