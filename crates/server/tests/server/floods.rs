//! Endpoints that send too much or come too often, and what the others notice of it.

use std::sync::Arc;

use countersign_protocol::InstanceUid;
use countersign_protocol::opamp::{AgentToServer, ConnectionSettingsStatus, ConnectionSettingsStatuses};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::enrolment::enrol;
use crate::support::Running;
use crate::support::agent::{Agent, Connection, introduction};
use crate::support::clock::ManualClock;
use crate::support::tls::ClientIdentity;

// Clients are shown certificates that begin by the clock of the test and are judged by that of the computer, so that the one is
// set to the other.

/// Comes back with the certificate, or is told why not.
async fn come(
    running: &Running,
    uid: InstanceUid,
    identity: &ClientIdentity,
) -> Result<Agent, (u16, String)> {
    Connection::open(running.server.telemetry, Some(identity)).await.upgrade(uid, None).await
}

async fn assert_sent_away(agent: &mut Agent) {
    let (error, code) = agent.ending().await;
    let error = error.unwrap();
    assert!(error.contains("sends more than an endpoint may"), "{error}");
    assert_eq!(code, Some(1013));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_floods_is_sent_away_and_may_come_back_later() {
    let clock = ManualClock::at(OffsetDateTime::now_utc());
    let running = Running::start_with(Arc::clone(&clock) as _).await;
    let mut other = running.agent("other desk").await;
    let mut agent = running.agent("desk").await;
    let (uid, identity) = (agent.uid, enrol(&mut agent).await);

    // Signs of life; few more than there may be, so that those that nobody reads any more do not fill the connection.
    for _ in 0..405 {
        agent.send(AgentToServer::default()).await;
    }
    assert_sent_away(&mut agent).await;
    let gone = running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    assert!(gone["offline_reason"].as_str().unwrap().contains("more than an endpoint may"), "{gone:#}");
    other.settled().await;
    // Before the time that it was told, nothing is heeded.
    let mut early = come(&running, uid, &identity).await.unwrap();
    early.send(introduction("desk")).await;
    assert_sent_away(&mut early).await;

    // Reports, which the database has to keep.
    clock.advance(Duration::MINUTE);
    let mut agent = come(&running, uid, &identity).await.unwrap();
    agent.introduce("desk").await;
    for number in 0..205 {
        let refused = ConnectionSettingsStatus {
            status: ConnectionSettingsStatuses::Failed.into(),
            error_message: format!("report {number}"),
            ..ConnectionSettingsStatus::default()
        };
        let message = AgentToServer { connection_settings_status: Some(refused), ..AgentToServer::default() };
        agent.send(message).await;
    }
    assert_sent_away(&mut agent).await;
    let gone = running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let last = gone["settings_error"].as_str().unwrap();
    let number: u32 = last.rsplit(' ').next().unwrap().parse().unwrap();
    assert!((150..200).contains(&number), "{last}");

    // And what the whole of a first session needs is there again after the time that it was told.
    clock.advance(Duration::seconds(30));
    let mut agent = come(&running, uid, &identity).await.unwrap();
    agent.introduce("desk").await;
    agent.settled().await;
    running.endpoint(uid, |endpoint| endpoint["online"] == true).await;
    other.settled().await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_too_often_is_told_when_to_come_back() {
    let clock = ManualClock::at(OffsetDateTime::now_utc());
    let running = Running::start_with(Arc::clone(&clock) as _).await;
    let mut agent = running.agent("desk").await;
    let (uid, identity) = (agent.uid, enrol(&mut agent).await);
    for _ in 0..30 {
        come(&running, uid, &identity).await.unwrap();
    }
    let (status, reason) = come(&running, uid, &identity).await.err().unwrap();
    assert_eq!((status, reason.trim()), (503, "This endpoint comes too often."));
    // Others are not concerned.
    running.agent("other desk").await.settled().await;
    clock.advance(Duration::seconds(4));
    let mut back = come(&running, uid, &identity).await.unwrap();
    back.introduce("desk").await;
    back.settled().await;
    let input = json!({"name": "Prometheus", "role": "read_only"});
    let token = running.api.change("POST", "/api-tokens", &input).await["token"].as_str().unwrap().to_owned();
    let figures = crate::monitoring::get(&running, "/metrics", Some(&token)).await.body;
    assert!(figures.lines().any(|line| line == "countersign_sent_away_total 1"), "{figures}");
    running.server.stop().await;
}
