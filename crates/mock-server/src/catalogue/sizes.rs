//! Chains of unusual sizes.

use countersign_trust::{MAXIMUM_CHAIN_CERTIFICATES, ProblemKind as Kind};

use super::{Authorities, Entry, organisation, wish};
use crate::certificates::Authority;

pub(super) fn entries(by: &Authorities) -> Vec<Entry> {
    vec![
        deep(by),
        crowd(
            "chain-too-large",
            "shows more certificates than are looked at",
            MAXIMUM_CHAIN_CERTIFICATES * 2,
            &[Kind::ChainTooLarge, Kind::UnknownIssuer, Kind::TooComplex],
        ),
        crowd(
            "too-complex",
            "shows authorities of one name, so that every order has to be tried",
            MAXIMUM_CHAIN_CERTIFICATES - 1,
            &[Kind::UnknownIssuer, Kind::TooComplex],
        ),
    ]
}

/// Eight certificates, each issued by the next.
fn deep(by: &Authorities) -> Entry {
    let mut authorities = Vec::new();
    for level in 1..=6 {
        let above = authorities.last().unwrap_or(&by.root);
        let name = format!("Example Company Level {level} CA");
        let below = above.below(organisation("Example Company", &name));
        authorities.push(below);
    }
    let Some(nearest) = authorities.last() else { unreachable!("there are six") };
    let mut pair = wish().expired().signed_by(nearest);
    for authority in authorities.iter().rev() {
        pair = pair.followed_by(authority);
    }
    let pair = pair.followed_by(&by.root);
    Entry::new("deep", "has expired, at the end of a chain of eight certificates", pair, &[Kind::Expired])
}

/// Behind the server's certificate stand many authorities of the name of its issuer.
fn crowd(name: &'static str, about: &'static str, size: usize, problems: &[Kind]) -> Entry {
    let one_of_many = || Authority::root(organisation("Example Crowd", "Example Crowd CA"));
    let issuer = one_of_many();
    let mut pair = wish().signed_by(&issuer).followed_by(&issuer);
    for _ in 1..size {
        pair = pair.followed_by(&one_of_many());
    }
    Entry::new(name, about, pair, problems)
}
