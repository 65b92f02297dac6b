//! Lists and searches find the same, in the same order.

use countersign_protocol::{CertificateReport, InstanceUid, ReportedDecision, SessionTrust};
use countersign_trust::{Assessment, InvalidCertificateAction, TrustedRoots, assess};
use rustls_pki_types::UnixTime;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait as _, Statement};
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, connected, on_each_database, profile};
use crate::people::{AdministratorName, PasswordHash, Role};
use crate::store::endpoint_list::identifiers;
use crate::store::{EndpointFilter, EndpointOrder, EndpointQuery, NewAdministrator, Standing, Store};

on_each_database!(
    names_are_in_the_order_of_their_bytes,
    searches_find_the_same,
    every_page_is_as_long_as_it_should_be,
    a_page_is_found_without_reading_others,
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

async fn every_page_is_as_long_as_it_should_be(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    for name in NAMES {
        connected(&store, InstanceUid::generate(), name).await;
    }
    // The page and the rows of one that are asked for; the page that is shown, all rows, and the rows that are shown.
    for (search, page, size, number, total, rows) in [
        ("", 1, 3, 1, 7, 3),
        ("", 3, 3, 3, 7, 1),
        ("", 4, 3, 3, 7, 1),
        ("", u64::MAX, 3, 3, 7, 1),
        ("", 1, 7, 1, 7, 7),
        ("", 2, 7, 1, 7, 7),
        ("", 0, 0, 1, 7, 1),
        ("", 1, u64::MAX, 1, 7, 7),
        ("b", 1, 3, 1, 3, 3),
        ("b", 2, 2, 2, 3, 1),
        ("nothing", 1, 3, 1, 0, 0),
        ("nothing", 9, 3, 1, 0, 0),
    ] {
        let query = EndpointQuery { search: search.to_owned(), page, size, ..EndpointQuery::default() };
        let found = store.find_endpoints(&query).await.unwrap();
        assert_eq!((found.number, found.total, found.rows.len()), (number, total, rows), "{query:?}");
    }
    store.close().await;
}

async fn a_page_is_found_without_reading_others(kind: Kind) {
    // PostgreSQL decides that by what is in the tables.
    if kind == Kind::PostgreSql {
        return;
    }
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let filters = [
        EndpointFilter::default(),
        EndpointFilter { online: Some(true), ..EndpointFilter::default() },
        EndpointFilter {
            online: Some(false),
            standing: Some(Standing::Refused),
            profile: Some(Uuid::now_v7()),
            profile_status: Some("failed".to_owned()),
            group: None,
            agent: None,
            away_since: None,
        },
    ];
    let orders = [
        EndpointOrder::HostName,
        EndpointOrder::LastSeen,
        EndpointOrder::AgentVersion,
        EndpointOrder::Standing,
    ];
    for (order, filter) in
        orders.into_iter().flat_map(|order| filters.iter().map(move |filter| (order, filter)))
    {
        let query = EndpointQuery {
            search: "ab".to_owned(),
            filter: filter.clone(),
            order,
            ..EndpointQuery::default()
        };
        let statement = identifiers(&query, 7, 50).build(DbBackend::Sqlite).to_string();
        let explain = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {statement}"));
        let steps = store.database.query_all_raw(explain).await.unwrap();
        let plan: Vec<String> = steps.iter().map(|step| step.try_get("", "detail").unwrap()).collect();
        assert!(plan.len() == 1 && plan[0].contains("USING COVERING INDEX"), "{statement}: {plan:?}");
    }
    store.close().await;
}

pub(super) fn nothing_shown() -> Assessment {
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
        judged_at: None,
    };
    store.keep_certificate_report(ids[0], &report, NOW).await.unwrap();
    store.went_offline(ids[1], sessions[1], "refused", Some(Standing::Refused), NOW, None).await.unwrap();
    store.went_offline(ids[2], sessions[2], "gone", None, NOW, None).await.unwrap();
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
