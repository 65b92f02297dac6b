//! What can be wrong with the server's own certificate.

use countersign_trust::ProblemKind as Kind;
use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

use super::{Authorities, Entry, wish};
use crate::certificates::{Authority, Wish};

/// A critical extension that nobody knows.
pub(super) fn unknown_condition() -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![0x05, 0x00]);
    extension.set_criticality(true);
    extension
}

pub(super) fn entries(by: &Authorities) -> Vec<Entry> {
    let issued =
        |name, about, wish: Wish, problems: &[Kind]| Entry::new(name, about, by.issue(&wish), problems);
    // Name constraints (RFC 5280, section 4.2.1.10) that permit example.com.
    let constraints = b"\x30\x11\xa0\x0f\x30\x0d\x82\x0bexample.com".to_vec();
    let forger = Authority::root(super::organisation("Example Trust", "Example Trust Root R1"));
    let elsewhere = &["other.example.net", "192.0.2.7"];
    vec![
        issued("valid", "nothing is wrong", wish(), &[]),
        Entry::new("self-signed", "vouches for itself", wish().self_signed(), &[Kind::SelfSigned]),
        Entry::new(
            "unknown-issuer",
            "comes from an authority that this computer does not trust",
            by.issue_untrusted(&wish()),
            &[Kind::UnknownIssuer],
        ),
        Entry::new(
            "several",
            "self-signed, expired and for other names",
            Wish::new(elsewhere).common_name("other.example.net").expired().self_signed(),
            &[Kind::NameMismatch, Kind::SelfSigned, Kind::Expired],
        ),
        issued("expired", "is past its end", wish().expired(), &[Kind::Expired]),
        issued("not-yet-valid", "is before its start", wish().not_yet_valid(), &[Kind::NotYetValid]),
        issued(
            "wrong-name",
            "is for other names",
            Wish::new(elsewhere).common_name("other.example.net"),
            &[Kind::NameMismatch],
        ),
        issued(
            "broad-wildcard",
            "is for every name below a public suffix",
            Wish::new(&["*.co.uk"]).common_name("*.co.uk"),
            &[Kind::WildcardTooBroad],
        )
        .for_host("example.co.uk"),
        issued(
            "wrong-usage",
            "is for clients, not for servers",
            wish().change(|wish| wish.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            &[Kind::WrongUsage],
        ),
        issued(
            "wrong-key-usage",
            "has a key for revocation lists only",
            wish().change(|wish| wish.key_usages = vec![KeyUsagePurpose::CrlSign]),
            &[Kind::WrongKeyUsage],
        ),
        issued(
            "authority-as-server",
            "is an authority's",
            wish().change(|wish| wish.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            &[Kind::AuthorityAsServer],
        ),
        issued(
            "misplaced-name-constraints",
            "limits names though it is no authority's",
            wish().change(|wish| {
                wish.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 30], constraints));
            }),
            &[Kind::MisplacedNameConstraints],
        ),
        issued(
            "unknown-condition",
            "has a critical extension that nobody knows",
            wish().change(|wish| wish.custom_extensions.push(unknown_condition())),
            &[Kind::UnknownCriticalExtension],
        ),
        Entry::new(
            "bad-signature",
            "was not signed by the authority that it names",
            wish().signed_by(&forger),
            &[Kind::BadSignature],
        ),
    ]
}
