//! Who waits for whom on PostgreSQL, and who does not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_protocol::InstanceUid;
use futures_util::FutureExt as _;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, Statement};

use super::{Kind, NOW, TestDatabase, connected};
use crate::store::turns::{OURS, PLACING};
use crate::store::{Store, moment};

/// Longer than anything here takes that has to wait for nobody, and shorter than PostgreSQL waits.
const SOON: Duration = Duration::from_secs(8);

/// Waits until so many wait for the turn of placing.
async fn until_waiting(store: &Store, wanted: i64) {
    let ask = format!(
        "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = {OURS} AND objid = {PLACING} AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    let waiting = async {
        loop {
            let ask = Statement::from_string(DbBackend::Postgres, ask.clone());
            let row = store.database.query_one_raw(ask).await.unwrap().unwrap();
            if row.try_get_by_index::<i64>(0).unwrap() == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.expect("nobody waits for the turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_groups_waits_for_those_before_it_only() {
    let database = TestDatabase::new(Kind::PostgreSql);
    let (store, other) = (database.open().await, database.open().await);
    store.default_profile(NOW).await.unwrap();
    // Agents come all the time: at each moment one of them is being placed.
    let before = store.begin_placing_one().await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let (changing, noted) = (store.clone(), Arc::clone(&order));
    let changed = tokio::spawn(async move {
        // As each change of groups begins. It is noted before others may go on.
        let placing = changing.begin_placing_all().await.unwrap();
        noted.lock().unwrap().push("groups changed");
        placing.commit().await.unwrap();
    });
    until_waiting(&store, 1).await;
    let noted = Arc::clone(&order);
    let after = tokio::spawn(async move {
        let placing: DatabaseTransaction = other.begin_placing_one().await.unwrap();
        noted.lock().unwrap().push("an agent that came later");
        placing.commit().await.unwrap();
    });
    until_waiting(&store, 2).await;
    before.commit().await.unwrap();
    tokio::time::timeout(SOON, async { (changed.await.unwrap(), after.await.unwrap()) }).await.unwrap();
    assert_eq!(order.lock().unwrap()[0], "groups changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_which_nobody_knows_whether_it_was_made_is_doubted() {
    let database = TestDatabase::new(Kind::PostgreSql);
    let (store, other) = (database.open().await, database.open().await);
    let good = store.begin().await.unwrap();
    store.commit(good).await.unwrap();
    let broken = store.begin().await.unwrap();
    let ask = Statement::from_string(DbBackend::Postgres, "SELECT pg_backend_pid()");
    let process = broken.query_one_raw(ask).await.unwrap().unwrap().try_get_by_index::<i32>(0).unwrap();
    let end = format!("SELECT pg_terminate_backend({process}, 5000)");
    other.database.execute_unprepared(&end).await.unwrap();
    assert!(store.doubted().now_or_never().is_none(), "not for the good one");
    assert!(store.commit(broken).await.is_err());
    tokio::time::timeout(SOON, store.doubted()).await.expect("nobody is told");
    assert!(store.doubted().now_or_never().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_of_life_wait_for_no_change() {
    let database = TestDatabase::new(Kind::PostgreSql);
    let store = database.open().await;
    let mut endpoints = [InstanceUid::generate(), InstanceUid::generate()];
    endpoints.sort_unstable_by_key(ToString::to_string);
    for endpoint in endpoints {
        connected(&store, endpoint, "desk").await;
    }
    let [first, last] = endpoints;
    // A change has the last one, and wants the first one next.
    let changing = store.begin_placing_all().await.unwrap();
    let touch = |endpoint: InstanceUid| format!("UPDATE endpoints SET health = 'x' WHERE id = '{endpoint}'");
    changing.execute_unprepared(&touch(last)).await.unwrap();
    let heard = NOW + time::Duration::minutes(5);
    let seen = [(first, heard), (last, heard)];
    tokio::time::timeout(SOON, store.keep_seen(&seen)).await.expect("it waits for the change").unwrap();
    changing.execute_unprepared(&touch(first)).await.unwrap();
    changing.commit().await.unwrap();
    let mut kept = Vec::new();
    for endpoint in endpoints {
        kept.push(moment(store.endpoint(endpoint).await.unwrap().unwrap().last_seen));
    }
    assert_eq!(kept, [heard, NOW], "what is being changed is left out");
    store.keep_seen(&seen).await.unwrap();
    assert_eq!(moment(store.endpoint(last).await.unwrap().unwrap().last_seen), heard);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_of_a_server_that_has_gone_are_ended_in_turn() {
    let database = TestDatabase::new(Kind::PostgreSql);
    let (here, gone) = (database.open().await, database.open().await);
    gone.enter("192.0.2.2:8443").await.unwrap();
    let endpoints: Vec<InstanceUid> = (0..20).map(|_| InstanceUid::generate()).collect();
    for endpoint in &endpoints {
        connected(&gone, *endpoint, "desk").await;
    }
    let older = "UPDATE nodes SET renewed_at = renewed_at - 16000000";
    here.database.execute_unprepared(older).await.unwrap();
    let changing = here.begin().await.unwrap();
    let (forgetting, changes) = tokio::join!(here.forget_gone(), async {
        for endpoint in endpoints.iter().rev() {
            let touch = format!("UPDATE endpoints SET health = 'x' WHERE id = '{endpoint}'");
            changing.execute_unprepared(&touch).await?;
        }
        changing.commit().await
    });
    changes.unwrap();
    assert_eq!(forgetting.unwrap(), ["192.0.2.2:8443"]);
    for endpoint in endpoints {
        let row = here.endpoint(endpoint).await.unwrap().unwrap();
        assert_eq!((row.session, row.health.as_deref()), (None, Some("x")));
    }
}
