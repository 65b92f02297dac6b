//! Lists and searches find the same, in the same order.

use countersign_protocol::{CertificateReport, InstanceUid, ReportedDecision, SessionTrust};
use countersign_trust::{Assessment, InvalidCertificateAction, TrustedRoots, assess};
use rustls_pki_types::UnixTime;
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, connected, on_each_database, profile};
use crate::people::{AdministratorName, PasswordHash, Role};
use crate::store::{EndpointFilter, EndpointOrder, EndpointQuery, NewAdministrator, Standing, Store};

on_each_database!(
    names_are_in_the_order_of_their_bytes,
    searches_find_the_same,
    endpoints_are_counted,
    the_audit_is_only_added_to
);

/// In the order of their bytes, which is that of no language.
const NAMES: [&str; 7] = ["A", "B-1", "B1", "_", "a", "b", "ä"];

async fn hosts(store: &Store, query: EndpointQuery) -> Vec<String> {
    store.find_endpoints(&query).await.unwrap().rows.into_iter().map(|row| row.host_name).collect()
}

async fn names_are_in_the_order_of_their_bytes(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    for name in NAMES.iter().rev() {
        store.create_profile(Uuid::now_v7(), &profile(name), change("profile.created")).await.unwrap();
        connected(&store, InstanceUid::generate(), name).await;
    }
    let profiles: Vec<String> =
        store.profiles().await.unwrap().into_iter().map(|profile| profile.document.name).collect();
    assert_eq!(profiles, ["A", "B-1", "B1", "Default", "_", "a", "b", "ä"]);
    assert_eq!(hosts(&store, EndpointQuery::default()).await, NAMES);
    let second = EndpointQuery { page: 2, size: 3, ..EndpointQuery::default() };
    assert_eq!(hosts(&store, second).await, NAMES[3..6]);
    for name in ["Zoe", "anna", "_x", "Bert"] {
        let name = AdministratorName::new(name).unwrap();
        let password = PasswordHash::from_kept("none".to_owned());
        let new = NewAdministrator { name, role: Role::Administrator, password };
        store.add_administrator(&new, |_| change("administrator.created")).await.unwrap();
    }
    let names: Vec<String> =
        store.administrators().await.unwrap().into_iter().map(|person| person.name.to_string()).collect();
    assert_eq!(names, ["_x", "anna", "Bert", "Zoe"]);
    store.close().await;
}

async fn searches_find_the_same(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let id: InstanceUid = "0192f0c1-0000-7000-8000-00000000abcd".parse().unwrap();
    connected(&store, id, "Desk-100%").await;
    connected(&store, InstanceUid::generate(), "desk_1").await;
    connected(&store, InstanceUid::generate(), "deskx1!").await;
    for (search, expected) in [
        ("desk", &["Desk-100%", "desk_1", "deskx1!"][..]),
        ("DESK-", &["Desk-100%"]),
        ("%", &["Desk-100%"]),
        ("_", &["desk_1"]),
        ("!", &["deskx1!"]),
        ("0192F0C1-", &["Desk-100%"]),
        ("abcd", &[]),
        ("'; --", &[]),
        ("desk\0_", &["desk_1"]),
    ] {
        let query = EndpointQuery { search: search.to_owned(), ..EndpointQuery::default() };
        assert_eq!(hosts(&store, query).await, expected, "{search:?}");
    }
    let filter = EndpointFilter { profile_status: Some("pending\0".to_owned()), ..EndpointFilter::default() };
    assert_eq!(hosts(&store, EndpointQuery { filter, ..EndpointQuery::default() }).await.len(), 3);
    store.close().await;
}

fn nothing_shown() -> Assessment {
    assess(
        &[],
        &"localhost".parse().unwrap(),
        &TrustedRoots::default(),
        UnixTime::since_unix_epoch(std::time::Duration::ZERO),
    )
}

async fn endpoints_are_counted(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let ids: Vec<InstanceUid> = (0..4).map(|_| InstanceUid::generate()).collect();
    let mut sessions = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        sessions.push(connected(&store, *id, &format!("desk-{number}")).await);
    }
    let report = CertificateReport {
        assessment: nothing_shown(),
        action: InvalidCertificateAction::Warn,
        trust: SessionTrust::Valid,
        decision: ReportedDecision::Valid,
    };
    store.keep_certificate_report(ids[0], &report, NOW).await.unwrap();
    store.went_offline(ids[1], sessions[1], "refused", Some(Standing::Refused), NOW).await.unwrap();
    store.went_offline(ids[2], sessions[2], "gone", None, NOW).await.unwrap();
    let counts = store.count_endpoints().await.unwrap();
    assert_eq!((counts.online, counts.offline), (2, 2));
    let by_standing = counts.by_standing.into_iter().collect::<Vec<_>>();
    assert_eq!(by_standing, [(Standing::Valid, 1), (Standing::Refused, 1), (Standing::Unknown, 1)]);
    let online = EndpointFilter { online: Some(true), ..EndpointFilter::default() };
    let query = EndpointQuery { filter: online, ..EndpointQuery::default() };
    assert_eq!(hosts(&store, query).await, ["desk-0", "desk-3"]);
    let query = EndpointQuery { order: EndpointOrder::LastSeen, ..EndpointQuery::default() };
    let connected_first = hosts(&store, query).await;
    assert!(
        connected_first[..2].iter().all(|host| host == "desk-0" || host == "desk-3"),
        "{connected_first:?}"
    );
    store.close().await;
}

async fn the_audit_is_only_added_to(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    store.record_change(change("first")).await.unwrap();
    let mut forbidden = vec!["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"];
    if kind == Kind::PostgreSql {
        forbidden.push("TRUNCATE audit");
    }
    for statement in forbidden {
        let error = store.database.execute_unprepared(statement).await.unwrap_err().to_string();
        assert!(error.contains("audit rows are never"), "{error}");
    }
    store.close().await;
    // A later start leaves it so.
    let store = database.open().await;
    assert!(store.database.execute_unprepared("DELETE FROM audit").await.is_err());
    assert_eq!(store.audit(10).await.unwrap().len(), 1);
    store.close().await;
}
