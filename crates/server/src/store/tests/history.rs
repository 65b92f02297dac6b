//! What happened to endpoints, and the audit in pages.

use countersign_protocol::{
    CertificateReport, Command, CommandKind, CommandOutcome, CommandResult, InstanceUid, ReportedDecision,
    SessionTrust,
};
use countersign_trust::InvalidCertificateAction;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait as _, Statement};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::lists::nothing_shown;
use super::{Kind, NOW, TestDatabase, connected, on_each_database};
use crate::store::audit::changes;
use crate::store::events::KEPT;
use crate::store::{
    Actor, AuditFilter, Change, EndpointEvent, Happened, Introduction, ProfileResult, Reports, Store, moment,
};

on_each_database!(
    changes_are_found_by_who_what_to_what_and_when,
    each_change_is_written_out_once_whatever_is_added_meanwhile,
    it_is_told_in_order_from_all_that_is_kept,
    an_endpoint_that_comes_back_as_it_was_leaves_nothing,
    the_newest_event_takes_the_place_of_the_oldest,
    sessions_of_a_server_that_is_gone_have_ended
);

fn made(actor: &str, action: &'static str, subject: &str, minutes: i64) -> Change {
    Change {
        actor: Actor::Person(actor.to_owned()),
        at: NOW + Duration::minutes(minutes),
        action,
        subject: subject.to_owned(),
        detail: json!({}),
    }
}

async fn changes_are_found_by_who_what_to_what_and_when(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    for (minute, (actor, action, subject)) in [
        ("anna", "profile.changed", "1"),
        ("bert", "profile.changed", "2"),
        ("anna", "profile.removed", "1"),
        ("anna", "profile.changed", "2"),
        ("bert", "group.changed", "3"),
    ]
    .into_iter()
    .enumerate()
    {
        let minute = i64::try_from(minute).unwrap();
        store.record_change(made(actor, action, subject, minute)).await.unwrap();
    }
    let text = |text: &str| Some(text.to_owned());
    let all = AuditFilter::default();
    let minute = |minute| Some(NOW + Duration::minutes(minute));
    for (filter, expected) in [
        (all.clone(), &[4, 3, 2, 1, 0][..]),
        (AuditFilter { actor: text("anna"), ..all.clone() }, &[3, 2, 0]),
        (AuditFilter { actor: text("ann"), ..all.clone() }, &[]),
        (AuditFilter { actor: text("an\0na"), ..all.clone() }, &[3, 2, 0]),
        (AuditFilter { action: text("profile.changed"), ..all.clone() }, &[3, 1, 0]),
        (AuditFilter { subjects: Some(vec!["2".to_owned()]), ..all.clone() }, &[3, 1]),
        (AuditFilter { subjects: Some(vec!["2".to_owned(), "3".to_owned()]), ..all.clone() }, &[4, 3, 1]),
        (AuditFilter { subjects: Some(Vec::new()), ..all.clone() }, &[]),
        (AuditFilter { since: minute(1), before: minute(4), ..all.clone() }, &[3, 2, 1]),
        (
            AuditFilter {
                actor: text("anna"),
                action: text("profile.changed"),
                since: minute(1),
                ..all.clone()
            },
            &[3],
        ),
    ] {
        let page = store.find_changes(&filter, 1, 10).await.unwrap();
        let found: Vec<i64> = page.rows.iter().map(|row| (moment(row.at) - NOW).whole_minutes()).collect();
        assert_eq!((found.as_slice(), page.total), (expected, expected.len() as u64), "{filter:?}");
        // Two on each page.
        for (place, expected) in expected.chunks(2).enumerate() {
            let page = store.find_changes(&filter, place as u64 + 1, 2).await.unwrap();
            let found: Vec<i64> =
                page.rows.iter().map(|row| (moment(row.at) - NOW).whole_minutes()).collect();
            assert_eq!((found.as_slice(), page.number), (expected, place as u64 + 1));
        }
    }
    let last = store.find_changes(&all, u64::MAX, 2).await.unwrap();
    assert_eq!((last.number, last.total, last.rows.len()), (3, 5, 1));
    if kind == Kind::Sqlite {
        for filter in [
            all.clone(),
            AuditFilter { actor: text("anna"), ..all.clone() },
            AuditFilter { action: text("profile.changed"), since: minute(1), ..all.clone() },
            AuditFilter { subjects: Some(vec!["2".to_owned()]), ..all.clone() },
        ] {
            let statement = changes(&filter).build(DbBackend::Sqlite).to_string();
            let plan = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {statement}"));
            let steps = store.database.query_all_raw(plan).await.unwrap();
            let plan: Vec<String> = steps.iter().map(|step| step.try_get("", "detail").unwrap()).collect();
            assert!(plan.len() == 1 && plan[0].contains("USING INDEX audit_by_"), "{statement}: {plan:?}");
        }
    }
    store.close().await;
}

