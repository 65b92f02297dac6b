//! The forecast equals the outcome, agent by agent: real agents with their own roots, clocks, addresses and permissions judge a
//! certificate before they are shown it, and then do what was foretold. Likewise when the action changes, and when *Use SSL
//! certificate for Endpoint Control* is turned.

use std::collections::BTreeMap;

use countersign_protocol::InstanceUid;
use countersign_trust::Fingerprint;
use serde_json::{Value, json};
use time::Duration;

use crate::support::Running;
use crate::support::agent::SOON;
pub(crate) use crate::support::fleet::Authority;
use crate::support::fleet::{BETWEEN_LOOKS, Member, Particulars, outcome};
pub(crate) use crate::support::subject_only::Legacy;

/// The outcome that is foretold of each agent, and why.
type Forecast = BTreeMap<&'static str, (String, String)>;

/// All agents of the test, by name.
struct Fleet {
    running: Running,
    members: BTreeMap<&'static str, (String, Member)>,
    legacy: Legacy,
}

impl Fleet {
    async fn start(all: &Authority, some: &Authority) -> Self {
        let running = Running::start().await;
        let profile = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
        let body = json!({"name": "Default", "invalid_certificate_action": "allow", "heartbeat_seconds": 5});
        running.api.change("PUT", &format!("/profiles/{profile}"), &body).await;
        let mut legacy = Legacy { uid: InstanceUid::generate(), session: None };
        assert_eq!(legacy.connect(&running).await, "connects_silently");
        let mut members = BTreeMap::new();
        let (both, one) = (vec![all.der.clone(), some.der.clone()], vec![all.der.clone()]);
        for (name, host, roots, ahead) in [
            ("trusting", "localhost", &both, Duration::ZERO),
            ("own roots, allow", "localhost", &one, Duration::ZERO),
            ("own roots, warn", "localhost", &one, Duration::ZERO),
            ("own roots, deny", "localhost", &one, Duration::ZERO),
            ("wrong clock", "localhost", &both, Duration::days(40)),
            ("other address", "127.0.0.1", &both, Duration::ZERO),
        ] {
            let known = ids(&running).await;
            let member = Member::start(&running, Particulars { host, roots: roots.clone(), ahead });
            let deadline = tokio::time::Instant::now() + SOON;
            let id = loop {
                if let Some(id) = ids(&running).await.into_iter().find(|id| !known.contains(id)) {
                    break id;
                }
                assert!(tokio::time::Instant::now() < deadline, "{name} does not come");
                tokio::time::sleep(BETWEEN_LOOKS).await;
            };
            members.insert(name, (id, member));
        }
        let fleet = Self { running, members, legacy };
        fleet.settled("applied").await;
        fleet
    }

    fn id(&self, name: &str) -> &str {
        &self.members[name].0
    }

    fn member(&self, name: &str) -> &Member {
        &self.members[name].1
    }

    /// Waits until every connected endpoint has applied its profile and reported what it has found and allowed.
    async fn settled(&self, status: &str) {
        for (id, member) in self.members.values() {
            let fingerprint = || {
                let status = member.handle.status();
                let found = status.borrow().assessment.clone();
                json!(found.and_then(|found| found.fingerprint))
            };
            if outcome(&member.handle.status().borrow()) == Some("connects_silently") {
                self.running
                    .endpoint(id, |endpoint| {
                        endpoint["online"] == true
                            && endpoint["profile"]["status"] == status
                            && endpoint["certificate"]["assessment"]["fingerprint"] == fingerprint()
                    })
                    .await;
            }
        }
    }

    async fn profile(&self, name: &str, action: &str) -> Value {
        let body = json!({"name": name, "invalid_certificate_action": action, "heartbeat_seconds": 5});
        self.running.api.change("POST", "/profiles", &body).await["id"].clone()
    }

