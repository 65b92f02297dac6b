//! What endpoints have answered to a profile, as it is kept while the profile changes.

use countersign_protocol::{Command, CommandKind, InstanceUid};
use countersign_trust::InvalidCertificateAction;
use time::Duration;
use uuid::Uuid;

use super::{Kind, NOW, TestDatabase, change, connected, on_each_database, profile};
use crate::store::{Introduction, ProfileResult, Reports, SettingsResult, Store};

on_each_database!(
    a_changed_profile_awaits_the_answer_of_every_endpoint_that_has_it,
    what_an_agent_reports_at_first_is_kept_with_its_introduction,
    a_session_learns_at_once_what_its_endpoint_has_been_given
);

async fn status(store: &Store, endpoint: InstanceUid) -> (String, Option<String>) {
    let row = store.endpoint(endpoint).await.unwrap().unwrap();
    (row.profile_status, row.profile_error)
}

fn answered(result: ProfileResult) -> Reports {
    Reports { profile: Some(result), ..Reports::default() }
}

async fn a_changed_profile_awaits_the_answer_of_every_endpoint_that_has_it(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (here, gone, other) = (InstanceUid::generate(), InstanceUid::generate(), InstanceUid::generate());
    let default = store.default_profile(NOW).await.unwrap().document.id;
    let strict = Uuid::now_v7();
    store.create_profile(strict, &profile("Strict"), change("profile.created")).await.unwrap();
    for endpoint in [here, gone, other] {
        let session = connected(&store, endpoint, "desk").await;
        if endpoint == gone {
            store.went_offline(endpoint, session, "gone", None, NOW, None).await.unwrap();
        }
    }
    store.assign_profile(other, strict, None, change("endpoint.profile")).await.unwrap();
    let failed = ("failed".to_owned(), Some("no room".to_owned()));
    let (pending, applied) = (("pending".to_owned(), None), ("applied".to_owned(), None));
    for round in 0..2 {
        store.keep_reports(here, &answered(ProfileResult::Applied)).await.unwrap();
        store.keep_reports(gone, &answered(ProfileResult::Failed("no room".to_owned()))).await.unwrap();
        store.keep_reports(other, &answered(ProfileResult::Applied)).await.unwrap();
        assert_eq!(status(&store, gone).await, failed);
        if round == 0 {
            let content = profile("Default");
            store.change_profile(default, None, &content, change("profile.changed")).await.unwrap();
        } else {
            let deny = InvalidCertificateAction::Deny;
            store.change_actions(&[default], deny, None, |_| change("profile.changed")).await.unwrap();
        }
        assert_eq!(status(&store, here).await, pending);
        assert_eq!(status(&store, gone).await, pending);
        assert_eq!(status(&store, other).await, applied);
    }
    store.close().await;
}

async fn what_an_agent_reports_at_first_is_kept_with_its_introduction(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let endpoint = InstanceUid::generate();
    let default = store.default_profile(NOW).await.unwrap().document.id;
    // The first time it is added, and later it is changed; what is not reported stays.
    for (round, reports, health, expected) in [
        (0, answered(ProfileResult::Applied), None, ("applied", None)),
        (
            1,
            Reports { health: Some("fine".to_owned()), ..Reports::default() },
            Some("fine"),
            ("applied", None),
        ),
        (2, answered(ProfileResult::Failed("no".to_owned())), Some("fine"), ("failed", Some("no"))),
        (3, answered(ProfileResult::Pending), Some("fine"), ("pending", None)),
        (
            4,
            Reports { settings: Some(SettingsResult::Refused("bad".to_owned())), ..Reports::default() },
            Some("fine"),
            ("pending", None),
        ),
    ] {
        let session = Uuid::now_v7();
        let host_name = format!("desk-{round}");
        let introduction = Introduction { host_name: host_name.clone(), ..Introduction::default() };
        let now = NOW + Duration::minutes(round);
        store.introduce(endpoint, session, &introduction, &reports, default, now).await.unwrap();
        let row = store.endpoint(endpoint).await.unwrap().unwrap();
        assert_eq!((row.session, row.host_name), (Some(session.to_string()), host_name));
        assert_eq!(row.health.as_deref(), health);
        assert_eq!((row.profile_status.as_str(), row.profile_error.as_deref()), expected);
        assert_eq!(row.settings_error.as_deref(), (round == 4).then_some("bad"));
        assert_eq!(row.last_seen, crate::store::microseconds(now));
    }
    let applied = Reports { settings: Some(SettingsResult::Taken), ..Reports::default() };
    store.keep_reports(endpoint, &applied).await.unwrap();
    assert_eq!(store.endpoint(endpoint).await.unwrap().unwrap().settings_error, None);
    store.close().await;
}

async fn a_session_learns_at_once_what_its_endpoint_has_been_given(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let endpoint = InstanceUid::generate();
    assert!(store.assigned_profile(endpoint, NOW).await.unwrap().is_none());
    let session = connected(&store, endpoint, "desk").await;
    let strict = Uuid::now_v7();
    store.create_profile(strict, &profile("Strict"), change("profile.created")).await.unwrap();
    store.assign_profile(endpoint, strict, None, change("endpoint.profile")).await.unwrap();
    // Another endpoint's, one that is over, and one that is open.
    let other = InstanceUid::generate();
    connected(&store, other, "other").await;
    for (whose, hours) in [(other, 1), (endpoint, -1), (endpoint, 1)] {
        let expires_at = NOW + Duration::hours(hours);
        let command = Command { id: Uuid::now_v7(), expires_at, kind: CommandKind::RefreshInventory };
        store.add_command(whose, &command, change("command.given")).await.unwrap();
    }
    let assigned = store.assigned_profile(endpoint, NOW).await.unwrap().unwrap();
    assert_eq!(assigned.profile, store.profile(strict).await.unwrap());
    assert_eq!(assigned.session, Some(session.to_string()));
    assert_eq!((assigned.pending, assigned.open_commands), (true, 1));
    store.keep_reports(endpoint, &answered(ProfileResult::Applied)).await.unwrap();
    let later = NOW + Duration::hours(2);
    let assigned = store.assigned_profile(endpoint, later).await.unwrap().unwrap();
    assert_eq!((assigned.pending, assigned.open_commands), (false, 0));
    store.close().await;
}
