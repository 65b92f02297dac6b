//! The order of certificates, and what is missing or too much.

use countersign_trust::TrustedRoots;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::super::{ChainEnd, read};
use super::made::{ISSUER_ADDRESS, MADE, kept};
use super::{assert_refused, read_with, subjects};

#[test]
fn certificates_are_put_in_order_whatever_order_they_come_in() {
    let parts = ["server.key", "server.pem", "intermediate.pem", "root.pem"].map(|name| MADE.bytes(name));
    for turn in 0..parts.len() {
        for reverse in [false, true] {
            let mut order: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            order.rotate_left(turn);
            if reverse {
                order.reverse();
            }
            for found in [read_with(&[&order.concat()], None), read_with(&order, None)] {
                let found = found.unwrap();
                assert_eq!(subjects(&found.chain), ["CN=server.example", "CN=Intermediate", "CN=Root"]);
                assert_eq!(found.end, ChainEnd::OtherRoot { subject: "CN=Root".to_owned() });
                assert!(found.unused.is_empty() && found.remarks().is_empty());
            }
        }
    }
}

#[test]
fn where_the_chain_leads_is_said() {
    let root = CertificateDer::from_pem_slice(&MADE.bytes("root.pem")).unwrap();
    let (known, skipped) = TrustedRoots::from_der([root]);
    assert_eq!(skipped, 0);
    let unknown = TrustedRoots::default();
    let missing_intermediate = ChainEnd::MissingIssuer {
        subject: "CN=Intermediate".to_owned(),
        address: Some(ISSUER_ADDRESS.to_owned()),
    };
    let missing_root = ChainEnd::MissingIssuer { subject: "CN=Root".to_owned(), address: None };
    let other = ChainEnd::OtherRoot { subject: "CN=Root".to_owned() };
    let table: [(&[&str], &TrustedRoots, ChainEnd); 6] = [
        (&["server.pem"], &known, missing_intermediate.clone()),
        (&["server.pem", "root.pem"], &known, missing_intermediate),
        // The root is mostly left out.
        (&["server.pem", "intermediate.pem"], &known, ChainEnd::TrustedRoot),
        (&["server.pem", "intermediate.pem", "root.pem"], &known, ChainEnd::TrustedRoot),
        (&["server.pem", "intermediate.pem"], &unknown, missing_root),
        (&["server.pem", "intermediate.pem", "root.pem"], &unknown, other),
    ];
    for (names, roots, expected) in table {
        let mut files = vec![MADE.bytes("server.key")];
        files.extend(names.iter().map(|name| MADE.bytes(name)));
        let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        let found = read(&files, None, roots).unwrap();
        assert_eq!(found.end, expected, "{names:?}");
        let remarks = found.remarks().concat();
        match expected {
            ChainEnd::MissingIssuer { subject, .. } => {
                assert!(remarks.contains(&format!("its issuer “{subject}” is missing")), "{remarks}");
            }
            ChainEnd::TrustedRoot | ChainEnd::OtherRoot { .. } => assert_eq!(remarks, ""),
        }
    }
    let files = [MADE.bytes("server.key"), MADE.bytes("server.pem"), MADE.bytes("root.pem")];
    let found = read_with(&[&files[0], &files[1], &files[2]], None).unwrap();
    assert_eq!((subjects(&found.chain).len(), subjects(&found.unused)), (1, vec!["CN=Root".to_owned()]));
    let remarks = found.remarks();
    assert!(remarks[0].contains(ISSUER_ADDRESS) && remarks[1].contains("Not used"), "{remarks:?}");
}

#[test]
fn of_several_candidates_the_right_one_is_taken() {
    // An authority with the same name and another key; and the certificate once more, for longer.
    MADE.openssl(
        "req -x509 -newkey rsa:2048 -noenc -keyout false.key -out false.pem -subj /CN=Intermediate -days 90",
    );
    MADE.openssl(
        "x509 -req -in server.csr -CA intermediate.pem -CAkey intermediate.key -days 60 -extfile server.ext -out renewed.pem",
    );
    MADE.openssl(
        "x509 -req -in intermediate.csr -CA root.pem -CAkey root.key -days 60 -extfile authority.ext -out longer.pem",
    );
    let names = [
        "server.pem",
        "false.pem",
        "intermediate.pem",
        "renewed.pem",
        "server.key",
        "longer.pem",
        "root.pem",
    ];
    let files = names.map(|name| MADE.bytes(name));
    let der = |name: &str| CertificateDer::from_pem_slice(&MADE.bytes(name)).unwrap();
    let found = read_with(&files.each_ref().map(Vec::as_slice), None).unwrap();
    assert_eq!(found.chain, [der("renewed.pem"), der("longer.pem"), der("root.pem")]);
    assert_eq!(found.unused.len(), 3);
    // One that only has the right name is none.
    let found = read_with(&[&files[0], &files[1], &files[4]], None).unwrap();
    assert_eq!((found.chain, found.unused), (vec![der("server.pem")], vec![der("false.pem")]));
    assert!(matches!(found.end, ChainEnd::MissingIssuer { .. }));
}

#[test]
fn an_authority_that_issues_under_its_own_name_is_found() {
    MADE.write("named.ext", "subjectAltName=DNS:server.example\n");
    MADE.openssl("req -new -key server.key -subj /CN=Root -out same.csr");
    MADE.openssl("x509 -req -in same.csr -CA root.pem -CAkey root.key -extfile named.ext -out same.pem");
    let files = ["root.pem", "same.pem", "server.key"].map(|name| MADE.bytes(name));
    let found = read_with(&files.each_ref().map(Vec::as_slice), None).unwrap();
    assert_eq!(subjects(&found.chain), ["CN=Root", "CN=Root"]);
    let found = read_with(&[&files[1], &files[2]], None).unwrap();
    assert_eq!(found.end, ChainEnd::MissingIssuer { subject: "CN=Root".to_owned(), address: None });
}

#[test]
fn a_certificate_of_the_first_version_is_refused() {
    assert_refused("X.509 version 1", read_with(&[&kept("version-1.pem")], None), "cannot be used");
}

#[test]
fn a_collection_of_roots_is_no_chain() {
    let mut text = MADE.text("server.key");
    for number in 0..300 {
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(vec![format!("{number}.example")]).unwrap();
        text.push_str(&parameters.self_signed(&key).unwrap().pem());
    }
    assert_refused("300", read_with(&[text.as_bytes()], None), "more than 256 certificates");
    let few: String = text.split_inclusive("-----END CERTIFICATE-----\n").take(8).collect();
    assert_refused("8", read_with(&[few.as_bytes()], None), "and 3 more");
}
