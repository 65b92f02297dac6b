//! Seals secrets before they go into the database, with a key that is not in it: whoever reads the database, or a backup of
//! it, reads no secret. Pure: where the key comes from is for [`crate::key_file`].
//!
//! A sealed value is text: `sealed:1:` and, in base64, the nonce (12 bytes), the ciphertext and the tag (16 bytes) of
//! AES-256-GCM (NIST SP 800-38D). The nonce is random. The place where the value stands is authenticated with it, so that a
//! value that was put in another place does not open. The number is the version of this format.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::Secret;
use thiserror::Error;
use zeroize::Zeroizing;

/// With which every sealed value begins.
const PREFIX: &str = "sealed:";
/// Between the prefix and the content.
const VERSION: &str = "1:";
/// The size of a key in bytes.
const KEY_BYTES: usize = 32;

/// Seals and opens. Does not print.
pub(crate) struct SealingKey(RandomizedNonceKey);

impl fmt::Debug for SealingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealingKey(…)")
    }
}

/// Why a value cannot be sealed or opened. Whole sentences, without what they are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum SealingError {
    #[error("It is not sealed, so that it was put there by somebody else.")]
    NotSealed,
    #[error("It was sealed by a later version of this server.")]
    LaterVersion,
    #[error("It was changed, or put there from another place, or sealed with another key.")]
    Changed,
    #[error("The key has the wrong size.")]
    KeySize,
    #[error("The system gave no random numbers.")]
    Random,
}

/// A new key, in base64.
pub(crate) fn generate() -> Result<Secret, SealingError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    aws_lc_rs::rand::fill(&mut *bytes).map_err(|_| SealingError::Random)?;
    Ok(Secret::new(BASE64.encode(*bytes)))
}

/// Whether a value was sealed, with whichever key. No secret of the server begins like that.
pub(crate) fn is_sealed(value: &str) -> bool {
    value.starts_with(PREFIX)
}

impl SealingKey {
    /// From base64.
    pub(crate) fn new(key: &Secret) -> Result<Self, SealingError> {
        let bytes = Zeroizing::new(BASE64.decode(key.expose()).map_err(|_| SealingError::KeySize)?);
        if bytes.len() != KEY_BYTES {
            return Err(SealingError::KeySize);
        }
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).map(Self).map_err(|_| SealingError::KeySize)
    }

    /// Seals a secret for a place.
    pub(crate) fn seal(&self, place: &str, secret: &Secret) -> Result<String, SealingError> {
        let mut content = Zeroizing::new(secret.expose().as_bytes().to_vec());
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut *content)
            .map_err(|_| SealingError::Random)?;
        let sealed = [nonce.as_ref().as_slice(), &content].concat();
        Ok(format!("{PREFIX}{VERSION}{}", BASE64.encode(sealed)))
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<Secret, SealingError> {
        let versioned = sealed.strip_prefix(PREFIX).ok_or(SealingError::NotSealed)?;
        let content = versioned.strip_prefix(VERSION).ok_or(SealingError::LaterVersion)?;
        let mut content = Zeroizing::new(BASE64.decode(content).map_err(|_| SealingError::Changed)?);
        let (nonce, sealed) = content.split_at_mut_checked(NONCE_LEN).ok_or(SealingError::Changed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealingError::Changed)?;
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(place.as_bytes()), sealed)
            .map_err(|_| SealingError::Changed)?;
        let text = std::str::from_utf8(opened).map_err(|_| SealingError::Changed)?;
        Ok(Secret::new(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SealingKey {
        SealingKey::new(&generate().unwrap()).unwrap()
    }

    #[test]
    fn only_the_key_opens_it_only_in_its_place() {
        let (key, other) = (key(), key());
        let secret = Secret::new("-----BEGIN PRIVATE KEY-----".to_owned());
        let sealed = key.seal("a.b of 1", &secret).unwrap();
        assert!(sealed.starts_with("sealed:1:") && !sealed.contains("PRIVATE"), "{sealed}");
        assert_eq!(key.open("a.b of 1", &sealed).unwrap(), secret);
        assert_ne!(key.seal("a.b of 1", &secret).unwrap(), sealed, "the nonce is not random");
        for (key, place, sealed, expected) in [
            (&other, "a.b of 1", sealed.as_str(), SealingError::Changed),
            (&key, "a.b of 2", &sealed, SealingError::Changed),
            (&key, "a.b of 1", "-----BEGIN PRIVATE KEY-----", SealingError::NotSealed),
            (&key, "a.b of 1", "", SealingError::NotSealed),
            (&key, "a.b of 1", "sealed:2:AAAA", SealingError::LaterVersion),
            (&key, "a.b of 1", "sealed:1:", SealingError::Changed),
            (&key, "a.b of 1", "sealed:1:AAAA", SealingError::Changed),
            (&key, "a.b of 1", "sealed:1:?", SealingError::Changed),
        ] {
            assert_eq!(key.open(place, sealed).unwrap_err(), expected, "{place} {sealed}");
        }
    }

    #[test]
    fn keys_have_one_size() {
        for wrong in ["", "?", "AAAA", &BASE64.encode([0; 31]), &BASE64.encode([0; 33])] {
            assert_eq!(SealingKey::new(&Secret::new(wrong.to_owned())).unwrap_err(), SealingError::KeySize);
        }
    }

    #[test]
    fn no_changed_bit_passes() {
        let key = key();
        let sealed = key.seal("a.b of 1", &Secret::new("a secret".to_owned())).unwrap();
        let bytes = BASE64.decode(sealed.strip_prefix("sealed:1:").unwrap()).unwrap();
        for at in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[at / 8] ^= 1 << (at % 8);
            let changed = format!("sealed:1:{}", BASE64.encode(changed));
            assert_eq!(key.open("a.b of 1", &changed), Err(SealingError::Changed), "bit {at}");
        }
        for text in ["", "a", &"ä".repeat(5000)] {
            let secret = Secret::new(text.to_owned());
            assert_eq!(key.open("", &key.seal("", &secret).unwrap()).unwrap(), secret);
        }
    }
}
