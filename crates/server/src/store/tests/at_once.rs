//! Changes that are made at the same time, by several servers where there are several.

use std::sync::Arc;

use countersign_protocol::InstanceUid;
use futures_util::future::join_all;
use rcgen::generate_simple_self_signed;
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, connected, on_each_database, profile};
use crate::authority::ClientKey;
use crate::configuration::AdministratorToken;
use crate::keys::{Keys, Tokens};
use crate::people::{AdministratorName, OneTimeSecret, PasswordHash, Role};
use crate::store::{
    AccountChange, AddedAs, CertificateSource, Introduction, KeyStanding, NewAdministrator, NewCertificate,
    Reports, Setting, StepUse, Store, StoreError,
};

on_each_database!(
    a_name_is_given_once,
    no_change_to_a_profile_is_lost,
    there_is_one_first_administrator,
    an_administrator_always_remains,
    failures_to_sign_in_are_all_counted,
    a_one_time_password_is_used_once,
    one_client_key_is_issued,
    one_session_is_the_latest,
    the_certificate_that_is_used_stays,
    servers_that_start_together_have_the_same_keys,
);

/// How many changes are made at the same time.
const MANY: usize = 12;

/// So many stores of one database: on PostgreSQL each is that of a server of its own.
async fn stores(database: &TestDatabase, kind: Kind) -> Vec<Store> {
    let first = database.open().await;
    let mut stores = vec![first.clone()];
    for _ in 1..MANY {
        stores.push(match kind {
            Kind::Sqlite => first.clone(),
            // Three servers with several requests each.
            Kind::PostgreSql if stores.len() < 3 => database.open().await,
            Kind::PostgreSql => stores[stores.len() % 3].clone(),
        });
    }
    stores
}

fn administrator(name: &str) -> NewAdministrator {
    NewAdministrator {
        name: AdministratorName::new(name).unwrap(),
        role: Role::Administrator,
        password: PasswordHash::from_kept("none".to_owned()),
    }
}

/// That one has succeeded, and the others were told that they came too late.
fn assert_one<T>(results: Vec<Result<T, StoreError>>) {
    let (done, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refused.len()), (1, MANY - 1));
    for error in refused.into_iter().filter_map(Result::err) {
        assert!(matches!(error, StoreError::Conflict(_) | StoreError::ChangedMeanwhile(_)), "{error}");
    }
}

async fn a_name_is_given_once(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let same = profile("Same");
    let made =
        stores.iter().map(|store| store.create_profile(Uuid::now_v7(), &same, change("profile.created")));
    assert_one(join_all(made).await);
    let anna = administrator("anna");
    let added =
        stores.iter().map(|store| store.add_administrator(&anna, |_| change("administrator.created")));
    assert_one(join_all(added).await);
    assert_eq!(stores[0].audit(100).await.unwrap().len(), 2, "what was not done is not in the audit");
}

async fn no_change_to_a_profile_is_lost(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let id = stores[0].default_profile(NOW).await.unwrap().document.id;
    let content = profile("Default");
    let changed =
        stores.iter().map(|store| store.change_profile(id, None, &content, change("profile.changed")));
    let mut revisions: Vec<u64> =
        join_all(changed).await.into_iter().map(|changed| changed.unwrap().document.revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=MANY as u64 + 1).collect::<Vec<_>>());
    let latest = Some(MANY as u64 + 1);
    let changed =
        stores.iter().map(|store| store.change_profile(id, latest, &content, change("profile.changed")));
    assert_one(join_all(changed).await);
}

async fn there_is_one_first_administrator(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let people: Vec<NewAdministrator> =
        (0..MANY).map(|number| administrator(&format!("anna-{number}"))).collect();
    let added = stores
        .iter()
        .zip(&people)
        .map(|(store, person)| store.add_first_administrator(person, |_| change("administrator.created")));
    assert_one(join_all(added).await);
}

async fn an_administrator_always_remains(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let mut people = Vec::new();
    for number in 0..MANY {
        let person = administrator(&format!("anna-{number}"));
        people.push(stores[0].add_administrator(&person, |_| change("administrator.created")).await.unwrap());
    }
    let disabled = stores.iter().zip(&people).map(|(store, id)| {
        store.change_administrator(
            *id,
            None,
            vec![(AccountChange::Enabled(false), change("administrator.disabled"))],
        )
    });
    let refused = join_all(disabled).await.into_iter().filter(Result::is_err).count();
    assert_eq!(refused, 1);
}

async fn failures_to_sign_in_are_all_counted(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let name = AdministratorName::new("anna").unwrap();
    let counted = stores.iter().map(|store| store.count_sign_in(&name, "192.0.2.1", NOW));
    assert!(join_all(counted).await.iter().all(Result::is_ok));
    // Seven beyond the five that cost nothing: each doubles half a minute, up to an hour.
    let until = stores[1].locked_until(&name, "192.0.2.1", NOW).await.unwrap();
    assert_eq!(until, Some(NOW + time::Duration::hours(1)));
}

