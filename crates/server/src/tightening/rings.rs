//! Which endpoints a ring holds. Pure.

use aws_lc_rs::digest::{SHA256, digest};
use countersign_protocol::InstanceUid;
use uuid::Uuid;

/// The endpoints in the order in which they come into the rings. It depends on the tightening, so that it is not always the same
/// people who come first, and on nothing else, so that every server finds the same.
pub(crate) fn in_order(
    tightening: Uuid,
    endpoints: impl IntoIterator<Item = InstanceUid>,
) -> Vec<InstanceUid> {
    let mut placed: Vec<(Vec<u8>, InstanceUid)> = endpoints
        .into_iter()
        .map(|endpoint| {
            let content = [tightening.as_bytes().as_slice(), &endpoint.to_bytes()].concat();
            (digest(&SHA256, &content).as_ref().to_vec(), endpoint)
        })
        .collect();
    placed.sort();
    placed.into_iter().map(|(_, endpoint)| endpoint).collect()
}

/// How many endpoints a ring holds: a share of all of them, rounded up, so that the first ring of a small fleet is not empty.
pub(crate) fn size(percent: u8, endpoints: usize) -> usize {
    (endpoints * usize::from(percent)).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn uid(number: u128) -> InstanceUid {
        InstanceUid::from_bytes(Uuid::from_u128(number).as_bytes()).unwrap()
    }

    #[test]
    fn a_ring_is_a_share_of_the_endpoints_rounded_up() {
        let table =
            [(1, 0, 0), (1, 1, 1), (1, 100, 1), (1, 101, 2), (10, 5, 1), (50, 5, 3), (99, 5, 5), (100, 5, 5)];
        for (percent, endpoints, expected) in table {
            assert_eq!(size(percent, endpoints), expected, "{percent} % of {endpoints}");
        }
    }

    #[test]
    fn another_tightening_begins_with_others() {
        let endpoints = || (1..=1000).map(uid);
        let first = |number| {
            in_order(Uuid::from_u128(number), endpoints()).into_iter().take(10).collect::<BTreeSet<_>>()
        };
        assert_eq!(first(1), first(1));
        assert!(first(1).intersection(&first(2)).count() < 5);
    }

    proptest! {
        /// Each ring contains the one before, whatever the order in which the endpoints are found; nobody is there twice.
        #[test]
        fn rings_grow(
            tightening in any::<u128>(),
            numbers in proptest::collection::btree_set(1_u128.., 0..200),
            smaller in 1_u8..=100,
            larger in 1_u8..=100,
        ) {
            let tightening = Uuid::from_u128(tightening);
            let (smaller, larger) = (smaller.min(larger), smaller.max(larger));
            let forwards = in_order(tightening, numbers.iter().copied().map(uid));
            let backwards = in_order(tightening, numbers.iter().rev().copied().map(uid));
            prop_assert_eq!(&forwards, &backwards);
            let (inner, outer) = (size(smaller, numbers.len()), size(larger, numbers.len()));
            prop_assert!(inner <= outer && outer <= numbers.len());
            prop_assert_eq!(size(100, numbers.len()), numbers.len());
            let unique: BTreeSet<_> = forwards.iter().collect();
            prop_assert_eq!(unique.len(), numbers.len());
        }
    }
}
