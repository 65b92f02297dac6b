//! Agents that stay connected to one of two servers.

use std::net::SocketAddr;
use std::time::Duration;

use countersign_protocol::custom::ServerCustomMessage;
use countersign_protocol::{InstanceUid, SignedProfile};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::enrolment::enrol;
use crate::support::agent::{Agent, Connection, Incoming};
use crate::support::tls::ClientIdentity;

/// Longer than any test.
const LONG: Duration = Duration::from_mins(10);
/// How long an agent waits before it tries again.
pub(super) const TO_TRY_AGAIN: Duration = Duration::from_millis(50);

/// What an agent tells the test.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It was sent a profile with this heartbeat.
    Profile(InstanceUid, u64),
    /// It was sent a command.
    Command(InstanceUid),
    /// It is connected again after its session was lost.
    Back(InstanceUid),
}

/// An agent that stays connected to one of two servers.
pub(super) struct Roaming {
    pub(super) agent: Agent,
    identity: ClientIdentity,
    host: String,
    /// The first one is tried first.
    pub(super) servers: [SocketAddr; 2],
    events: mpsc::UnboundedSender<Event>,
}

impl Roaming {
    pub(super) async fn enrolled(
        servers: [SocketAddr; 2],
        token: String,
        host: String,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let mut agent = Agent::with_token(servers[0], &token, &host).await;
        let config = agent.until(|message| message.remote_config.clone()).await;
        let _ = events.send(Event::Profile(agent.uid, heartbeat(&config)));
        let identity = enrol(&mut agent).await;
        Self { agent, identity, host, servers, events }
    }

    pub(super) async fn stay(mut self) {
        loop {
            let message = match self.agent.next_within(LONG).await {
                Incoming::Message(message) => message,
                Incoming::Closed(_) | Incoming::Lost => {
                    self.come_back().await;
                    continue;
                }
            };
            let uid = self.agent.uid;
            if let Some(config) = &message.remote_config {
                let _ = self.events.send(Event::Profile(uid, heartbeat(config)));
            }
            let custom = message.custom_message.as_ref().map(ServerCustomMessage::from_message);
            if let Some(Ok(ServerCustomMessage::Command(_))) = custom {
                let _ = self.events.send(Event::Command(uid));
            }
        }
    }

    async fn come_back(&mut self) {
        for server in self.servers.iter().cycle() {
            if let Ok(connection) = Connection::try_open(*server, Some(&self.identity)).await {
                self.agent = connection.upgrade(self.agent.uid, None).await.unwrap();
                self.agent.introduce(&self.host).await;
                let _ = self.events.send(Event::Back(self.agent.uid));
                return;
            }
            tokio::time::sleep(TO_TRY_AGAIN).await;
        }
    }
}

fn heartbeat(config: &countersign_protocol::opamp::AgentRemoteConfig) -> u64 {
    let profile = SignedProfile::from_remote_config(config).unwrap();
    let document: Value = serde_json::from_slice(&profile.document).unwrap();
    document["heartbeat_seconds"].as_u64().unwrap()
}
