//! What is kept of the certificate that an authority issues.

use countersign_protocol::Secret;
use time::Duration;

use super::{Kind, NOW, TestDatabase, change, on_each_database};
use crate::acme::{AcmeSettings, AutoRenew, ChallengeKind, OrderStage};
use crate::store::{
    AcmeAccount, Actor, AddedAs, AttemptKept, BindingKey, CertificateSource, Change, NewCertificate, Store,
};

on_each_database!(
    an_attempt_that_was_overtaken_keeps_nothing,
    what_is_ordered_is_given_up_for_what_somebody_commits,
    secrets_are_kept_and_go_with_the_settings,
    challenges_are_answered_until_they_are_over,
    one_server_orders_at_a_time,
);

fn settings() -> AcmeSettings {
    AcmeSettings {
        domain: "server.example".to_owned(),
        email: "admin@server.example".to_owned(),
        directory_url: "https://acme.example/directory".to_owned(),
        directory_root_pem: None,
        challenge: ChallengeKind::Http,
        auto_renew: AutoRenew::On,
        agreed_terms: None,
        binding_key_id: Some("kid-1".to_owned()),
    }
}

async fn set(store: &Store, binding_key: BindingKey) {
    let change = change("automated_certificate.changed");
    store.set_acme_settings(&settings(), binding_key, None, change).await.unwrap();
}

async fn an_attempt_that_was_overtaken_keeps_nothing(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    assert!(store.acme_order().await.unwrap().is_none());
    set(&store, BindingKey::Set(None)).await;
    let read = store.acme_order().await.unwrap().unwrap();
    assert_eq!(read.progress.stage, OrderStage::Wanted);
    let mut attempt = store.begin_acme_attempt(&read).await.unwrap().unwrap();
    // Whoever has read the same comes too late.
    assert!(store.begin_acme_attempt(&read).await.unwrap().is_none());
    attempt.progress.stage = OrderStage::Ordered;
    attempt.private_key = Some(Secret::new("the key".to_owned()));
    assert_eq!(store.keep_acme_progress(&attempt).await.unwrap(), AttemptKept::Yes);
    let kept = store.acme_order().await.unwrap().unwrap();
    assert_eq!((kept.progress.stage, kept.private_key.unwrap().expose()), (OrderStage::Ordered, "the key"));

    store.want_acme_order(None, change("automated_certificate.ordered")).await.unwrap();
    assert_eq!(store.keep_acme_progress(&attempt).await.unwrap(), AttemptKept::Overtaken);
    let kept = store.acme_order().await.unwrap().unwrap();
    assert_eq!((kept.progress.stage, kept.private_key.is_none()), (OrderStage::Wanted, true));
    store.remove_acme(None, change("automated_certificate.removed")).await.unwrap();
    assert_eq!(store.keep_acme_progress(&kept).await.unwrap(), AttemptKept::Overtaken);
    assert!(store.remove_acme(None, change("automated_certificate.removed")).await.is_err());
}

async fn what_is_ordered_is_given_up_for_what_somebody_commits(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let commit = async |actor: Actor, name: &str| {
        let new = NewCertificate {
            source: CertificateSource::Uploaded,
            chain_pem: name.to_owned(),
            private_key_pem: Secret::new("the key".to_owned()),
            fingerprint: name.to_owned(),
        };
        let change = |_| Change { actor, ..change("ssl_certificate.uploaded") };
        let added_as = AddedAs::SslCertificate { instead_of: None };
        store.add_certificate(&new, added_as, NOW, change).await.unwrap();
    };
    let person = Actor::Person("ada".to_owned());
    commit(person.clone(), "before anything was ordered").await;
    assert!(store.acme_order().await.unwrap().is_none());

    set(&store, BindingKey::Set(None)).await;
    let read = store.acme_order().await.unwrap().unwrap();
    let attempt = store.begin_acme_attempt(&read).await.unwrap().unwrap();
    commit(Actor::Server, "by itself").await;
    commit(person.clone(), "by itself").await;
    // What is used already is no other choice.
    assert_eq!(store.keep_acme_progress(&attempt).await.unwrap(), AttemptKept::Yes);
    commit(person.clone(), "by hand").await;
    assert_eq!(store.keep_acme_progress(&attempt).await.unwrap(), AttemptKept::Overtaken);
    let given_up = store.acme_order().await.unwrap().unwrap();
    assert_eq!((given_up.progress.stage, given_up.progress.cause), (OrderStage::Resting, None));
    assert!(given_up.progress.last_failure.is_some());
    let audit = store.audit(100).await.unwrap();
    let rows: Vec<_> = audit.iter().filter(|row| row.action == "automated_certificate.given_up").collect();
    assert_eq!(rows.iter().map(|row| row.actor.as_str()).collect::<Vec<_>>(), ["ada"]);

    // What is issued already is decided on as ever.
    for stage in [OrderStage::Resting, OrderStage::Rehearsing, OrderStage::Awaiting, OrderStage::HeldBack] {
        let mut order = store.acme_order().await.unwrap().unwrap();
        order.progress.stage = stage;
        assert_eq!(store.keep_acme_progress(&order).await.unwrap(), AttemptKept::Yes);
        commit(person.clone(), "by hand").await;
        assert_eq!(store.keep_acme_progress(&order).await.unwrap(), AttemptKept::Yes, "{stage:?}");
    }
}

