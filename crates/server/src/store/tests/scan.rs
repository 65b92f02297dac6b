//! A walk through endpoints comes by each of them once, and counts together only those about which the same is known.

use std::collections::BTreeMap;

use countersign_protocol::InstanceUid;
use countersign_trust::Fingerprint;
use sea_orm::ConnectionTrait as _;
use time::Duration;
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, connected, on_each_database};
use crate::store::{Concerned, Reassigned, Scan, Scanned, Store, Stretch, microseconds};

on_each_database!(a_walk_comes_by_each_endpoint_once, what_differs_is_told_apart);

/// Endpoints of which much is alike, and no two are the same.
const ENDPOINTS: usize = 24;

fn shown() -> Fingerprint {
    Fingerprint::of(b"shown")
}

/// Half of them are connected; they have reported two things, a third of them in full only; some have answered; one is deregistered.
async fn filled(store: &Store) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..ENDPOINTS {
        let id = InstanceUid::generate();
        // Two of each name.
        connected(store, id, &format!("desk-{:02}", number * 7 % ENDPOINTS / 2)).await;
        ids.push(id.to_string());
    }
    let (now, fingerprint) = (microseconds(NOW), shown());
    let execute = async |statement: String| store.database.execute_unprepared(&statement).await.unwrap();
    execute(format!("INSERT INTO rehearsals VALUES ('{fingerprint}', '[]', {now}, {now}, NULL, NULL)")).await;
    for (number, id) in ids.iter().enumerate() {
        let found = if number % 3 == 0 { "NULL".to_owned() } else { format!("'found {}'", number % 2) };
        let session = if number % 4 < 2 { "session" } else { "NULL" };
        let status = if number % 8 == 1 { "failed" } else { "applied" };
        execute(format!(
            "UPDATE endpoints SET certificate_report = 'report {}', certificate_found = {found}, certificate_reported_at = {}, \
             remembered = 'allowed {number}', remembered_at = {now}, session = {session}, profile_status = '{status}', \
             deregistered = {} WHERE id = '{id}'",
            number % 2,
            now + i64::try_from(number).unwrap(),
            number == 5,
        ))
        .await;
        if number % 6 == 2 {
            execute(format!(
                "INSERT INTO rehearsal_answers (endpoint_id, fingerprint, judged_at, document) \
                 VALUES ('{id}', '{fingerprint}', {}, 'answer')",
                now + 12
            ))
            .await;
        }
    }
    ids
}

/// The stretches of a walk.
async fn stretches(store: &Store, scan: &Scan<'_>) -> Vec<Stretch> {
    let mut found = Vec::new();
    while let Some(stretch) = store.stretch_after(scan, found.last()).await.unwrap() {
        found.push(stretch);
    }
    found
}

/// What is known, but for which endpoint it is known of.
fn known(row: &Scanned) -> String {
    let nobody = Scanned {
        id: String::new(),
        host_name: String::new(),
        reported_at: None,
        permissions_at: None,
        answered_at: None,
        endpoints: 0,
        ..row.clone()
    };
    // Within the validity, and later than the answer.
    let at = row.reported_at.unwrap();
    format!(
        "{nobody:?} {} {}",
        at < microseconds(NOW) + 6,
        row.answered_at.is_some_and(|answered| at > answered)
    )
}

async fn a_walk_comes_by_each_endpoint_once(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let ids = filled(&store).await;
    let profile = store.default_profile(NOW).await.unwrap().document.id;
    let other = Uuid::now_v7();
    let moved = |(number, id): (usize, &String)| Reassigned {
        endpoint: id.clone(),
        from: profile.to_string(),
        profile: if number < 9 { profile.to_string() } else { other.to_string() },
    };
    let validity = (None, Some(NOW + Duration::microseconds(5)));
    let asking = [profile.to_string()];
    for (concerned, expected) in [
        (Concerned::All, ENDPOINTS - 1),
        (Concerned::Profiles(vec![profile]), ENDPOINTS - 1),
        (Concerned::Profiles(vec![other]), 0),
        (Concerned::Profiles(Vec::new()), 0),
        (Concerned::Endpoints(ids.iter().enumerate().map(moved).collect()), ENDPOINTS - 1),
        (Concerned::Endpoints(Vec::new()), 0),
    ] {
        for (at_once, asking) in [(1, &asking[..]), (5, &[]), (5, &asking), (1000, &[])] {
            let scan = Scan::new(&concerned, shown(), validity, asking.to_vec()).with_stretches_of(at_once);
            let mut names = Vec::new();
            for stretch in stretches(&store, &scan).await {
                let each = store.endpoints_in(&scan, &stretch, &[]).await.unwrap();
                assert!(each.len() <= at_once, "{} of {at_once}", each.len());
                let mut one_by_one: BTreeMap<String, u64> = BTreeMap::new();
                for row in &each {
                    *one_by_one.entry(known(row)).or_default() += row.number();
                }
                let alike = store.alike_in(&scan, &stretch).await.unwrap();
                let together: BTreeMap<String, u64> =
                    alike.iter().map(|row| (known(row), row.number())).collect();
                assert_eq!((together.len(), &together), (alike.len(), &one_by_one), "{stretch:?}");
                for like in &alike {
                    let some = store.endpoints_in(&scan, &stretch, std::slice::from_ref(like)).await.unwrap();
                    let same = some.iter().filter(|row| known(row) == known(like)).count();
                    assert_eq!(same as u64, like.number(), "{like:?}");
                }
                names.extend(each.into_iter().map(|row| (row.host_name, row.id)));
            }
            assert_eq!(names.len(), expected, "{concerned:?}");
            let by_name = !matches!(concerned, Concerned::Endpoints(_));
            assert!(!by_name || names.is_sorted(), "{names:?}");
            names.sort();
            names.dedup();
            assert_eq!(names.len(), expected, "nobody comes twice");
        }
    }
    store.close().await;
}

async fn what_differs_is_told_apart(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    filled(&store).await;
    let profile = store.default_profile(NOW).await.unwrap().document.id.to_string();
    // What people have allowed differs from one to the next, and matters only where they would be asked, or the agent goes by another
    // profile than the one that it would have.
    for (asking, apart) in [(vec![profile], ENDPOINTS - 1), (Vec::new(), 21)] {
        let scan = Scan::new(&Concerned::All, shown(), (None, None), asking);
        let mut found = 0;
        for stretch in stretches(&store, &scan).await {
            found += store.alike_in(&scan, &stretch).await.unwrap().len();
        }
        assert_eq!(found, apart);
    }
    store.close().await;
}
