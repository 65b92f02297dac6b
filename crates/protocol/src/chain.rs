//! A chain of certificates in a message: the server's own first, as on the wire of TLS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_trust::{ChainDigest, Fingerprint, MAXIMUM_CHAIN_BYTES, MAXIMUM_CHAIN_CERTIFICATES};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Certificates in DER form, the server's own first. Never empty, and never more than an agent looks at:
/// [`MAXIMUM_CHAIN_CERTIFICATES`] of [`MAXIMUM_CHAIN_BYTES`] together. In documents a list of base64 texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateChain(Vec<Vec<u8>>);

/// Why certificates are not sent, or not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChainError {
    /// There is none.
    #[error("the chain has no certificate")]
    Empty,
    /// There are too many.
    #[error("the chain has {count} certificates; at most {MAXIMUM_CHAIN_CERTIFICATES} are possible")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// They are too large.
    #[error("the chain has {bytes} bytes; at most {MAXIMUM_CHAIN_BYTES} are possible")]
    TooLarge {
        /// How many bytes they have together.
        bytes: usize,
    },
    /// Text that is no base64.
    #[error("a certificate of the chain is not base64: {reason}")]
    NotBase64 {
        /// What does not fit.
        reason: String,
    },
}

impl CertificateChain {
    /// Takes certificates in DER form, the server's own first. They are not read here.
    ///
    /// # Errors
    /// When there is none, or there is more than an agent looks at.
    pub fn new(certificates: Vec<Vec<u8>>) -> Result<Self, ChainError> {
        let bytes = certificates.iter().fold(0_usize, |sum, der| sum.saturating_add(der.len()));
        if certificates.is_empty() {
            Err(ChainError::Empty)
        } else if certificates.len() > MAXIMUM_CHAIN_CERTIFICATES {
            Err(ChainError::TooMany { count: certificates.len() })
        } else if bytes > MAXIMUM_CHAIN_BYTES {
            Err(ChainError::TooLarge { bytes })
        } else {
            Ok(Self(certificates))
        }
    }

    /// The certificates in DER form, the server's own first.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// The fingerprint of the server's own certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        // There is always one.
        Fingerprint::of(self.0.first().map(Vec::as_slice).unwrap_or_default())
    }

    /// By what the whole chain is told from others.
    #[must_use]
    pub fn digest(&self) -> ChainDigest {
        ChainDigest::of(&self.0)
    }
}

impl Serialize for CertificateChain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|der| BASE64.encode(der)))
    }
}

impl<'de> Deserialize<'de> for CertificateChain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let decode = |text: &String| {
            BASE64.decode(text).map_err(|error| ChainError::NotBase64 { reason: error.to_string() })
        };
        let certificates = texts.iter().map(decode).collect::<Result<Vec<_>, _>>();
        certificates.and_then(Self::new).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_bounded_on_both_sides() {
        let chain = CertificateChain::new(vec![b"own".to_vec(), b"issuer".to_vec()]).expect("in bounds");
        let text = serde_json::to_string(&chain).expect("a document");
        assert_eq!(text, r#"["b3du","aXNzdWVy"]"#);
        assert_eq!(serde_json::from_str::<CertificateChain>(&text).expect("a chain"), chain);
        assert_eq!(chain.fingerprint(), Fingerprint::of(b"own"));

        let largest = CertificateChain::new(vec![vec![0; MAXIMUM_CHAIN_BYTES]]).expect("in bounds");
        assert_eq!(largest.certificates().len(), 1);
        let table = [
            (Vec::new(), ChainError::Empty),
            (
                vec![Vec::new(); MAXIMUM_CHAIN_CERTIFICATES + 1],
                ChainError::TooMany { count: MAXIMUM_CHAIN_CERTIFICATES + 1 },
            ),
            (
                vec![vec![0; MAXIMUM_CHAIN_BYTES], vec![0]],
                ChainError::TooLarge { bytes: MAXIMUM_CHAIN_BYTES + 1 },
            ),
        ];
        for (certificates, expected) in table {
            let texts: Vec<_> = certificates.iter().map(|der| BASE64.encode(der)).collect();
            let read = serde_json::from_value::<CertificateChain>(serde_json::json!(texts));
            assert!(read.expect_err("out of bounds").to_string().contains(&expected.to_string()));
            assert_eq!(CertificateChain::new(certificates), Err(expected));
        }
        let error = serde_json::from_str::<CertificateChain>(r#"["?"]"#).expect_err("no base64").to_string();
        assert!(error.contains("not base64"), "{error}");
    }
}
