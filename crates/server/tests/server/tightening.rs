//! Staged tightening: ring after ring, with agents that come back and agents that do not.

mod by_hand;
mod fleet;
mod foretold;
mod not_known;
mod resumed;

use countersign_server::Server;
use countersign_trust::InvalidCertificateAction;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::support::http::ApiClient;
use crate::support::{Running, configuration};
use fleet::{Fleet, Manner};

fn moment(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_come_back_the_profile_gets_the_action() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 10, |_| Manner::Connects).await;
    let input = json!({"rings": [10, 50, 100], "hold_minutes": 30, "trial_minutes": 5});
    let (id, begun) = fleet.begin(&running, &input).await;
    assert_eq!(
        (&begun["state"], &begun["ring"], &begun["endpoints"]["members"]),
        (&json!("running"), &json!(10), &json!(1))
    );
    let first = fleet.on_trial();
    let mut began_at = moment(&begun["begun_at"]);
    for (ring, members) in [(10, 1), (50, 5), (100, 10)] {
        let seen = fleet::tightening(&running, &id, |seen| {
            seen["ring"] == ring && seen["endpoints"]["connected"] == members
        });
        let seen = seen.await;
        assert_eq!(
            (&seen["endpoints"]["members"], &seen["endpoints"]["counted"]),
            (&json!(members), &json!(members))
        );
        assert_eq!(fleet.on_trial().len(), members);
        assert!(fleet.on_trial().is_superset(&first), "a ring contains the one before");
        assert_eq!(moment(&seen["ring_began_at"]), began_at);
        clock.advance(Duration::minutes(29));
        clock.advance(Duration::minutes(1));
        began_at += Duration::minutes(30);
    }
    fleet::tightening(&running, &id, |seen| seen["state"] == "finished").await;
    fleet.all_have(InvalidCertificateAction::Deny, 2).await;
    assert!(fleet.on_trial().is_empty());
    let profile = running.api.get(&format!("/profiles/{}", fleet.profile)).await;
    assert_eq!((&profile["invalid_certificate_action"], &profile["revision"]), (&json!("deny"), &json!(2)));
    assert_eq!(fleet::audited(&running).await, ["finished", "ring_begun", "ring_begun", "begun"]);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_too_few_come_back_it_halts_and_steps_back_by_itself() {
    let (running, clock) = fleet::server().await;
    let fleet =
        Fleet::connect(
            &running,
            10,
            |number| if number % 2 == 0 { Manner::Connects } else { Manner::IsCutOff },
        )
        .await;
    let input = json!({"rings": [100], "hold_minutes": 60, "trial_minutes": 5, "threshold_percent": 60});
    let (id, _) = fleet.begin(&running, &input).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 5).await;
    fleet.cut_off(5).await;
    for uid in fleet.uids(Manner::IsCutOff) {
        let endpoint = running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
        assert!(endpoint["offline_reason"].as_str().unwrap().contains("denies"), "{endpoint:#}");
    }
    // Not before their trial is over: nothing is known until then.
    clock.advance(Duration::minutes(5));
    clock.advance(Duration::minutes(1));
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] == "stepped_back").await;
    assert_eq!(moment(&seen["changed_at"]), moment(&seen["begun_at"]) + Duration::minutes(6));
    assert!(seen["reason"].as_str().unwrap().starts_with("Of 10 endpoints, only 5 connected"), "{seen:#}");
    let keeps = "One that has passed its trial and was cut off since, by another certificate, keeps the stricter action";
    assert!(seen["reason"].as_str().unwrap().contains(keeps), "{seen:#}");
    assert_eq!(seen["not_connected"].as_array().unwrap().len(), 5);
    let overview = running.api.get("/overview").await;
    let told = |overview: &Value| {
        let attention = overview["attention"].as_array().unwrap().clone();
        attention
            .iter()
            .any(|attention| attention["text"].as_str().unwrap().contains("stepped back by itself"))
    };
    assert!(told(&overview), "{overview:#}");
    // Those that connected are relieved of it at once, the others when they come back, of their own accord.
    fleet.have(Manner::Connects, InvalidCertificateAction::Warn, 2).await;
    fleet.fall_back(&running).await;
    fleet.all_have(InvalidCertificateAction::Warn, 2).await;
    assert!(fleet.on_trial().is_empty());
    let profile = running.api.get(&format!("/profiles/{}", fleet.profile)).await;
    assert_eq!(profile["invalid_certificate_action"], "warn");
    assert_eq!(fleet::audited(&running).await, ["stepped_back", "begun"]);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_after_a_restart_of_the_server() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 4, |_| Manner::Connects).await;
    let input = json!({"rings": [25, 100], "hold_minutes": 10, "trial_minutes": 2});
    let (id, _) = fleet.begin(&running, &input).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 1).await;
    let first = fleet.on_trial();
    let running = running.restarted_with(clock.clone()).await;
    fleet.reconnect(&running).await;
    assert_eq!(fleet.on_trial(), first, "the ring is the same");
    // Ring after ring, as if nothing had been.
    clock.advance(Duration::minutes(10));
    fleet::tightening(&running, &id, |seen| seen["ring"] == 100 && seen["endpoints"]["connected"] == 4).await;
    // What is due while no server runs is done by the next one.
    fleet.leave_all(&running).await;
    running.server.stop().await;
    clock.advance(Duration::hours(10));
    let server = Server::start_with(configuration(running.directory.path()), clock).await.unwrap();
    let api = ApiClient { address: server.console, ..running.api };
    let running = Running { server, api, ..running };
    fleet::tightening(&running, &id, |seen| seen["state"] == "finished").await;
    fleet.reconnect(&running).await;
    fleet.all_have(InvalidCertificateAction::Deny, 2).await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_be_cut_off_at_the_end_is_for_a_person_to_decide_on() {
    let (running, clock) = fleet::server().await;
    let fleet =
        Fleet::connect(&running, 10, |number| if number == 0 { Manner::IsCutOff } else { Manner::Connects })
            .await;
    let input = json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2, "threshold_percent": 50});
    let (id, _) = fleet.begin(&running, &input).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 9).await;
    fleet.cut_off(1).await;
    clock.advance(Duration::minutes(2));
    fleet.fall_back(&running).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["fell_back"] == 1).await;
    clock.advance(Duration::minutes(8));
    let seen = fleet::tightening(&running, &id, |seen| seen["state"] == "halted").await;
    assert!(seen["reason"].as_str().unwrap().contains("1 endpoint could connect only"), "{seen:#}");
    assert_eq!(seen["not_connected"][0]["outcome"], "fell_back");
    // The profile is as it was, and so are the endpoints, until somebody decides.
    assert_eq!(fleet.on_trial().len(), 10);
    let finished = running.api.change("POST", &format!("/tightenings/{id}/finish"), &Value::Null).await;
    assert_eq!(finished["state"], "finished");
    fleet.all_have(InvalidCertificateAction::Deny, 2).await;
    running.server.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn endpoints_of_another_server_of_the_database_are_in_the_rings_too() {
    let (first, second) = Running::start_two().await;
    let fleet = Fleet::connect(&second, 3, |_| Manner::Connects).await;
    let input = json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2});
    let (id, begun) = fleet.begin(&first, &input).await;
    assert_eq!((&begun["endpoints"]["members"], &begun["endpoints"]["counted"]), (&json!(3), &json!(3)));
    fleet::tightening(&second, &id, |seen| seen["endpoints"]["connected"] == 3).await;
    let stepped = first.api.change("POST", &format!("/tightenings/{id}/step-back"), &Value::Null).await;
    assert_eq!(stepped["state"], "stepped_back");
    fleet.all_have(InvalidCertificateAction::Warn, 2).await;
    first.server.stop().await;
    second.server.stop().await;
}
