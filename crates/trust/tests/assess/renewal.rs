//! Whether a certificate looks like a renewal of the one that was allowed before.

use countersign_trust::{Assessment, Diagnosis, RememberFor, RememberedCertificate, diagnose_renewal};
use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::CertificateDer;

use crate::making::{Authority, NOW, authority, judge, server};

const HOST: &str = "host.example.test";

fn with_key(parameters: &CertificateParams, key: &KeyPair) -> CertificateDer<'static> {
    parameters.self_signed(key).unwrap().der().clone()
}

fn invalid(host: &str, certificate: CertificateDer<'static>) -> Assessment {
    judge(host, &[certificate], &[])
}

#[test]
fn a_renewal_is_told_by_key_or_issuer() {
    let key = KeyPair::generate().unwrap();
    let other_key = KeyPair::generate().unwrap();
    let company = Authority::root(authority("Company"));
    let before = with_key(&server(&[HOST]), &key);
    let issued = company.issue(&server(&[HOST]));
    let renewed = |same_key, same_issuer| Some(Diagnosis::RenewalGoneWrong { same_key, same_issuer });
    let table = [
        ("the same key", &before, with_key(&server(&[HOST]), &key), renewed(true, false)),
        ("another key, vouching for itself", &before, with_key(&server(&[HOST]), &other_key), None),
        ("the same issuer", &issued, company.issue(&server(&[HOST])), renewed(false, true)),
        ("another issuer", &issued, Authority::root(authority("Other")).issue(&server(&[HOST])), None),
        ("the very same", &before, before.clone(), None),
    ];
    for (what, before, now, expected) in table {
        let previous =
            RememberedCertificate::of(&invalid(HOST, before.clone()), RememberFor::UntilChanged, NOW)
                .unwrap();
        assert_eq!(diagnose_renewal(&invalid(HOST, now.clone()), &previous), expected, "{what}");
        assert_eq!(
            diagnose_renewal(&invalid("other.example.test", now), &previous),
            None,
            "{what}, elsewhere"
        );
    }
}
