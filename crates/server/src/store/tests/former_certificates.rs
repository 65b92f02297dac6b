//! Which former certificates are kept when others take their place again and again.

use countersign_protocol::{CertificateChain, Secret};
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, on_each_database};
use crate::served_certificate::ServerCertificate;
use crate::store::{
    AddedAs, CertificateSource, CertificateState, Change, NewCertificate, RehearsedBy, Store, StoreError,
};

on_each_database!(the_latest_of_each_source_stays_and_what_goes_is_in_the_audit);

/// Commits a new certificate; so many minutes later than the first.
async fn committed(store: &Store, source: CertificateSource, minutes: i64) -> (Uuid, CertificateChain) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["a.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let new = NewCertificate {
        source,
        chain_pem: certificate.pem(),
        private_key_pem: Secret::new(key.serialize_pem()),
        fingerprint: countersign_trust::Fingerprint::of(certificate.der()).to_string(),
    };
    let at = NOW + Duration::minutes(minutes);
    let made = |id: Uuid| Change { at, subject: id.to_string(), ..change("ssl_certificate.committed") };
    let id =
        store.add_certificate(&new, AddedAs::SslCertificate { instead_of: None }, at, made).await.unwrap();
    let chain = ServerCertificate::chain_from_pem(&new.chain_pem).unwrap();
    (id, CertificateChain::new(chain.iter().map(|der| der.to_vec()).collect()).unwrap())
}

async fn the_latest_of_each_source_stays_and_what_goes_is_in_the_audit(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (older, _) = committed(&store, CertificateSource::Uploaded, 0).await;
    let (uploaded, _) = committed(&store, CertificateSource::Uploaded, 1).await;
    let mut issued = Vec::new();
    for minutes in 2..15 {
        let (id, chain) = committed(&store, CertificateSource::Acme, minutes).await;
        if minutes == 2 {
            // It is rehearsed as long as it is there.
            let closes_at = NOW + Duration::days(14);
            let by = RehearsedBy::Person;
            store.open_rehearsal(&chain, closes_at, by, change("certificate.rehearsed")).await.unwrap();
            store.announce_next(chain.digest(), closes_at, change("certificate.announced")).await.unwrap();
        }
        issued.push((id, chain));
    }
    // Ten former ones from the authority, the one that is committed, and the last that was uploaded.
    let kept = store.certificates().await.unwrap();
    let mut expected: Vec<_> = issued[2..].iter().map(|(id, _)| *id).collect();
    expected.push(uploaded);
    expected.sort_unstable();
    let mut ids: Vec<_> = kept.iter().map(|one| one.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, expected);
    let last_upload = store.certificate(uploaded).await.unwrap();
    assert_eq!(last_upload.state, CertificateState::Previous);
    assert!(store.private_key(&last_upload).unwrap().expose().contains("PRIVATE KEY"));
    for gone in [older, issued[0].0, issued[1].0] {
        assert!(matches!(store.certificate(gone).await, Err(StoreError::NotFound(_))));
        let audit = store.audit(100).await.unwrap();
        let rows: Vec<_> = audit.iter().filter(|row| row.subject == gone.to_string()).collect();
        assert_eq!(rows[0].action, "certificate.former_removed", "{rows:?}");
        let source = if gone == older { "uploaded" } else { "acme" };
        assert!(rows[0].detail.contains(&json!(source).to_string()), "{rows:?}");
    }
    let over = store.rehearsal(issued[0].1.digest()).await.unwrap().unwrap();
    assert!(over.closes_at <= NOW + Duration::minutes(14) && over.announced.is_none(), "{over:?}");
    store.close().await;
}
