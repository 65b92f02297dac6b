//! Whether the certificates of several servers point to a proxy that inspects connections.

use countersign_trust::{Assessment, Diagnosis, IssuerEvidence, UnknownIssuer, diagnose_inspection};
use rcgen::CustomExtension;
use rustls_pki_types::CertificateDer;

use crate::making::{Authority, authority, judge, server};

/// What a server shows: its certificate by the issuer, and the issuer's own where it is to be presented.
fn shown(host: &str, issuer: &Authority, with_issuer: bool) -> Assessment {
    let mut chain: Vec<CertificateDer<'static>> = vec![issuer.issue(&server(&[host]))];
    chain.extend(with_issuer.then(|| issuer.der.clone()));
    judge(host, &chain, &[])
}

fn found(assessment: &Assessment, there: &Assessment) -> Option<IssuerEvidence> {
    let seen: Vec<UnknownIssuer> = UnknownIssuer::of(there).into_iter().collect();
    match diagnose_inspection(assessment, &seen) {
        Some(Diagnosis::SameIssuerElsewhere { servers, evidence, .. }) => {
            assert_eq!(servers, std::slice::from_ref(&there.server));
            Some(evidence)
        }
        Some(other) => unreachable!("{other:?}"),
        None => None,
    }
}

#[test]
fn the_same_unknown_issuer_for_servers_of_others_points_to_a_proxy() {
    use IssuerEvidence::{Key, Name};
    let issuer = Authority::root(authority("Secure Gateway"));
    let imitation = Authority::root(authority("Secure Gateway"));
    let company = Authority::root(authority("Contoso Issuing CA 2"));
    let other = Authority::root(authority("Other Gateway"));
    let (here, elsewhere) = ("ems.contoso.com", "ems.fabrikam.co.uk");
    let table = [
        ("its key", shown(here, &issuer, true), shown(elsewhere, &issuer, true), Some(Key)),
        ("another key of that name", shown(here, &issuer, true), shown(elsewhere, &imitation, true), None),
        ("its name, here", shown(here, &issuer, false), shown(elsewhere, &issuer, true), Some(Name)),
        ("its name, there", shown(here, &issuer, true), shown(elsewhere, &issuer, false), Some(Name)),
        ("its name alone", shown(here, &issuer, false), shown(elsewhere, &imitation, false), Some(Name)),
        ("another name", shown(here, &issuer, false), shown(elsewhere, &other, false), None),
        ("the same domain", shown(here, &issuer, true), shown("www.contoso.com", &issuer, true), None),
        ("a domain of nobody", shown(here, &issuer, true), shown("ems.fabrikam.local", &issuer, true), None),
        ("an address", shown(here, &issuer, true), shown("192.0.2.7", &issuer, true), None),
        ("a single name", shown("ems", &issuer, true), shown(elsewhere, &issuer, true), None),
        ("the company's own", shown(here, &company, true), shown(elsewhere, &company, true), None),
    ];
    for (what, assessment, there, expected) in table {
        assert_eq!(found(&assessment, &there), expected, "{what}");
    }
}

#[test]
fn the_key_of_the_highest_authority_counts_and_only_if_it_signed() {
    let root = Authority::root(authority("Gateway Root"));
    let issuing = root.below(authority("Gateway Issuing"));
    let imitation = Authority::root(authority("Gateway Root"));
    let leaf = issuing.issue(&server(&["ems.contoso.com"]));
    let of = |chain: &[&CertificateDer<'static>]| {
        let chain: Vec<CertificateDer<'static>> = chain.iter().map(|der| (*der).clone()).collect();
        UnknownIssuer::of(&judge("ems.contoso.com", &chain, &[]))
    };
    let whole = of(&[&leaf, &root.der, &issuing.der]).unwrap();
    let partly = of(&[&leaf, &issuing.der]).unwrap();
    let alone = of(&[&leaf]).unwrap();
    assert_eq!((whole.name.as_str(), partly.name.as_str()), ("CN=Gateway Root", "CN=Gateway Root"));
    assert_eq!((alone.name.as_str(), alone.key), ("CN=Gateway Issuing", None));
    assert!(whole.key.is_some() && partly.key.is_some() && whole.key != partly.key);
    let direct = root.issue(&server(&["ems.contoso.com"]));
    let beside = of(&[&direct, &imitation.der, &root.der]).unwrap();
    assert_eq!(beside.key, whole.key, "that of the authority that signed");
    assert_eq!(of(&[&direct, &imitation.der]), None, "nobody's key");
}

#[test]
fn nothing_is_learned_where_another_cause_is_likelier() {
    let issuer = Authority::root(authority("Secure Gateway"));
    let of = |host: &str, chain: &[CertificateDer<'static>]| UnknownIssuer::of(&judge(host, chain, &[]));
    let mut logged = server(&["ems.contoso.com"]);
    logged.custom_extensions.push(CustomExtension::from_oid_content(
        &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2],
        vec![0x04, 0x02, 0x00, 0x00],
    ));
    let table = [
        (
            "another server's certificate",
            of("ems.fabrikam.com", &[issuer.issue(&server(&["ems.contoso.com"]))]),
        ),
        ("logged in public", of("ems.contoso.com", &[issuer.issue(&logged)])),
        (
            "made by the server",
            of("ems.contoso.com", &[crate::making::self_signed(&server(&["ems.contoso.com"]))]),
        ),
    ];
    for (what, learned) in table {
        assert_eq!(learned, None, "{what}");
    }
    let known = Authority::root(authority("Zscaler Root CA"));
    let seen: Vec<UnknownIssuer> =
        UnknownIssuer::of(&shown("ems.fabrikam.com", &known, true)).into_iter().collect();
    assert_eq!(seen.len(), 1);
    assert_eq!(diagnose_inspection(&shown("ems.contoso.com", &known, true), &seen), None);
}

#[test]
fn what_was_seen_is_kept_in_a_document() {
    let issuer = Authority::root(authority("Secure Gateway"));
    let seen = UnknownIssuer::of(&shown("ems.contoso.com", &issuer, true)).unwrap();
    let text = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<UnknownIssuer>(&text).unwrap(), seen);
}
