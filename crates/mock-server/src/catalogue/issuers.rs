//! What can be wrong with the authorities above the server's certificate.

use countersign_trust::ProblemKind as Kind;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose,
    NameConstraints,
};
use time::Duration;

use super::server::unknown_condition;
use super::{Authorities, Entry, organisation, wish};
use crate::certificates::{Authority, last};

pub(super) fn entries(by: &mut Authorities) -> Vec<Entry> {
    type Change = fn(&mut CertificateParams);
    let table: [(&str, &str, Change, Kind); 7] = [
        (
            "issuer-expired",
            "comes from an authority that is past its end",
            |wish| last(wish, -Duration::days(900), -Duration::days(20)),
            Kind::IssuerExpired,
        ),
        (
            "issuer-not-yet-valid",
            "comes from an authority that is before its start",
            |wish| last(wish, Duration::days(20), Duration::days(900)),
            Kind::IssuerNotYetValid,
        ),
        (
            "issuer-not-authority",
            "was issued by a certificate that is no authority's",
            |wish| wish.is_ca = IsCa::ExplicitNoCa,
            Kind::IssuerNotAuthority,
        ),
        (
            "issuer-may-not-sign",
            "comes from an authority whose key may not sign certificates",
            |wish| wish.key_usages = vec![KeyUsagePurpose::CrlSign],
            Kind::IssuerMayNotSign,
        ),
        (
            "issuer-wrong-usage",
            "comes from an authority for clients only",
            |wish| wish.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            Kind::IssuerWrongUsage,
        ),
        (
            "name-not-permitted",
            "comes from an authority for other names",
            |wish| {
                wish.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.example".to_owned())],
                    excluded_subtrees: Vec::new(),
                });
            },
            Kind::NameNotPermitted,
        ),
        (
            "issuer-unknown-condition",
            "comes from an authority with a critical extension that nobody knows",
            |wish| wish.custom_extensions.push(unknown_condition()),
            Kind::UnknownCriticalExtension,
        ),
    ];
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(name, about, change, kind)| {
            let mut parameters = organisation("Example Trust", "Example Trust Services R4");
            change(&mut parameters);
            let issuing = by.root.below(parameters);
            Entry::new(name, about, wish().signed_by(&issuing).followed_by(&issuing), &[kind])
        })
        .collect();
    entries.push(path_too_long(by));
    entries.push(unsuitable_root(by));
    entries
}

fn path_too_long(by: &Authorities) -> Entry {
    let mut parameters = organisation("Example Trust", "Example Trust Last R5");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let limited = by.root.below(parameters);
    let further = limited.below(organisation("Example Company", "Example Company Network CA"));
    let pair = wish().signed_by(&further).followed_by(&further).followed_by(&limited);
    Entry::new("path-too-long", "comes through more authorities than permitted", pair, &[Kind::PathTooLong])
}

fn unsuitable_root(by: &mut Authorities) -> Entry {
    let mut parameters = organisation("Example Trust", "Example Trust Archive");
    parameters.key_usages = vec![KeyUsagePurpose::CrlSign];
    let root = Authority::root(parameters);
    by.further.push_str(root.pem());
    Entry::new(
        "unsuitable-root",
        "ends at a trusted certificate that may not issue others",
        wish().signed_by(&root),
        &[Kind::UnsuitableRoot],
    )
}
