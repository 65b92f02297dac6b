//! Servers that share a database.

use countersign_protocol::{Command, CommandKind, InstanceUid, Secret};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};
use time::Duration;
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, connected, on_each_database, profile};
use crate::store::entity::endpoint_move;
use crate::store::{Notice, Renewal, Store, StoreError, TokenStanding, Unseen};
use crate::telemetry::{Destination, Woken};

on_each_database!(a_start_forgets_its_own_sessions, strange_tables_are_left_alone);

async fn is_online(store: &Store, endpoint: InstanceUid) -> bool {
    store.endpoint(endpoint).await.unwrap().unwrap().session.is_some()
}

async fn a_start_forgets_its_own_sessions(kind: Kind) {
    let database = TestDatabase::new(kind);
    let (node, desk) = (Uuid::now_v7(), InstanceUid::generate());
    let store = database.open().await.of_node(node);
    store.enter("192.0.2.1:8443").await.unwrap();
    connected(&store, desk, "desk").await;
    assert_eq!(store.token_standing(desk).await.unwrap(), TokenStanding::Connected);
    store.close().await;
    // It has ended without a word, and is started again at once.
    let store = database.open().await.of_node(node);
    store.forget_sessions().await.unwrap();
    assert!(!is_online(&store, desk).await);
    store.enter("192.0.2.1:8443").await.unwrap();
    assert_eq!(store.count_nodes().await.unwrap(), 1);
    store.close().await;
}