async fn each_change_is_written_out_once_whatever_is_added_meanwhile(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    for number in 0..7 {
        // Several at the same moment.
        store.record_change(made("anna", "profile.changed", &number.to_string(), number / 3)).await.unwrap();
    }
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let after = last.as_ref().map(|(at, id): &(i64, String)| (*at, id.as_str()));
        let rows = store.changes_after(&AuditFilter::default(), after, 2).await.unwrap();
        let Some(row) = rows.last() else { break };
        last = Some((row.at, row.id.clone()));
        found.extend(rows.into_iter().map(|row| row.subject));
        store.record_change(made("bert", "group.changed", "later", 60)).await.unwrap();
    }
    assert_eq!(found, ["6", "5", "4", "3", "2", "1", "0"]);
    store.close().await;
}

fn report(trust: SessionTrust) -> CertificateReport {
    CertificateReport {
        assessment: nothing_shown(),
        action: InvalidCertificateAction::Warn,
        trust,
        decision: ReportedDecision::Valid,
        judged_at: None,
    }
}

/// What happened, a word for each, the oldest first.
async fn words(store: &Store, endpoint: InstanceUid, now: OffsetDateTime) -> Vec<String> {
    let page = store.history(endpoint, 1, 500, now).await.unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    let word = |happened: &Happened| match happened {
        Happened::Enrolled => "enrolled".to_owned(),
        Happened::Connected => "connected".to_owned(),
        Happened::Event { event: EndpointEvent::Disconnected { reason }, .. } => format!("gone: {reason}"),
        Happened::Event { event: EndpointEvent::CertificateJudged(judgement), .. } => {
            format!("judged: {}", judgement.trust.code())
        }
        Happened::Event { event: EndpointEvent::ProfileApplied, .. } => "applied".to_owned(),
        Happened::Event { event: EndpointEvent::ProfileFailed { error }, .. } => format!("failed: {error}"),
        Happened::Event { event: EndpointEvent::AgentChanged { after, .. }, .. } => {
            format!("changed to {}", after.agent_version)
        }
        Happened::Changed(row) => row.action.clone(),
        Happened::Decided(_) => "decided".to_owned(),
        Happened::CommandGiven(_) => "command given".to_owned(),
        Happened::CommandFinished(_) => "command finished".to_owned(),
        Happened::CommandExpired(_) => "command expired".to_owned(),
    };
    page.rows.iter().rev().map(|row| word(&row.happened)).collect()
}

async fn it_is_told_in_order_from_all_that_is_kept(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (desk, other) = (InstanceUid::generate(), InstanceUid::generate());
    let at = |minutes| NOW + Duration::minutes(minutes);
    let session = connected(&store, desk, "desk").await;
    connected(&store, other, "other").await;
    store.keep_certificate_report(desk, &report(SessionTrust::Valid), at(1)).await.unwrap();
    let applied = ProfileResult::Applied;
    store.keep_profile_event(desk, &applied, at(2)).await.unwrap();
    let reports = Reports { profile: Some(applied.clone()), ..Reports::default() };
    store.keep_reports(desk, &reports).await.unwrap();
    // It says so again.
    store.keep_profile_event(desk, &applied, at(3)).await.unwrap();
    let command = |hours| Command {
        id: Uuid::now_v7(),
        expires_at: NOW + Duration::hours(hours),
        kind: CommandKind::RefreshInventory,
    };
    let (done, over) = (command(2), command(1));
    for (command, minute) in [(&done, 4), (&over, 5)] {
        store
            .add_command(desk, command, made("anna", "command.given", &desk.to_string(), minute))
            .await
            .unwrap();
    }
    let outcome = CommandOutcome::Succeeded { output: serde_json::Value::Null };
    store.finish_command(desk, &CommandResult { id: done.id, outcome }, at(6)).await.unwrap();
    store.went_offline(desk, session, "no heartbeat came", None, at(7), None).await.unwrap();
    store.keep_session_end(desk, NOW, "no heartbeat came", at(7)).await.unwrap();
    let upgraded = Introduction {
        host_name: "desk".to_owned(),
        agent_version: "2".to_owned(),
        ..Introduction::default()
    };
    let profile = store.default_profile(NOW).await.unwrap().document.id;
    store.introduce(desk, Uuid::now_v7(), &upgraded, &Reports::default(), profile, at(8)).await.unwrap();

    let expected = [
        "enrolled",
        "connected",
        "judged: valid",
        "applied",
        "command.given",
        "command.given",
        "command finished",
        "gone: no heartbeat came",
        "connected",
        "changed to 2",
        "command expired",
    ];
    assert_eq!(words(&store, desk, at(60)).await, expected);
    assert_eq!(words(&store, desk, at(59)).await, expected[..10]);
    assert_eq!(words(&store, other, at(60)).await, ["enrolled", "connected"]);
    for (page, size, number, total, rows) in
        [(1, 4, 1, 11, 4), (3, 4, 3, 11, 3), (9, 4, 3, 11, 3), (1, 11, 1, 11, 11)]
    {
        let found = store.history(desk, page, size, at(60)).await.unwrap();
        assert_eq!((found.number, found.total, found.rows.len()), (number, total, rows), "{page}, {size}");
    }
    // The profile that it had then, and its revision.
    let page = store.history(desk, 1, 500, at(60)).await.unwrap();
    let then = page.rows.iter().find_map(|row| {
        let Happened::Event { event: EndpointEvent::ProfileApplied, profile } = &row.happened else {
            return None;
        };
        profile.clone()
    });
    assert_eq!(then, Some((profile.to_string(), 1)));
    store.remove_endpoint(desk, made("anna", "endpoint.removed", &desk.to_string(), 61)).await.unwrap();
    assert_eq!(words(&store, desk, at(62)).await, ["command.given", "command.given", "endpoint.removed"]);
    store.close().await;
}

