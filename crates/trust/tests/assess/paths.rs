//! Ways from the server's certificate to a root.

use countersign_trust::{Diagnosis, Problem, ProblemKind};
use rcgen::{BasicConstraints, IsCa};
use rustls_pki_types::CertificateDer;
use time::Duration;

use crate::making::{Authority, NOW, authority, judge, judge_with, kinds, self_signed, server};

const HOST: &str = "host.example.test";

#[test]
fn a_leaf_that_the_operating_system_trusts_needs_no_issuer() {
    let mut wish = server(&[HOST]);
    wish.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wish.key_usages = Vec::new();
    let leaf = self_signed(&wish);
    let trusted = |host, now| judge_with(host, std::slice::from_ref(&leaf), [leaf.clone()], now);
    assert!(trusted(HOST, NOW).is_valid());
    assert_eq!(kinds(&trusted("other.example.test", NOW)), [ProblemKind::NameMismatch]);
    assert_eq!(kinds(&trusted(HOST, NOW + Duration::days(100))), [ProblemKind::Expired]);
    // Another certificate of the same name is not that one.
    let other = self_signed(&wish);
    assert_eq!(kinds(&judge_with(HOST, &[other], [leaf.clone()], NOW)), [ProblemKind::SelfSigned]);
}

#[test]
fn order_and_company_do_not_matter() {
    let root = Authority::root(authority("Root"));
    let first = root.below(authority("First"));
    let second = first.below(authority("Second"));
    let stranger = Authority::root(authority("Stranger"));
    let leaf = second.issue(&server(&[HOST]));
    let junk = CertificateDer::from(vec![0x30, 0x03, 0x02, 0x01, 0x00]);
    let chains: [&[&CertificateDer<'static>]; 4] = [
        &[&leaf, &second.der, &first.der],
        &[&leaf, &first.der, &second.der],
        &[&leaf, &root.der, &stranger.der, &first.der, &second.der],
        &[&leaf, &junk, &second.der, &second.der, &first.der],
    ];
    for chain in chains {
        let chain: Vec<_> = chain.iter().map(|der| (*der).clone()).collect();
        let assessment = judge(HOST, &chain, &[&root]);
        assert!(assessment.is_valid(), "{:?}", assessment.problems);
        assert!(assessment.diagnosis.is_empty());
    }
    let missing = judge(HOST, &[leaf.clone(), second.der.clone()], &[&root]);
    assert_eq!(missing.problems, [Problem::UnknownIssuer { issuer: "CN=First".to_owned() }]);
}

#[test]
fn an_expired_way_does_not_hide_a_good_one() {
    let root = Authority::root(authority("Root"));
    let mut old = authority("Issuing");
    old.not_after = NOW - Duration::days(1);
    let key = rcgen::KeyPair::generate().unwrap();
    let make = |wish: &rcgen::CertificateParams| wish.signed_by(&key, &root.issuer).unwrap().der().clone();
    let (old, new) = (make(&old), make(&authority("Issuing")));
    let issuer = rcgen::Issuer::new(authority("Issuing"), &key);
    let leaf =
        server(&[HOST]).signed_by(&rcgen::KeyPair::generate().unwrap(), &issuer).unwrap().der().clone();
    let both = judge(HOST, &[leaf.clone(), old.clone(), new], &[&root]);
    assert!(both.is_valid(), "{:?}", both.problems);
    let only_old = judge(HOST, &[leaf, old], &[&root]);
    assert_eq!(kinds(&only_old), [ProblemKind::IssuerExpired]);
}

#[test]
fn likely_causes_are_told() {
    let root = Authority::root(authority("Root"));
    let issuing = root.below(authority("Issuing"));
    let chain = [issuing.issue(&server(&[HOST])), issuing.der.clone()];
    let roots = || [root.der.clone()];
    let early = judge_with(HOST, &chain, roots(), NOW - Duration::days(2000));
    assert!(matches!(early.diagnosis.as_slice(), [Diagnosis::ClockWrong { behind: true, .. }]), "{early:?}");
    let late = judge_with(HOST, &chain, roots(), NOW + Duration::days(2000));
    assert!(matches!(late.diagnosis.as_slice(), [Diagnosis::ClockWrong { behind: false, .. }]), "{late:?}");
    let expired = judge_with(HOST, &chain, roots(), NOW + Duration::days(90));
    assert_eq!((kinds(&expired), expired.diagnosis.len()), (vec![ProblemKind::Expired], 0));

    let inspector = Authority::root(authority("Zscaler Intermediate Root CA"));
    let inspected = judge(HOST, &[inspector.issue(&server(&[HOST])), inspector.der.clone()], &[&root]);
    assert!(
        matches!(inspected.diagnosis.as_slice(), [Diagnosis::InspectingProxy { product, .. }] if product == "Zscaler"),
        "{:?}",
        inspected.diagnosis
    );
}

#[test]
fn a_sign_in_page_is_told_by_its_name_or_its_unknown_issuer() {
    let trusted = Authority::root(authority("Public Root"));
    let unknown = Authority::root(authority("Network Appliances"));
    let agents = "agents.company.example";
    for (wanted, names, issuer, is_portal) in [
        // A trusted certificate of others alone is what a wrong address in the DNS shows.
        (agents, ["www.other.com"], &trusted, false),
        (agents, ["login.other.com"], &trusted, false),
        (agents, ["login.hotel-wifi.com"], &trusted, true),
        (agents, ["*.GuestNetwork.com"], &trusted, true),
        (agents, ["securelogin.arubanetworks.com"], &trusted, true),
        (agents, ["www.other.com"], &unknown, true),
        ("agents.company.com", ["guest-wifi.company.com"], &trusted, false),
        ("agents.company.com", ["www.company.com"], &unknown, false),
    ] {
        let chain = [issuer.issue(&server(&names)), issuer.der.clone()];
        let assessment = judge(wanted, &chain, &[&trusted]);
        assert!(kinds(&assessment).contains(&ProblemKind::NameMismatch), "{names:?}");
        let told = matches!(assessment.diagnosis.as_slice(), [Diagnosis::CaptivePortal { .. }]);
        assert_eq!(told, is_portal, "{wanted} {names:?}: {:?}", assessment.diagnosis);
    }
}
