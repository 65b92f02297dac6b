//! Names of keys and signature methods, and which of them are too weak.

use x509_parser::der_parser::oid;
use x509_parser::der_parser::oid::Oid;
use x509_parser::prelude::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use x509_parser::public_key::{PublicKey, RSAPublicKey};

use crate::text::display_text;

// Object identifiers as certificates encode them: to compare their text would cost more than to read the certificate.
const RSA: &[u8] = &oid!(raw 1.2.840.113549.1.1.1);
const RSA_PSS: &[u8] = &oid!(raw 1.2.840.113549.1.1.10);
const DSA: &[u8] = &oid!(raw 1.2.840.10040.4.1);
const ELLIPTIC_CURVE: &[u8] = &oid!(raw 1.2.840.10045.2.1);
const ED25519: &[u8] = &oid!(raw 1.3.101.112);
const ED448: &[u8] = &oid!(raw 1.3.101.113);

/// Elliptic curves and their names.
const CURVES: [(&[u8], &str); 9] = [
    (&oid!(raw 1.2.840.10045.3.1.1), "P-192"),
    (&oid!(raw 1.3.132.0.33), "P-224"),
    (&oid!(raw 1.2.840.10045.3.1.7), "P-256"),
    (&oid!(raw 1.3.132.0.34), "P-384"),
    (&oid!(raw 1.3.132.0.35), "P-521"),
    (&oid!(raw 1.3.132.0.10), "secp256k1"),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.7), "brainpoolP256r1"),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.11), "brainpoolP384r1"),
    (&oid!(raw 1.3.36.3.3.2.8.1.1.13), "brainpoolP512r1"),
];

/// Signature methods, their names, and whether they may be relied on.
const SIGNATURES: [(&[u8], &str, Strength); 20] = [
    (&oid!(raw 1.2.840.113549.1.1.11), "SHA-256 with RSA", Strength::Good),
    (&oid!(raw 1.2.840.113549.1.1.12), "SHA-384 with RSA", Strength::Good),
    (&oid!(raw 1.2.840.113549.1.1.13), "SHA-512 with RSA", Strength::Good),
    (RSA_PSS, "RSASSA-PSS", Strength::Good),
    (&oid!(raw 1.2.840.10045.4.3.2), "SHA-256 with ECDSA", Strength::Good),
    (&oid!(raw 1.2.840.10045.4.3.3), "SHA-384 with ECDSA", Strength::Good),
    (&oid!(raw 1.2.840.10045.4.3.4), "SHA-512 with ECDSA", Strength::Good),
    (ED25519, "Ed25519", Strength::Good),
    (ED448, "Ed448", Strength::Unsupported),
    (&oid!(raw 1.2.840.113549.1.1.2), "MD2 with RSA", Strength::Weak),
    (&oid!(raw 1.2.840.113549.1.1.3), "MD4 with RSA", Strength::Weak),
    (&oid!(raw 1.2.840.113549.1.1.4), "MD5 with RSA", Strength::Weak),
    (&oid!(raw 1.2.840.113549.1.1.5), "SHA-1 with RSA", Strength::Weak),
    (&oid!(raw 1.3.14.3.2.29), "SHA-1 with RSA", Strength::Weak),
    (&oid!(raw 1.2.840.10040.4.3), "SHA-1 with DSA", Strength::Weak),
    (&oid!(raw 1.2.840.10045.4.1), "SHA-1 with ECDSA", Strength::Weak),
    (&oid!(raw 1.2.840.113549.1.1.14), "SHA-224 with RSA", Strength::Unsupported),
    (&oid!(raw 1.2.840.10045.4.3.1), "SHA-224 with ECDSA", Strength::Unsupported),
    (&oid!(raw 2.16.840.1.101.3.4.3.1), "SHA-224 with DSA", Strength::Weak),
    (&oid!(raw 2.16.840.1.101.3.4.3.2), "SHA-256 with DSA", Strength::Weak),
];

/// The smallest RSA modulus that is accepted, in bits (CA/Browser Forum Baseline Requirements, section 6.1.5).
const MINIMUM_RSA_BITS: usize = 2048;

/// The largest RSA modulus that the cryptographic library verifies with, in bits.
const MAXIMUM_RSA_BITS: usize = 8192;

/// Whether a key or signature may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// It may.
    Good,
    /// It is known to be too weak.
    Weak,
    /// It is of a kind that cannot be checked here.
    Unsupported,
}

