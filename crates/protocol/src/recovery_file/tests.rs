use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-27 12:00 UTC);

fn identity() -> IdentityKeyPair {
    IdentityKeyPair::generate().expect("random numbers").0
}

fn document() -> RecoveryDocument {
    let until = NOW + Duration::days(7);
    RecoveryDocument {
        number: Some(7),
        endpoints: RecoveredEndpoints::Named([InstanceUid::generate()].into()),
        allow: Some(RecoveryCertificate {
            certificate: b"certificate".to_vec(),
            accepted: [ProblemKind::SelfSigned].into(),
            until,
        }),
        action: Some(RecoveryAction { action: InvalidCertificateAction::Warn, until }),
        new_address: Some("b.example:9000".parse().expect("an address")),
        ..RecoveryDocument::new("a.example:8013".parse().expect("an address"), NOW, Duration::days(14))
    }
}

#[test]
fn only_the_server_makes_recovery_files() {
    let (server, stranger) = (identity(), identity());
    let file = document();
    let signed = file.sign(&server).expect("in bounds");
    let read = RecoveryFile::read(&signed.to_text()).expect("a file");
    assert_eq!(read.claimed_server().expect("a document"), file.server);
    assert_eq!(read.verify(&server.public_key()), Ok(file.clone()));
    assert_eq!(read.verify(&stranger.public_key()), Err(RecoveryFileError::BadSignature));
    let forged =
        RecoveryFile { signature: file.sign(&stranger).expect("in bounds").signature, ..read.clone() };
    assert_eq!(forged.verify(&server.public_key()), Err(RecoveryFileError::BadSignature));
    // A signature that the server made for another purpose is none.
    let other = server.sign(&read.document().expect("a document"));
    let other = RecoveryFile { signature: BASE64.encode(other), ..read };
    assert_eq!(other.verify(&server.public_key()), Err(RecoveryFileError::BadSignature));

    let RecoveredEndpoints::Named(named) = &file.endpoints else { unreachable!() };
    assert!(named.iter().all(|endpoint| file.is_for(endpoint)) && !file.is_for(&InstanceUid::generate()));
}

#[test]
fn what_is_out_of_bounds_is_neither_made_nor_taken() {
    type Change = fn(&mut RecoveryDocument);
    let key = identity();
    let table: &[(&str, Change)] = &[
        ("does nothing", |file| (file.allow, file.action, file.new_address) = (None, None, None)),
        ("taken for a time", |file| file.expires_at = NOW),
        ("taken for a time", |file| file.expires_at = NOW + Duration::days(91)),
        ("names 1 to 500 endpoints", |file| file.endpoints = RecoveredEndpoints::Named(BTreeSet::new())),
        ("names 1 to 500 endpoints", |file| {
            file.endpoints = RecoveredEndpoints::Named((0..501).map(|_| InstanceUid::generate()).collect());
        }),
        ("Warn or Allow", |file| {
            file.action.as_mut().expect("one").action = InvalidCertificateAction::Deny;
        }),
        ("action holds", |file| file.action.as_mut().expect("one").until = NOW + Duration::days(91)),
        ("nobody can accept", |file| {
            file.allow.as_mut().expect("one").accepted.insert(ProblemKind::Revoked);
        }),
        ("nobody can accept", |file| file.allow.as_mut().expect("one").accepted.clear()),
        ("bytes", |file| file.allow.as_mut().expect("one").certificate.clear()),
        ("allowed for up to 90 days", |file| file.allow.as_mut().expect("one").until = NOW),
    ];
    for (expected, change) in table {
        let mut changed = document();
        change(&mut changed);
        let error = changed.sign(&key).expect_err("out of bounds").to_string();
        assert!(error.contains(expected), "{error}");
        // Nor where the server itself signs such a thing.
        let text = serde_json::to_vec(&changed).expect("a document");
        let signature = BASE64.encode(key.sign(&signed_bytes(&text)));
        let file = RecoveryFile { recovery: BASE64.encode(&text), signature };
        let refused = file.verify(&key.public_key()).expect_err("out of bounds").to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    let mut largest = document();
    largest.endpoints = RecoveredEndpoints::Named((0..500).map(|_| InstanceUid::generate()).collect());
    largest.allow.as_mut().expect("one").certificate = vec![0; MAXIMUM_CERTIFICATE_BYTES];
    assert!(largest.sign(&key).is_ok_and(|file| file.to_text().len() <= MAXIMUM_RECOVERY_BYTES));
}

#[test]
fn what_is_no_recovery_file_is_named() {
    let key = identity();
    for text in ["", "{}", "[1]", r#"{"recovery":"?","signature":"?"}"#] {
        let error = RecoveryFile::read(text).and_then(|file| file.verify(&key.public_key()));
        assert!(error.expect_err("none").to_string().contains("no recovery file"), "{text}");
    }
    let later = BASE64.encode(r#"{"schema":2,"more":1}"#);
    let signature = BASE64.encode(key.sign(&signed_bytes(br#"{"schema":2,"more":1}"#)));
    let later = RecoveryFile { recovery: later, signature };
    assert_eq!(later.verify(&key.public_key()), Err(RecoveryFileError::Schema { schema: 2 }));
    let long = "x".repeat(MAXIMUM_RECOVERY_BYTES + 1);
    assert!(RecoveryFile::read(&long).expect_err("too long").to_string().contains("65537 bytes"));
}
