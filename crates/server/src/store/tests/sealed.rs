//! Secrets are sealed in the database, with a key that is not in it.

use countersign_protocol::Secret;
use sea_orm::{ConnectionTrait as _, Statement};

use super::{Kind, NOW, TestDatabase, change, on_each_database};
use crate::key_file::KeyFile;
use crate::people::{AdministratorName, OneTimeSecret};
use crate::store::archive::{back_up, restore};
use crate::store::{
    AddedAs, CertificateSource, KeyName, NewCertificate, SealedColumn, Store, StoreError, StoredCertificate,
};

on_each_database!(
    what_stood_plainly_is_sealed_at_once,
    a_value_that_was_changed_or_moved_is_named,
    the_key_must_be_the_one_of_the_database,
    another_key_takes_the_place_of_the_first,
    what_somebody_wrote_is_not_sealed_when_the_check_was_removed,
    a_backup_without_the_check_is_not_restored,
);

/// What stands in a column, as it stands there.
async fn raw(store: &Store, table: &str, column: &str) -> Vec<String> {
    let ask = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1");
    let ask = Statement::from_string(store.database.get_database_backend(), ask);
    let rows = store.database.query_all_raw(ask).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn run(store: &Store, statement: &str) {
    store.database.execute_unprepared(statement).await.unwrap();
}

/// Everything in the files of a SQLite database, log and all.
fn files(database: &TestDatabase) -> Vec<u8> {
    let files = std::fs::read_dir(database.directory.path()).unwrap().flatten();
    let files = files.filter(|file| file.file_name() != "sealing-key");
    files.flat_map(|file| std::fs::read(file.path()).unwrap()).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn certificate(store: &Store, chain: &str, key: &str) -> StoredCertificate {
    let new = NewCertificate {
        source: CertificateSource::Acme,
        chain_pem: chain.to_owned(),
        private_key_pem: Secret::new(key.to_owned()),
        fingerprint: chain.to_owned(),
    };
    let id =
        store.add_certificate(&new, AddedAs::Candidate, NOW, |_| change("certificate.added")).await.unwrap();
    store.certificate(id).await.unwrap()
}

/// Puts the private key of each into the row of the other.
async fn exchange(store: &Store, first: &StoredCertificate, second: &StoredCertificate) {
    let move_key = |from: &str, to: &str| {
        format!(
            "UPDATE server_certificates SET private_key =
                 (SELECT o.private_key FROM server_certificates o WHERE o.id = '{from}') WHERE id = '{to}'"
        )
    };
    let (first, second) = (first.id.to_string(), second.id.to_string());
    let copy = "INSERT INTO server_certificates SELECT 'aside', source, state, chain_pem, private_key, fingerprint, 0, NULL
         FROM server_certificates WHERE id = ";
    run(store, &format!("{copy}'{first}'")).await;
    run(store, &move_key(&second, &first)).await;
    run(store, &move_key("aside", &second)).await;
    run(store, "DELETE FROM server_certificates WHERE id = 'aside'").await;
}

async fn what_stood_plainly_is_sealed_at_once(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open_plain().await;
    let secret = OneTimeSecret::generate().unwrap().to_keep();
    run(&store, "INSERT INTO key_material VALUES ('identity', 'the-identity-key')").await;
    let certificate = "INSERT INTO server_certificates VALUES
        ('00000000-0000-7000-8000-000000000001', 'uploaded', 'committed', 'chain', 'the-private-key', '00', 0, 0)";
    run(&store, certificate).await;
    let anna = format!(
        "INSERT INTO administrators (id, name, name_key, role, password_hash, one_time_secret, one_time_step, enabled,
                created_at) VALUES
            ('00000000-0000-7000-8000-000000000002', 'anna', 'anna', 'operator', 'x', '{}', 0, TRUE, 0)",
        secret.expose()
    );
    run(&store, &anna).await;
    assert!(matches!(store.key(KeyName::Identity).await, Err(StoreError::NoKey)));
    let plain = ["the-identity-key", "the-private-key", secret.expose()];
    if kind == Kind::Sqlite {
        let files = files(&database);
        assert!(plain.iter().all(|text| contains(&files, text)));
    }

    let store = store.sealed_with(&database.key_file()).await.unwrap();
    for (table, column) in [
        ("key_material", "value"),
        ("server_certificates", "private_key"),
        ("administrators", "one_time_secret"),
    ] {
        let values = raw(&store, table, column).await;
        assert!(
            !values.is_empty() && values.iter().all(|value| value.starts_with("sealed:1:")),
            "{values:?}"
        );
    }
    for start in 0..2 {
        assert_eq!(store.key(KeyName::Identity).await.unwrap().unwrap().expose(), plain[0], "{start}");
        let kept = store.ssl_certificate().await.unwrap().unwrap();
        assert_eq!(store.private_key(&kept).unwrap().expose(), plain[1], "{start}");
        let anna =
            store.administrator_named(&AdministratorName::new("anna").unwrap()).await.unwrap().unwrap();
        assert_eq!(anna.one_time.unwrap().to_keep().expose(), plain[2], "{start}");
    }
    if kind == Kind::Sqlite {
        let files = files(&database);
        assert!(contains(&files, "sealed:1:"));
        for text in plain {
            assert!(!contains(&files, text), "“{text}” is left in the files of the database");
        }
    }
    store.close().await;
    // What somebody puts there later is not taken for what was there before.
    let store = database.open().await;
    run(&store, "UPDATE key_material SET value = 'of-somebody-else' WHERE name = 'identity'").await;
    store.close().await;
    let store = database.open().await;
    let error = store.key(KeyName::Identity).await.unwrap_err().to_string();
    assert!(error.contains("key_material.value of identity. It is not sealed"), "{error}");
}

async fn a_value_that_was_changed_or_moved_is_named(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (first, second) = (certificate(&store, "first", "1").await, certificate(&store, "second", "2").await);
    for (one, key) in [(&first, "1"), (&second, "2")] {
        assert_eq!(store.private_key(one).unwrap().expose(), key);
    }
    exchange(&store, &first, &second).await;
    for id in [first.id, second.id] {
        let error = store.private_key(&store.certificate(id).await.unwrap()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("server_certificates.private_key of {id}. It was changed")),
            "{error}"
        );
    }
    exchange(&store, &first, &second).await;
    assert_eq!(store.private_key(&store.certificate(first.id).await.unwrap()).unwrap().expose(), "1");
    // A value of another column, which is sealed for another place.
    store.keep_key(KeyName::Identity, &Secret::new("identity".to_owned())).await.unwrap();
    run(&store, "UPDATE server_certificates SET private_key = (SELECT value FROM key_material WHERE name = 'identity')").await;
    for change in
        ["", "SET private_key = 'sealed:1:'", "SET private_key = 'sealed:9:AAAA'", "SET private_key = ''"]
    {
        if !change.is_empty() {
            run(&store, &format!("UPDATE server_certificates {change}")).await;
        }
        // The list needs no key.
        for kept in store.certificates().await.unwrap() {
            let error = store.private_key(&kept).unwrap_err();
            assert!(
                matches!(&error, StoreError::Sealing { place, .. } if place.contains(&kept.id.to_string())),
                "{error}"
            );
        }
    }
}

