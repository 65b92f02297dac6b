//! What is foretold while a tightening goes on, or is halted: endpoints in its rings go by the stricter action.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_agent::Status;
use countersign_protocol::InstanceUid;
use countersign_trust::Fingerprint;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::support::Running;
use crate::support::agent::SOON;
use crate::support::clock::ManualClock;
use crate::support::fleet::{Authority, BETWEEN_LOOKS, Member, Particulars, SkippingClock, outcome};

/// Agents that trust an authority, of a server that is shown with a certificate of it.
struct Fleet {
    running: Running,
    agents_clock: SkippingClock,
    members: BTreeMap<InstanceUid, Member>,
    profile: Value,
}

impl Fleet {
    async fn start(authority: &Authority, number: usize) -> Self {
        let running = Running::start_with(ManualClock::at(OffsetDateTime::now_utc())).await;
        let profile = running.api.get("/profiles").await[0]["id"].clone();
        let (agents_clock, members) = (SkippingClock::default(), BTreeMap::new());
        let mut fleet = Self { running, agents_clock, members, profile };
        let (upload, shown) = authority.certificate(&["localhost"], 3000);
        let certificate = fleet.add(&upload).await;
        fleet.commit(&certificate).await;
        fleet.switch(true).await;
        for _ in 0..number {
            let roots = vec![authority.der.clone()];
            let particulars = Particulars { host: "localhost", roots, ahead: Duration::ZERO };
            let (uid, clock) = (InstanceUid::generate(), Arc::new(fleet.agents_clock.clone()));
            fleet.members.insert(uid, Member::start_as(&fleet.running, uid, particulars, clock));
        }
        for (uid, member) in &fleet.members {
            assert_eq!(member.outcome_with("a member", shown).await, "connects_silently");
            // It is known once it has introduced itself.
            let known = |endpoint: &Value| endpoint["id"] == uid.to_string();
            fleet.until("/endpoints", |endpoints| endpoints.as_array().unwrap().iter().any(known)).await;
            let settled =
                |endpoint: &Value| endpoint["online"] == true && endpoint["profile"]["status"] == "applied";
            fleet.running.endpoint(uid, settled).await;
        }
        fleet
    }

    async fn add(&self, upload: &Value) -> String {
        self.running.api.change("POST", "/certificates", upload).await["id"].as_str().unwrap().to_owned()
    }

    async fn commit(&self, certificate: &str) {
        let path = format!("/certificates/{certificate}/commit?if_not_valid=commit");
        self.running.api.change("POST", &path, &json!({})).await;
    }

    async fn switch(&self, on: bool) {
        let body = json!({"use_ssl_certificate_for_endpoint_control": on});
        self.running.api.change("PUT", "/settings", &body).await;
    }

    /// Waits until something that is had from the API is as wanted, while the time of the agents goes on.
    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let seen = self.running.api.get(path).await;
            if wanted(&seen) {
                return seen;
            }
            assert!(tokio::time::Instant::now() < deadline, "{path} is not as wanted in time: {seen:#}");
            self.agents_clock.advance(Duration::seconds(5));
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn rehearse(&self, certificate: &str) {
        let path = format!("/certificates/{certificate}/rehearsal");
        self.running.api.change("POST", &path, &json!({})).await;
        self.until(&path, |progress| progress["judged"] == self.members.len()).await;
    }

    /// What is foretold of each.
    async fn forecast(&self, change: &Value) -> BTreeMap<InstanceUid, String> {
        let mut found = BTreeMap::new();
        for outcome in ["connects_silently", "asked", "cut_off", "unknown"] {
            let path = format!("/pre-flight?outcome={outcome}&size=500");
            let answer = self.running.api.change("POST", &path, change).await;
            for endpoint in answer["list"].as_array().unwrap() {
                let uid: InstanceUid = endpoint["id"].as_str().unwrap().parse().unwrap();
                found.insert(uid, outcome.to_owned());
            }
        }
        found
    }

    /// What becomes of each when it is shown this certificate.
    async fn outcomes(&self, shown: Fingerprint) -> BTreeMap<InstanceUid, String> {
        let mut outcomes = BTreeMap::new();
        for (uid, member) in &self.members {
            if outcome(&member.handle.status().borrow()) != Some("connects_silently") {
                member.look_again("a member").await;
            }
            outcomes.insert(*uid, member.outcome_with("a member", shown).await.to_owned());
        }
        outcomes
    }
}

