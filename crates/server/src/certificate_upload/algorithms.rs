//! The algorithms by their object identifiers, as they are encoded without tag and length.

use std::borrow::Cow;

use aws_lc_rs::{digest, hmac, pbkdf2};
use x509_parser::der_parser::asn1_rs::Oid;

/// `pkcs7-data`: octets (RFC 5652).
pub(super) const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// `pkcs7-signedData`.
pub(super) const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
/// `pkcs7-envelopedData`.
pub(super) const ENVELOPED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
/// `pkcs7-encryptedData`.
pub(super) const ENCRYPTED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
/// What the identifiers of bags begin with (RFC 7292, appendix D).
pub(super) const BAGS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
/// What the identifiers of encryption with PKCS#12's own key derivation begin with (RFC 7292, appendix C).
pub(super) const PKCS12_ENCRYPTION: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01";
/// An X.509 certificate in a bag.
pub(super) const X509_CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
/// `PBKDF2` (RFC 8018).
pub(super) const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
/// `PBES2`.
pub(super) const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
/// `PBMAC1` (RFC 9579).
pub(super) const PBMAC1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e";
/// `DES-EDE3-CBC-Pad`.
pub(super) const TRIPLE_DES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x03\x07";
/// `aes128-CBC-PAD`.
pub(super) const AES_128: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x02";
/// `aes192-CBC-PAD`.
pub(super) const AES_192: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x16";
/// `aes256-CBC-PAD`.
pub(super) const AES_256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
/// `rsaEncryption` (RFC 8017).
pub(super) const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
/// `id-ecPublicKey` (RFC 5480).
pub(super) const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";

/// Those that are known by name and not supported.
const NAMES: [(&[u8], &str); 19] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x01", "RC4 of 128 bits"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x02", "RC4 of 40 bits"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x01", "DES and MD2"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03", "DES and MD5"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0a", "DES and SHA-1"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x02", "RC2"),
    (b"\x2b\x0e\x03\x02\x07", "DES"),
    (b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b", "scrypt"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x05", "MD5"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x08", "PBKDF2 with SHA-224"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "an RSA key for RSA-PSS only"),
    (b"\x2a\x86\x48\xce\x38\x04\x01", "a DSA key"),
    (b"\x2b\x65\x6e", "an X25519 key"),
    (b"\x2b\x65\x6f", "an X448 key"),
    (b"\x2b\x65\x71", "an Ed448 key"),
    (b"\x2b\x81\x04\x00\x0a", "an ECDSA key on secp256k1"),
    (b"\x2b\x81\x04\x00\x21", "an ECDSA key on P-224"),
    (b"\x2a\x86\x48\xce\x3d\x03\x01\x01", "an ECDSA key on P-192"),
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01\x07", "an ECDSA key on brainpoolP256r1"),
];

/// What people call it, if that is known.
pub(super) fn name(identifier: &[u8]) -> Option<String> {
    NAMES.iter().find(|(known, _)| *known == identifier).map(|(_, name)| (*name).to_owned())
}

/// What people call it, or else its number.
pub(super) fn name_or_number(identifier: &[u8]) -> String {
    name(identifier).unwrap_or_else(|| {
        /// Longer ones are none.
        const LONGEST: usize = 32;
        let identifier = identifier.get(..LONGEST).unwrap_or(identifier);
        format!("the algorithm {}", Oid::new(Cow::Borrowed(identifier)).to_id_string())
    })
}

/// A hash with what PKCS#12 needs to know of it (RFC 7292, appendix B.2).
pub(super) struct Hash {
    pub(super) digest: &'static digest::Algorithm,
    pub(super) hmac: hmac::Algorithm,
}

/// SHA-1, with which most of PKCS#12's own key derivation is done.
pub(super) const SHA1: Hash =
    Hash { digest: &digest::SHA1_FOR_LEGACY_USE_ONLY, hmac: hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY };

/// The hash with this identifier, if it is supported.
pub(super) fn hash(identifier: &[u8]) -> Option<Hash> {
    Some(match identifier {
        b"\x2b\x0e\x03\x02\x1a" => SHA1,
        b"\x60\x86\x48\x01\x65\x03\x04\x02\x04" => Hash { digest: &digest::SHA224, hmac: hmac::HMAC_SHA224 },
        b"\x60\x86\x48\x01\x65\x03\x04\x02\x01" => Hash { digest: &digest::SHA256, hmac: hmac::HMAC_SHA256 },
        b"\x60\x86\x48\x01\x65\x03\x04\x02\x02" => Hash { digest: &digest::SHA384, hmac: hmac::HMAC_SHA384 },
        b"\x60\x86\x48\x01\x65\x03\x04\x02\x03" => Hash { digest: &digest::SHA512, hmac: hmac::HMAC_SHA512 },
        _ => return None,
    })
}

/// What `hmacWithSHA…` of the default is: SHA-1 (RFC 8018, appendix A.2).
pub(super) const HMAC_WITH_SHA1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x02\x07";

/// An HMAC with this identifier: for messages, for PBKDF2, and how many bytes it gives.
pub(super) fn keyed_hash(identifier: &[u8]) -> Option<(hmac::Algorithm, pbkdf2::Algorithm, usize)> {
    Some(match identifier {
        HMAC_WITH_SHA1 => (hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, pbkdf2::PBKDF2_HMAC_SHA1, 20),
        b"\x2a\x86\x48\x86\xf7\x0d\x02\x09" => (hmac::HMAC_SHA256, pbkdf2::PBKDF2_HMAC_SHA256, 32),
        b"\x2a\x86\x48\x86\xf7\x0d\x02\x0a" => (hmac::HMAC_SHA384, pbkdf2::PBKDF2_HMAC_SHA384, 48),
        b"\x2a\x86\x48\x86\xf7\x0d\x02\x0b" => (hmac::HMAC_SHA512, pbkdf2::PBKDF2_HMAC_SHA512, 64),
        _ => return None,
    })
}
