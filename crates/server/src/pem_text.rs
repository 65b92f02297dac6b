//! Tells what is wrong with text that should be PEM (RFC 7468), in words for whoever pasted it.

use std::fmt;

use rustls_pki_types::pem;
use thiserror::Error;

/// What the text should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Certificate,
    Key,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Key => "private key",
        })
    }
}

impl Part {
    fn block(self) -> &'static str {
        match self {
            Self::Certificate => "at least one CERTIFICATE block",
            Self::Key => "a PRIVATE KEY block",
        }
    }

    fn conversion(self) -> &'static str {
        match self {
            Self::Certificate => "openssl x509 -inform der -in certificate.der -out certificate.pem",
            Self::Key => "openssl pkey -inform der -in key.der -out key.pem",
        }
    }
}

/// Why text does not hold what it should. Whole sentences: the administrator reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PemTextError {
    #[error("The {0} is empty. Give PEM text with {block}.", block = .0.block())]
    Empty(Part),
    #[error(
        "What was given as the {0} is a certificate request. Have a certificate authority sign it, and give the \
         certificate that comes back and the private key of the request."
    )]
    Request(Part),
    #[error("What was given as the certificate is a private key. Give the certificate in its place.")]
    KeyAsCertificate,
    #[error(
        "What was given as the private key is a certificate. Give its private key, a PRIVATE KEY block, in its place."
    )]
    CertificateAsKey,
    #[error("The {0} is DER or bare Base64, not PEM. Convert it first, for example with: {command}", command = .0.conversion())]
    Der(Part),
    #[error("The {0} is not complete: its last block has no END line. Give all of it, to the END line.")]
    NoEnd(Part),
    #[error("The {0} is damaged: what stands between its BEGIN and END lines is not Base64. Copy it again.")]
    Damaged(Part),
    #[error("The {0} is not PEM text with {block}.", block = .0.block())]
    NoBlock(Part),
}

/// Recognises what people give by mistake.
pub(crate) fn check(part: Part, text: &str) -> Result<(), PemTextError> {
    let text = text.trim();
    let has = |label: &str| text.lines().any(|line| line.starts_with("-----BEGIN ") && line.contains(label));
    let (certificate, key) = (has(" CERTIFICATE-----"), has("PRIVATE KEY-----"));
    if text.is_empty() {
        return Err(PemTextError::Empty(part));
    }
    match (part, certificate, key) {
        (Part::Certificate, true, _) | (Part::Key, _, true) => Ok(()),
        _ if has("CERTIFICATE REQUEST-----") => Err(PemTextError::Request(part)),
        (Part::Certificate, false, true) => Err(PemTextError::KeyAsCertificate),
        (Part::Key, true, false) => Err(PemTextError::CertificateAsKey),
        // An ASN.1 sequence with a length of two bytes, as it is or in Base64.
        _ if text.starts_with("0\u{82}") || text.starts_with("0\u{fffd}") || text.starts_with("MI") => {
            Err(PemTextError::Der(part))
        }
        (Part::Certificate | Part::Key, false, false) => Err(PemTextError::NoBlock(part)),
    }
}

/// What the library found, in other words.
pub(crate) fn unreadable(part: Part, error: &pem::Error) -> PemTextError {
    if matches!(error, pem::Error::MissingSectionEnd { .. }) {
        PemTextError::NoEnd(part)
    } else if matches!(error, pem::Error::Base64Decode(_)) {
        PemTextError::Damaged(part)
    } else {
        PemTextError::NoBlock(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_instead_is_recognised() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nMIIB\n-----END {label}-----\n");
        let (certificate, key) = (block("CERTIFICATE"), block("EC PRIVATE KEY"));
        let both = format!("{key}{certificate}");
        let request = block("CERTIFICATE REQUEST");
        let table = [
            (Part::Certificate, certificate.as_str(), Ok(())),
            (Part::Key, &key, Ok(())),
            (Part::Certificate, &both, Ok(())),
            (Part::Key, &both, Ok(())),
            (Part::Certificate, " \n", Err(PemTextError::Empty(Part::Certificate))),
            (Part::Key, "", Err(PemTextError::Empty(Part::Key))),
            (Part::Certificate, &request, Err(PemTextError::Request(Part::Certificate))),
            (Part::Certificate, &key, Err(PemTextError::KeyAsCertificate)),
            (Part::Key, &certificate, Err(PemTextError::CertificateAsKey)),
            (Part::Certificate, "0\u{fffd}\u{1}", Err(PemTextError::Der(Part::Certificate))),
            (Part::Key, "MIIEvQIBADAN", Err(PemTextError::Der(Part::Key))),
            (Part::Key, "secret", Err(PemTextError::NoBlock(Part::Key))),
        ];
        for (part, text, expected) in table {
            assert_eq!(check(part, text), expected, "{part}: {text}");
        }
    }
}
