//! By what a chain of certificates is told from another one with the same server's own certificate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fingerprint::{Fingerprint, FingerprintError};

/// SHA-256 of the fingerprints of all certificates of a chain, one after the other as they are presented.
///
/// Whether a certificate is valid depends on what is presented with it: one without its intermediate is the same certificate, and
/// another chain. What people have allowed goes by the [`Fingerprint`]; what was found out about a chain goes by this.
/// Shown and read as a fingerprint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainDigest(Fingerprint);

impl ChainDigest {
    /// Of certificates in DER form, the server's own first.
    #[must_use]
    pub fn of<C: AsRef<[u8]>>(chain: &[C]) -> Self {
        let fingerprints: Vec<u8> =
            chain.iter().flat_map(|der| *Fingerprint::of(der.as_ref()).as_bytes()).collect();
        Self(Fingerprint::of(&fingerprints))
    }
}

impl fmt::Display for ChainDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for ChainDigest {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_chain_of_the_same_certificate_is_another_one() {
        let (own, issuer, root) = (b"own".as_slice(), b"issuer".as_slice(), b"root".as_slice());
        let chains = [
            vec![own],
            vec![own, issuer],
            vec![own, issuer, root],
            vec![own, root, issuer],
            vec![own, own],
            vec![b"ownissuer".as_slice()],
        ];
        for (place, chain) in chains.iter().enumerate() {
            for (other_place, other) in chains.iter().enumerate() {
                assert_eq!(ChainDigest::of(chain) == ChainDigest::of(other), place == other_place);
            }
        }
        assert_ne!(ChainDigest::of(&[own]).to_string(), Fingerprint::of(own).to_string());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(chain in proptest::collection::vec(any::<Vec<u8>>(), 0..4)) {
            let digest = ChainDigest::of(&chain);
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
            let text = serde_json::to_string(&digest).unwrap();
            prop_assert_eq!(serde_json::from_str::<ChainDigest>(&text).unwrap(), digest);
        }
    }
}
