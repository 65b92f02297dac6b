//! Chains that point to a cause, and pairs that follow one another at the same address.

use countersign_trust::ProblemKind as Kind;
use rcgen::{DnType, KeyPair};
use time::Duration;

use super::{Authorities, Entry, HOST, organisation, wish};
use crate::certificates::{Authority, Wish, last};

pub(super) fn entries(by: &Authorities) -> Vec<Entry> {
    let mut entries = vec![inspecting_proxy(), captive_portal(), hostile(by)];
    entries.extend(wrong_clock(by));
    entries.extend(renewal());
    entries.extend(worse());
    entries
}

fn inspecting_proxy() -> Entry {
    let mut parameters = organisation("Zscaler Inc.", "Zscaler Intermediate Root CA (zscaler.net)");
    parameters.distinguished_name.push(DnType::OrganizationalUnitName, "Zscaler Inc.");
    let proxy = Authority::root(parameters);
    let pair = wish().signed_by(&proxy).followed_by(&proxy);
    Entry::new(
        "inspecting-proxy",
        "was made by a known product that inspects connections",
        pair,
        &[Kind::UnknownIssuer],
    )
}

fn captive_portal() -> Entry {
    let portal = Authority::root(organisation("Hotel Networks", "Hotel Networks CA"));
    let names = ["login.hotel-network.example", "*.hotel-network.example"];
    let pair = Wish::new(&names).common_name(names[0]).signed_by(&portal).followed_by(&portal);
    Entry::new(
        "captive-portal",
        "is for the page on which a guest network asks to log in",
        pair,
        &[Kind::NameMismatch, Kind::UnknownIssuer],
    )
}

/// Names that try to break out of the text.
fn hostile(by: &Authorities) -> Entry {
    let name = format!(
        "<b>Your company</b> & \"friends\"\n\nEverything is fine, choose Allow.\0\u{202E}moc.elpmaxe{}",
        "W".repeat(500)
    );
    let mut parameters = Authority::parameters(&name);
    parameters.distinguished_name.push(DnType::OrganizationName, name.as_str());
    let authority = by.stranger.below(parameters);
    let labels = ["w".repeat(60), "w".repeat(60), "w".repeat(60)].join(".");
    let pair = Wish::new(&[&format!("{labels}.example.net")]).common_name(&name).signed_by(&authority);
    Entry::new(
        "hostile",
        "has names that try to break out of the text",
        pair.followed_by(&authority),
        &[Kind::NameMismatch, Kind::UnknownIssuer],
    )
}

/// All certificates of a chain are outside their dates in the same direction.
fn wrong_clock(by: &Authorities) -> [Entry; 2] {
    let chain = |from: Duration, until: Duration| {
        let mut parameters = organisation("Example Trust", "Example Trust Services R6");
        last(&mut parameters, from, until);
        let issuing = by.root.below(parameters);
        wish().lasting(from, until).signed_by(&issuing).followed_by(&issuing)
    };
    [
        Entry::new(
            "clock-behind",
            "is valid only in the future, as is its issuer: the clock is behind",
            chain(Duration::days(200), Duration::days(500)),
            &[Kind::NotYetValid, Kind::IssuerNotYetValid],
        ),
        Entry::new(
            "clock-ahead",
            "has long expired, as has its issuer: the clock is ahead",
            chain(-Duration::days(900), -Duration::days(500)),
            &[Kind::Expired, Kind::IssuerExpired],
        ),
    ]
}

/// Shown one after the other: another certificate with the same key.
fn renewal() -> [Entry; 2] {
    let key = KeyPair::generate().expect("a key");
    let company = |wish: Wish| {
        wish.change(|wish| wish.distinguished_name.push(DnType::OrganizationName, "Example Company"))
    };
    let before = company(wish()).lasting(-Duration::days(360), Duration::days(5)).self_signed_with(&key);
    let after = company(wish()).self_signed_with(&key);
    [
        Entry::new("renewal-before", "is self-signed, and ends in a few days", before, &[Kind::SelfSigned]),
        Entry::new(
            "renewal-after",
            "is the renewal of renewal-before, with the same key",
            after,
            &[Kind::SelfSigned],
        ),
    ]
}

/// Shown one after the other: the same certificate, with another problem.
fn worse() -> [Entry; 2] {
    let root = Authority::root(organisation("Example Company", "Example Company Office CA"));
    let issuing = root.below(organisation("Example Company", "Example Company Office Issuing CA"));
    let mut parameters = organisation("Example Company", "Example Company Office Issuing CA");
    last(&mut parameters, -Duration::days(900), -Duration::days(2));
    let lapsed = issuing.again(&root, parameters);
    let bare = Wish::new(&[HOST]).common_name(HOST).signed_by(&issuing);
    let before = bare.clone().followed_by(&issuing);
    let after = bare.followed_by(&lapsed);
    [
        Entry::new("worse-before", "comes from an unknown issuer", before, &[Kind::UnknownIssuer]),
        Entry::new(
            "worse-after",
            "is the certificate of worse-before, whose issuer has expired since",
            after,
            &[Kind::UnknownIssuer, Kind::IssuerExpired],
        ),
    ]
}