/// However often it connects and reports the same, only that it came and went is kept.
async fn an_endpoint_that_comes_back_as_it_was_leaves_nothing(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let desk = InstanceUid::generate();
    for minute in 0..3 {
        connected(&store, desk, "desk").await;
        let now = NOW + Duration::minutes(minute);
        let report = CertificateReport { judged_at: Some(now), ..report(SessionTrust::Remembered) };
        store.keep_certificate_report(desk, &report, now).await.unwrap();
        let row = store.endpoint(desk).await.unwrap().unwrap();
        assert_eq!(row.certificate_reported_at.map(moment), Some(now));
    }
    assert_eq!(words(&store, desk, NOW).await, ["enrolled", "connected", "judged: remembered"]);
    // What else is in the report changes nothing.
    let otherwise = CertificateReport {
        decision: ReportedDecision::AllowedByProfile,
        ..report(SessionTrust::Remembered)
    };
    store.keep_certificate_report(desk, &otherwise, NOW).await.unwrap();
    store.keep_certificate_report(desk, &report(SessionTrust::Valid), NOW).await.unwrap();
    assert_eq!(
        words(&store, desk, NOW).await,
        ["enrolled", "connected", "judged: remembered", "judged: valid"]
    );
    store.close().await;
}

async fn the_newest_event_takes_the_place_of_the_oldest(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (desk, other) = (InstanceUid::generate(), InstanceUid::generate());
    for endpoint in [desk, other] {
        connected(&store, endpoint, "desk").await;
    }
    store.keep_session_end(other, NOW, "of the other", NOW).await.unwrap();
    for number in 0..KEPT + 3 {
        let at = NOW + Duration::minutes(number);
        store.keep_session_end(desk, at, &format!("end {number}"), at).await.unwrap();
    }
    let told = words(&store, desk, NOW).await;
    let ends: Vec<&String> = told.iter().filter(|word| word.starts_with("gone")).collect();
    assert_eq!(ends.len(), usize::try_from(KEPT).unwrap());
    assert_eq!(
        (ends[0].as_str(), ends[ends.len() - 1].as_str()),
        ("gone: end 3", format!("gone: end {}", KEPT + 2).as_str())
    );
    assert!(words(&store, other, NOW).await.contains(&"gone: of the other".to_owned()));
    // Of one that is not there, nothing is kept, and it is no error.
    store.keep_session_end(InstanceUid::generate(), NOW, "nobody", NOW).await.unwrap();
    store.close().await;
}

async fn sessions_of_a_server_that_is_gone_have_ended(kind: Kind) {
    let database = TestDatabase::new(kind);
    let node = Uuid::now_v7();
    let store = database.open().await.of_node(node);
    store.enter("192.0.2.1:8443").await.unwrap();
    let (desk, away) = (InstanceUid::generate(), InstanceUid::generate());
    connected(&store, desk, "desk").await;
    let session = connected(&store, away, "away").await;
    store.went_offline(away, session, "gone", None, NOW, None).await.unwrap();
    store.close().await;
    // It has ended without a word, and is started again at once.
    let store = database.open().await.of_node(node);
    store.forget_sessions().await.unwrap();
    let later = OffsetDateTime::now_utc() + Duration::DAY;
    let ended = "gone: the server ended without saying so, and was started again";
    assert_eq!(words(&store, desk, later).await, ["enrolled", "connected", ended]);
    assert_eq!(words(&store, away, later).await, ["enrolled"], "that it was connected went with its end");
    if kind == Kind::PostgreSql {
        store.enter("192.0.2.1:8443").await.unwrap();
        connected(&store, desk, "desk").await;
        let nodes = store.nodes().await.unwrap();
        assert_eq!(nodes.len(), 1);
        assert_eq!((nodes[0].sessions, nodes[0].is_this), (1, true));
        store.leave().await.unwrap();
        assert_eq!(words(&store, desk, later).await.last().unwrap(), "gone: the server was stopped");
        assert!(store.nodes().await.unwrap().is_empty());
    }
    store.close().await;
}
