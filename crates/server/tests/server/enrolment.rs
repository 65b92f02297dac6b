//! Who is let in, and how an agent knows where it is.

use std::num::NonZeroU32;
use std::sync::Arc;

use countersign_protocol::opamp::{
    AgentToServer, CertificateRequest, ConnectionSettingsRequest, OpAmpConnectionSettingsRequest,
};
use countersign_protocol::{IDENTITY_PATH, IdentityProof, InstanceUid};
use countersign_server::{Server, ServerConfiguration};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::json;
use time::Duration;
use time::macros::datetime;

use crate::support::agent::{Agent, Connection, introduction};
use crate::support::clock::ManualClock;
use crate::support::tls::ClientIdentity;
use crate::support::{self, Running};

/// Asks for a client certificate and returns it with its key.
pub(crate) async fn enrol(agent: &mut Agent) -> ClientIdentity {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let request = CertificateParams::default().serialize_request(&key).unwrap();
    agent.send(certificate_request(request.pem().unwrap().into_bytes())).await;
    let offered = agent.until(|message| message.connection_settings.clone()?.opamp?.certificate).await;
    assert!(offered.private_key.is_empty());
    assert!(offered.ca_cert.starts_with(b"-----BEGIN CERTIFICATE-----"));
    ClientIdentity { certificate: String::from_utf8(offered.cert).unwrap(), private_key: key.serialize_pem() }
}