fn count(outcomes: &BTreeMap<InstanceUid, String>, outcome: &str) -> usize {
    outcomes.values().filter(|found| *found == outcome).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_ring_is_foretold_to_go_by_the_stricter_action() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let fleet = Box::pin(Fleet::start(&known, 3)).await;
    let begun = json!({
        "profile_id": fleet.profile, "to_action": "deny", "rings": [50, 100], "hold_minutes": 60, "trial_minutes": 30,
    });
    let begun = fleet.running.api.change("POST", "/tightenings", &begun).await;
    let path = format!("/tightenings/{}", begun["id"].as_str().unwrap());
    fleet.until(&path, |seen| seen["endpoints"]["connected"] == 2).await;
    fleet.running.api.change("POST", &format!("{path}/halt"), &Value::Null).await;

    // A certificate that nobody finds valid: those in the ring refuse it, whatever the profile says, and the other one asks.
    let (upload, shown) = unknown.certificate(&["localhost"], 30);
    let certificate = fleet.add(&upload).await;
    fleet.rehearse(&certificate).await;
    let forecast = fleet.forecast(&json!({"change": "certificate", "certificate": certificate})).await;
    assert_eq!((count(&forecast, "cut_off"), count(&forecast, "asked")), (2, 1), "{forecast:#?}");
    // What changes for them as well is foretold of what it comes to: a profile that says less is not on trial any more.
    let allow =
        json!({"change": "action", "profiles": [fleet.profile], "invalid_certificate_action": "allow"});
    assert_eq!(count(&fleet.forecast(&allow).await, "connects_silently"), 3);
    let turned_off = json!({"change": "endpoint_control", "use_ssl_certificate_for_endpoint_control": false});
    let foretold = fleet.forecast(&turned_off).await;
    assert_eq!((count(&foretold, "cut_off"), count(&foretold, "asked")), (2, 1), "{foretold:#?}");
    fleet.commit(&certificate).await;
    assert_eq!(fleet.outcomes(shown).await, forecast);

    // The same with the switch, after it was shown: who refuses one certificate refuses the other.
    let forecast = fleet.forecast(&turned_off).await;
    fleet.switch(false).await;
    let built_in = fleet.running.api.get("/built-in-certificate").await["fingerprint"].clone();
    assert_eq!(fleet.outcomes(serde_json::from_value(built_in).unwrap()).await, forecast);
    for member in fleet.members.values() {
        member.handle.shutdown().await;
    }
    fleet.running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_ring_is_relieved_when_the_profile_says_something_else() {
    let known = Authority::new();
    let fleet = Box::pin(Fleet::start(&known, 2)).await;
    let begun = json!({
        "profile_id": fleet.profile, "to_action": "deny", "rings": [50, 100], "hold_minutes": 60, "trial_minutes": 30,
    });
    let begun = fleet.running.api.change("POST", "/tightenings", &begun).await;
    let path = format!("/tightenings/{}", begun["id"].as_str().unwrap());
    fleet.until(&path, |seen| seen["endpoints"]["connected"] == 1).await;
    fleet.running.api.change("POST", &format!("{path}/halt"), &Value::Null).await;
    let turned_off = json!({"change": "endpoint_control", "use_ssl_certificate_for_endpoint_control": false});
    let forecast = fleet.forecast(&turned_off).await;
    assert_eq!((count(&forecast, "cut_off"), count(&forecast, "asked")), (1, 1), "{forecast:#?}");
    let body = json!({"profiles": [fleet.profile], "invalid_certificate_action": "allow"});
    fleet.running.api.change("POST", "/profiles/action", &body).await;
    for member in fleet.members.values() {
        let allows = |status: &Status| status.profile.action.as_str() == "allow";
        member.until("a member", allows).await;
        fleet.running.endpoint(member.uid, |endpoint| endpoint["profile"]["status"] == "applied").await;
    }
    let forecast = fleet.forecast(&turned_off).await;
    assert_eq!(count(&forecast, "connects_silently"), 2, "{forecast:#?}");
    fleet.switch(false).await;
    let built_in = fleet.running.api.get("/built-in-certificate").await["fingerprint"].clone();
    assert_eq!(fleet.outcomes(serde_json::from_value(built_in).unwrap()).await, forecast);
    for member in fleet.members.values() {
        member.handle.shutdown().await;
    }
    fleet.running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_passed_and_is_cut_off_since_is_helped_by_a_certificate_and_not_by_stepping_back() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let fleet = Box::pin(Fleet::start(&known, 2)).await;
    let begun = json!({
        "profile_id": fleet.profile, "to_action": "deny", "rings": [100], "hold_minutes": 60, "trial_minutes": 1,
    });
    let begun = fleet.running.api.change("POST", "/tightenings", &begun).await;
    let path = format!("/tightenings/{}", begun["id"].as_str().unwrap());
    fleet.until(&path, |seen| seen["endpoints"]["connected"] == 2).await;
    let (upload, refused) = unknown.certificate(&["localhost"], 30);
    fleet.commit(&fleet.add(&upload).await).await;
    assert_eq!(count(&fleet.outcomes(refused).await, "cut_off"), 2);
    let seen = fleet.until(&path, |seen| seen["passed_and_away"] == 2).await;
    // They have passed, and the tightening goes on.
    assert_eq!((&seen["state"], &seen["endpoints"]["connected"]), (&json!("running"), &json!(2)), "{seen:#}");
    fleet.running.api.change("POST", &format!("{path}/step-back"), &Value::Null).await;
    fleet.agents_clock.advance(Duration::minutes(5));
    assert_eq!(
        count(&fleet.outcomes(refused).await, "cut_off"),
        2,
        "their trial is over, and they have passed"
    );
    for member in fleet.members.values() {
        assert_eq!(member.handle.status().borrow().profile.action.as_str(), "deny");
    }
    let (upload, valid) = known.certificate(&["localhost"], 30);
    fleet.commit(&fleet.add(&upload).await).await;
    assert_eq!(count(&fleet.outcomes(valid).await, "connects_silently"), 2);
    for member in fleet.members.values() {
        member.until("the step back", |status: &Status| status.profile.action.as_str() == "warn").await;
        member.handle.shutdown().await;
    }
    fleet.running.server.stop().await;
}
