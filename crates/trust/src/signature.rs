//! Whether one certificate was signed by the key of another.

use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::ToDer as _;

use crate::algorithm::{Strength, key_strength};
use crate::read::parse;

/// What a look at a signature showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureCheck {
    /// It is the issuer's.
    Valid,
    /// It is not.
    Invalid,
    /// The method or the key is none that is checked.
    Unsupported,
}

/// Whether `issuer` has issued `certificate`: bears the name that it says, and made its signature.
#[must_use]
pub fn check_issuer(certificate: &CertificateDer<'_>, issuer: &CertificateDer<'_>) -> SignatureCheck {
    match (parse(certificate), parse(issuer)) {
        (Some(certificate), Some(issuer)) if certificate.issuer().as_raw() == issuer.subject().as_raw() => {
            let method = Family::of(&certificate.signature_algorithm);
            let key = Family::of(&issuer.public_key().algorithm);
            if method.is_some() && key.is_some() && method != key {
                // No key of this kind can have made it, whether it can be checked or not.
                return SignatureCheck::Invalid;
            }
            check(&certificate, &issuer)
        }
        _ => SignatureCheck::Invalid,
    }
}

/// Which keys and which signatures belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    Ecdsa,
    Ed25519,
}

impl Family {
    /// That of a method to sign, or of a key; none where it is not known.
    fn of(algorithm: &x509_parser::x509::AlgorithmIdentifier<'_>) -> Option<Self> {
        /// PKCS #1 (RFC 8017, appendix C).
        const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01";
        /// ANSI X9.62 (RFC 5480).
        const ECDSA: &[u8] = b"\x2a\x86\x48\xce\x3d";
        /// RFC 8410.
        const ED25519: &[u8] = b"\x2b\x65\x70";
        let identifier = algorithm.algorithm.as_bytes();
        match identifier {
            _ if identifier.starts_with(RSA) => Some(Self::Rsa),
            _ if identifier.starts_with(ECDSA) => Some(Self::Ecdsa),
            ED25519 => Some(Self::Ed25519),
            _ => None,
        }
    }
}

/// Checks the signature under `certificate` with the public key in `issuer` (RFC 5280, section 6.1.3 (a) (1)).
pub(crate) fn check(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> SignatureCheck {
    // The library calls every signature by a key wrong that is too short for it, the right ones too.
    if key_strength(issuer.public_key()) != Strength::Good {
        return SignatureCheck::Unsupported;
    }
    let (Some(method), Some(key_kind)) =
        (identifier(&certificate.signature_algorithm), identifier(&issuer.public_key().algorithm))
    else {
        return SignatureCheck::Unsupported;
    };
    let algorithms = webpki::ALL_VERIFICATION_ALGS.iter().filter(|algorithm| {
        algorithm.signature_alg_id().as_ref() == method && algorithm.public_key_alg_id().as_ref() == key_kind
    });
    let mut result = SignatureCheck::Unsupported;
    for algorithm in algorithms {
        let verified = algorithm.verify_signature(
            &issuer.public_key().subject_public_key.data,
            certificate.tbs_certificate.as_ref(),
            &certificate.signature_value.data,
        );
        match verified {
            Ok(()) => return SignatureCheck::Valid,
            Err(_) => result = SignatureCheck::Invalid,
        }
    }
    result
}

/// The contents of an AlgorithmIdentifier, without its outer tag and length, as algorithms are named in webpki.
fn identifier(algorithm: &x509_parser::x509::AlgorithmIdentifier<'_>) -> Option<Vec<u8>> {
    let mut contents = algorithm.algorithm.to_der_vec().ok()?;
    if let Some(parameters) = &algorithm.parameters {
        contents.extend(parameters.to_der_vec().ok()?);
    }
    Some(contents)
}
