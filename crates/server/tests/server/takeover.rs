//! An enrolment token is shared by many: it makes nobody an endpoint that is enrolled.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::{CommandOutcome, CommandResult, InstanceUid};
use serde_json::{Value, json};

use crate::enrolment::enrol;
use crate::support::Running;
use crate::support::agent::{Agent, Connection, introduction};
use crate::support::tls::ClientIdentity;

async fn with_token(running: &Running, uid: InstanceUid) -> Agent {
    let connection = Connection::open(running.server.telemetry, None).await;
    connection.upgrade(uid, Some(&running.enrolment_token)).await.unwrap()
}

async fn with_certificate(
    running: &Running,
    uid: InstanceUid,
    identity: &ClientIdentity,
) -> Result<Agent, (u16, String)> {
    let mut agent =
        Connection::open(running.server.telemetry, Some(identity)).await.upgrade(uid, None).await?;
    agent.introduce("desk").await;
    Ok(agent)
}

async fn is_refused(running: &Running, uid: InstanceUid, identity: &ClientIdentity, expected: &str) {
    let (status, reason) = with_certificate(running, uid, identity).await.err().unwrap();
    assert_eq!(status, 401);
    assert!(reason.contains(expected), "{reason}");
}

/// Comes with a token under a name that is taken; returns the name that it is given.
async fn renamed(running: &Running, uid: InstanceUid) -> InstanceUid {
    let mut agent = with_token(running, uid).await;
    agent.send(introduction("somebody")).await;
    let new = agent.until(|message| message.agent_identification.clone()).await.new_instance_uid;
    assert_eq!(agent.ending().await, (None, Some(1000)));
    let new = InstanceUid::from_bytes(&new).unwrap();
    assert_ne!(new, uid);
    new
}

/// Ends a session and waits until the server knows.
async fn leave(running: &Running, agent: Agent) {
    let uid = agent.uid;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_gives_nobody_the_place_of_an_enrolled_endpoint() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let uid = agent.uid;
    let identity = enrol(&mut agent).await;
    leave(&running, agent).await;
    let path = format!("/endpoints/{uid}/commands");
    running.api.change("POST", &path, &json!({"kind": "collect_diagnostics"})).await;

    let new = renamed(&running, uid).await;
    let audit = running.api.get("/audit").await;
    assert_eq!(
        (&audit[0]["action"], &audit[0]["subject"], &audit[0]["detail"]["new"]),
        (&json!("endpoint.renamed"), &json!(uid), &json!(new))
    );
    // Whoever it was is an endpoint of its own, without the commands of the other, and can enrol: an agent that has
    // lost its certificate comes back like this.
    let mut other = with_token(&running, new).await;
    other.introduce("somebody").await;
    let others = enrol(&mut other).await;
    leave(&running, other).await;
    assert_eq!(running.api.get(&format!("/endpoints/{new}/commands")).await, json!([]));
    let mut other = with_certificate(&running, new, &others).await.unwrap();
    other.settled().await;

    // The endpoint itself notices nothing.
    let endpoint = running.api.get(&format!("/endpoints/{uid}")).await;
    assert_eq!((&endpoint["host_name"], &endpoint["online"]), (&json!("desk"), &json!(false)));
    let mut back = with_certificate(&running, uid, &identity).await.unwrap();
    back.command().await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deregistered_endpoint_stays_so_whoever_enrols() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let uid = agent.uid;
    let identity = enrol(&mut agent).await;
    let path = format!("/endpoints/{uid}/commands");
    running.api.change("POST", &path, &json!({"kind": "deregister"})).await;
    let id = agent.command().await.id;
    let outcome = CommandOutcome::Succeeded { output: Value::Null };
    agent.send_custom(&AgentCustomMessage::CommandResult(CommandResult { id, outcome })).await;
    agent.ending().await;

    let new = renamed(&running, uid).await;
    let mut again = with_token(&running, new).await;
    again.introduce("desk").await;
    enrol(&mut again).await;
    is_refused(&running, uid, &identity, "was deregistered").await;
    assert_eq!(running.api.get(&format!("/endpoints/{uid}")).await["deregistered"], true);
    assert_eq!(running.api.get(&format!("/endpoints/{new}")).await["deregistered"], false);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_ends_with_the_first_use_of_the_next() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let uid = agent.uid;
    let first = enrol(&mut agent).await;
    leave(&running, agent).await;

    // The next one gets lost on its way, twice.
    for _ in 0..2 {
        let mut agent = with_certificate(&running, uid, &first).await.unwrap();
        enrol(&mut agent).await;
        leave(&running, agent).await;
    }
    let mut agent = with_certificate(&running, uid, &first).await.unwrap();
    let lost = enrol(&mut agent).await;
    let second = enrol(&mut agent).await;
    leave(&running, agent).await;
    is_refused(&running, uid, &lost, "issued last").await;
    let agent = with_certificate(&running, uid, &second).await.unwrap();
    is_refused(&running, uid, &first, "issued last").await;
    leave(&running, agent).await;
    with_certificate(&running, uid, &second).await.unwrap();

    // Removed and made anew under the same name, it does not know the certificate either.
    assert_eq!(running.api.send("DELETE", &format!("/endpoints/{uid}"), None).await.status, 204);
    let mut anew = with_token(&running, uid).await;
    anew.introduce("somebody").await;
    is_refused(&running, uid, &second, "issued last").await;
    running.server.stop().await;
}
