//! The forecast equals the outcome, agent by agent: real agents with their own roots, clocks, addresses and permissions judge a
//! certificate before they are shown it, and then do what was foretold. Likewise when the action changes, and when *Use SSL
//! certificate for Endpoint Control* is turned.

use std::collections::BTreeMap;

use countersign_protocol::attributes::{self, text};
use countersign_protocol::opamp::{AgentDescription, AgentToServer};
use countersign_protocol::{InstanceUid, capabilities};
use countersign_trust::{Fingerprint, summarise};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::support::Running;
use crate::support::agent::{Agent, Connection, SOON};
use crate::support::fleet::{BETWEEN_LOOKS, Member, Particulars, outcome};

/// An authority that some agents trust.
pub(crate) struct Authority {
    pub(crate) der: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        let (der, pem) = (certificate.der().clone(), certificate.pem());
        Self { der, pem, issuer: Issuer::new(parameters, key) }
    }

    /// A certificate that begins a month ago.
    pub(crate) fn certificate(&self, names: &[&str], days: i64) -> (Value, Fingerprint) {
        let now = OffsetDateTime::now_utc();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters.not_before = now - Duration::days(30);
        parameters.not_after = now + Duration::days(days);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let chain = format!("{}{}", certificate.pem(), self.pem);
        let upload = json!({"certificate_pem": chain, "private_key_pem": key.serialize_pem()});
        (upload, Fingerprint::of(certificate.der()))
    }
}

/// An agent of before certificates were validated: it looks at the subject name alone.
pub(crate) struct Legacy {
    pub(crate) uid: InstanceUid,
    pub(crate) session: Option<Agent>,
}

