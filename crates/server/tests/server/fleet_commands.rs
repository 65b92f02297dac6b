//! Commands to groups and to endpoints that are away.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::{CommandKind, CommandOutcome, CommandResult};
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use crate::support::Running;
use crate::support::agent::{Agent, Connection, introduction};
use crate::support::clock::ManualClock;

async fn answer(agent: &mut Agent, id: Uuid, outcome: CommandOutcome) {
    agent.send_custom(&AgentCustomMessage::CommandResult(CommandResult { id, outcome })).await;
    agent.settled().await;
}

fn done() -> CommandOutcome {
    CommandOutcome::Succeeded { output: Value::Null }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_to_a_group_reaches_each_of_its_endpoints_once() {
    let running = Running::start().await;
    let (mut desk, mut other, mut away) =
        (running.agent("desk-1").await, running.agent("desk-2").await, running.agent("desk-3").await);
    let group = running
        .api
        .change("POST", "/groups", &json!({"name": "Desks", "rule": {"host_name": "desk-*"}}))
        .await;
    let path = format!("/groups/{}/commands", group["id"].as_str().unwrap());
    let uid = away.uid;
    drop(std::mem::replace(&mut away, running.agent("laptop").await));
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;

    let id = Uuid::now_v7();
    let body = json!({"id": id, "kind": "notify_user", "title": "Maintenance", "text": "At noon."});
    let given = running.api.change("POST", &path, &body).await;
    assert_eq!((&given["id"], &given["waiting"], &given["left_out"]), (&json!(id), &json!(3), &json!(0)));
    // Whoever is not sure sends it again.
    assert_eq!(running.api.change("POST", &path, &body).await["waiting"], 3);
    let (first, second) = (desk.command().await, other.command().await);
    assert_ne!(first.id, second.id, "each endpoint answers for itself");
    assert_eq!(first.kind, CommandKind::NotifyUser { title: "Maintenance".into(), text: "At noon.".into() });
    answer(&mut desk, first.id, done()).await;
    answer(&mut other, second.id, CommandOutcome::Failed { reason: "No.".into() }).await;
    let shown = running.api.get(&path).await;
    let outline =
        ["waiting", "succeeded", "failed", "refused", "expired"].map(|name| shown[0][name].as_u64().unwrap());
    assert_eq!(outline, [1, 1, 1, 0, 0], "{shown}");

    // The one that was away gets it when it comes back.
    let token = Some(running.enrolment_token.as_str());
    let mut back = Connection::open(running.server.telemetry, None).await.upgrade(uid, token).await.unwrap();
    back.introduce("desk-3").await;
    let third = back.command().await;
    answer(&mut back, third.id, done()).await;
    assert_eq!(running.api.get(&path).await[0]["succeeded"], 2);
    let own = running.api.get(&format!("/endpoints/{uid}/commands")).await;
    assert_eq!((&own[0]["status"], &own[0]["batch_id"]), (&json!("succeeded"), &json!(id)));

    let single = format!("/endpoints/{}/commands", desk.uid);
    for (path, body, status) in [
        (&path, json!({"id": id, "kind": "collect_diagnostics"}), 409),
        (&single, json!({"id": id, "kind": "collect_diagnostics"}), 409),
        (&single, json!({"id": first.id, "kind": "collect_diagnostics"}), 409),
        (&path, json!({"kind": "collect_diagnostics", "valid_for_hours": 0}), 422),
        (&path, json!({"kind": "format_disk"}), 422),
    ] {
        let answer = running.api.send("POST", path, Some(&body.to_string())).await;
        assert_eq!(answer.status, status, "{body} {}", answer.body);
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_expire_are_given_once_and_can_be_taken_back() {
    let clock = ManualClock::at(datetime!(2027-01-01 12:00 UTC));
    let running = Running::start_with(clock.clone()).await;
    let agent = running.agent("desk").await;
    let uid = agent.uid;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let path = format!("/endpoints/{uid}/commands");
    let (short, long, back) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    for (id, hours) in [(short, 1), (long, 48), (back, 48)] {
        let body = json!({"id": id, "kind": "refresh_inventory", "valid_for_hours": hours});
        for _ in 0..2 {
            assert_eq!(running.api.change("POST", &path, &body).await["id"], json!(id));
        }
    }
    let cancel = format!("{path}/{back}");
    assert_eq!(running.api.send("DELETE", &cancel, None).await.status, 204);
    assert_eq!(running.api.send("DELETE", &cancel, None).await.status, 409);
    clock.advance(Duration::hours(2));
    let token = Some(running.enrolment_token.as_str());
    let mut agent = Connection::open(running.server.telemetry, None).await.upgrade(uid, token).await.unwrap();
    agent.introduce("desk").await;
    assert_eq!(agent.command().await.id, long, "the other two are not sent");
    let shown = running.api.get(&path).await;
    let mut statuses: Vec<(String, String)> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|command| {
            (command["id"].as_str().unwrap().to_owned(), command["status"].as_str().unwrap().to_owned())
        })
        .collect();
    statuses.sort();
    let mut expected = [(short, "expired"), (long, "waiting"), (back, "refused")]
        .map(|(id, status)| (id.to_string(), status.to_owned()));
    expected.sort();
    assert_eq!(statuses, expected);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_earlier_versions_are_not_told_to_forget() {
    let running = Running::start().await;
    let mut agent = Connection::open(running.server.telemetry, None)
        .await
        .upgrade(countersign_protocol::InstanceUid::generate(), Some(&running.enrolment_token))
        .await
        .unwrap();
    let mut earlier = introduction("desk");
    earlier.custom_capabilities.as_mut().unwrap().capabilities.truncate(5);
    agent.send(earlier).await;
    // The first answer comes once the endpoint is kept.
    agent.message().await;
    running.endpoint(agent.uid, |endpoint| endpoint["online"] == true).await;
    for (path, list) in [("decisions", "decisions"), ("remembered-certificates", "certificates")] {
        let shown = running.api.get(&format!("/endpoints/{}/{path}", agent.uid)).await;
        assert_eq!((&shown["reported"], &shown[list]), (&json!(false), &json!([])));
    }
    let path = format!("/endpoints/{}/remembered-certificates/{}", agent.uid, "ab".repeat(32));
    let refused = running.api.send("DELETE", &path, None).await;
    assert!(refused.status == 409 && refused.body.contains("Upgrade it first"), "{}", refused.body);
    running.server.stop().await;
}
