//! *Use SSL certificate for Endpoint Control*, and agents that are too old to validate certificates.

use countersign_protocol::opamp::AgentToServer;
use serde_json::{Value, json};

use crate::certificates::{CONFIRMED, made};
use crate::support::Running;
use crate::support::agent::{Agent, Connection};
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::legacy::{BUILT_IN, Legacy, Refusal, refusal};

const REASON: &str = "the agent is too old: version 0.0.9 does not validate certificates, and the SSL certificate is used for \
                      endpoint control; upgrade it to version 0.1.0 or later";
/// The subject names of the certificates of the tests.
const NAMES: [&str; 2] = [BUILT_IN, "rcgen self signed cert"];

async fn switch(running: &Running, on: bool) {
    let body = json!({"use_ssl_certificate_for_endpoint_control": on});
    running.api.change("PUT", "/settings", &body).await;
}

fn is_offline_because(endpoint: &Value) -> bool {
    endpoint["online"] == false && endpoint["offline_reason"] == REASON
}

fn assert_refused(refused: &Refusal, given: usize) {
    assert_eq!((refused.given.len(), refused.code), (given, Some(1008)), "{refused:?}");
    let reason = refused.reason.as_deref().unwrap();
    assert!(reason.contains("version 0.0.9 does not validate certificates"), "{reason}");
}

