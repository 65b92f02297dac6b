//! The whole recommended upgrade path, from agents that do not validate certificates and *Allow* to *Deny*: at no step is anybody
//! asked, or lost. New agents are those that people run.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_agent::{Enrolment, Status};
use countersign_protocol::InstanceUid;
use countersign_trust::Fingerprint;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::support::Running;
use crate::support::agent::SOON;
use crate::support::clock::ManualClock;
use crate::support::fleet::{Authority, BETWEEN_LOOKS, Member, Particulars, SkippingClock, outcome};
use crate::support::legacy::{BUILT_IN, Legacy};

/// An installation on its way.
struct Way {
    running: Running,
    clock: Arc<ManualClock>,
    authority: Authority,
    profile: String,
    legacy: Vec<Legacy>,
    members: Vec<Member>,
    /// Of the members.
    agents_clock: SkippingClock,
}

impl Way {
    async fn begin() -> Self {
        let clock = ManualClock::at(OffsetDateTime::now_utc());
        let running = Running::start_with(clock.clone()).await;
        let profile = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
        let authority = Authority::new();
        let agents_clock = SkippingClock::default();
        Self { running, clock, authority, profile, legacy: Vec::new(), members: Vec::new(), agents_clock }
    }

    /// How each part of the path stands.
    async fn parts(&self) -> BTreeMap<String, String> {
        let path = self.running.api.get("/upgrade-path").await;
        let steps = path["steps"].as_array().unwrap();
        let parts = steps.iter().flat_map(|step| step["parts"].as_array().unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        parts.map(|part| (text(&part["code"]), text(&part["state"]))).collect()
    }

    /// What is said of a part of the path.
    async fn situation(&self, code: &str) -> String {
        let path = self.running.api.get("/upgrade-path").await;
        let mut parts =
            path["steps"].as_array().unwrap().iter().flat_map(|step| step["parts"].as_array().unwrap());
        let part = parts.find(|part| part["code"] == code).unwrap();
        part["situation"].as_str().unwrap().to_owned()
    }

    /// Waits until the parts of the path stand like this.
    async fn stands(&self, expected: &[(&str, &str)]) {
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let parts = self.parts().await;
            if expected.iter().all(|(code, state)| parts[*code] == *state) {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{expected:?} is not how it is: {parts:#?}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn set_action(&self, action: &str) {
        let body = json!({"name": "Default", "invalid_certificate_action": action, "heartbeat_seconds": 5});
        self.running.api.change("PUT", &format!("/profiles/{}", self.profile), &body).await;
        for member in &self.members {
            let applied = |status: &Status| status.profile.action.as_str() == action;
            member.until("a member", applied).await;
        }
    }

    async fn add_legacy(&mut self) {
        let mut legacy = Legacy::new(&self.running.enrolment_token, &[BUILT_IN]);
        assert_eq!(legacy.outcome(self.running.server.telemetry).await, "connects_silently");
        self.legacy.push(legacy);
    }

    fn new_agent(&mut self, uid: InstanceUid) {
        let roots = vec![self.authority.der.clone()];
        let particulars = Particulars { host: "localhost", roots, ahead: Duration::ZERO };
        self.members.push(Member::start_as(
            &self.running,
            uid,
            particulars,
            Arc::new(self.agents_clock.clone()),
        ));
    }

    /// The agent of a computer is upgraded: it is another program that comes back, and the same endpoint.
    async fn upgrade(&mut self) {
        let mut legacy = self.legacy.pop().unwrap();
        legacy.leave();
        self.running.endpoint(legacy.uid(), |endpoint| endpoint["online"] == false).await;
        self.new_agent(legacy.uid());
        self.running.endpoint(legacy.uid(), |endpoint| endpoint["online"] == true).await;
    }

    /// All endpoints are connected, and nobody was asked anything.
    async fn nobody_is_asked_or_lost(&self, step: &str) {
        let uids = self.legacy.iter().map(Legacy::uid);
        let uids: Vec<InstanceUid> = uids.chain(self.members.iter().map(|member| member.uid)).collect();
        for uid in &uids {
            self.running.endpoint(uid, |endpoint| endpoint["online"] == true).await;
        }
        for member in &self.members {
            // It comes twice: the first session gives it a client certificate.
            let is_there = |status: &Status| {
                status.enrolment == Enrolment::Enrolled && outcome(status) == Some("connects_silently")
            };
            member.until(step, is_there).await;
            self.running.endpoint(member.uid, |endpoint| endpoint["profile"]["status"] == "applied").await;
            assert_eq!(member.desk.questions(), 0, "{step}: somebody was asked");
        }
        let endpoints = self.running.api.get("/endpoints").await;
        assert_eq!(endpoints.as_array().unwrap().len(), uids.len(), "{step}: {endpoints:#}");
    }

    /// Adds a certificate, and lets all new agents judge it. Returns its identifier.
    async fn rehearse(&self, upload: &Value) -> String {
        let added = self.running.api.change("POST", "/certificates", upload).await;
        let id = added["id"].as_str().unwrap().to_owned();
        self.judge(&id).await;
        id
    }

    /// Lets all new agents judge it, and waits until they have. What is lost with a session that ends is sent again in the next one
    /// only if that begins later, and time stands still here: then all are asked again.
    async fn judge(&self, certificate: &str) {
        let path = format!("/certificates/{certificate}/rehearsal");
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            self.running.api.change("POST", &path, &json!({})).await;
            let again = tokio::time::Instant::now() + SOON / 4;
            while tokio::time::Instant::now() < again {
                if self.running.api.get(&path).await["judged"] == self.members.len() {
                    return;
                }
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            let progress = self.running.api.get(&path).await;
            assert!(tokio::time::Instant::now() < deadline, "{progress:#}");
            self.clock.advance(Duration::seconds(1));
        }
    }

    /// Waits until a tightening is as wanted, while the time of the agents goes on: they connect again at some time within a minute.
    async fn tightening(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let seen = self.running.api.get(&format!("/tightenings/{id}")).await;
            if wanted(&seen) {
                return seen;
            }
            assert!(tokio::time::Instant::now() < deadline, "not as wanted in time: {seen:#}");
            self.agents_clock.advance(Duration::seconds(5));
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn end(self) {
        for member in &self.members {
            member.handle.shutdown().await;
        }
        self.running.server.stop().await;
    }
}

fn remarks(pre_flight: &Value) -> String {
    let remarks = pre_flight["remarks"].as_array().unwrap();
    remarks.iter().map(|remark| remark.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn from_allow_to_deny_nobody_is_asked_and_nobody_is_lost() {
    let mut way = Way::begin().await;

    // 1. The server is upgraded; the switch is off, and all profiles are set to Allow before there are new agents.
    for _ in 0..3 {
        way.add_legacy().await;
    }
    way.stands(&[("switch_off", "done"), ("allow", "next"), ("agents_upgraded", "blocked")]).await;
    way.set_action("allow").await;
    way.stands(&[("allow", "done"), ("agents_upgraded", "next"), ("ssl_certificate", "next")]).await;
    for _ in 0..2 {
        way.new_agent(InstanceUid::generate());
    }
    way.nobody_is_asked_or_lost("old agents beside new ones").await;

    // 2. Agents are upgraded, all but one.
    for _ in 0..2 {
        way.upgrade().await;
        way.nobody_is_asked_or_lost("an upgrade").await;
    }
    way.stands(&[("agents_upgraded", "next"), ("switch_on", "blocked")]).await;

    // 3. A certificate: all judge it before it is shown, and what would become of the last old agent is said.
    let (upload, fingerprint) = way.authority.certificate(&["localhost"], 90);
    let certificate = way.rehearse(&upload).await;
    let commit = format!("/certificates/{certificate}/commit?if_not_valid=commit");
    way.running.api.change("POST", &commit, &json!({})).await;
    way.stands(&[("ssl_certificate", "done"), ("certificate_valid", "done"), ("switch_on", "blocked")]).await;
    let turn = json!({"change": "endpoint_control", "use_ssl_certificate_for_endpoint_control": true});
    let foretold = way.running.api.change("POST", "/pre-flight", &turn).await;
    assert_eq!(
        (&foretold["counts"]["connects_silently"], &foretold["counts"]["cut_off"]),
        (&json!(4), &json!(1))
    );
    assert!(remarks(&foretold).contains("1 endpoint with an agent older than"), "{foretold:#}");
    way.upgrade().await;
    way.nobody_is_asked_or_lost("the last upgrade").await;
    way.judge(&certificate).await;
    way.stands(&[("agents_upgraded", "done"), ("switch_on", "next"), ("warn", "blocked")]).await;
    // Too early for a strict action: the built-in certificate is still shown.
    let strict = json!({"change": "action", "profiles": [way.profile], "invalid_certificate_action": "warn"});
    let foretold = way.running.api.change("POST", "/pre-flight", &strict).await;
    assert!(remarks(&foretold).contains("the built-in certificate is served"), "{foretold:#}");
    let foretold = way.running.api.change("POST", "/pre-flight", &turn).await;
    assert_eq!(foretold["counts"]["connects_silently"], 5);
    assert!(!remarks(&foretold).contains("older than"), "{foretold:#}");
    let on = json!({"use_ssl_certificate_for_endpoint_control": true});
    way.running.api.change("PUT", "/settings", &on).await;
    for member in &way.members {
        assert_eq!(member.outcome_with("a member", fingerprint).await, "connects_silently");
    }
    way.nobody_is_asked_or_lost("the SSL certificate is used").await;
    let mut left_behind = Legacy::new(&way.running.enrolment_token, &[BUILT_IN]);
    assert_eq!(left_behind.outcome(way.running.server.telemetry).await, "cut_off");

    // 4. Warn, observed, and then Deny in rings.
    way.stands(&[("switch_on", "done"), ("warn", "next"), ("observe", "blocked"), ("deny", "blocked")]).await;
    way.set_action("warn").await;
    way.nobody_is_asked_or_lost("warn").await;
    // All have applied it; what follows is seen a heartbeat later.
    way.stands(&[("warn", "done"), ("observe", "next"), ("deny", "blocked")]).await;
    assert_eq!(way.situation("observe").await, "A profile was changed less than a heartbeat ago.");
    way.clock.advance(Duration::seconds(5));
    way.stands(&[("warn", "done"), ("observe", "done"), ("deny", "optional")]).await;
    let tightening = json!({
        "profile_id": way.profile, "to_action": "deny", "rings": [20, 60, 100], "hold_minutes": 10, "trial_minutes": 30,
        "threshold_percent": 100,
    });
    let begun = way.running.api.change("POST", "/tightenings", &tightening).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    for (ring, members) in [(20, 1), (60, 3), (100, 5)] {
        way.tightening(&id, |seen| seen["ring"] == ring && seen["endpoints"]["connected"] == members).await;
        way.nobody_is_asked_or_lost("a ring").await;
        way.clock.advance(Duration::minutes(31));
    }
    way.tightening(&id, |seen| seen["state"] == "finished").await;
    for member in &way.members {
        let denies =
            |status: &Status| status.profile.action.as_str() == "deny" && status.profile.revision > Some(3);
        member.until("the end", denies).await;
    }
    way.nobody_is_asked_or_lost("deny").await;
    // The profile itself was changed at the end.
    way.clock.advance(Duration::seconds(5));
    way.stands(&[("observe", "done"), ("deny", "done")]).await;
    let parts = way.parts().await;
    // What only a certificate from an authority would take need not be.
    assert!(parts.values().all(|state| state == "done" || state == "optional"), "{parts:#?}");
    assert_eq!((parts["upload"].as_str(), parts["ports"].as_str()), ("done", "optional"));
    way.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_cut_off_by_a_tightening_comes_back_by_itself() {
    let mut way = Way::begin().await;
    way.set_action("allow").await;
    for _ in 0..2 {
        way.new_agent(InstanceUid::generate());
    }
    // On one computer the authority is missing; its person has allowed the certificate.
    let clock = SkippingClock::default();
    let particulars = Particulars { host: "localhost", roots: Vec::new(), ahead: Duration::ZERO };
    let foreign =
        Member::start_as(&way.running, InstanceUid::generate(), particulars, Arc::new(clock.clone()));
    let (upload, fingerprint): (Value, Fingerprint) = way.authority.certificate(&["localhost"], 90);
    let certificate = way.running.api.change("POST", "/certificates", &upload).await;
    let commit = format!("/certificates/{}/commit?if_not_valid=commit", certificate["id"].as_str().unwrap());
    way.running.api.change("POST", &commit, &json!({})).await;
    let on = json!({"use_ssl_certificate_for_endpoint_control": true});
    way.running.api.change("PUT", "/settings", &on).await;
    way.set_action("warn").await;
    let asked = |status: &Status| outcome(status) == Some("asked");
    foreign.until("the question", asked).await;
    assert_eq!(foreign.outcome_with("the question", fingerprint).await, "asked");
    foreign.desk.allow();
    let connected = |status: &Status| outcome(status) == Some("connects_silently");
    foreign.until("the answer", connected).await;
    way.running.endpoint(foreign.uid, |endpoint| endpoint["standing"] == "remembered").await;
    // Its person has allowed it, and it is not valid there all the same: that is said of the certificate, and to who goes on.
    let said = "1 of 3 endpoints that have judged it finds it not valid.";
    way.stands(&[("certificate_valid", "next"), ("observe", "next"), ("deny", "blocked")]).await;
    assert!(way.situation("certificate_valid").await.starts_with(said));
    let deny = json!({"change": "action", "profiles": [way.profile], "invalid_certificate_action": "deny"});
    let foretold = way.running.api.change("POST", "/pre-flight", &deny).await;
    assert!(remarks(&foretold).contains(said), "{foretold:#}");

    let tightening = json!({
        "profile_id": way.profile, "to_action": "deny", "rings": [100], "hold_minutes": 10, "trial_minutes": 30,
        "threshold_percent": 80,
    });
    let begun = way.running.api.change("POST", "/tightenings", &tightening).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    way.tightening(&id, |seen| seen["endpoints"]["connected"] == 2).await;
    foreign.until("the trial", |status| outcome(status) == Some("cut_off")).await;
    let endpoint = way.running.endpoint(foreign.uid, |endpoint| endpoint["online"] == false).await;
    assert!(endpoint["offline_reason"].as_str().unwrap().contains("denies"), "{endpoint:#}");
    // Nobody can reach it, and nobody has to.
    clock.advance(Duration::minutes(30));
    foreign.until("the end of the trial", connected).await;
    way.tightening(&id, |seen| seen["endpoints"]["fell_back"] == 1).await;
    way.clock.advance(Duration::minutes(31));
    let seen = way.tightening(&id, |seen| seen["state"] == "stepped_back").await;
    assert!(seen["reason"].as_str().unwrap().starts_with("Of 3 endpoints, only 2 connected"), "{seen:#}");
    for member in way.members.iter().chain([&foreign]) {
        let relieved = |status: &Status| status.profile.action.as_str() == "warn" && connected(status);
        member.until("the step back", relieved).await;
        let applied =
            |endpoint: &Value| endpoint["online"] == true && endpoint["profile"]["status"] == "applied";
        way.running.endpoint(member.uid, applied).await;
    }
    assert_eq!(foreign.desk.questions(), 1, "the person was asked again");
    foreign.handle.shutdown().await;
    way.end().await;
}
