//! What is removed after some time, and what is not.

use countersign_protocol::decision::{Asked, DecidedAnswer, DecidedQuestion};
use countersign_protocol::{Command, CommandKind, CommandOutcome, CommandResult, Decision, InstanceUid};
use countersign_trust::Fingerprint;
use sea_orm::ConnectionTrait as _;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, connected, on_each_database};
use crate::endpoint_rule::EndpointRule;
use crate::store::{GroupContent, Intent, Membership, Removed, Store, StoreError, microseconds};

on_each_database!(what_is_over_is_removed_after_its_time, rows_of_the_audit_go_only_when_they_are_counted);

/// More than are removed or read at once.
const MANY: usize = 1100;

fn days(days: i64) -> OffsetDateTime {
    NOW + Duration::days(days)
}

fn command(expires: i64) -> Command {
    Command { id: Uuid::now_v7(), expires_at: days(expires), kind: CommandKind::RefreshInventory }
}

async fn finish(store: &Store, endpoint: InstanceUid, command: Uuid, at: i64) {
    let result =
        CommandResult { id: command, outcome: CommandOutcome::Succeeded { output: serde_json::Value::Null } };
    store.finish_command(endpoint, &result, days(at)).await.unwrap();
}

fn decision(at: i64) -> Decision {
    Decision {
        id: Uuid::now_v7(),
        at: days(at),
        fingerprint: Fingerprint::of(b"certificate"),
        problems: [].into(),
        question: DecidedQuestion::First,
        answer: DecidedAnswer::Denied,
        asked: Asked::Dialog,
    }
}

/// Adds so many rows with one statement; each is told its number.
async fn add_many(store: &Store, into: &str, row: impl Fn(usize) -> String) {
    let rows: Vec<String> = (0..MANY).map(row).collect();
    let statement = format!("INSERT INTO {into} VALUES {}", rows.join(", "));
    store.database.execute_unprepared(&statement).await.unwrap();
}

async fn what_is_over_is_removed_after_its_time(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let desk = InstanceUid::generate();
    connected(&store, desk, "desk").await;
    // Days until it expires, the day on which it is finished, and whether it stays.
    let mut staying = Vec::new();
    for (expires, finished, stays) in [
        (-100, None, false),
        (-100, Some(-120), false),
        (-100, Some(-10), true),
        (-10, None, true),
        (-10, Some(-100), true),
        (1, None, true),
    ] {
        let command = command(expires);
        store.add_command(desk, &command, change("command.given")).await.unwrap();
        if let Some(at) = finished {
            finish(&store, desk, command.id, at).await;
        }
        if stays {
            staying.push(command.id.to_string());
        }
    }
    let (expired, at) = (microseconds(days(-95)), microseconds(days(-96)));
    add_many(&store, "commands (id, endpoint_id, kind, created_at, expires_at)", |number| {
        format!("('many-{number}', '{desk}', '{{}}', {at}, {expired})")
    })
    .await;
    let group = Uuid::now_v7();
    let rule = EndpointRule { host_name: Some("desk*".to_owned()), ..EndpointRule::default() };
    let content = GroupContent {
        name: "Desks".to_owned(),
        precedence: 1,
        membership: Membership::ByRule(rule),
        profile: None,
    };
    store.create_group(group, &content, change("group.created"), Intent::CarryOut).await.unwrap();
    for (expires, finished) in [(-100, -110), (-100, -10), (1, -200)] {
        let command = command(expires);
        store.add_group_command(group, &command, |_| true, change("command.given_to_group")).await.unwrap();
        let given = store.commands(desk, 2000).await.unwrap();
        let given = given.iter().find(|row| row.batch_id == Some(command.id.to_string())).unwrap();
        finish(&store, desk, given.id.parse().unwrap(), finished).await;
    }
    store.keep_decisions(desk, &[decision(-100), decision(-91), decision(-89), decision(0)]).await.unwrap();

    let removed = store.remove_history(days(-90)).await.unwrap();
    let expected = Removed { commands: MANY as u64 + 3, batches: 1, decisions: 2 };
    assert_eq!(removed, expected);
    assert_eq!(store.remove_history(days(-90)).await.unwrap(), Removed::default());
    let kept = store.commands(desk, 2000).await.unwrap();
    let alone: Vec<&String> = kept.iter().filter(|row| row.batch_id.is_none()).map(|row| &row.id).collect();
    assert_eq!((alone.len(), kept.len()), (staying.len(), staying.len() + 2));
    assert!(staying.iter().all(|id| alone.contains(&id)));
    assert_eq!(store.group_commands(group, 10, NOW).await.unwrap().len(), 2);
    assert_eq!(store.decisions(desk, 10).await.unwrap().len(), 2);
    store.close().await;
}

async fn rows_of_the_audit_go_only_when_they_are_counted(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let old = microseconds(days(-300));
    // Several of one moment.
    add_many(&store, "audit (id, at, actor, action, subject, detail)", |number| {
        let at = old + i64::try_from(number / 7).unwrap();
        format!("('old-{number:04}', {at}, 'anna', 'profile.changed', 'x', '{{}}')")
    })
    .await;
    store.record_change(change("profile.changed")).await.unwrap();
    store.close().await;

    let store = Store::open_as_it_is(&database.location).await.unwrap();
    let (before, mut rows) = (days(-200), Vec::new());
    loop {
        let page = store.old_audit(before, rows.last()).await.unwrap();
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert!(ids.len() == MANY && ids.is_sorted(), "each of them once, in their order");
    let all = || store.audit(2000);
    for wrong in [0, MANY as u64 - 1] {
        let refused = store.remove_audit(before, wrong, change("audit.pruned")).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
        assert_eq!(all().await.unwrap().len(), MANY + 1);
        assert!(store.database.execute_unprepared("DELETE FROM audit").await.is_err());
    }
    store.remove_audit(before, MANY as u64, change("audit.pruned")).await.unwrap();
    let mut left: Vec<String> = all().await.unwrap().into_iter().map(|row| row.action).collect();
    left.sort_unstable();
    assert_eq!(left, ["audit.pruned", "profile.changed"]);
    for refused in ["DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"] {
        assert!(store.database.execute_unprepared(refused).await.is_err(), "{refused}");
    }
    store.close().await;
    // A database of an earlier version is left alone.
    let empty = TestDatabase::new(kind);
    assert!(Store::open_as_it_is(&empty.location).await.is_err());
}