async fn the_key_must_be_the_one_of_the_database(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    store.keep_key(KeyName::Identity, &Secret::new("identity".to_owned())).await.unwrap();
    store.close().await;
    let (elsewhere, file) = (tempfile::tempdir().unwrap(), database.directory.path().join("a.backup"));
    let other = KeyFile::of(elsewhere.path(), None);
    let open = async |key: &KeyFile| database.open_plain().await.sealed_with(key).await;
    let missing = open(&other).await.unwrap_err().to_string();
    assert!(missing.contains(&format!("the key file {} is not there", other.path().display())), "{missing}");
    assert!(!other.path().exists(), "another key was made");
    other.make().unwrap();
    let wrong = open(&other).await.unwrap_err().to_string();
    assert!(wrong.contains("sealed with another key than that of the key file"), "{wrong}");
    // A backup holds what is sealed; it is of use where the key is.
    back_up(&database.location, &file, NOW).await.unwrap();
    let restored = TestDatabase::new(kind);
    restore(&restored.location, &file).await.unwrap();
    let unopened = Store::connect_only(&restored.location).await.unwrap();
    assert!(matches!(unopened.check_key(&restored.key_file()).await, Err(StoreError::MissingKey { .. })));
    assert!(matches!(unopened.check_key(&other).await, Err(StoreError::OtherKey { .. })));
    unopened.check_key(&database.key_file()).await.unwrap();
    unopened.close().await;
    std::fs::copy(database.key_file().path(), restored.key_file().path()).unwrap();
    let store = restored.open().await;
    assert_eq!(store.key(KeyName::Identity).await.unwrap().unwrap().expose(), "identity");
}

