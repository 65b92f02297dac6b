//! The same certificate in two chains: with its intermediate, and without, which is the commonest mistake there is. What agents find
//! in one chain tells nothing about the other.

use countersign_agent::ConnectionState;
use countersign_protocol::custom::ServerCustomMessage;
use countersign_trust::ChainDigest;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use time::Duration;

use crate::support::Running;
use crate::support::agent::SOON;
use crate::support::fleet::{BETWEEN_LOOKS, Member, Particulars, outcome};

/// A certificate for `localhost` from an intermediate of a root that agents trust.
struct Chained {
    root: CertificateDer<'static>,
    own: String,
    intermediate: String,
    key: String,
}

impl Chained {
    fn new() -> Self {
        let authority = |name: &str| {
            let mut parameters = CertificateParams::default();
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.distinguished_name.push(DnType::CommonName, name);
            parameters
        };
        let (root_key, intermediate_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = authority("Root");
        let root_der = root.self_signed(&root_key).unwrap().der().clone();
        let root = Issuer::new(root, root_key);
        let intermediate = authority("Intermediate");
        let intermediate_pem = intermediate.signed_by(&intermediate_key, &root).unwrap().pem();
        let intermediate = Issuer::new(intermediate, intermediate_key);
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let now = time::OffsetDateTime::now_utc();
        (parameters.not_before, parameters.not_after) = (now - Duration::days(30), now + Duration::days(30));
        let own = parameters.signed_by(&key, &intermediate).unwrap().pem();
        Self { root: root_der, own, intermediate: intermediate_pem, key: key.serialize_pem() }
    }

    fn complete(&self) -> String {
        format!("{}{}", self.own, self.intermediate)
    }

    fn upload(&self, chain: &str) -> Value {
        json!({"certificate_pem": chain, "private_key_pem": self.key})
    }
}

fn digest(chain: &str) -> ChainDigest {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes()).map(Result::unwrap).collect();
    ChainDigest::of(&chain)
}

/// Gives the default profile this action.
async fn act(running: &Running, action: &str) {
    let path = format!("/profiles/{}", running.api.get("/profiles").await[0]["id"].as_str().unwrap());
    let body = json!({"name": "Default", "invalid_certificate_action": action, "heartbeat_seconds": 5});
    running.api.change("PUT", &path, &body).await;
}

/// A server that shows its SSL certificate, and a real agent.
struct Site {
    running: Running,
    member: Member,
}

impl Site {
    /// Shows this chain under *Allow*.
    async fn start(chained: &Chained, shown: &str) -> Self {
        let running = Running::start().await;
        // Before the agent is there: it would ask about the built-in certificate otherwise.
        act(&running, "allow").await;
        let particulars =
            Particulars { host: "localhost", roots: vec![chained.root.clone()], ahead: Duration::ZERO };
        let member = Member::start(&running, particulars);
        let site = Self { running, member };
        site.member.until("desk", |status| status.state == ConnectionState::Connected).await;
        let first = site.add(&chained.upload(shown)).await;
        site.commit(&first).await;
        let on = json!({"use_ssl_certificate_for_endpoint_control": true});
        site.running.api.change("PUT", "/settings", &on).await;
        site.reported(shown).await;
        site
    }

    async fn act(&self, action: &str) {
        act(&self.running, action).await;
    }

    async fn add(&self, upload: &Value) -> String {
        let added = self.running.api.change("POST", "/certificates", upload).await;
        added["id"].as_str().unwrap().to_owned()
    }

    async fn commit(&self, id: &str) {
        let path = format!("/certificates/{id}/commit?if_not_valid=commit");
        self.running.api.change("POST", &path, &json!({})).await;
    }

    /// Waits until the agent has come to this with the chain.
    async fn comes_to(&self, expected: &str, chain: &str) {
        let wanted = Some(digest(chain));
        self.member
            .until("desk", |status| {
                let judged = status.assessment.as_ref().and_then(|found| found.chain_digest);
                judged == wanted && outcome(status) == Some(expected)
            })
            .await;
    }

    /// Waits until the agent is connected with the chain, has applied its profile and has said what it found.
    async fn reported(&self, chain: &str) {
        self.comes_to("connects_silently", chain).await;
        let wanted = json!(digest(chain));
        self.running
            .endpoint(self.member.uid, |endpoint| {
                endpoint["online"] == true
                    && endpoint["profile"]["status"] == "applied"
                    && endpoint["certificate"]["assessment"]["chain_digest"] == wanted
            })
            .await;
    }

