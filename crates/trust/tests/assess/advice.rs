//! What is advised about certificates that are accepted all the same.

use std::collections::HashSet;

use countersign_trust::AdviceKind;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose,
    SanType, SerialNumber,
};

use crate::making::{Authority, authority, judge, kinds, server};

const HOST: &str = "host.example.test";

/// A server's certificate about which there is nothing to say.
fn careful(names: &[&str]) -> CertificateParams {
    let mut parameters = server(names);
    parameters.use_authority_key_identifier_extension = true;
    parameters
}

#[test]
fn every_kind_is_found_alone() {
    use AdviceKind as Kind;
    let root = Authority::root(authority("Root"));
    let table: [(&str, &dyn Fn(&mut CertificateParams), &[Kind]); 11] = [
        ("nothing", &|_| {}, &[]),
        (
            "name in the common name",
            &|wish| {
                wish.subject_alt_names.clear();
                wish.distinguished_name.push(DnType::CommonName, HOST);
            },
            &[Kind::NameInCommonNameOnly],
        ),
        (
            "common name of another host",
            &|wish| wish.distinguished_name.push(DnType::CommonName, "other.example.test"),
            &[Kind::CommonNameNotAmongNames],
        ),
        (
            "common name of a product",
            &|wish| wish.distinguished_name.push(DnType::CommonName, "Our server"),
            &[],
        ),
        (
            "underscore",
            &|wish| wish.subject_alt_names.push(SanType::DnsName("a_b.example.test".try_into().unwrap())),
            &[Kind::UnderscoreInName],
        ),
        (
            "any purpose",
            &|wish| wish.extended_key_usages.push(ExtendedKeyUsagePurpose::Any),
            &[Kind::PurposeTooWide],
        ),
        (
            "encryption only",
            &|wish| wish.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            &[Kind::KeyUsageWithoutSignature],
        ),
        (
            "signs certificates",
            &|wish| wish.key_usages.push(KeyUsagePurpose::KeyCertSign),
            &[Kind::SigningWithoutAuthority],
        ),
        (
            "no authority key identifier",
            &|wish| wish.use_authority_key_identifier_extension = false,
            &[Kind::AuthorityKeyIdentifierMissing],
        ),
        (
            "serial number zero",
            &|wish| wish.serial_number = Some(SerialNumber::from(vec![0])),
            &[Kind::SerialNumberUnfit],
        ),
        (
            "unreadable policies",
            &|wish| {
                wish.custom_extensions
                    .push(CustomExtension::from_oid_content(&[2, 5, 29, 32], vec![0x30, 0x05]));
            },
            &[Kind::UnreadableExtension],
        ),
    ];
    for (what, change, expected) in table {
        let mut wish = careful(&[HOST]);
        change(&mut wish);
        let assessment = judge(HOST, &[root.issue(&wish)], &[&root]);
        assert_eq!(kinds(&assessment), [], "{what}");
        let found: Vec<AdviceKind> = assessment.advice.iter().map(|advice| advice.kind).collect();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn advice_says_which_certificate_it_is_about() {
    let root = Authority::root(authority("Root"));
    let mut nameless = authority("");
    nameless.distinguished_name = DistinguishedName::new();
    nameless.use_authority_key_identifier_extension = true;
    let issuing = root.below(nameless);
    let assessment = judge(HOST, &[issuing.issue(&careful(&[HOST])), issuing.der.clone()], &[&root]);
    assert_eq!(kinds(&assessment), []);
    let [advice] = assessment.advice.as_slice() else { panic!("{:?}", assessment.advice) };
    assert_eq!((advice.kind, advice.certificate.position), (AdviceKind::AuthorityWithoutName, Some(1)));
}

#[test]
fn codes_and_sentences_are_distinct() {
    let codes: HashSet<&str> = AdviceKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), AdviceKind::ALL.len());
    for kind in AdviceKind::ALL {
        let json = serde_json::to_value(kind).unwrap();
        assert_eq!(json, kind.code(), "documents carry the same code");
    }
}