fn certificate_request(csr: Vec<u8>) -> AgentToServer {
    let opamp = OpAmpConnectionSettingsRequest { certificate_request: Some(CertificateRequest { csr }) };
    AgentToServer {
        connection_settings_request: Some(ConnectionSettingsRequest { opamp: Some(opamp) }),
        ..AgentToServer::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_enrols_with_a_token_and_comes_back_with_its_certificate() {
    let running = Running::start().await;
    let mut agent = running.agent("desk-1").await;
    let identity = enrol(&mut agent).await;
    let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["online"] == true).await;
    assert_eq!(
        (&endpoint["host_name"], &endpoint["agent_version"], &endpoint["os"]),
        (&json!("desk-1"), &json!("1.2.3"), &json!("linux"))
    );
    let uid = agent.uid;
    drop(agent);
    let gone = running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    assert_eq!(gone["offline_reason"], "the connection was lost");

    let connection = Connection::open(running.server.telemetry, Some(&identity)).await;
    let mut back = connection.upgrade(uid, None).await.unwrap();
    back.introduce("desk-1").await;
    running.endpoint(uid, |endpoint| endpoint["online"] == true).await;

    // The certificate is for this endpoint only.
    let connection = Connection::open(running.server.telemetry, Some(&identity)).await;
    let mut other = connection.upgrade(InstanceUid::generate(), None).await.unwrap();
    other.send(introduction("desk-2")).await;
    let (error, _) = other.ending().await;
    assert!(error.unwrap().contains("the client certificate is for"));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_valid_credential_is_told_why() {
    let running = Running::start().await;
    let revoked = running.api.change("POST", "/enrolment-tokens", &json!({"name": "For one day"})).await;
    let path = format!("/enrolment-tokens/{}", revoked["id"].as_str().unwrap());
    assert_eq!(running.api.send("DELETE", &path, None).await.status, 204);

    let cases = [
        (None, "Neither a client certificate nor an enrolment token was shown."),
        (Some("nonsense"), "The enrolment token is not known, has expired or was revoked."),
        (Some(""), "Neither a client certificate nor an enrolment token was shown."),
        (revoked["token"].as_str(), "The enrolment token is not known, has expired or was revoked."),
        (Some(running.api.token.as_str()), "The enrolment token is not known, has expired or was revoked."),
    ];
    for (token, expected) in cases {
        let connection = Connection::open(running.server.telemetry, None).await;
        let (status, reason) = connection.upgrade(InstanceUid::generate(), token).await.err().unwrap();
        assert_eq!((status, reason.trim()), (401, expected));
    }

    // A token is not asked for again once there is a certificate, and that of another authority is none.
    let mut agent = running.agent("desk").await;
    let identity = enrol(&mut agent).await;
    let path = format!("/endpoints/{}", agent.uid);
    assert_eq!(running.api.send("DELETE", &path, None).await.status, 204);
    assert_eq!(agent.ending().await.1, Some(1008));
    let connection = Connection::open(running.server.telemetry, Some(&identity)).await;
    let (status, reason) = connection.upgrade(agent.uid, None).await.err().unwrap();
    assert_eq!((status, reason.trim()), (401, "This endpoint is not known to the server."));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_at_its_time() {
    let clock = ManualClock::at(datetime!(2026-06-01 12:00 UTC));
    let running = Running::start_with(Arc::clone(&clock) as _).await;
    for (expires_at, status) in
        [("2026-06-01T11:59:00Z", 422), ("yesterday", 422), ("2026-06-01T13:00:00Z", 201)]
    {
        let body = json!({"name": "For one hour", "expires_at": expires_at}).to_string();
        let response = running.api.send("POST", "/enrolment-tokens", Some(&body)).await;
        assert_eq!(response.status, status, "{}", response.body);
        let Some(token) = response.json()["token"].as_str().map(str::to_owned) else { continue };
        Agent::with_token(running.server.telemetry, &token, "in time").await;
        clock.advance(Duration::hours(1));
        let connection = Connection::open(running.server.telemetry, None).await;
        let refused = connection.upgrade(InstanceUid::generate(), Some(&token)).await.err().unwrap();
        assert_eq!(refused.0, 401);
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_ends_the_handshake() {
    let (running, elsewhere) = (Running::start().await, Running::start().await);
    let mut agent = elsewhere.agent("desk").await;
    let identity = enrol(&mut agent).await;
    let refused = match crate::support::tls::connect(running.server.telemetry, Some(&identity)).await {
        Err(_) => true,
        // In TLS 1.3 a client learns only by reading that its certificate was refused.
        Ok(mut stream) => {
            use tokio::io::AsyncReadExt as _;
            stream.read_u8().await.is_err()
        }
    };
    assert!(refused);
    running.server.stop().await;
    elsewhere.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_a_certificate_that_cannot_be_met_are_answered_with_the_reason() {
    let running = Running::start().await;
    for (request, expected) in [(&b"nonsense"[..], "cannot be read"), (b"\xff\xfe", "cannot be read")] {
        let mut agent = running.agent("desk").await;
        agent.send(certificate_request(request.to_vec())).await;
        let error = agent.ending().await.0.unwrap();
        assert!(error.contains(expected), "{error}");
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_identity_is_proved_for_the_connection_on_which_it_is_asked() {
    let running = Running::start().await;
    let mut connection = Connection::open(running.server.telemetry, None).await;
    let other = Connection::open(running.server.telemetry, None).await;
    let response = connection.request("GET", IDENTITY_PATH).await;
    assert_eq!((response.status, response.content_type.as_str()), (200, "application/json"));
    let proof: IdentityProof = serde_json::from_str(&response.body).unwrap();
    assert_eq!(proof.verify(&connection.binding()).unwrap(), running.server.identity);
    assert!(proof.verify(&other.binding()).is_err());
    let shown = running.api.get("/identity").await;
    assert_eq!(shown["public_key"], running.server.identity.to_string());

    // The upgrade comes on the same connection.
    let mut agent =
        connection.upgrade(InstanceUid::generate(), Some(&running.enrolment_token)).await.unwrap();
    agent.introduce("desk").await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_on_the_telemetry_address_are_answered_in_words() {
    let running = Running::start().await;
    for (method, path, status) in
        [("GET", "/", 404), ("POST", IDENTITY_PATH, 405), ("GET", countersign_protocol::OPAMP_PATH, 426)]
    {
        let mut connection = Connection::open(running.server.telemetry, None).await;
        let response = connection.request(method, path).await;
        assert_eq!((response.status, response.content_type.as_str()), (status, "text/plain"));
        assert!(response.body.ends_with(".\n"), "{}", response.body);
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_calls_itself_like_a_connected_one_gets_another_name() {
    let running = Running::start().await;
    let first = running.agent("desk").await;
    let connection = Connection::open(running.server.telemetry, None).await;
    let mut clone = connection.upgrade(first.uid, Some(&running.enrolment_token)).await.unwrap();
    clone.send(introduction("clone of desk")).await;
    let new = clone.until(|message| message.agent_identification.clone()).await.new_instance_uid;
    let new = InstanceUid::from_bytes(&new).unwrap();
    assert_ne!(new, first.uid);
    assert_eq!(clone.ending().await, (None, Some(1000)));
    let connection = Connection::open(running.server.telemetry, None).await;
    let mut clone = connection.upgrade(new, Some(&running.enrolment_token)).await.unwrap();
    clone.introduce("clone of desk").await;
    let endpoint = running.endpoint(first.uid, |endpoint| endpoint["online"] == true).await;
    assert_eq!(endpoint["host_name"], "desk");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_newcomers_is_asked_to_come_back_and_keeps_no_endpoint_out() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(datetime!(2026-11-24 12:00 UTC));
    let configuration = ServerConfiguration {
        enrolments_per_minute: NonZeroU32::new(3).unwrap(),
        ..support::configuration(directory.path())
    };
    let server = Server::start_with(configuration, Arc::clone(&clock) as _).await.unwrap();
    let token = server.new_tokens.clone().unwrap().enrolment.unwrap();
    let come = async || {
        let connection = Connection::open(server.telemetry, None).await;
        connection.upgrade(InstanceUid::generate(), Some(token.expose())).await
    };
    // Whoever has no right token is not counted.
    for _ in 0..5 {
        let connection = Connection::open(server.telemetry, None).await;
        let refused = connection.upgrade(InstanceUid::generate(), Some("guessed")).await;
        assert_eq!(refused.err().unwrap().0, 401);
    }
    let mut first = Agent::with_token(server.telemetry, token.expose(), "first").await;
    let identity = enrol(&mut first).await;
    for _ in 0..2 {
        assert!(come().await.is_ok());
    }
    for _ in 0..5 {
        let (status, reason) = come().await.err().unwrap();
        assert!(status == 503 && reason.contains("Too many agents"), "{status} {reason}");
    }
    // Endpoints that are known come and go as before.
    let connection = Connection::open(server.telemetry, Some(&identity)).await;
    connection.upgrade(first.uid, None).await.unwrap();
    clock.advance(Duration::seconds(20));
    assert!(come().await.is_ok());
    assert_eq!(come().await.err().unwrap().0, 503);
    server.stop().await;
}
