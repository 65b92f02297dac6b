//! Reads the certificates of a PKCS#7 file (RFC 2315; `.p7b`, `.p7c`), in which many authorities hand out chains.

use rustls_pki_types::CertificateDer;

use super::ber::{CONTEXT_0, Malformed, Reader, SEQUENCE};

/// The certificates. `content` is what is in the outermost SEQUENCE. No signature is looked at: there mostly is none.
pub(super) fn certificates(content: &[u8]) -> Result<Vec<CertificateDer<'static>>, Malformed> {
    let mut info = Reader::new(content);
    info.object_identifier()?;
    let mut signed = info.context_0()?.sequence()?;
    // Version, digest algorithms and the content itself.
    signed.number()?;
    signed.next()?;
    signed.next()?;
    let mut found = Vec::new();
    while !signed.is_at_end() {
        let part = signed.next()?;
        if part.tag == CONTEXT_0 {
            let mut certificates = Reader::new(part.content);
            while !certificates.is_at_end() {
                let certificate = certificates.next()?;
                // Others than X.509 certificates have other tags.
                if certificate.tag == SEQUENCE {
                    found.push(CertificateDer::from(certificate.whole.to_vec()));
                }
            }
        }
    }
    Ok(found)
}
