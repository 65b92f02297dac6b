//! The identity of a management server: an Ed25519 key, proved at the start of every session by a
//! signature over the TLS exporter value of that very connection. Nobody in the middle can make it,
//! because both halves of a relayed connection have exporter values of their own (channel binding as
//! in RFC 9266).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The label under which TLS exports the channel binding (RFC 9266, section 2); without a context.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

/// Goes before every signed exporter value, so that no signature made for another purpose fits.
const PROOF_CONTEXT: &[u8] = b"countersign server identity v1\0";

/// The TLS exporter value of one connection: 32 bytes under [`EXPORTER_LABEL`] (RFC 9266).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChannelBinding([u8; 32]);

impl ChannelBinding {
    /// Wraps what the TLS library exported.
    #[must_use]
    pub fn new(exported: [u8; 32]) -> Self {
        Self(exported)
    }

    fn signed_bytes(&self) -> Vec<u8> {
        [PROOF_CONTEXT, &self.0].concat()
    }
}

impl fmt::Debug for ChannelBinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ChannelBinding([redacted])")
    }
}

/// The public half of a server's identity key. As text: 44 characters of base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdentityPublicKey([u8; 32]);

/// Why an identity or a signature by one is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// Text that is no public key.
    #[error(
        "{text:?} is not a server identity; it must be the base64 text of 32 bytes that the server prints"
    )]
    NotAPublicKey {
        /// What was found.
        text: String,
    },
    /// A stored key pair that cannot be read.
    #[error("the server's identity key is not an Ed25519 key in PKCS#8 form: {reason}")]
    NotAKeyPair {
        /// What the cryptographic library said.
        reason: String,
    },
    /// No new key could be made.
    #[error("no identity key could be made: the system gave no random numbers")]
    Generation,
    /// The signature does not fit key and content.
    #[error("the signature does not belong to the server identity {public_key}")]
    BadSignature {
        /// The key that it was checked against.
        public_key: IdentityPublicKey,
    },
}

impl IdentityPublicKey {
    /// The raw key (RFC 8032).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks that this key signed `content`.
    ///
    /// # Errors
    /// [`IdentityError::BadSignature`] if it did not.
    pub fn verify(&self, content: &[u8], signature: &[u8]) -> Result<(), IdentityError> {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(content, signature)
            .map_err(|_| IdentityError::BadSignature { public_key: *self })
    }
}

impl fmt::Display for IdentityPublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64.encode(self.0))
    }
}

impl fmt::Debug for IdentityPublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IdentityPublicKey({self})")
    }
}

impl FromStr for IdentityPublicKey {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        BASE64
            .decode(text.trim())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| IdentityError::NotAPublicKey { text: text.chars().take(80).collect() })
    }
}

impl Serialize for IdentityPublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IdentityPublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The identity key of a server. Does not print.
pub struct IdentityKeyPair(Ed25519KeyPair);

impl fmt::Debug for IdentityKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IdentityKeyPair({}, private key [redacted])", self.public_key())
    }
}

impl IdentityKeyPair {
    /// Makes a new key and returns its PKCS#8 form (RFC 5958) for the store beside it.
    ///
    /// # Errors
    /// [`IdentityError::Generation`] when the system has no random numbers.
    pub fn generate() -> Result<(Self, Vec<u8>), IdentityError> {
        let document =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| IdentityError::Generation)?;
        let pkcs8 = document.as_ref().to_vec();
        Ok((Self::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// Reads a stored key.
    ///
    /// # Errors
    /// [`IdentityError::NotAKeyPair`] when the bytes are none.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, IdentityError> {
        Ed25519KeyPair::from_pkcs8(pkcs8)
            .map(Self)
            .map_err(|error| IdentityError::NotAKeyPair { reason: error.to_string() })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> IdentityPublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        IdentityPublicKey(bytes)
    }

    /// Signs `content`; 64 bytes (RFC 8032).
    #[must_use]
    pub fn sign(&self, content: &[u8]) -> Vec<u8> {
        self.0.sign(content).as_ref().to_vec()
    }

    /// Proves this identity on the connection that `binding` comes from.
    #[must_use]
    pub fn prove(&self, binding: &ChannelBinding) -> IdentityProof {
        IdentityProof {
            public_key: self.public_key(),
            signature: BASE64.encode(self.sign(&binding.signed_bytes())),
        }
    }
}

/// What a server answers at [`crate::IDENTITY_PATH`], as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProof {
    /// Who the server says it is. Says nothing before [`IdentityProof::verify`].
    pub public_key: IdentityPublicKey,
    /// Base64 of the signature over the connection's exporter value.
    pub signature: String,
}

impl IdentityProof {
    /// Checks the proof against the connection on which it arrived, and returns the key that is thereby
    /// proved to be at the other end.
    ///
    /// # Errors
    /// [`IdentityError::BadSignature`] when it was made for another connection or by another key.
    pub fn verify(&self, binding: &ChannelBinding) -> Result<IdentityPublicKey, IdentityError> {
        let signature = BASE64
            .decode(&self.signature)
            .map_err(|_| IdentityError::BadSignature { public_key: self.public_key })?;
        self.public_key.verify(&binding.signed_bytes(), &signature)?;
        Ok(self.public_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_on_its_own_connection_only() {
        let (identity, _) = IdentityKeyPair::generate().expect("random numbers");
        let binding = ChannelBinding::new([1; 32]);
        let proof = identity.prove(&binding);
        assert_eq!(proof.verify(&binding), Ok(identity.public_key()));
        let other = proof.verify(&ChannelBinding::new([2; 32]));
        assert_eq!(other, Err(IdentityError::BadSignature { public_key: identity.public_key() }));
    }

    #[test]
    fn nobody_else_can_claim_a_key() {
        let (identity, _) = IdentityKeyPair::generate().expect("random numbers");
        let (attacker, _) = IdentityKeyPair::generate().expect("random numbers");
        let binding = ChannelBinding::new([1; 32]);
        let forged = IdentityProof { public_key: identity.public_key(), ..attacker.prove(&binding) };
        assert!(forged.verify(&binding).is_err());
        let garbage = IdentityProof { public_key: identity.public_key(), signature: "?".into() };
        assert!(garbage.verify(&binding).is_err());
    }

    #[test]
    fn a_signature_over_a_profile_is_no_proof() {
        let (identity, _) = IdentityKeyPair::generate().expect("random numbers");
        let bytes = [1; 32];
        let proof = IdentityProof {
            public_key: identity.public_key(),
            signature: BASE64.encode(identity.sign(&bytes)),
        };
        assert!(proof.verify(&ChannelBinding::new(bytes)).is_err());
    }

    #[test]
    fn keys_are_read_back() {
        let (identity, pkcs8) = IdentityKeyPair::generate().expect("random numbers");
        let again = IdentityKeyPair::from_pkcs8(&pkcs8).expect("own key");
        assert_eq!(again.public_key(), identity.public_key());
        assert_eq!(identity.public_key().to_string().parse(), Ok(identity.public_key()));
        assert!("".parse::<IdentityPublicKey>().is_err());
        assert!("AAAA".parse::<IdentityPublicKey>().is_err());
        assert!(IdentityKeyPair::from_pkcs8(b"x").is_err());
    }

    #[test]
    fn secrets_do_not_print() {
        let (identity, pkcs8) = IdentityKeyPair::generate().expect("random numbers");
        let printed = format!("{identity:?}");
        assert!(printed.contains("[redacted]") && !printed.contains(&BASE64.encode(&pkcs8)), "{printed}");
    }
}
