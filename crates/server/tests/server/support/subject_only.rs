//! An agent that looks at the subject name alone, as agents did before they validated certificates, in the words of a forecast.

use countersign_protocol::attributes::{self, text};
use countersign_protocol::opamp::{AgentDescription, AgentToServer};
use countersign_protocol::{InstanceUid, capabilities};
use countersign_trust::summarise;

use super::Running;
use super::agent::{Agent, Connection};

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
