//! What a tightening does where endpoints are absent, or cannot show anything.

use countersign_trust::InvalidCertificateAction;
use serde_json::{Value, json};
use time::Duration;

use super::fleet::{self, Fleet, Manner};
use crate::support::Running;
use crate::support::console::{Console, NAME, PASSWORD};

/// What the dashboard says of tightenings.
async fn attention(running: &Running) -> String {
    let overview = running.api.get("/overview").await;
    let attention = overview["attention"].as_array().unwrap().iter();
    let texts = attention.filter(|attention| attention["place"] == "/tightenings");
    texts.map(|attention| attention["text"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_there_before_shows_nothing() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 3, |_| Manner::StaysConnected).await;
    let (id, _) =
        fleet.begin(&running, &json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2})).await;
    for uid in fleet.uids(Manner::StaysConnected) {
        running.endpoint(uid, |endpoint| endpoint["profile"]["status"] == "applied").await;
    }
    clock.advance(Duration::minutes(3));
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] == "stepped_back").await;
    assert!(seen["reason"].as_str().unwrap().starts_with("Of 3 endpoints, only 0 connected"), "{seen:#}");
    fleet.all_have(InvalidCertificateAction::Warn, 2).await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_finished_by_itself_over_endpoints_of_which_nothing_is_known() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 4, |number| match number {
        0 => Manner::KnowsNoTrials,
        _ => Manner::Connects,
    });
    let fleet = fleet.await;
    // One is switched off before the tightening begins.
    let absent = fleet.leave_one(&running, Manner::Connects).await;
    let input = json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2});
    let (id, begun) = fleet.begin(&running, &input).await;
    assert_eq!((&begun["endpoints"]["members"], &begun["endpoints"]["counted"]), (&json!(3), &json!(2)));
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    clock.advance(Duration::minutes(10));
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] != "running").await;
    let reason = seen["reason"].as_str().unwrap();
    assert_eq!(seen["state"], "halted", "{seen:#}");
    assert!(reason.contains("Nothing was heard of 1 endpoint under the stricter action."), "{reason}");
    assert!(reason.contains("Agents that know no trials: 1 endpoint."), "{reason}");
    let said = attention(&running).await;
    assert!(
        said.contains("waits for a decision") && said.contains("Agents that know no trials: 1 endpoint."),
        "{said}"
    );
    fleet.have(Manner::KnowsNoTrials, InvalidCertificateAction::Warn, 1).await;

    // What finishing would do is foretold of all of them, and of nobody else.
    let finish = json!({"change": "finished_tightening", "tightening_id": id});
    let foretold = running.api.change("POST", "/pre-flight", &finish).await;
    assert_eq!(foretold["endpoints"], 4, "{foretold:#}");
    let remarks = foretold["remarks"].to_string();
    assert!(remarks.contains("Nothing was heard of 1 endpoint "), "{remarks}");

    // The one that comes back is tried, and known from then on; the old agent is for the administrator to decide on.
    fleet.come_back(&running, absent).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 3).await;
    running.api.change("POST", &format!("/tightenings/{id}/resume"), &Value::Null).await;
    clock.advance(Duration::minutes(10));
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] != "running").await;
    let reason = seen["reason"].as_str().unwrap();
    assert!(!reason.contains("Nothing was heard") && reason.contains("know no trials"), "{reason}");
    // In the console, what it would do comes first.
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let path = format!("/endpoint-profiles/{}/tightening/{id}/finish", fleet.profile);
    let shown = console.post(&path, &[]).await;
    assert!(shown.status == 200 && shown.body.contains("What this would do"), "{}", shown.body);
    assert!(shown.body.contains("know no trials") && shown.body.contains(">desk-0</a>"), "{}", shown.body);
    assert_eq!(running.api.get(&format!("/tightenings/{id}")).await["state"], "halted");
    let done = console.post(&path, &[("seen", "yes")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(running.api.get(&format!("/tightenings/{id}")).await["state"], "finished");
    fleet.all_have(InvalidCertificateAction::Deny, 2).await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_among_newcomers_are_not_outweighed_by_those_that_have_passed() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 10, |_| Manner::Connects).await;
    let input = json!({"rings": [80, 100], "hold_minutes": 10, "trial_minutes": 2, "threshold_percent": 80});
    let (id, _) = fleet.begin(&running, &input).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 8).await;
    let first = fleet.on_trial();
    // Of the two that are left, one finds the certificate not valid.
    let last = fleet.uids(Manner::Connects).into_iter().find(|uid| !first.contains(uid)).unwrap();
    fleet.becomes(&running, last, Manner::IsCutOff).await;
    clock.advance(Duration::minutes(10));
    fleet::tightening(&running, &id, |seen| seen["ring"] == 100 && seen["newest"]["connected"] == 1).await;
    clock.advance(Duration::minutes(3));
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] != "running").await;
    assert_eq!(seen["state"], "stepped_back", "{seen:#}");
    assert!(seen["reason"].as_str().unwrap().starts_with("Of 2 endpoints, only 1 connected"), "{seen:#}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_that_waits_for_long_is_brought_up() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 2, |_| Manner::Connects).await;
    fleet.leave_all(&running).await;
    let (id, _) =
        fleet.begin(&running, &json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2})).await;
    clock.advance(Duration::minutes(69));
    let seen = running.api.get(&format!("/tightenings/{id}")).await;
    assert_eq!((&seen["state"], &seen["reason"]), (&json!("running"), &Value::Null), "{seen:#}");
    assert_eq!(attention(&running).await, "");
    clock.advance(Duration::minutes(1));
    let seen = running.api.get(&format!("/tightenings/{id}")).await;
    assert!(seen["reason"].as_str().unwrap().starts_with("No endpoint that came with this ring"), "{seen:#}");
    let said = attention(&running).await;
    assert!(said.contains("does not go on") && said.contains("its ring of 100 %"), "{said}");
    // It goes on when they come.
    fleet.reconnect(&running).await;
    fleet::tightening(&running, &id, |seen| seen["state"] != "running").await;
    running.server.stop().await;
}