async fn strange_tables_are_left_alone(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    store
        .database
        .execute_unprepared("INSERT INTO seaql_migrations VALUES ('m9999_later', 0)")
        .await
        .unwrap();
    store.close().await;
    let error = Store::open(database.location.clone()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Newer { step } if step == "m9999_later"), "{error}");
    if let Some(url) = TestDatabase::new(kind).url {
        super::postgresql::execute(&url, "CREATE TABLE recipes (name TEXT)");
        let url = crate::database_url::DatabaseUrl::new(Secret::new(url)).unwrap();
        let error = Store::open(&url).await.unwrap_err().to_string();
        assert!(error.contains("holds tables of something else (“recipes”)"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_with_a_server_that_is_gone_is_taken_from_it() {
    let database = TestDatabase::new(Kind::PostgreSql);
    let (here, there) = (database.open().await, database.open().await);
    here.enter("192.0.2.1:8443").await.unwrap();
    there.enter("192.0.2.2:8443").await.unwrap();
    let (stays, moves, local) = (InstanceUid::generate(), InstanceUid::generate(), InstanceUid::generate());
    let session = connected(&there, stays, "stays").await;
    let late = connected(&there, moves, "moves").await;
    connected(&here, local, "local").await;
    assert_eq!(here.token_standing(stays).await.unwrap(), TokenStanding::Connected);
    let heard = NOW + Duration::minutes(5);
    there.keep_seen(&[(stays, heard), (local, heard)]).await.unwrap();
    let seen = |row: crate::store::entity::endpoint::Model| crate::store::moment(row.last_seen);
    assert_eq!(seen(here.endpoint(stays).await.unwrap().unwrap()), heard);
    assert_eq!(seen(here.endpoint(local).await.unwrap().unwrap()), NOW, "it is not connected there");
    // A start next to it leaves it what it has.
    database.open().await.forget_sessions().await.unwrap();
    assert!(here.forget_gone().await.unwrap().is_empty());
    assert!(is_online(&here, stays).await && is_online(&here, local).await);

    let older = "UPDATE nodes SET renewed_at = renewed_at - 16000000 WHERE address = '192.0.2.2:8443'";
    here.database.execute_unprepared(older).await.unwrap();
    let newer = connected(&here, moves, "moves").await;
    assert_eq!(here.forget_gone().await.unwrap(), ["192.0.2.2:8443"]);
    let row = here.endpoint(stays).await.unwrap().unwrap();
    assert_eq!(row.session, None);
    assert_eq!(row.offline_reason.as_deref(), Some("the server that it was connected to has gone"));
    assert!(is_online(&here, moves).await && is_online(&here, local).await);

    // It was only slow: what is still connected to it is so again, and what has gone elsewhere stays there.
    assert_eq!(there.renew().await.unwrap(), Renewal::Lapsed);
    there.enter("192.0.2.2:8443").await.unwrap();
    there.reclaim(&[(stays, session), (moves, late)]).await.unwrap();
    assert_eq!(there.renew().await.unwrap(), Renewal::Kept);
    assert!(is_online(&here, stays).await);
    there.went_offline(moves, late, "late", None, NOW, None).await.unwrap();
    let row = here.endpoint(moves).await.unwrap().unwrap();
    assert_eq!((row.session, row.offline_reason), (Some(newer.to_string()), None));

    there.leave().await.unwrap();
    assert!(!is_online(&here, stays).await && is_online(&here, moves).await);
    assert_eq!(here.count_nodes().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_tell_each_other_what_they_change() {
    let database = TestDatabase::new(Kind::PostgreSql);
    let (here, there) = (database.open().await, database.open().await);
    here.enter("192.0.2.1:8443").await.unwrap();
    there.enter("192.0.2.2:8443").await.unwrap();
    let (id, desk) = (there.default_profile(NOW).await.unwrap().document.id, InstanceUid::generate());
    connected(&here, desk, "desk").await;
    let mut listener = here.listener().await.unwrap().unwrap();
    let seen = here.latest_revision().await.unwrap();

    let command =
        Command { id: Uuid::now_v7(), expires_at: NOW + Duration::DAY, kind: CommandKind::RefreshInventory };
    there.change_profile(id, None, &profile("Default"), change("profile.changed")).await.unwrap();
    there.assign_profile(desk, id, None, change("endpoint.profile_assigned")).await.unwrap();
    there.add_command(desk, &command, change("command.given")).await.unwrap();
    here.change_profile(id, None, &profile("Default"), change("profile.changed")).await.unwrap();
    let to = Destination {
        server: "other.example".parse().unwrap(),
        enrolment_token: Some(Secret::new("of-the-other".to_owned())),
    };
    let nobody = || Woken::NotConnected;
    assert_eq!(there.move_endpoint(desk, &to, change("endpoint.moved"), nobody).await.unwrap(), Woken::Yes);
    tokio::time::timeout(std::time::Duration::from_secs(10), listener.recv()).await.unwrap().unwrap();

    let (last, unseen) = here.unseen(seen).await.unwrap();
    let Unseen::Notices(notices) = unseen else { panic!("nothing was lost") };
    let expected = [Notice::Profiles, Notice::Assigned(desk), Notice::Command(desk), Notice::Moved(desk)];
    assert_eq!(notices, expected, "in their order, and without its own");
    assert_eq!(here.take_move(desk).await.unwrap(), Some(to.clone()));
    assert_eq!(there.take_move(desk).await.unwrap(), None);
    assert!(
        matches!(here.unseen(last).await.unwrap(), (same, Unseen::Notices(none)) if same == last && none.is_empty())
    );

    // Its session ended before it was told where to go: the token does not stay.
    assert_eq!(there.move_endpoint(desk, &to, change("endpoint.moved"), nobody).await.unwrap(), Woken::Yes);
    let kept = endpoint_move::Entity::find();
    here.forget_moves().await.unwrap();
    assert_eq!(kept.clone().count(&here.database).await.unwrap(), 1, "it may still be told");
    let older = "UPDATE moves SET created_at = created_at - 61000000";
    here.database.execute_unprepared(older).await.unwrap();
    here.forget_moves().await.unwrap();
    assert_eq!(kept.count(&here.database).await.unwrap(), 0);
    let (last, _) = here.unseen(last).await.unwrap();

    // Whoever was away for long sees that something is missing.
    let mut later = change("endpoint.removed");
    later.at = NOW + Duration::hours(2);
    there.remove_endpoint(desk, later).await.unwrap();
    assert!(matches!(here.unseen(seen).await.unwrap(), (_, Unseen::Anything)));
    let (_, unseen) = here.unseen(last).await.unwrap();
    assert!(matches!(unseen, Unseen::Notices(notices) if notices == [Notice::Removed(desk)]));

    // Nobody has its session: it cannot be moved, and the audit does not say so.
    let before = here.audit(100).await.unwrap().len();
    assert_eq!(
        there.move_endpoint(desk, &to, change("endpoint.moved"), nobody).await.unwrap(),
        Woken::NotConnected
    );
    assert_eq!(here.audit(100).await.unwrap().len(), before);
}
