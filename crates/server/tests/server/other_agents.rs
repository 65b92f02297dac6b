//! An OpAMP client of another make: plain messages, none of Countersign's capabilities.

use countersign_protocol::opamp::{
    AgentDescription, AgentToServer, AnyValue, ComponentHealth, CustomMessage, EffectiveConfig, KeyValue,
    any_value,
};
use countersign_protocol::{InstanceUid, attributes};
use serde_json::{Value, json};

use crate::support::Running;
use crate::support::agent::{Agent, Connection, Incoming};

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.to_owned()))
}

/// What a telemetry collector says of itself.
fn collector() -> AgentToServer {
    AgentToServer {
        agent_description: Some(AgentDescription {
            identifying_attributes: vec![
                text(attributes::SERVICE_NAME, "io.example.collector"),
                text(attributes::SERVICE_VERSION, "0.99.0"),
                attribute("service.ports", any_value::Value::IntValue(3)),
            ],
            non_identifying_attributes: vec![text(attributes::HOST_NAME, "collector-1")],
        }),
        // Reports its status, accepts configuration, reports its effective configuration, and two bits of a later
        // version of the specification.
        capabilities: 0x1 | 0x2 | 0x4 | 1 << 40 | 1 << 62,
        ..AgentToServer::default()
    }
}

async fn connected(running: &Running) -> Agent {
    let connection = Connection::open(running.server.telemetry, None).await;
    connection.upgrade(InstanceUid::generate(), Some(&running.enrolment_token)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_listed_and_sent_nothing_that_it_does_not_know() {
    let running = Running::start().await;
    let mut agent = connected(&running).await;
    agent.send(collector()).await;
    let first = agent.message().await;
    assert_ne!(first.capabilities, 0);

    // A changed profile and a command are not for it.
    let profiles = running.api.get("/profiles").await;
    let path = format!("/profiles/{}", profiles[0]["id"].as_str().unwrap());
    let body = json!({"name": "Default", "invalid_certificate_action": "deny", "heartbeat_seconds": 5});
    running.api.change("PUT", &path, &body).await;
    let path = format!("/endpoints/{}/commands", agent.uid);
    let command = running.api.send("POST", &path, Some("{\"kind\": \"refresh_inventory\"}")).await;
    assert_eq!(command.status, 202, "{command:?}");

    let health =
        ComponentHealth { healthy: false, last_error: "no disk".to_owned(), ..ComponentHealth::default() };
    agent
        .send(AgentToServer {
            health: Some(health),
            effective_config: Some(EffectiveConfig::default()),
            custom_message: Some(CustomMessage {
                capability: "io.example.other".to_owned(),
                r#type: "anything".to_owned(),
                data: b"\xff".to_vec(),
            }),
            ..AgentToServer::default()
        })
        .await;
    let asked = {
        agent.sequence_number += 1;
        agent.send(AgentToServer::default()).await;
        agent.message().await
    };
    assert_eq!(asked.flags, 1, "the answer to a gap is the next thing that comes: {asked:?}");

    let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["online"] == true).await;
    assert_eq!(
        (&endpoint["host_name"], &endpoint["agent_version"]),
        (&json!("collector-1"), &json!("0.99.0")),
        "{endpoint:#}"
    );
    assert_eq!(endpoint["service_name"], "io.example.collector");
    assert_eq!(endpoint["health"], "no disk");
    assert_eq!(endpoint["certificate"], Value::Null);
    let listed = running.api.get("/endpoints").await;
    assert!(listed.as_array().unwrap().iter().any(|endpoint| endpoint["id"] == agent.uid.to_string()));

    // It comes back under its own name and need not describe itself in the same words.
    let uid = agent.uid;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let connection = Connection::open(running.server.telemetry, None).await;
    let mut back = connection.upgrade(uid, Some(&running.enrolment_token)).await.unwrap();
    back.send(AgentToServer { agent_description: Some(AgentDescription::default()), ..collector() }).await;
    assert!(matches!(back.next().await, Incoming::Message(_)));
    running.endpoint(uid, |endpoint| endpoint["online"] == true).await;
    running.server.stop().await;
}