    /// What is foretold, by name of the agent, with the reason.
    async fn forecast(&self, change: &Value) -> Forecast {
        let mut found = BTreeMap::new();
        for outcome in ["connects_silently", "asked", "cut_off", "unknown"] {
            let path = format!("/pre-flight?outcome={outcome}&size=500");
            let answer = self.running.api.change("POST", &path, change).await;
            let list = answer["list"].as_array().unwrap();
            assert_eq!(answer["counts"][outcome], list.len(), "{answer:#}");
            for endpoint in list {
                assert_eq!(endpoint["outcome"], outcome);
                let id = endpoint["id"].as_str().unwrap();
                let name = self.members.iter().find(|(_, (known, _))| known == id).map(|(name, _)| *name);
                let name = name.unwrap_or_else(|| {
                    assert_eq!(id, self.legacy.uid.to_string());
                    "legacy"
                });
                let reason = endpoint["reason"].as_str().unwrap().to_owned();
                found.insert(name, (outcome.to_owned(), reason));
            }
        }
        found
    }

    /// Has every agent judge a certificate, and waits until those that are connected have.
    async fn rehearse(&self, certificate: &Value) -> Value {
        let path = format!("/certificates/{}/rehearsal", certificate.as_str().unwrap());
        self.running.api.change("POST", &path, &json!({})).await;
        let connected = self
            .members
            .values()
            .filter(|(_, member)| outcome(&member.handle.status().borrow()) == Some("connects_silently"));
        let connected = connected.count();
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let progress = self.running.api.get(&path).await;
            if progress["judged"] == connected && progress["unanswered"] == 0 {
                return progress;
            }
            assert!(tokio::time::Instant::now() < deadline, "{connected} agents: {progress:#}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Sees that each agent does what was foretold of it when it is shown this certificate. Nothing may be unknown.
    async fn does_as_foretold(&mut self, forecast: &Forecast, shown: Fingerprint) {
        assert_eq!(forecast.len(), self.members.len() + 1, "{forecast:#?}");
        let mut outcomes = BTreeMap::new();
        for (name, (_, member)) in &self.members {
            if outcome(&member.handle.status().borrow()) != Some("connects_silently") {
                member.look_again(name).await;
            }
            outcomes.insert(*name, member.outcome_with(name, shown).await.to_owned());
        }
        outcomes.insert("legacy", self.legacy.connect(&self.running).await.to_owned());
        let foretold: BTreeMap<_, _> =
            forecast.iter().map(|(name, (outcome, _))| (*name, outcome.clone())).collect();
        assert_eq!(outcomes, foretold);
        self.settled("applied").await;
    }
}

async fn ids(running: &Running) -> Vec<String> {
    let endpoints = running.api.get("/endpoints").await;
    endpoints.as_array().unwrap().iter().map(|endpoint| endpoint["id"].as_str().unwrap().to_owned()).collect()
}

fn as_expected(forecast: &Forecast, expected: &[(&'static str, &str, &str)]) {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(name, outcome, reason)| (*name, ((*outcome).to_owned(), (*reason).to_owned())))
        .collect();
    assert_eq!(*forecast, expected);
}

fn commit(id: &Value) -> String {
    format!("/certificates/{}/commit?if_not_valid=commit", id.as_str().unwrap())
}

fn switch(on: bool) -> Value {
    json!({"use_ssl_certificate_for_endpoint_control": on})
}

fn planned_switch(on: bool) -> Value {
    json!({"change": "endpoint_control", "use_ssl_certificate_for_endpoint_control": on})
}

fn planned_certificate(id: &Value) -> Value {
    json!({"change": "certificate", "certificate": id})
}

impl Fleet {
    /// Adds a certificate that nobody is shown yet.
    async fn add(&self, upload: &Value) -> Value {
        self.running.api.change("POST", "/certificates", upload).await["id"].clone()
    }

    async fn commit(&self, id: &Value) {
        self.running.api.change("POST", &commit(id), &json!({})).await;
    }

    /// The SSL certificate is used from now on. All agents find it valid, as they have said while they were shown the built-in one.
    async fn turned_on(&mut self, all: &Authority) {
        let (upload, fingerprint) = all.certificate(&["localhost", "127.0.0.1"], 3000);
        let certificate = self.add(&upload).await;
        let progress = self.rehearse(&certificate).await;
        assert_eq!((&progress["asked"], &progress["unable"]), (&json!(6), &json!(1)), "{progress:#}");
        self.commit(&certificate).await;
        let forecast = self.forecast(&planned_switch(true)).await;
        as_expected(
            &forecast,
            &[
                ("trusting", "connects_silently", "valid"),
                ("own roots, allow", "connects_silently", "valid"),
                ("own roots, warn", "connects_silently", "valid"),
                ("own roots, deny", "connects_silently", "valid"),
                ("wrong clock", "connects_silently", "valid"),
                ("other address", "connects_silently", "valid"),
                ("legacy", "cut_off", "too_old"),
            ],
        );
        self.running.api.change("PUT", "/settings", &switch(true)).await;
        self.does_as_foretold(&forecast, fingerprint).await;
    }

    /// Stricter rules change nothing where the certificate is valid.
    async fn given_profiles(&self, warn: &Value, deny: &Value) {
        for (name, profile) in [
            ("trusting", deny),
            ("own roots, warn", warn),
            ("own roots, deny", deny),
            ("wrong clock", deny),
            ("other address", warn),
        ] {
            let id = self.id(name).to_owned();
            let change = json!({"change": "assignment", "endpoint": id, "profile_id": profile});
            as_expected(&self.forecast(&change).await, &[(name, "connects_silently", "valid")]);
            let path = format!("/endpoints/{id}/profile");
            self.running.api.change("PUT", &path, &json!({"profile_id": profile})).await;
            self.member(name).until(name, |status| status.profile.name.as_deref() != Some("Default")).await;
        }
        self.settled("applied").await;
    }

    /// A certificate that each judges otherwise.
    async fn shown_another(&mut self, some: &Authority) {
        let (upload, fingerprint) = some.certificate(&["localhost"], 30);
        let certificate = self.add(&upload).await;
        let planned = planned_certificate(&certificate);
        // Before anybody is asked, nobody knows.
        let forecast = self.forecast(&planned).await;
        assert_eq!(forecast["trusting"], ("unknown".to_owned(), "not_judged".to_owned()));
        self.rehearse(&certificate).await;
        let forecast = self.forecast(&planned).await;
        as_expected(
            &forecast,
            &[
                ("trusting", "connects_silently", "valid"),
                ("own roots, allow", "connects_silently", "allowed_by_profile"),
                ("own roots, warn", "asked", "not_allowed"),
                ("own roots, deny", "cut_off", "denied_by_profile"),
                ("wrong clock", "cut_off", "denied_by_profile"),
                ("other address", "asked", "not_allowed"),
                ("legacy", "cut_off", "too_old"),
            ],
        );
        self.commit(&certificate).await;
        self.does_as_foretold(&forecast, fingerprint).await;
    }

    /// One person allows it; its successor is announced to those that have a session, and asks nobody again.
    async fn shown_the_successor(&self, some: &Authority) -> Fingerprint {
        let person = "own roots, warn";
        self.member(person).desk.allow();
        self.member(person).until(person, |status| outcome(status) == Some("connects_silently")).await;
        self.settled("applied").await;
        let (upload, fingerprint) = some.certificate(&["localhost"], 25);
        let certificate = self.add(&upload).await;
        self.rehearse(&certificate).await;
        let planned = planned_certificate(&certificate);
        let forecast = self.forecast(&planned).await;
        assert_eq!(forecast[person], ("asked".to_owned(), "another_allowed".to_owned()));
        let announcement = format!("/certificates/{}/announcement", certificate.as_str().unwrap());
        self.running.api.change("POST", &announcement, &json!({})).await;
        let deadline = tokio::time::Instant::now() + SOON;
        let forecast = loop {
            let forecast = self.forecast(&planned).await;
            if forecast[person].0 == "connects_silently" {
                break forecast;
            }
            assert!(tokio::time::Instant::now() < deadline, "{forecast:#?}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        };
        assert_eq!(forecast[person].1, "announced");
        // Those that are cut off were asked nothing.
        assert_eq!(forecast["wrong clock"], ("unknown".to_owned(), "not_judged".to_owned()));
        let silent = forecast.iter().filter(|(_, (outcome, _))| outcome == "connects_silently");
        let silent: Vec<_> = silent.map(|(name, _)| *name).collect();
        assert_eq!(silent, ["own roots, allow", person, "trusting"]);
        let asked = self.member(person).desk.questions();
        self.commit(&certificate).await;
        for name in silent {
            assert_eq!(
                self.member(name).outcome_with(name, fingerprint).await,
                "connects_silently",
                "{name}"
            );
        }
        assert_eq!(self.member(person).desk.questions(), asked, "nobody was asked again");
        self.settled("applied").await;
        fingerprint
    }

    /// A stricter action cuts off at once; a milder one does not reach whoever is cut off.
    async fn given_other_actions(&self, profile: &Value, shown: Fingerprint) {
        let person = "own roots, warn";
        let cut_off = ("cut_off".to_owned(), "denied_by_profile".to_owned());
        for action in ["deny", "allow"] {
            let body = json!({"profiles": [profile], "invalid_certificate_action": action});
            let mut planned = body.clone();
            planned["change"] = json!("action");
            assert_eq!(self.forecast(&planned).await[person], cut_off, "{action}");
            self.running.api.change("POST", "/profiles/action", &body).await;
            if action == "allow" {
                self.member(person).look_again(person).await;
            }
            self.member(person).until(person, |status| outcome(status) == Some("cut_off")).await;
            assert_eq!(self.member(person).outcome_with(person, shown).await, "cut_off", "{action}");
            self.running.endpoint(self.id(person), |endpoint| endpoint["online"] == false).await;
        }
    }

    /// Back to the built-in certificate, which nobody finds valid.
    async fn turned_off(&mut self) {
        let forecast = self.forecast(&planned_switch(false)).await;
        as_expected(
            &forecast,
            &[
                ("trusting", "cut_off", "denied_by_profile"),
                ("own roots, allow", "connects_silently", "allowed_by_profile"),
                ("own roots, warn", "cut_off", "denied_by_profile"),
                ("own roots, deny", "cut_off", "denied_by_profile"),
                ("wrong clock", "cut_off", "denied_by_profile"),
                ("other address", "asked", "not_allowed"),
                ("legacy", "connects_silently", "takes_built_in"),
            ],
        );
        self.running.api.change("PUT", "/settings", &switch(false)).await;
        let built_in = self.running.api.get("/built-in-certificate").await["fingerprint"].clone();
        self.does_as_foretold(&forecast, serde_json::from_value(built_in).unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_agent_does_what_was_foretold_of_it() {
    let (all, some) = (Authority::new(), Authority::new());
    let mut fleet = Box::pin(Fleet::start(&all, &some)).await;
    fleet.turned_on(&all).await;
    let (warn, deny) = (fleet.profile("Warn", "warn").await, fleet.profile("Deny", "deny").await);
    fleet.given_profiles(&warn, &deny).await;
    fleet.shown_another(&some).await;
    let shown = fleet.shown_the_successor(&some).await;
    fleet.given_other_actions(&warn, shown).await;
    fleet.turned_off().await;
    for (_, member) in fleet.members.values() {
        member.handle.shutdown().await;
    }
    fleet.running.server.stop().await;
}
