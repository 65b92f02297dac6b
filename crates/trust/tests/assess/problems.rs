//! Each problem alone, and many at once.

use countersign_trust::{Problem, ProblemKind};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use time::Duration;

use crate::making::{
    Authority, NOW, authority, judge, judge_with, kinds, self_signed, server, unknown_condition,
};

const HOST: &str = "host.example.test";

#[test]
fn every_problem_of_a_servers_certificate_is_found_alone() {
    use ProblemKind as Kind;
    type Change = fn(&mut CertificateParams);
    let root = Authority::root(authority("Root"));
    let table: [(&str, Change, &[Kind]); 12] = [
        ("nothing", |_| {}, &[]),
        ("expired", |wish| wish.not_after = NOW - Duration::seconds(1), &[Kind::Expired]),
        ("ends in this very second", |wish| wish.not_after = NOW, &[]),
        ("not yet valid", |wish| wish.not_before = NOW + Duration::seconds(1), &[Kind::NotYetValid]),
        ("begins in this very second", |wish| wish.not_before = NOW, &[]),
        (
            "another name",
            |wish| wish.subject_alt_names = server(&["other.test"]).subject_alt_names,
            &[Kind::NameMismatch],
        ),
        (
            "for clients",
            |wish| wish.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            &[Kind::WrongUsage],
        ),
        (
            "for any purpose but not for servers",
            |wish| wish.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any],
            &[Kind::WrongUsage],
        ),
        ("for no purpose in particular", |wish| wish.extended_key_usages = Vec::new(), &[]),
        (
            "a key for revocation lists",
            |wish| wish.key_usages = vec![KeyUsagePurpose::CrlSign],
            &[Kind::WrongKeyUsage],
        ),
        (
            "an authority's",
            |wish| wish.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            &[Kind::AuthorityAsServer],
        ),
        (
            "an unknown condition",
            |wish| wish.custom_extensions.push(unknown_condition()),
            &[Kind::UnknownCriticalExtension],
        ),
    ];
    for (what, change, expected) in table {
        let mut wish = server(&[HOST]);
        change(&mut wish);
        let assessment = judge(HOST, &[root.issue(&wish)], &[&root]);
        assert_eq!(kinds(&assessment), expected, "{what}: {:?}", assessment.problems);
        assert_eq!(assessment.is_valid(), expected.is_empty(), "{what}");
    }
}

#[test]
fn one_problem_hides_no_other() {
    use ProblemKind as Kind;
    let mut wish = server(&["other.example.test", "192.0.2.7"]);
    wish.not_after = NOW - Duration::days(3);
    wish.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    wish.custom_extensions.push(unknown_condition());
    let assessment = judge(HOST, &[self_signed(&wish)], &[]);
    assert_eq!(
        kinds(&assessment),
        [
            Kind::NameMismatch,
            Kind::SelfSigned,
            Kind::Expired,
            Kind::WrongUsage,
            Kind::UnknownCriticalExtension
        ]
    );
    assert_eq!(
        assessment.problems[0],
        Problem::NameMismatch {
            requested: HOST.to_owned(),
            names: vec!["other.example.test".to_owned(), "192.0.2.7".to_owned()]
        }
    );
    assert_eq!(assessment.problems[2], Problem::Expired { not_after: NOW - Duration::days(3) });

    let stranger = Authority::root(authority("Stranger"));
    let assessment = judge(HOST, &[stranger.issue(&wish), stranger.der.clone()], &[]);
    assert!(assessment.problems.contains(&Problem::UnknownIssuer { issuer: "CN=Stranger".to_owned() }));
    assert_eq!(assessment.problems.len(), 5);
}

#[test]
fn every_problem_of_an_issuer_is_found_alone() {
    use ProblemKind as Kind;
    type Change = fn(&mut CertificateParams);
    let root = Authority::root(authority("Root"));
    let table: [(&str, Change, &[Kind]); 8] = [
        ("nothing", |_| {}, &[]),
        ("expired", |wish| wish.not_after = NOW - Duration::days(1), &[Kind::IssuerExpired]),
        ("not yet valid", |wish| wish.not_before = NOW + Duration::days(1), &[Kind::IssuerNotYetValid]),
        ("no authority", |wish| wish.is_ca = IsCa::ExplicitNoCa, &[Kind::IssuerNotAuthority]),
        ("may not sign", |wish| wish.key_usages = vec![KeyUsagePurpose::CrlSign], &[Kind::IssuerMayNotSign]),
        (
            "for clients",
            |wish| wish.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            &[Kind::IssuerWrongUsage],
        ),
        (
            "for other names",
            |wish| {
                wish.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.test".to_owned())],
                    excluded_subtrees: Vec::new(),
                });
            },
            &[Kind::NameNotPermitted],
        ),
        (
            "an unknown condition",
            |wish| wish.custom_extensions.push(unknown_condition()),
            &[Kind::UnknownCriticalExtension],
        ),
    ];
    for (what, change, expected) in table {
        let mut wish = authority("Issuing authority");
        change(&mut wish);
        let issuing = root.below(wish);
        let chain = [issuing.issue(&server(&[HOST])), issuing.der.clone()];
        let assessment = judge(HOST, &chain, &[&root]);
        assert_eq!(kinds(&assessment), expected, "{what}: {:?}", assessment.problems);
    }
}