/// Kind and size of a public key, such as “ECDSA P-256” or “RSA 2048 bits”.
pub(crate) fn describe_key(key: &SubjectPublicKeyInfo<'_>) -> String {
    match key.algorithm.algorithm.as_bytes() {
        RSA | RSA_PSS => match rsa(key) {
            Some(rsa) => format!("RSA {} bits", modulus_bits(&rsa)),
            None => "RSA, unreadable".to_owned(),
        },
        DSA => "DSA".to_owned(),
        ELLIPTIC_CURVE => match (curve_name(key), curve(key)) {
            (Some(name), _) => format!("ECDSA {name}"),
            (None, Some(curve)) => format!("ECDSA, curve {}", display_text(&curve.to_id_string())),
            (None, None) => "ECDSA, curve not named".to_owned(),
        },
        ED25519 => "Ed25519".to_owned(),
        ED448 => "Ed448".to_owned(),
        _ => display_text(&key.algorithm.algorithm.to_id_string()),
    }
}

/// Whether a public key may be relied on.
pub(crate) fn key_strength(key: &SubjectPublicKeyInfo<'_>) -> Strength {
    match key.algorithm.algorithm.as_bytes() {
        RSA | RSA_PSS => rsa(key).map_or(Strength::Unsupported, |rsa| rsa_strength(&rsa)),
        DSA => Strength::Weak,
        ELLIPTIC_CURVE => match curve_name(key) {
            Some("P-256" | "P-384" | "P-521") => Strength::Good,
            Some("P-192" | "P-224") => Strength::Weak,
            Some(_) | None => Strength::Unsupported,
        },
        ED25519 => Strength::Good,
        _ => Strength::Unsupported,
    }
}

/// Sizes that are not a multiple of eight bits come from faulty or hostile software (CA/Browser Forum Baseline
/// Requirements, section 6.1.5); so do even or tiny exponents (section 6.1.6).
fn rsa_strength(key: &RSAPublicKey<'_>) -> Strength {
    let bits = modulus_bits(key);
    let exponent_is_odd = key.exponent.last().is_some_and(|last| last & 1 == 1);
    let exponent_is_one =
        key.exponent.iter().rev().skip(1).all(|byte| *byte == 0) && key.exponent.last() == Some(&1);
    if bits < MINIMUM_RSA_BITS || !bits.is_multiple_of(8) || !exponent_is_odd || exponent_is_one {
        Strength::Weak
    } else if bits > MAXIMUM_RSA_BITS {
        Strength::Unsupported
    } else {
        Strength::Good
    }
}

fn rsa<'a>(key: &'a SubjectPublicKeyInfo<'_>) -> Option<RSAPublicKey<'a>> {
    use x509_parser::prelude::FromDer as _;
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => Some(rsa),
        // A key that is bound to RSASSA-PSS (RFC 4055, section 1.2) has the same form.
        Ok(PublicKey::Unknown(_)) => {
            RSAPublicKey::from_der(&key.subject_public_key.data).ok().map(|(_, rsa)| rsa)
        }
        Ok(PublicKey::EC(_) | PublicKey::DSA(_) | PublicKey::GostR3410(_) | PublicKey::GostR3410_2012(_))
        | Err(_) => None,
    }
}

/// The exact number of bits of the modulus; leading zeros do not count.
fn modulus_bits(key: &RSAPublicKey<'_>) -> usize {
    let significant =
        key.modulus.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &key.modulus[first..]);
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}

fn curve<'a>(key: &'a SubjectPublicKeyInfo<'_>) -> Option<Oid<'a>> {
    key.algorithm.parameters.as_ref()?.as_oid().ok()
}

fn curve_name(key: &SubjectPublicKeyInfo<'_>) -> Option<&'static str> {
    let curve = curve(key)?;
    CURVES.iter().find(|(identifier, _)| *identifier == curve.as_bytes()).map(|(_, name)| *name)
}

/// A signature method, such as “SHA-256 with RSA”.
pub(crate) fn describe_signature(algorithm: &AlgorithmIdentifier<'_>) -> String {
    match signature(algorithm) {
        Some((name, _)) => name.to_owned(),
        None => display_text(&algorithm.algorithm.to_id_string()),
    }
}

/// Whether a signature method may be relied on.
pub(crate) fn signature_strength(algorithm: &AlgorithmIdentifier<'_>) -> Strength {
    signature(algorithm).map_or(Strength::Unsupported, |(_, strength)| strength)
}

fn signature(algorithm: &AlgorithmIdentifier<'_>) -> Option<(&'static str, Strength)> {
    let found = SIGNATURES.iter().find(|(identifier, ..)| *identifier == algorithm.algorithm.as_bytes());
    found.map(|(_, name, strength)| (*name, *strength))
}