async fn secrets_are_kept_and_go_with_the_settings(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let key = Secret::new("the hmac key".to_owned());
    set(&store, BindingKey::Set(Some(key))).await;
    set(&store, BindingKey::Keep).await;
    let (kept, key) = store.acme_settings().await.unwrap().unwrap();
    assert_eq!((kept, key.unwrap().expose()), (settings(), "the hmac key"));
    let account = AcmeAccount {
        email: "admin@server.example".to_owned(),
        binding_key_id: None,
        credentials: Secret::new("the account key".to_owned()),
    };
    let directory = "https://acme.example/directory";
    for _ in 0..2 {
        store.keep_acme_account(directory, &account).await.unwrap();
    }
    // Another start of the server opens them with the same key.
    let again = database.open().await;
    let kept = again.acme_account(directory).await.unwrap().unwrap();
    assert_eq!(kept.credentials.expose(), "the account key");
    assert!(again.acme_account("https://other.example").await.unwrap().is_none());
    // Another key takes the place of the first, and they are still there.
    drop(again);
    store.seal_anew(&database.key_file()).await.unwrap();
    let store = database.open().await;
    assert_eq!(store.acme_settings().await.unwrap().unwrap().1.unwrap().expose(), "the hmac key");
    set(&store, BindingKey::Set(None)).await;
    assert!(store.acme_settings().await.unwrap().unwrap().1.is_none());
    store.remove_acme(None, change("automated_certificate.removed")).await.unwrap();
    assert!(store.acme_settings().await.unwrap().is_none());
    assert!(store.acme_account(directory).await.unwrap().is_none());
}

async fn challenges_are_answered_until_they_are_over(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (http, tls) = (ChallengeKind::Http, ChallengeKind::TlsAlpn);
    store.keep_acme_challenge(http, "token", "first", NOW).await.unwrap();
    store.keep_acme_challenge(http, "token", "second", NOW).await.unwrap();
    let find = async |kind, name: &'static str, later: Duration| {
        store.acme_challenge(kind, name, NOW + later).await.unwrap()
    };
    assert_eq!(find(http, "token", Duration::ZERO).await.as_deref(), Some("second"));
    assert_eq!(find(tls, "token", Duration::ZERO).await, None);
    assert_eq!(find(http, "token", Duration::minutes(61)).await, None);
    // The answer of an attempt that was overtaken is not the one that counts.
    store.forget_acme_challenge(http, "token", "first").await.unwrap();
    assert!(find(http, "token", Duration::ZERO).await.is_some());
    store.forget_acme_challenge(http, "token", "second").await.unwrap();
    assert_eq!(find(http, "token", Duration::ZERO).await, None);
}

async fn one_server_orders_at_a_time(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let alone = store.only_one_ordering().await.unwrap().unwrap();
    if kind == Kind::PostgreSql {
        let other = database.open().await;
        assert!(other.only_one_ordering().await.unwrap().is_none());
        alone.end().await.unwrap();
        let alone = other.only_one_ordering().await.unwrap().unwrap();
        // A server that is gone without a word does not keep the others from it.
        drop(alone);
        other.close().await;
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        while store.only_one_ordering().await.unwrap().is_none() {
            assert!(tokio::time::Instant::now() < deadline, "it is never free again");
            tokio::task::yield_now().await;
        }
    }
}