/// Once the session is one of the endpoint.
async fn online(running: &Running, legacy: &Legacy) -> Value {
    running.endpoint(legacy.uid(), |endpoint| endpoint["online"] == true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_that_do_not_validate_cannot_connect_while_it_is_on() {
    let running = Running::start().await;
    running.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    let legacy = Legacy::new(&running.enrolment_token, &NAMES);
    let mut modern = running.agent("desk").await;
    let mut old = legacy.connect(running.server.telemetry).await.unwrap();
    old.settled().await;
    online(&running, &legacy).await;

    // Who is connected when it is switched on is told so at once; the others only connect again.
    switch(&running, true).await;
    assert_refused(&refusal(&mut old).await, 0);
    assert_eq!(modern.ending().await.1, Some(1012));
    running.endpoint(modern.uid, |endpoint| endpoint["online"] == false).await;
    let endpoint = running.endpoint(legacy.uid(), is_offline_because).await;
    assert_eq!((&endpoint["standing"], &endpoint["agent_version"]), (&json!("too_old"), &json!("0.0.9")));
    let mut modern = running.agent("desk").await;
    modern.settled().await;

    // It gets nothing, whatever waits for it.
    let path = format!("/endpoints/{}", legacy.uid());
    running.api.change("POST", &format!("{path}/commands"), &json!({"kind": "collect_diagnostics"})).await;
    for _ in 0..2 {
        let mut again = legacy.connect(running.server.telemetry).await.unwrap();
        assert_refused(&refusal(&mut again).await, 0);
        running.endpoint(legacy.uid(), is_offline_because).await;
    }
    let commands = running.api.get(&format!("{path}/commands")).await;
    assert_eq!(commands[0]["outcome"], Value::Null, "{commands:#}");
    // Nor does one that is new, or leaves out who it is until it is asked.
    let other = Legacy::new(&running.enrolment_token, &NAMES);
    let connection = Connection::open(running.server.telemetry, None).await;
    let mut agent = connection.upgrade(other.uid(), Some(&running.enrolment_token)).await.unwrap();
    agent.send(AgentToServer::default()).await;
    agent.until(|message| (message.flags == 1).then_some(())).await;
    agent.send(Legacy::introduction()).await;
    assert_refused(&refusal(&mut agent).await, 0);
    running.endpoint(other.uid(), is_offline_because).await;

    // List, overview and pages say so.
    let listed = running.api.get("/endpoints?standing=too_old").await;
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed:#}");
    for (agent, expected) in [("not_validating", 2), ("validating", 2), ("foreign", 0)] {
        let listed = running.api.get(&format!("/endpoints?agent={agent}")).await;
        assert_eq!(listed.as_array().unwrap().len(), expected, "{agent}: {listed:#}");
    }
    let overview = running.api.get("/overview").await;
    assert_eq!(
        (&overview["by_standing"]["too_old"], &overview["online"]),
        (&json!(2), &json!(1)),
        "{overview:#}"
    );
    assert!(
        overview["attention"].to_string().contains("2 endpoints cut off: the agent does not validate"),
        "{overview:#}"
    );
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let page = console.get(&format!("/endpoints/{}", legacy.uid())).await.body;
    assert!(page.contains(REASON) && page.contains("Too old to validate certificates"), "{page}");
    let page = console.get("/endpoints?standing=too_old").await.body;
    assert!(page.contains("Too old to validate certificates"), "{page}");
    // The upgrade path leads to them.
    let path = console.get("/upgrade-path").await.body;
    assert!(path.contains("href=\"/endpoints?agent=not_validating\""), "{path}");
    let page = console.get("/endpoints?agent=not_validating").await.body;
    assert!(page.contains(">2 endpoints<") && page.contains("selected>Too old<"), "{page}");

    // A restart lets nobody in, and an upgrade does.
    drop(modern);
    let running = running.restarted().await;
    let mut again = legacy.connect(running.server.telemetry).await.unwrap();
    assert_refused(&refusal(&mut again).await, 0);
    running.endpoint(legacy.uid(), is_offline_because).await;
    let connection = Connection::open(running.server.telemetry, None).await;
    let mut upgraded = connection.upgrade(other.uid(), Some(&running.enrolment_token)).await.unwrap();
    upgraded.introduce("legacy desk").await;
    upgraded.settled().await;

    // Off lets them in again, and they get what waits for them.
    switch(&running, false).await;
    assert_eq!(upgraded.ending().await.1, Some(1012));
    let mut old = legacy.connect(running.server.telemetry).await.unwrap();
    old.command().await;
    let endpoint = online(&running, &legacy).await;
    assert_eq!(endpoint["standing"], "unknown");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_say_that_it_validates_is_none_that_does() {
    let running = Running::start().await;
    running.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    switch(&running, true).await;
    let mut introduction = crate::support::agent::introduction("other");
    introduction.custom_capabilities = None;
    let connection = Connection::open(running.server.telemetry, None).await;
    let uid = countersign_protocol::InstanceUid::generate();
    let mut agent: Agent = connection.upgrade(uid, Some(&running.enrolment_token)).await.unwrap();
    agent.send(introduction).await;
    let refused = refusal(&mut agent).await;
    assert!(refused.given.is_empty() && refused.code == Some(1008), "{refused:?}");
    let endpoint = running.endpoint(uid, |endpoint| endpoint["standing"] == "too_old").await;
    let reason = endpoint["offline_reason"].as_str().unwrap();
    assert!(reason.starts_with("the agent does not say that it validates certificates"), "{reason}");
    running.server.stop().await;
}

/// Whoever has only an enrolment token cannot have another endpoint shown as too old.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_can_have_an_endpoint_shown_as_too_old() {
    let running = Running::start().await;
    running.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    switch(&running, true).await;
    let mut desk = running.agent("desk").await;
    let connection = Connection::open(running.server.telemetry, None).await;
    let mut stranger = connection.upgrade(desk.uid, Some(&running.enrolment_token)).await.unwrap();
    stranger.send(Legacy::introduction()).await;
    stranger.ending().await;
    desk.settled().await;
    let endpoint = running.endpoint(desk.uid, |endpoint| endpoint["online"] == true).await;
    assert_eq!((&endpoint["standing"], &endpoint["agent_version"]), (&json!("unknown"), &json!("1.2.3")));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_server_does_not_let_them_in_either() {
    let (first, second) = Running::start_two().await;
    first.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    let legacy = Legacy::new(&first.enrolment_token, &NAMES);
    let mut old = legacy.connect(second.server.telemetry).await.unwrap();
    old.settled().await;
    online(&second, &legacy).await;
    switch(&first, true).await;
    assert_refused(&refusal(&mut old).await, 0);
    first.endpoint(legacy.uid(), is_offline_because).await;
    for running in [&first, &second] {
        let mut again = legacy.connect(running.server.telemetry).await.unwrap();
        assert_refused(&refusal(&mut again).await, 0);
        running.endpoint(legacy.uid(), is_offline_because).await;
    }
    switch(&second, false).await;
    let mut old = legacy.connect(second.server.telemetry).await.unwrap();
    old.settled().await;
    online(&first, &legacy).await;
    second.server.stop().await;
    first.server.stop().await;
}
