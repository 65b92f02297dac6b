//! Accounts, and what there is once, changed by several at the same time.

use futures_util::future::join_all;

use super::{Kind, NOW, TestDatabase, change, on_each_database};
use crate::people::{AdministratorName, PasswordHash, Role};
use crate::store::{AccountChange, Document, NewAdministrator, ProviderIdentity, Setting, Store, StoreError};

on_each_database!(
    somebody_at_a_provider_has_one_account,
    a_document_is_changed_by_whoever_has_seen_it,
    an_account_is_changed_by_whoever_has_seen_it,
);

/// How many do something at the same time.
const MANY: usize = 8;

/// The number of those that were told that somebody else was first.
fn late<T>(results: &[Result<T, StoreError>]) -> usize {
    results.iter().filter(|result| matches!(result, Err(StoreError::ChangedMeanwhile(_)))).count()
}

async fn somebody_at_a_provider_has_one_account(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let name = AdministratorName::new("anna").unwrap();
    let local = NewAdministrator {
        name: name.clone(),
        role: Role::ReadOnly,
        password: PasswordHash::from_kept("none".to_owned()),
    };
    store.add_first_administrator(&local, |_| change("administrator.created")).await.unwrap();
    let identity = |issuer: &str, subject: &str| ProviderIdentity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
    };
    let first = identity("https://a.example", "1");
    let made = (0..MANY).map(|_| store.account_at_provider(&first, &name, Role::Operator, NOW));
    let made: Vec<_> = join_all(made).await.into_iter().map(Result::unwrap).collect();
    assert!(made.iter().all(|account| account.id == made[0].id && account.name.as_str() == "anna-2"));
    assert_eq!((made[0].role, made[0].revision, made[0].password.is_none()), (Role::Operator, 1, true));
    assert_eq!(made[0].provider.as_ref(), Some(&first));

    // The same person elsewhere, and another one there, are others.
    for (other, expected) in
        [(identity("https://b.example", "1"), "anna-3"), (identity("https://a.example", "2"), "anna-4")]
    {
        let account = store.account_at_provider(&other, &name, Role::ReadOnly, NOW).await.unwrap();
        assert_eq!(account.name.as_str(), expected);
    }
    let again = store.account_at_provider(&first, &name, Role::Administrator, NOW).await.unwrap();
    assert_eq!((again.id, again.role, again.revision), (made[0].id, Role::Administrator, 2));
    // It does not count as somebody who can always sign in, and one that is switched off stays as it is.
    let off = vec![(AccountChange::Enabled(false), change("administrator.disabled"))];
    store.change_administrator(again.id, None, off).await.unwrap_err();
    let local = store.administrator_named(&name).await.unwrap().unwrap();
    let raise = vec![(AccountChange::Role(Role::Administrator), change("administrator.role_changed"))];
    store.change_administrator(local.id, None, raise).await.unwrap();
    let off = vec![(AccountChange::Enabled(false), change("administrator.disabled"))];
    store.change_administrator(again.id, None, off).await.unwrap();
    let switched_off = store.account_at_provider(&first, &name, Role::ReadOnly, NOW).await.unwrap();
    assert_eq!((switched_off.enabled, switched_off.role), (false, Role::Administrator));
}

async fn a_document_is_changed_by_whoever_has_seen_it(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    assert_eq!(store.document_revision(Document::Settings).await.unwrap(), 1);
    let turned = (0..MANY)
        .map(|_| store.set(&[(Setting::UseSslCertificate, false)], Some(1), change("settings.changed")));
    let turned = join_all(turned).await;
    assert_eq!(late(&turned), MANY - 1);
    assert!(turned.iter().flatten().all(|revision| *revision == 2));
    assert_eq!(store.audit(100).await.unwrap().len(), 1, "what was refused is in the audit");
    // Another document has another revision.
    let licensed = |expected| store.set_licence(Some("a"), expected, change("licence.uploaded"));
    assert_eq!(late(&[licensed(Some(2)).await]), 1);
    assert_eq!(licensed(Some(1)).await.unwrap(), 2);
    assert_eq!(licensed(None).await.unwrap(), 3);
    assert_eq!(store.set_licence(None, Some(3), change("licence.removed")).await.unwrap(), 4);
    assert_eq!(store.document_revision(Document::Licence).await.unwrap(), 4);
    assert_eq!(store.document_revision(Document::Settings).await.unwrap(), 2);
}

async fn add(store: &Store, name: &str) -> uuid::Uuid {
    let new = NewAdministrator {
        name: AdministratorName::new(name).unwrap(),
        role: Role::Administrator,
        password: PasswordHash::from_kept("none".to_owned()),
    };
    store.add_administrator(&new, |_| change("administrator.created")).await.unwrap()
}

async fn an_account_is_changed_by_whoever_has_seen_it(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (id, _) = (add(&store, "anna").await, add(&store, "bert").await);
    let both = || {
        vec![
            (AccountChange::Role(Role::Operator), change("administrator.role_changed")),
            (AccountChange::Enabled(false), change("administrator.disabled")),
        ]
    };
    let changed = (0..MANY).map(|_| store.change_administrator(id, Some(1), both()));
    let changed = join_all(changed).await;
    assert_eq!(late(&changed), MANY - 1);
    let anna = store.administrator(id).await.unwrap();
    assert_eq!((anna.role, anna.enabled, anna.revision), (Role::Operator, false, 2));
    assert_eq!(store.audit(100).await.unwrap().len(), 4);
    // Without a change there is no other revision.
    assert_eq!(store.change_administrator(id, Some(2), Vec::new()).await.unwrap().revision, 2);
    let removed = store.remove_administrator(id, Some(1), change("administrator.removed")).await;
    assert_eq!(late(&[removed]), 1);
    store.remove_administrator(id, Some(2), change("administrator.removed")).await.unwrap();
}