async fn a_one_time_password_is_used_once(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let id = stores[0]
        .add_administrator(&administrator("anna"), |_| change("administrator.created"))
        .await
        .unwrap();
    let secret = OneTimeSecret::generate().unwrap();
    let account = AccountChange::OneTime(Some((secret, 7)));
    let changes = vec![(account, change("administrator.one_time_passwords_on"))];
    stores[0].change_administrator(id, None, changes).await.unwrap();
    let used = join_all(stores.iter().map(|store| store.use_one_time_step(id, 8))).await;
    let first = used.into_iter().filter(|used| matches!(used, Ok(StepUse::First))).count();
    assert_eq!(first, 1);
}

async fn one_client_key_is_issued(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let endpoint = InstanceUid::generate();
    connected(&stores[0], endpoint, "desk").await;
    let key = || ClientKey::of(generate_simple_self_signed(Vec::new()).unwrap().cert.der()).unwrap();
    let keys: Vec<ClientKey> = (0..MANY).map(|_| key()).collect();
    let kept = stores.iter().zip(&keys).map(|(store, key)| store.keep_client_key(endpoint, None, key));
    assert_one(join_all(kept).await);
    let mut accepted = 0;
    for key in &keys {
        let standing = stores[1].accept_client_key(endpoint, key).await.unwrap();
        accepted += usize::from(standing == KeyStanding::Accepted);
    }
    assert_eq!(accepted, 1);
}

async fn one_session_is_the_latest(kind: Kind) {
    let database = TestDatabase::new(kind);
    let stores = stores(&database, kind).await;
    let endpoint = InstanceUid::generate();
    let profile = stores[0].default_profile(NOW).await.unwrap().document.id;
    let introduction = Introduction { host_name: "desk".to_owned(), ..Introduction::default() };
    let reports = Reports::default();
    let sessions: Vec<Uuid> = (0..MANY).map(|_| Uuid::now_v7()).collect();
    let introduced = stores
        .iter()
        .zip(&sessions)
        .map(|(store, session)| store.introduce(endpoint, *session, &introduction, &reports, profile, NOW));
    for introduced in join_all(introduced).await {
        introduced.unwrap();
    }
    let latest = stores[0].endpoint(endpoint).await.unwrap().unwrap().session.unwrap();
    let ends = stores
        .iter()
        .zip(&sessions)
        .filter(|(_, session)| session.to_string() != latest)
        .map(|(store, session)| store.went_offline(endpoint, *session, "late", None, NOW, None));
    assert_eq!(join_all(ends).await.len(), MANY - 1);
    let other = Introduction { host_name: "late".to_owned(), ..Introduction::default() };
    let late = sessions.iter().find(|session| session.to_string() != latest).unwrap();
    stores[2].describe(endpoint, *late, &other, NOW).await.unwrap();
    let row = stores[0].endpoint(endpoint).await.unwrap().unwrap();
    assert_eq!((row.session, row.host_name.as_str(), row.offline_reason), (Some(latest), "desk", None));
    assert_eq!(stores[0].count_endpoints().await.unwrap().online, 1);
}

async fn the_certificate_that_is_used_stays(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let refused = |result| assert!(matches!(result, Err(StoreError::Conflict(_))));
    refused(
        store.set(&[(Setting::UseSslCertificate, true)], None, change("settings.changed")).await.map(|_| ()),
    );
    let certificate = NewCertificate {
        source: CertificateSource::Uploaded,
        chain_pem: "chain".to_owned(),
        private_key_pem: countersign_protocol::Secret::new("key".to_owned()),
        fingerprint: "00".to_owned(),
    };
    let uploaded = |_| change("ssl_certificate.uploaded");
    let id = store
        .add_certificate(&certificate, AddedAs::SslCertificate { instead_of: None }, NOW, uploaded)
        .await
        .unwrap();
    store.set(&[(Setting::UseSslCertificate, true)], None, change("settings.changed")).await.unwrap();
    refused(store.remove_certificate(id, None, change("ssl_certificate.removed")).await);
    store.set(&[(Setting::UseSslCertificate, false)], None, change("settings.changed")).await.unwrap();
    store.remove_certificate(id, None, change("ssl_certificate.removed")).await.unwrap();
    assert_eq!(store.audit(100).await.unwrap().len(), 4);
}

async fn servers_that_start_together_have_the_same_keys(kind: Kind) {
    let database = Arc::new(TestDatabase::new(kind));
    // SQLite has one server; the lock of its data directory sees to that.
    let servers = if kind == Kind::Sqlite { 1 } else { 4 };
    let starts = (0..servers).map(|_| {
        let database = Arc::clone(&database);
        tokio::spawn(async move {
            let store = database.open().await;
            let alone = store.alone().await.unwrap();
            let keys = Keys::load_or_make(&store, NOW).await.unwrap();
            let tokens = Tokens::load_or_make(&store, AdministratorToken::Keep).await.unwrap();
            let profile = store.default_profile(NOW).await.unwrap().document.id;
            tokens.keep(&store, NOW).await.unwrap();
            alone.end().await.unwrap();
            (
                keys.identity.public_key().to_string(),
                keys.built_in.fingerprint,
                tokens.administrator_hash,
                profile,
            )
        })
    });
    let started: Vec<_> = join_all(starts).await.into_iter().map(Result::unwrap).collect();
    assert!(started.windows(2).all(|pair| pair[0] == pair[1]), "{started:?}");
    let store = database.open().await;
    assert_eq!(store.enrolment_tokens().await.unwrap().len(), 1);
    assert_eq!(store.profiles().await.unwrap().len(), 1);
}