#[test]
fn a_limit_on_further_authorities_is_kept() {
    let mut wish = authority("Limited");
    wish.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = Authority::root(authority("Root"));
    let limited = root.below(wish);
    let further = limited.below(authority("Further"));
    let near = judge(HOST, &[limited.issue(&server(&[HOST])), limited.der.clone()], &[&root]);
    assert!(near.is_valid(), "{:?}", near.problems);
    let chain = [further.issue(&server(&[HOST])), further.der.clone(), limited.der.clone()];
    let far = judge(HOST, &chain, &[&root]);
    assert_eq!(kinds(&far), [ProblemKind::PathTooLong]);
}

#[test]
fn a_root_that_may_not_issue_does_not_vouch() {
    use ProblemKind as Kind;
    type Change = fn(&mut CertificateParams);
    let table: [(&str, Change, Kind); 4] = [
        ("expired", |wish| wish.not_after = NOW - Duration::days(1), Kind::IssuerExpired),
        ("no authority", |wish| wish.is_ca = IsCa::ExplicitNoCa, Kind::UnsuitableRoot),
        ("may not sign", |wish| wish.key_usages = vec![KeyUsagePurpose::CrlSign], Kind::UnsuitableRoot),
        (
            "an unknown condition",
            |wish| wish.custom_extensions.push(unknown_condition()),
            Kind::UnknownCriticalExtension,
        ),
    ];
    for (what, change, expected) in table {
        let mut wish = authority("Root");
        change(&mut wish);
        let root = Authority::root(wish);
        let assessment = judge(HOST, &[root.issue(&server(&[HOST]))], &[&root]);
        assert_eq!(kinds(&assessment), [expected], "{what}: {:?}", assessment.problems);
    }
}

#[test]
fn a_forged_signature_is_named() {
    let real = Authority::root(authority("Root"));
    let forger = Authority::root(authority("Root"));
    let assessment = judge(HOST, &[forger.issue(&server(&[HOST]))], &[&real]);
    assert_eq!(kinds(&assessment), [ProblemKind::BadSignature]);
    // Who brings the own certificate of the same name along is unknown, not a forger.
    let assessment = judge(HOST, &[forger.issue(&server(&[HOST])), forger.der.clone()], &[&real]);
    assert_eq!(kinds(&assessment), [ProblemKind::UnknownIssuer]);
}

#[test]
fn weak_and_old_certificates_are_named() {
    use ProblemKind as Kind;
    let table: [(&str, &[u8], &[Kind]); 3] = [
        (
            "weak.example.test",
            include_bytes!("../data/rsa-1024-sha1.pem"),
            &[Kind::SelfSigned, Kind::WeakKey, Kind::WeakSignature],
        ),
        ("curve.example.test", include_bytes!("../data/p192.pem"), &[Kind::SelfSigned, Kind::WeakKey]),
        (
            "version.example.test",
            include_bytes!("../data/version-1.pem"),
            &[Kind::Malformed, Kind::SelfSigned],
        ),
    ];
    for (host, pem, expected) in table {
        let leaf = CertificateDer::from_pem_slice(pem).unwrap();
        let now = time::macros::datetime!(2027-01-01 0:00 UTC);
        let assessment = judge_with(host, std::slice::from_ref(&leaf), [], now);
        assert_eq!(kinds(&assessment), expected, "{host}: {:?}", assessment.problems);
    }
}

#[test]
fn limits_of_names_in_the_hands_of_a_server_are_misplaced() {
    let root = Authority::root(authority("Root"));
    let mut wish = server(&[HOST]);
    // Name constraints that permit example.test.
    let contents = b"\x30\x12\xa0\x10\x30\x0e\x82\x0cexample.test".to_vec();
    wish.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 30], contents));
    let assessment = judge(HOST, &[root.issue(&wish)], &[&root]);
    assert_eq!(kinds(&assessment), [ProblemKind::MisplacedNameConstraints]);
}