async fn another_key_takes_the_place_of_the_first(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let kept = certificate(&store, "chain", "the-private-key").await;
    let before =
        (raw(&store, "server_certificates", "private_key").await, database.directory.path().join("before"));
    std::fs::copy(database.key_file().path(), &before.1).unwrap();
    // The check and the private key.
    assert_eq!(store.seal_anew(&database.key_file()).await.unwrap(), 2);
    store.close().await;
    let store = database.open().await;
    assert_ne!(raw(&store, "server_certificates", "private_key").await, before.0);
    let again = store.certificate(kept.id).await.unwrap();
    assert_eq!(store.private_key(&again).unwrap().expose(), "the-private-key");
    if kind == Kind::Sqlite {
        assert!(!contains(&files(&database), &before.0[0]), "a value that the former key opens is left");
    }
    store.close().await;
    let former = KeyFile::of(database.directory.path(), Some(&before.1));
    let refused = database.open_plain().await.sealed_with(&former).await;
    assert!(matches!(refused, Err(StoreError::OtherKey { .. })));

    // A server that was ended between the database and the file: the next start puts the key in its place.
    let (file, next) = (database.key_file(), database.key_file().next());
    std::fs::rename(file.path(), next.path()).unwrap();
    std::fs::copy(&before.1, file.path()).unwrap();
    let store = database.open().await;
    assert_eq!(store.private_key(&again).unwrap().expose(), "the-private-key");
    assert!(!next.path().exists());
    // And one that was ended before the database was changed: the next key is nothing yet.
    next.make().unwrap();
    store.close().await;
    let store = database.open().await;
    assert_eq!(store.private_key(&again).unwrap().expose(), "the-private-key");
    let sealed = store.seal(SealedColumn::KEY, "a", &Secret::new("b".to_owned())).unwrap();
    assert_eq!(store.unseal(SealedColumn::KEY, "a", &sealed).unwrap().expose(), "b");
}

async fn what_somebody_wrote_is_not_sealed_when_the_check_was_removed(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    certificate(&store, "chain", "the-private-key").await;
    run(&store, "DELETE FROM key_material").await;
    run(&store, "INSERT INTO key_material VALUES ('identity', 'of-somebody-else')").await;
    let before = raw(&store, "server_certificates", "private_key").await;
    store.close().await;
    let elsewhere = tempfile::tempdir().unwrap();
    for key in [database.key_file(), KeyFile::of(elsewhere.path(), None)] {
        let error = database.open_plain().await.sealed_with(&key).await.unwrap_err();
        assert!(matches!(&error, StoreError::NoCheck { .. }), "{error}");
        assert!(error.to_string().contains("server_certificates.private_key"), "{error}");
    }
    assert!(!KeyFile::of(elsewhere.path(), None).path().exists(), "another key was made");
    let store = database.open_plain().await;
    assert_eq!(raw(&store, "server_certificates", "private_key").await, before);
    assert_eq!(raw(&store, "key_material", "value").await, ["of-somebody-else"]);
}

async fn a_backup_without_the_check_is_not_restored(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    certificate(&store, "chain", "the-private-key").await;
    run(&store, "DELETE FROM key_material WHERE name = 'sealing_check'").await;
    let error = store.check_key(&database.key_file()).await.unwrap_err();
    assert!(matches!(error, StoreError::NoCheck { .. }), "{error}");
    let file = database.directory.path().join("a.backup");
    back_up(&database.location, &file, NOW).await.unwrap();
    let restored = TestDatabase::new(kind);
    let error = restore(&restored.location, &file).await.unwrap_err().to_string();
    let says =
        format!("The backup {} holds sealed secrets (server_certificates.private_key of ", file.display());
    assert!(error.starts_with(&says) && error.ends_with("Use another one."), "{error}");
    // Nothing of it is left, so that another one can be restored there.
    run(&store, "DELETE FROM server_certificates").await;
    let good = database.directory.path().join("b.backup");
    back_up(&database.location, &good, NOW).await.unwrap();
    restore(&restored.location, &good).await.unwrap();
    restored.open().await;
}
