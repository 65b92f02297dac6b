//! Which endpoints have not come back since the server's certificate was changed.

use countersign_protocol::InstanceUid;
use time::Duration;
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, connected, on_each_database};
use crate::store::absence::AwayCounts;
use crate::store::{AwaySince, EndpointFilter, EndpointQuery, Store};

on_each_database!(endpoints_that_do_not_come_back_are_counted);

/// The names of those that are listed.
async fn listed(store: &Store) -> Vec<String> {
    let away_since = Some(AwaySince::CertificateChanged);
    let filter = EndpointFilter { away_since, ..EndpointFilter::default() };
    let found = store.find_endpoints(&EndpointQuery { filter, ..EndpointQuery::default() }).await.unwrap();
    found.rows.into_iter().map(|row| row.host_name).collect()
}

async fn endpoints_that_do_not_come_back_are_counted(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let ids: Vec<InstanceUid> = (0..5).map(|_| InstanceUid::generate()).collect();
    let mut sessions = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        sessions.push(connected(&store, *id, &format!("desk-{number}")).await);
    }
    assert_eq!(store.count_away(NOW).await.unwrap(), AwayCounts::default());
    // The last one was switched off before, and says nothing about the certificate. Nobody has been heard of for long.
    let long_ago = NOW - Duration::hours(1);
    store.went_offline(ids[4], sessions[4], "the agent said goodbye", None, long_ago, None).await.unwrap();
    for (id, session) in ids.iter().zip(&sessions).take(4) {
        let reason = "the server's certificate was changed";
        store.went_offline(*id, *session, reason, None, long_ago, Some(NOW)).await.unwrap();
    }
    for (minutes, not_back) in [(0, 0), (4, 0), (5, 4), (600, 4)] {
        let counts = store.count_away(NOW + Duration::minutes(minutes)).await.unwrap();
        assert_eq!(counts, AwayCounts { not_back, coming_back: 4 - not_back }, "{minutes} minutes");
    }
    assert_eq!(listed(&store).await, ["desk-0", "desk-1", "desk-2", "desk-3"]);

    // One comes back, and is away later because the server has ended; one is deregistered, one removed.
    let later = NOW + Duration::hours(1);
    connected(&store, ids[0], "desk-0").await;
    assert_eq!(store.count_away(later).await.unwrap().not_back, 3);
    store.leave().await.unwrap();
    assert_eq!(store.count_endpoints().await.unwrap().online, 0);
    store.deregister(ids[1]).await.unwrap();
    store.remove_endpoint(ids[2], change("endpoint.removed")).await.unwrap();
    // What ends late is not the session that the endpoint has.
    store.went_offline(ids[0], Uuid::now_v7(), "late", None, later, Some(NOW)).await.unwrap();
    assert_eq!(store.count_away(later).await.unwrap(), AwayCounts { not_back: 1, coming_back: 0 });
    assert_eq!(listed(&store).await, ["desk-3"]);
    store.close().await;
}
