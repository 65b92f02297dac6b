//! Chains that had to be made by other means; see `data/make`.

use countersign_trust::ProblemKind as Kind;

use super::{Authorities, Entry};
use crate::certificates::Pair;

pub(super) fn entries(by: &mut Authorities) -> Vec<Entry> {
    by.further.push_str(include_str!("../../data/old-root.pem"));
    let table = [
        ("weak-signature", "is signed with SHA-1", include_str!("../../data/sha-1.pem"), Kind::WeakSignature),
        (
            "weak-key",
            "comes from an authority with an RSA key of 1024 bits",
            include_str!("../../data/short-key.pem"),
            Kind::WeakKey,
        ),
        (
            "unsupported-algorithm",
            "is signed with SHA-224, which this program cannot check",
            include_str!("../../data/sha-224.pem"),
            Kind::UnsupportedAlgorithm,
        ),
        (
            "malformed",
            "is of X.509 version 1, and so has no names that count",
            include_str!("../../data/version-1.pem"),
            Kind::Malformed,
        ),
    ];
    let pair = |chain: &str| Pair {
        chain: chain.to_owned(),
        key: include_str!("../../data/server.key.pem").to_owned(),
    };
    table
        .into_iter()
        .map(|(name, about, chain, kind)| Entry::new(name, about, pair(chain), &[kind]))
        .collect()
}
