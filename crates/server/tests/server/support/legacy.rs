//! An agent of a version that did not validate certificates: it looks at the subject name of the server's own certificate, and
//! at nothing else. It connects to whoever shows a name that it knows.

use std::net::SocketAddr;

use countersign_protocol::InstanceUid;
use countersign_protocol::attributes::{self, text};
use countersign_protocol::custom;
use countersign_protocol::opamp::{AgentToServer, CustomCapabilities, ServerToAgent};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::agent::{Agent, Connection, Incoming, introduction};

/// The version that it says it is of.
pub(crate) const VERSION: &str = "0.0.9";
/// The subject name of the built-in certificate.
pub(crate) const BUILT_IN: &str = "Countersign built-in certificate";

/// Such an agent.
pub(crate) struct Legacy {
    uid: InstanceUid,
    token: String,
    /// The subject names of its server, which an administrator has set.
    names: Vec<&'static str>,
    /// What [`Legacy::outcome`] has opened.
    session: Option<Agent>,
}

/// How the server has dealt with it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What came before the end, but for why it ends.
    pub(crate) given: Vec<ServerToAgent>,
    pub(crate) reason: Option<String>,
    pub(crate) code: Option<u16>,
}

impl Legacy {
    pub(crate) fn new(token: &str, names: &[&'static str]) -> Self {
        Self { uid: InstanceUid::generate(), token: token.to_owned(), names: names.to_vec(), session: None }
    }

    pub(crate) fn uid(&self) -> InstanceUid {
        self.uid
    }

    /// Connects if the subject of the certificate has one of its names, and introduces itself.
    pub(crate) async fn connect(&self, address: SocketAddr) -> Option<Agent> {
        let connection = Connection::open(address, None).await;
        let certificate = connection.certificate();
        let (_, certificate) = X509Certificate::from_der(&certificate).unwrap();
        let subject = certificate.subject().to_string();
        if !self.names.iter().any(|name| subject.contains(name)) {
            return None;
        }
        let mut agent = connection.upgrade(self.uid, Some(&self.token)).await.unwrap();
        agent.send(Self::introduction()).await;
        Some(agent)
    }

    /// Connects, and says what becomes of that in the words of a forecast. The session lasts until it connects again or leaves.
    pub(crate) async fn outcome(&mut self, address: SocketAddr) -> &'static str {
        self.leave();
        let Some(mut agent) = self.connect(address).await else { return "cut_off" };
        agent.message().await;
        self.session = Some(agent);
        "connects_silently"
    }

    /// Ends its session without a word.
    pub(crate) fn leave(&mut self) {
        self.session = None;
    }

    /// What it says of itself: none of the messages about certificates is known to it.
    pub(crate) fn introduction() -> AgentToServer {
        let mut introduction = introduction("legacy desk");
        let description = introduction.agent_description.as_mut().unwrap();
        description.identifying_attributes = vec![
            text(attributes::SERVICE_NAME, attributes::AGENT_SERVICE_NAME),
            text(attributes::SERVICE_VERSION, VERSION),
        ];
        let capabilities = [custom::COMMANDS, custom::LICENCE, custom::INVENTORY].map(str::to_owned).to_vec();
        introduction.custom_capabilities = Some(CustomCapabilities { capabilities });
        introduction
    }
}

/// Reads to the end.
pub(crate) async fn refusal(agent: &mut Agent) -> Refusal {
    let mut refusal = Refusal { given: Vec::new(), reason: None, code: None };
    loop {
        match agent.next().await {
            Incoming::Message(message) => match &message.error_response {
                Some(error) => refusal.reason = Some(error.error_message.clone()),
                None => refusal.given.push(*message),
            },
            Incoming::Closed(code) => {
                refusal.code = Some(code);
                return refusal;
            }
            Incoming::Lost => return refusal,
        }
    }
}
