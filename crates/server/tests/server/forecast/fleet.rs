//! The agents of the tests: each with its own roots, clock, address and person, and one that does not validate certificates.

use std::collections::BTreeMap;

use countersign_trust::Fingerprint;
use serde_json::{Value, json};
use time::Duration;

use crate::support::Running;
use crate::support::agent::SOON;
use crate::support::fleet::{Authority, BETWEEN_LOOKS, Member, Particulars, outcome};
use crate::support::legacy::{BUILT_IN, Legacy};

/// The outcome that is foretold of each agent, and why.
pub(super) type Forecast = BTreeMap<&'static str, (String, String)>;

/// All agents of the test, by name.
pub(super) struct Fleet {
    pub(super) running: Running,
    pub(super) members: BTreeMap<&'static str, (String, Member)>,
    pub(super) legacy: Legacy,
}

impl Fleet {
    pub(super) async fn start(all: &Authority, some: &Authority) -> Self {
        let running = Running::start().await;
        let profile = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
        let body = json!({"name": "Default", "invalid_certificate_action": "allow", "heartbeat_seconds": 5});
        running.api.change("PUT", &format!("/profiles/{profile}"), &body).await;
        let mut legacy = Legacy::new(&running.enrolment_token, &[BUILT_IN]);
        assert_eq!(legacy.outcome(running.server.telemetry).await, "connects_silently");
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

    pub(super) fn id(&self, name: &str) -> &str {
        &self.members[name].0
    }

    pub(super) fn member(&self, name: &str) -> &Member {
        &self.members[name].1
    }

    /// Waits until every connected endpoint has applied its profile and reported what it has found and allowed.
    pub(super) async fn settled(&self, status: &str) {
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

    pub(super) async fn profile(&self, name: &str, action: &str) -> Value {
        let body = json!({"name": name, "invalid_certificate_action": action, "heartbeat_seconds": 5});
        self.running.api.change("POST", "/profiles", &body).await["id"].clone()
    }

    /// What is foretold, by name of the agent, with the reason.
    pub(super) async fn forecast(&self, change: &Value) -> Forecast {
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
                    assert_eq!(id, self.legacy.uid().to_string());
                    "legacy"
                });
                let reason = endpoint["reason"].as_str().unwrap().to_owned();
                found.insert(name, (outcome.to_owned(), reason));
            }
        }
        found
    }

    /// Has every agent judge a certificate, and waits until those that are connected have.
    pub(super) async fn rehearse(&self, certificate: &Value) -> Value {
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
    pub(super) async fn does_as_foretold(&mut self, forecast: &Forecast, shown: Fingerprint) {
        assert_eq!(forecast.len(), self.members.len() + 1, "{forecast:#?}");
        let mut outcomes = BTreeMap::new();
        for (name, (_, member)) in &self.members {
            if outcome(&member.handle.status().borrow()) != Some("connects_silently") {
                member.look_again(name).await;
            }
            outcomes.insert(*name, member.outcome_with(name, shown).await.to_owned());
        }
        outcomes.insert("legacy", self.legacy.outcome(self.running.server.telemetry).await.to_owned());
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

impl Fleet {
    /// Adds a certificate that nobody is shown yet.
    pub(super) async fn add(&self, upload: &Value) -> Value {
        self.running.api.change("POST", "/certificates", upload).await["id"].clone()
    }

    pub(super) async fn commit(&self, id: &Value) {
        self.running.api.change("POST", &commit(id), &json!({})).await;
    }
}

pub(super) fn as_expected(forecast: &Forecast, expected: &[(&'static str, &str, &str)]) {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(name, outcome, reason)| (*name, ((*outcome).to_owned(), (*reason).to_owned())))
        .collect();
    assert_eq!(*forecast, expected);
}

pub(super) fn commit(id: &Value) -> String {
    format!("/certificates/{}/commit?if_not_valid=commit", id.as_str().unwrap())
}

pub(super) fn switch(on: bool) -> Value {
    json!({"use_ssl_certificate_for_endpoint_control": on})
}

pub(super) fn planned_switch(on: bool) -> Value {
    json!({"change": "endpoint_control", "use_ssl_certificate_for_endpoint_control": on})
}

pub(super) fn planned_certificate(id: &Value) -> Value {
    json!({"change": "certificate", "certificate": id})
}