    /// What is foretold of the agent, why, and what else is said.
    async fn foretold(&self, id: &str) -> (String, String, String) {
        let change = json!({"change": "certificate", "certificate": id});
        let found = self.running.api.change("POST", "/pre-flight", &change).await;
        assert_eq!(found["endpoints"], 1, "{found:#}");
        let one = &found["list"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&one["outcome"]), text(&one["reason"]), found["remarks"].to_string())
    }

    async fn rehearse(&self, id: &str) {
        let path = format!("/certificates/{id}/rehearsal");
        self.running.api.change("POST", &path, &json!({})).await;
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let progress = self.running.api.get(&path).await;
            if progress["judged"] == 1 {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "not judged in time: {progress:#}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// By what the certificates are used, by identifier.
    async fn uses(&self, id: &str) -> Value {
        self.running.api.get(&format!("/certificates/{id}")).await["in_use_by"].clone()
    }

    async fn end(self) {
        self.member.handle.shutdown().await;
        self.running.server.stop().await;
    }
}

fn outline(foretold: &(String, String, String)) -> (&str, &str) {
    (&foretold.0, &foretold.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_its_intermediate_is_foretold_to_cut_off_and_does() {
    let chained = Chained::new();
    let site = Site::start(&chained, &chained.complete()).await;
    site.act("deny").await;
    site.reported(&chained.complete()).await;
    let complete = site.running.api.get("/ssl-certificate").await["id"].as_str().unwrap().to_owned();

    let bare = site.add(&chained.upload(&chained.own)).await;
    assert_eq!(site.uses(&complete).await, json!(["endpoint_control", "console"]));
    assert_eq!(site.uses(&bare).await, json!([]), "the same certificate, and another chain");
    let foretold = site.foretold(&bare).await;
    assert_eq!(outline(&foretold), ("unknown", "not_judged"));
    assert!(foretold.2.contains("with other certificates of its issuers"), "{}", foretold.2);
    site.rehearse(&bare).await;
    let foretold = site.foretold(&bare).await;
    assert_eq!(outline(&foretold), ("cut_off", "denied_by_profile"));
    site.commit(&bare).await;
    site.comes_to(&foretold.0, &chained.own).await;
    assert_eq!(site.uses(&complete).await, json!([]));
    assert_eq!(site.uses(&bare).await, json!(["endpoint_control", "console"]));

    // And the way back. The agent is not there; what it has said of the complete chain is known.
    let foretold = site.foretold(&complete).await;
    assert_eq!(outline(&foretold), ("connects_silently", "valid"));
    site.commit(&complete).await;
    site.member.look_again("desk").await;
    site.reported(&chained.complete()).await;
    let foretold = site.foretold(&complete).await;
    assert!(foretold.2.contains("Agents are shown this certificate already.\""), "{}", foretold.2);
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_repaired_is_rehearsed_and_foretold_to_connect_and_does() {
    let chained = Chained::new();
    let site = Site::start(&chained, &chained.own).await;
    let bare = site.running.api.get("/ssl-certificate").await["id"].as_str().unwrap().to_owned();
    // Both are rehearsed, each with its own answers; the one that is shown, agents have judged already.
    let rehearsal = format!("/certificates/{bare}/rehearsal");
    site.running.api.change("POST", &rehearsal, &json!({})).await;
    let complete = site.add(&chained.upload(&chained.complete())).await;
    let path = format!("/certificates/{complete}/rehearsal");
    assert_eq!(site.running.api.send("GET", &path, None).await.status, 404);
    assert_eq!(outline(&site.foretold(&bare).await), ("connects_silently", "allowed_by_profile"));
    site.rehearse(&complete).await;
    assert_eq!(outline(&site.foretold(&complete).await), ("connects_silently", "valid"));
    site.commit(&complete).await;
    site.reported(&chained.complete()).await;
    site.act("deny").await;
    site.reported(&chained.complete()).await;
    assert_eq!(outline(&site.foretold(&complete).await), ("connects_silently", "valid"));
    site.rehearse(&bare).await;
    assert_eq!(outline(&site.foretold(&bare).await), ("cut_off", "denied_by_profile"));
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_announced_in_one_chain_at_a_time() {
    let chained = Chained::new();
    let running = Running::start().await;
    let mut paths = Vec::new();
    for chain in [chained.own.clone(), chained.complete()] {
        let added = running.api.change("POST", "/certificates", &chained.upload(&chain)).await;
        paths.push(format!("/certificates/{}", added["id"].as_str().unwrap()));
    }
    let mut desk = running.agent("desk").await;
    for (place, chain) in [chained.own.clone(), chained.complete()].iter().enumerate() {
        running.api.change("POST", &format!("{}/announcement", paths[place]), &json!({})).await;
        // The one before may come once more: it was not answered.
        let wanted = digest(chain);
        let next = desk.until_custom(|message| match message {
            ServerCustomMessage::NextCertificate(next) => {
                Some(next).filter(|next| next.chain.digest() == wanted)
            }
            ServerCustomMessage::Command(_)
            | ServerCustomMessage::Licence(_)
            | ServerCustomMessage::RequestEnrolmentToken
            | ServerCustomMessage::DecisionsKept(_)
            | ServerCustomMessage::RequestInventory
            | ServerCustomMessage::Judge(_) => None,
        });
        next.await;
        for (other, path) in paths.iter().enumerate().take(place + 1) {
            let found = running.api.get(&format!("{path}/rehearsal")).await;
            assert_eq!(found["announcement"].is_object(), other == place, "{found:#}");
        }
    }
    running.server.stop().await;
}
