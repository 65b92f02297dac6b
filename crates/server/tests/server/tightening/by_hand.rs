//! What administrators do with a tightening, and what else they do meanwhile.

use countersign_trust::InvalidCertificateAction;
use serde_json::{Value, json};
use time::Duration;

use super::fleet::{self, Fleet, Manner};
use crate::support::Running;

async fn post(running: &Running, id: &str, step: &str) -> Value {
    running.api.change("POST", &format!("/tightenings/{id}/{step}"), &Value::Null).await
}

/// The status of an answer to what cannot be done, and why.
async fn refused(running: &Running, method: &str, path: &str, body: &Value) -> (u16, String) {
    let body = (*body != Value::Null).then(|| body.to_string());
    let answer = running.api.send(method, path, body.as_deref()).await;
    (answer.status, answer.json()["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_halted_resumed_and_stepped_back_by_hand() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 4, |_| Manner::Connects).await;
    let input = json!({"rings": [50, 100], "hold_minutes": 10, "trial_minutes": 2});
    let (id, _) = fleet.begin(&running, &input).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    let first = fleet.trials();
    let second = json!({"profile_id": fleet.profile, "to_action": "deny"});
    let (status, why) = refused(&running, "POST", "/tightenings", &second).await;
    assert!(status == 409 && why.contains("tightened already"), "{status} {why}");
    let (status, why) = refused(&running, "POST", &format!("/tightenings/{id}/finish"), &Value::Null).await;
    assert!(status == 409 && why.contains("last ring"), "{status} {why}");

    // A halt keeps what was reached, for however long; the time of the ring begins anew when it goes on.
    assert_eq!(post(&running, &id, "halt").await["state"], "halted");
    let (status, why) = refused(&running, "POST", &format!("/tightenings/{id}/halt"), &Value::Null).await;
    assert!(status == 409 && why.contains("is halted"), "{status} {why}");
    clock.advance(Duration::hours(5));
    assert_eq!(fleet.on_trial().len(), 2);
    let resumed = post(&running, &id, "resume").await;
    assert_eq!((&resumed["state"], &resumed["ring"]), (&json!("running"), &json!(50)));
    clock.advance(Duration::minutes(10));
    fleet::tightening(&running, &id, |seen| seen["ring"] == 100 && seen["endpoints"]["connected"] == 4).await;
    assert_eq!(fleet.trials(), first, "the same attempt goes on");

    // Everybody is relieved of it at once.
    let stepped = post(&running, &id, "step-back").await;
    assert_eq!(
        (&stepped["state"], &stepped["reason"]),
        (&json!("stepped_back"), &json!("An administrator said so."))
    );
    fleet.all_have(InvalidCertificateAction::Warn, 2).await;

    // Another attempt is another trial, at the ring where it was.
    let resumed = post(&running, &id, "resume").await;
    assert_eq!((&resumed["ring"], &resumed["endpoints"]["members"]), (&json!(100), &json!(4)));
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 4).await;
    assert!(fleet.trials().is_disjoint(&first));
    assert_eq!(post(&running, &id, "finish").await["state"], "finished");
    fleet.all_have(InvalidCertificateAction::Deny, 3).await;
    assert_eq!(
        fleet::audited(&running).await,
        ["finished", "resumed", "stepped_back", "ring_begun", "resumed", "halted", "begun"]
    );
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_changed_meanwhile_is_on_trial_as_it_is_now() {
    let (running, clock) = fleet::server().await;
    let fleet =
        Fleet::connect(
            &running,
            3,
            |number| {
                if number == 2 { Manner::KnowsNoTrials } else { Manner::Connects }
            },
        );
    let fleet = fleet.await;
    let input = json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2});
    let (id, begun) = fleet.begin(&running, &input).await;
    assert_eq!((&begun["endpoints"]["members"], &begun["without_trial"]), (&json!(2), &json!(1)));
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    let trials = fleet.trials();
    let path = format!("/profiles/{}", fleet.profile);
    let content =
        |action| json!({"name": "Default", "invalid_certificate_action": action, "heartbeat_seconds": 77});
    running.api.change("PUT", &path, &content("warn")).await;
    fleet.have(Manner::KnowsNoTrials, InvalidCertificateAction::Warn, 2).await;
    for uid in fleet.uids(Manner::Connects) {
        let of_now = |endpoint: &Value| endpoint["profile"]["status"] == "applied";
        running.endpoint(uid, of_now).await;
    }
    assert_eq!((fleet.on_trial().len(), fleet.trials()), (2, trials));
    // What people had connected under before still counts.
    let seen = fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    assert_eq!(seen["state"], "running");
    // Whoever changes the action itself has decided.
    running.api.change("PUT", &path, &content("allow")).await;
    fleet.all_have(InvalidCertificateAction::Allow, 3).await;
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] == "stepped_back").await;
    assert_eq!(seen["reason"], "The action of the profile was changed meanwhile.");
    let (status, why) = refused(&running, "POST", &format!("/tightenings/{id}/resume"), &Value::Null).await;
    assert!(status == 409 && why.contains("does not say warn any more"), "{status} {why}");
    clock.advance(Duration::hours(1));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_gets_a_copy_of_the_profile_at_the_end() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 4, |_| Manner::Connects).await;
    let group = json!({"name": "First", "profile_id": fleet.profile});
    let group = running.api.change("POST", "/groups", &group).await["id"].as_str().unwrap().to_owned();
    let members = fleet.uids(Manner::Connects)[..2].to_vec();
    let path = format!("/groups/{group}/members");
    running.api.change("POST", &path, &json!({"endpoints": members})).await;
    let input = json!({"group_id": group, "rings": [100], "hold_minutes": 10, "trial_minutes": 2});
    // Only what becomes of the group is foretold.
    let planned = json!({
        "change": "tightening", "profile_id": fleet.profile, "group_id": group, "to_action": "deny",
    });
    assert_eq!(running.api.change("POST", "/pre-flight", &planned).await["endpoints"], members.len());
    let (id, begun) = fleet.begin(&running, &input).await;
    assert_eq!(begun["endpoints"]["members"], members.len());
    let finish = json!({"change": "finished_tightening", "tightening_id": id});
    assert_eq!(running.api.change("POST", "/pre-flight", &finish).await["endpoints"], members.len());
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    assert_eq!(fleet.on_trial().into_iter().collect::<Vec<_>>(), members);
    clock.advance(Duration::minutes(10));
    fleet::tightening(&running, &id, |seen| seen["state"] == "finished").await;
    let profiles = running.api.get("/profiles").await;
    let profiles = profiles.as_array().unwrap();
    for (number, uid) in fleet.uids(Manner::Connects).into_iter().enumerate() {
        let expected = if number < 2 { "Default (Deny)" } else { "Default" };
        let expected = &profiles.iter().find(|profile| profile["name"] == expected).unwrap()["id"];
        let has = |endpoint: &Value| {
            endpoint["profile"]["id"] == *expected && endpoint["profile"]["status"] == "applied"
        };
        running.endpoint(uid, has).await;
    }
    assert_eq!(
        running.api.get(&format!("/profiles/{}", fleet.profile)).await["invalid_certificate_action"],
        "warn"
    );
    // A group with another profile is none to tighten this one with.
    let input = json!({"profile_id": fleet.profile, "group_id": group, "to_action": "deny"});
    let (status, why) = refused(&running, "POST", "/tightenings", &input).await;
    assert!(status == 409 && why.contains("has not the profile"), "{status} {why}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_given_another_profile_is_tightened_no_longer() {
    let (running, _clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 2, |_| Manner::Connects).await;
    let other = json!({"name": "Other", "invalid_certificate_action": "allow", "heartbeat_seconds": 30});
    let other = running.api.change("POST", "/profiles", &other).await["id"].clone();
    let group = json!({"name": "First", "profile_id": fleet.profile});
    let group = running.api.change("POST", "/groups", &group).await["id"].as_str().unwrap().to_owned();
    let path = format!("/groups/{group}/members");
    running.api.change("POST", &path, &json!({"endpoints": fleet.uids(Manner::Connects)})).await;
    let path = format!("/groups/{group}");
    let given = |profile: Value| json!({"name": "First", "profile_id": profile});
    let input = json!({"group_id": group, "rings": [100], "hold_minutes": 10, "trial_minutes": 2});

    let (id, _) = fleet.begin(&running, &input).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    running.api.change("PUT", &path, &given(other.clone())).await;
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] == "stepped_back").await;
    assert_eq!(seen["reason"], "The endpoint group was given another profile.");
    let (status, why) = refused(&running, "POST", &format!("/tightenings/{id}/resume"), &Value::Null).await;
    assert!(status == 409 && why.contains("has not the profile “Default” any more"), "{status} {why}");

    // One that is halted is not finished over what the group was given meanwhile.
    running.api.change("PUT", &path, &given(json!(fleet.profile))).await;
    fleet.all_have(InvalidCertificateAction::Warn, 2).await;
    let (id, _) = fleet.begin(&running, &input).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    post(&running, &id, "halt").await;
    running.api.change("PUT", &path, &given(other.clone())).await;
    let (status, why) = refused(&running, "POST", &format!("/tightenings/{id}/finish"), &Value::Null).await;
    assert!(status == 409 && why.contains("has not the profile “Default” any more"), "{status} {why}");
    assert_eq!(running.api.get(&path).await["profile_id"], other);
    fleet.all_have(InvalidCertificateAction::Allow, 1).await;
    assert_eq!(post(&running, &id, "step-back").await["state"], "stepped_back");
    running.server.stop().await;
}
