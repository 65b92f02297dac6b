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
            check(&certificate, &issuer)
        }
        _ => SignatureCheck::Invalid,
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
