//! Profiles and commands on their way to agents.

use std::num::NonZeroU16;

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::opamp::{
    AgentToServer, ConnectionSettingsStatus, ConnectionSettingsStatuses, RemoteConfigStatus,
    RemoteConfigStatuses, ServerToAgent,
};
use countersign_protocol::{
    CommandKind, CommandOutcome, CommandResult, EndpointProfile, IdentityKeyPair, ProxyFallback,
    SignedProfile,
};
use countersign_trust::{InvalidCertificateAction, RememberLimit, RememberOptions};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::enrolment::enrol;
use crate::support::Running;
use crate::support::agent::{Agent, Connection, introduction};

async fn profile(agent: &mut Agent) -> (SignedProfile, Vec<u8>) {
    let config = agent.until(|message: &ServerToAgent| message.remote_config.clone()).await;
    (SignedProfile::from_remote_config(&config).unwrap(), config.config_hash)
}

async fn verified(agent: &mut Agent, running: &Running) -> (EndpointProfile, Vec<u8>) {
    let (signed, hash) = profile(agent).await;
    let stranger = IdentityKeyPair::generate().unwrap().0.public_key();
    assert!(signed.verify(&stranger).is_err());
    (signed.verify(&running.server.identity).unwrap(), hash)
}

fn status(hash: &[u8], status: RemoteConfigStatuses, error: &str) -> AgentToServer {
    AgentToServer {
        remote_config_status: Some(RemoteConfigStatus {
            last_remote_config_hash: hash.to_vec(),
            status: status.into(),
            error_message: error.to_owned(),
        }),
        ..AgentToServer::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_sent_signed_and_its_changes_at_once() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let (first, hash) = verified(&mut agent, &running).await;
    assert_eq!((first.revision, first.invalid_certificate_action), (1, InvalidCertificateAction::Warn));
    agent.send(status(&hash, RemoteConfigStatuses::Applied, "")).await;
    let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["profile"]["status"] == "applied").await;
    assert_eq!(endpoint["profile"]["revision"], 1);

    let path = format!("/profiles/{}", first.id);
    let body = json!({"name": "Default", "invalid_certificate_action": "deny", "heartbeat_seconds": 7});
    running.api.change("PUT", &path, &body).await;
    let earlier = hash;
    let (second, hash) = verified(&mut agent, &running).await;
    // A late answer about the first one says nothing about the second.
    agent.send(status(&earlier, RemoteConfigStatuses::Applied, "")).await;
    agent.settled().await;
    assert_eq!(
        (second.revision, second.invalid_certificate_action, second.heartbeat_seconds),
        (2, InvalidCertificateAction::Deny, 7)
    );
    running.endpoint(agent.uid, |endpoint| endpoint["profile"]["status"] == "pending").await;
    let reason = "The profile is \u{202e}older than\u{0} the one in force.";
    agent.send(status(&hash, RemoteConfigStatuses::Failed, reason)).await;
    let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["profile"]["status"] == "failed").await;
    let shown = endpoint["profile"]["error"].as_str().unwrap();
    assert!(shown.contains("one in force") && !shown.contains(['\u{202e}', '\u{0}']), "{shown}");

    // An agent that has the latest profile is not sent it again; the next thing is then the licence.
    let token = Some(running.enrolment_token.as_str());
    let uid = agent.uid;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let mut back = Connection::open(running.server.telemetry, None).await.upgrade(uid, token).await.unwrap();
    let applied = status(&hash, RemoteConfigStatuses::Applied, "");
    back.send(AgentToServer { remote_config_status: applied.remote_config_status, ..introduction("desk") })
        .await;
    assert_ne!(back.message().await.capabilities, 0);
    let next = back.message().await;
    assert!(next.remote_config.is_none() && next.custom_message.is_some(), "{next:?}");
    running.server.stop().await;
}