impl Legacy {
    pub(crate) async fn connect(&mut self, running: &Running) -> &'static str {
        self.session = None;
        let connection = Connection::open(running.server.telemetry, None).await;
        let subject = summarise(&connection.certificate()).subject;
        if !subject.contains("Countersign built-in certificate") {
            return "cut_off";
        }
        let Ok(mut agent) = connection.upgrade(self.uid, Some(&running.enrolment_token)).await else {
            return "cut_off";
        };
        let description = AgentDescription {
            identifying_attributes: vec![
                text(attributes::SERVICE_NAME, attributes::AGENT_SERVICE_NAME),
                text(attributes::SERVICE_VERSION, "0.0.9"),
            ],
            non_identifying_attributes: vec![text(attributes::HOST_NAME, "legacy")],
        };
        let first = AgentToServer {
            agent_description: Some(description),
            capabilities: capabilities::agent(),
            ..AgentToServer::default()
        };
        agent.send(first).await;
        agent.message().await;
        self.session = Some(agent);
        "connects_silently"
    }
}

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
    async fn forecast(&self, change: &Value) -> BTreeMap<&'static str, (String, String)> {
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
    async fn does_as_foretold(
        &mut self,
        forecast: &BTreeMap<&'static str, (String, String)>,
        shown: Fingerprint,
    ) {
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

fn as_expected(forecast: &BTreeMap<&'static str, (String, String)>, expected: &[(&'static str, &str, &str)]) {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(name, outcome, reason)| (*name, ((*outcome).to_owned(), (*reason).to_owned())))
        .collect();
    assert_eq!(*forecast, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_agent_does_what_was_foretold_of_it() {
    let (all, some) = (Authority::new(), Authority::new());
    let mut fleet = Fleet::start(&all, &some).await;
    let api = fleet.running.api.clone();
    let add = |upload: Value| {
        let api = api.clone();
        async move { api.change("POST", "/certificates", &upload).await["id"].clone() }
    };

    // A certificate that all find valid, judged in sessions with the built-in one.
    let (upload, first) = all.certificate(&["localhost", "127.0.0.1"], 3000);
    let certificate = add(upload).await;
    let progress = fleet.rehearse(&certificate).await;
    assert_eq!((&progress["asked"], &progress["unable"]), (&json!(6), &json!(1)), "{progress:#}");
    let commit = |id: &Value| format!("/certificates/{}/commit?if_not_valid=commit", id.as_str().unwrap());
    fleet.running.api.change("POST", &commit(&certificate), &json!({})).await;
    let switch = |on: bool| json!({"use_ssl_certificate_for_endpoint_control": on});
    let mut turned = switch(true);
    turned["change"] = json!("endpoint_control");
    let forecast = fleet.forecast(&turned).await;
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
    fleet.running.api.change("PUT", "/settings", &switch(true)).await;
    fleet.does_as_foretold(&forecast, first).await;

    // Stricter rules change nothing where the certificate is valid.
    let (warn, deny) = (fleet.profile("Warn", "warn").await, fleet.profile("Deny", "deny").await);
    for (name, profile) in [
        ("trusting", &deny),
        ("own roots, warn", &warn),
        ("own roots, deny", &deny),
        ("wrong clock", &deny),
        ("other address", &warn),
    ] {
        let id = fleet.id(name).to_owned();
        let change = json!({"change": "assignment", "endpoint": id, "profile_id": profile});
        let forecast = fleet.forecast(&change).await;
        as_expected(&forecast, &[(name, "connects_silently", "valid")]);
        let path = format!("/endpoints/{id}/profile");
        fleet.running.api.change("PUT", &path, &json!({"profile_id": profile})).await;
        fleet.member(name).until(name, |status| status.profile.name.as_deref() != Some("Default")).await;
    }
    fleet.settled("applied").await;

    // A certificate that each judges otherwise. Before anybody is asked, nobody knows.
    let (upload, second) = some.certificate(&["localhost"], 30);
    let certificate = add(upload).await;
    let planned = json!({"change": "certificate", "certificate": certificate});
    let forecast = fleet.forecast(&planned).await;
    assert_eq!(forecast["trusting"], ("unknown".to_owned(), "not_judged".to_owned()));
    fleet.rehearse(&certificate).await;
    let forecast = fleet.forecast(&planned).await;
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
    fleet.running.api.change("POST", &commit(&certificate), &json!({})).await;
    fleet.does_as_foretold(&forecast, second).await;

    // One person allows it; its successor is announced to those that have a session.
    fleet.member("own roots, warn").desk.allow();
    fleet
        .member("own roots, warn")
        .until("own roots, warn", |status| outcome(status) == Some("connects_silently"))
        .await;
    fleet.settled("applied").await;
    let (upload, third) = some.certificate(&["localhost"], 25);
    let certificate = add(upload).await;
    fleet.rehearse(&certificate).await;
    let planned = json!({"change": "certificate", "certificate": certificate});
    let forecast = fleet.forecast(&planned).await;
    assert_eq!(forecast["own roots, warn"], ("asked".to_owned(), "another_allowed".to_owned()));
    let announcement = format!("/certificates/{}/announcement", certificate.as_str().unwrap());
    fleet.running.api.change("POST", &announcement, &json!({})).await;
    let deadline = tokio::time::Instant::now() + SOON;
    let forecast = loop {
        let forecast = fleet.forecast(&planned).await;
        if forecast["own roots, warn"].0 == "connects_silently" {
            break forecast;
        }
        assert!(tokio::time::Instant::now() < deadline, "{forecast:#?}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    };
    assert_eq!(forecast["own roots, warn"].1, "announced");
    // Those that are cut off were asked nothing, and are as they were: unknown.
    assert_eq!(forecast["wrong clock"], ("unknown".to_owned(), "not_judged".to_owned()));
    let known: BTreeMap<_, _> = forecast.iter().filter(|(_, (outcome, _))| outcome != "unknown").collect();
    assert_eq!(
        known.keys().map(|name| **name).collect::<Vec<_>>(),
        ["legacy", "own roots, allow", "own roots, warn", "trusting"]
    );
    let asked = fleet.member("own roots, warn").desk.questions();
    fleet.running.api.change("POST", &commit(&certificate), &json!({})).await;
    for name in ["own roots, allow", "own roots, warn", "trusting"] {
        assert_eq!(fleet.member(name).outcome_with(name, third).await, "connects_silently", "{name}");
    }
    assert_eq!(fleet.member("own roots, warn").desk.questions(), asked, "nobody was asked again");
    fleet.settled("applied").await;

    // A stricter action, and a milder one that reaches only those that are connected.
    let planned = json!({"change": "action", "profiles": [warn], "invalid_certificate_action": "deny"});
    let forecast = fleet.forecast(&planned).await;
    assert_eq!(forecast["own roots, warn"], ("cut_off".to_owned(), "denied_by_profile".to_owned()));
    let body = json!({"profiles": [warn], "invalid_certificate_action": "deny"});
    fleet.running.api.change("POST", "/profiles/action", &body).await;
    let cut_off = |status: &countersign_agent::Status| outcome(status) == Some("cut_off");
    fleet.member("own roots, warn").until("own roots, warn", cut_off).await;
    let planned = json!({"change": "action", "profiles": [warn], "invalid_certificate_action": "allow"});
    fleet.running.endpoint(fleet.id("own roots, warn"), |endpoint| endpoint["online"] == false).await;
    let forecast = fleet.forecast(&planned).await;
    assert_eq!(forecast["own roots, warn"], ("cut_off".to_owned(), "denied_by_profile".to_owned()));
    let body = json!({"profiles": [warn], "invalid_certificate_action": "allow"});
    fleet.running.api.change("POST", "/profiles/action", &body).await;
    fleet.member("own roots, warn").look_again("own roots, warn").await;
    assert_eq!(fleet.member("own roots, warn").outcome_with("own roots, warn", third).await, "cut_off");

    // Back to the built-in certificate, which nobody finds valid.
    let mut turned = switch(false);
    turned["change"] = json!("endpoint_control");
    let forecast = fleet.forecast(&turned).await;
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
    fleet.running.api.change("PUT", "/settings", &switch(false)).await;
    let built_in = fleet.running.api.get("/built-in-certificate").await["fingerprint"].clone();
    fleet.does_as_foretold(&forecast, serde_json::from_value(built_in).unwrap()).await;
    for (_, member) in fleet.members.values() {
        member.handle.shutdown().await;
    }
    fleet.running.server.stop().await;
}