fn succeeded(id: Uuid, output: Value) -> AgentCustomMessage {
    AgentCustomMessage::CommandResult(CommandResult { id, outcome: CommandOutcome::Succeeded { output } })
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_reach_live_and_later_sessions_and_their_results_are_kept_once() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let mut other = running.agent("other desk").await;
    let path = format!("/endpoints/{}/commands", agent.uid);
    let given = running.api.change("POST", &path, &json!({"kind": "collect_diagnostics"})).await;
    let live = agent.command().await;
    assert_eq!((&json!(live.id), &live.kind), (&given["id"], &CommandKind::CollectDiagnostics));

    // Another endpoint cannot answer for it, and a second answer changes nothing.
    other.send_custom(&succeeded(live.id, json!("forged"))).await;
    other.settled().await;
    assert_eq!(running.api.get(&path).await[0]["outcome"], Value::Null);
    agent.send_custom(&succeeded(live.id, json!({"state": "connected"}))).await;
    agent.send_custom(&succeeded(live.id, json!("again"))).await;
    agent.settled().await;
    let kept = running.api.get(&path).await;
    assert_eq!(kept[0]["outcome"], json!({"status": "succeeded", "output": {"state": "connected"}}));

    let uid = agent.uid;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let notify = json!({"kind": "notify_user", "title": "Maintenance", "text": "At noon."});
    running.api.change("POST", &path, &notify).await;
    let token = Some(running.enrolment_token.as_str());
    let mut back = Connection::open(running.server.telemetry, None).await.upgrade(uid, token).await.unwrap();
    back.introduce("desk").await;
    let later = back.command().await;
    assert_eq!(later.kind, CommandKind::NotifyUser { title: "Maintenance".into(), text: "At noon.".into() });
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_at_once_lose_nothing() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let (first, _) = verified(&mut agent, &running).await;
    let (profile_path, command_path) =
        (format!("/profiles/{}", first.id), format!("/endpoints/{}/commands", agent.uid));
    for heartbeat_seconds in 10..30 {
        let body = json!({"name": "Default", "invalid_certificate_action": "warn", "heartbeat_seconds": heartbeat_seconds});
        running.api.change("PUT", &profile_path, &body).await;
        running.api.change("POST", &command_path, &json!({"kind": "refresh_inventory"})).await;
    }
    let (mut commands, mut heartbeat) = (0, 0);
    while commands < 20 || heartbeat < 29 {
        let message = agent.message().await;
        if let Some(config) = &message.remote_config {
            let signed = SignedProfile::from_remote_config(config).unwrap();
            heartbeat = signed.verify(&running.server.identity).unwrap().heartbeat_seconds;
        }
        let custom = message.custom_message.as_ref().map(ServerCustomMessage::from_message);
        if let Some(Ok(ServerCustomMessage::Command(_))) = custom {
            commands += 1;
        }
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deregistration_ends_the_session_and_the_certificate() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let identity = enrol(&mut agent).await;
    let path = format!("/endpoints/{}/commands", agent.uid);
    running.api.change("POST", &path, &json!({"kind": "deregister"})).await;
    let deregister = agent.command().await;
    agent.send_custom(&succeeded(deregister.id, Value::Null)).await;
    assert_eq!(agent.ending().await, (None, Some(1000)));
    let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["online"] == false).await;
    assert_eq!(endpoint["deregistered"], true);
    assert!(endpoint["offline_reason"].as_str().unwrap().contains("deregistered by an administrator"));
    let connection = Connection::open(running.server.telemetry, Some(&identity)).await;
    let (status, reason) = connection.upgrade(agent.uid, None).await.err().unwrap();
    assert_eq!((status, reason.trim()), (401, "This endpoint was deregistered."));
    assert_eq!(running.api.send("POST", &path, Some("{\"kind\": \"deregister\"}")).await.status, 409);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_sent_to_another_server() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let path = format!("/endpoints/{}/server", agent.uid);
    running.api.change("POST", &path, &json!({"address": "other.example:9013"})).await;
    let offer = agent.until(|message| message.connection_settings.clone()).await;
    assert_eq!(offer.opamp.unwrap().destination_endpoint, "wss://other.example:9013/v1/opamp");
    let refused = ConnectionSettingsStatus {
        last_connection_settings_hash: offer.hash,
        status: ConnectionSettingsStatuses::Failed.into(),
        error_message: "This session may not move the agent.".to_owned(),
    };
    agent.send(AgentToServer { connection_settings_status: Some(refused), ..AgentToServer::default() }).await;
    let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["settings_error"] != Value::Null).await;
    assert_eq!(endpoint["settings_error"], "This session may not move the agent.");
    let uid = agent.uid;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let body = json!({"address": "other.example"}).to_string();
    assert_eq!(running.api.send("POST", &path, Some(&body)).await.status, 409);
    let audit = running.api.get("/audit").await;
    let moves = audit.as_array().unwrap().iter().filter(|change| change["action"] == "endpoint.moved");
    assert_eq!(moves.count(), 1, "what was not done is not in the audit: {audit:#}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_endpoint_is_given_a_token_for_the_other_server() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let path = format!("/endpoints/{}/server", agent.uid);
    for token in ["", "two words", "line\r\nX: y", "ünsafe", &"a".repeat(513)] {
        let body = json!({"address": "other.example", "enrolment_token": token}).to_string();
        let answer = running.api.send("POST", &path, Some(&body)).await;
        assert_eq!(answer.status, 422, "{token}");
        assert!(answer.body.contains("“enrolment_token” must have"), "{}", answer.body);
    }
    let body = json!({"address": "other.example", "enrolment_token": "of-the-other"});
    running.api.change("POST", &path, &body).await;
    let offer = agent.until(|message| message.connection_settings.clone()).await.opamp.unwrap();
    assert_eq!(offer.destination_endpoint, "wss://other.example:8013/v1/opamp");
    let headers = offer.headers.unwrap().headers;
    assert_eq!(
        headers.iter().map(|header| (header.key.as_str(), header.value.as_str())).collect::<Vec<_>>(),
        [("Authorization", "Bearer of-the-other")]
    );
    let audit = running.api.get("/audit").await;
    assert_eq!(audit[0]["detail"], json!({"to": "other.example:8013", "with_enrolment_token": true}));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn for_how_long_people_may_allow_is_part_of_the_profile() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let (first, _) = verified(&mut agent, &running).await;
    assert_eq!((first.remember, first.proxy_fallback), Default::default());
    let path = format!("/profiles/{}", first.id);
    let shown = running.api.get(&path).await;
    assert_eq!(shown["remember"], json!({"longest": "until_changed", "days": 30}));
    assert_eq!(shown["proxy_fallback"], "none");

    let with = |more: Value| {
        let mut body = json!({"name": "Default", "invalid_certificate_action": "warn"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let body = with(json!({"remember": {"longest": "days", "days": 7}, "proxy_fallback": "direct"}));
    let changed = running.api.change("PUT", &path, &body).await;
    assert_eq!(changed["remember"], json!({"longest": "days", "days": 7}));
    let (second, _) = verified(&mut agent, &running).await;
    let week = RememberOptions { longest: RememberLimit::Days, days: NonZeroU16::new(7).unwrap() };
    assert_eq!((second.remember, second.proxy_fallback), (week, ProxyFallback::Direct));

    let session = with(json!({"remember": {"longest": "session"}}));
    let changed = running.api.change("PUT", &path, &session).await;
    assert_eq!(changed["remember"], json!({"longest": "session", "days": 30}));
    assert_eq!(changed["proxy_fallback"], "none", "what is left out is as usual");

    for (wrong, expected) in [
        (json!({"remember": {"days": 0}}), "“remember.days” must be 1 to 3650."),
        (json!({"remember": {"days": 3651}}), "“remember.days” must be 1 to 3650."),
        (json!({"remember": {"longest": "week"}}), "unknown variant `week`, expected one of"),
        (json!({"remember": {"for": "ever"}}), "unknown field `for`"),
        (json!({"proxy_fallback": "always"}), "unknown variant `always`"),
    ] {
        let response = running.api.send("PUT", &path, Some(&with(wrong.clone()).to_string())).await;
        let fits = response.status == 422 && response.body.contains(expected);
        assert!(fits, "{wrong}: {} {}", response.status, response.body);
    }
    let described = running.api.get("/openapi.json").await;
    let schema = &described["components"]["schemas"]["ProfileInput"];
    assert_eq!(schema["required"], json!(["name", "invalid_certificate_action"]));
    running.server.stop().await;
}
