//! Many agents in this process. They do what agents of Countersign do, but for what costs only themselves: they neither judge the
//! server's certificate nor ask for the proof of its identity, and believe its profiles.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::opamp::{
    AgentToServer, CertificateRequest, ComponentHealth, ConnectionSettingsRequest,
    OpAmpConnectionSettingsRequest, RemoteConfigStatus, RemoteConfigStatuses, ServerToAgent,
};
use countersign_protocol::{
    CertificateReport, InstanceUid, Inventory, OPAMP_PATH, ReportedDecision, SessionTrust, frame,
};
use countersign_trust::InvalidCertificateAction;
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ClientConfig;
use rustls::version::TLS13;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

use super::server::Server;
use super::support;
use super::support::tls::{self, ClientIdentity};

/// How many enrol, or connect when there is no hurry, at the same time.
pub(crate) const AT_ONCE: usize = 32;
/// How long all of them may take for something.
pub(crate) const TO_FINISH: Duration = Duration::from_mins(5);

/// What is the same for all agents.
pub(crate) struct Common {
    report: CertificateReport,
    /// How often an agent has said that a profile is applied.
    pub(crate) applied: watch::Sender<usize>,
}

/// An agent that is not connected.
pub(crate) struct Agent {
    uid: InstanceUid,
    host: String,
    pub(crate) tls: Arc<ClientConfig>,
    /// Of the profile that it has.
    config_hash: Vec<u8>,
    common: Arc<Common>,
}

/// An agent in a session.
pub(crate) struct Session {
    agent: Agent,
    socket: WebSocketStream<TlsStream<TcpStream>>,
    sequence_number: u64,
}

/// Agents of a server, all connected or none.
pub(crate) struct Fleet {
    pub(crate) server: Server,
    /// The certificate of the authority that has issued theirs, as PEM text.
    pub(crate) authority: String,
    pub(crate) common: Arc<Common>,
    pub(crate) away: Vec<Agent>,
    connected: JoinSet<Agent>,
}

/// Waits for all, for a time that is enough in any case.
pub(crate) async fn all<T: 'static>(tasks: JoinSet<T>) -> Vec<T> {
    tokio::time::timeout(TO_FINISH, tasks.join_all())
        .await
        .expect("the agents did not come to an end in time")
}

impl Fleet {
    /// A server and agents that have enrolled with it. None is connected.
    pub(crate) async fn enrol(agents: usize) -> Self {
        let server = Server::start().await;
        let assessment = server.api.get("/built-in-certificate").await["assessment"].clone();
        let report = CertificateReport {
            assessment: serde_json::from_value(assessment).unwrap(),
            action: InvalidCertificateAction::Allow,
            trust: SessionTrust::Identified,
            decision: ReportedDecision::AllowedByProfile,
            judged_at: None,
        };
        let common = Arc::new(Common { report, applied: watch::Sender::new(0) });
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        let mut enrolling = JoinSet::new();
        for number in 0..agents {
            let (address, token) = (server.telemetry, server.enrolment_token.clone());
            let (common, at_once) = (Arc::clone(&common), Arc::clone(&at_once));
            enrolling.spawn(async move {
                let _place = at_once.acquire().await.unwrap();
                enrol(address, &token, format!("desk-{number:05}"), common).await
            });
        }
        let (away, mut authorities): (Vec<_>, Vec<_>) = all(enrolling).await.into_iter().unzip();
        Self { server, authority: authorities.swap_remove(0), common, away, connected: JoinSet::new() }
    }

    /// Connects all, some at a time.
    pub(crate) async fn connect(&mut self) {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        let mut connecting = JoinSet::new();
        for agent in self.away.drain(..) {
            let (address, at_once) = (self.server.telemetry, Arc::clone(&at_once));
            connecting.spawn(async move {
                let _place = at_once.acquire().await.unwrap();
                agent.open(address).await.map_err(|(_, error)| error).unwrap()
            });
        }
        self.hold(all(connecting).await);
    }

    /// Lets the agents answer what comes in their sessions, until these are lost.
    pub(crate) fn hold(&mut self, sessions: Vec<Session>) {
        for session in sessions {
            self.connected.spawn(session.hold());
        }
    }

    /// Waits until all agents have noticed that the server has gone.
    pub(crate) async fn lost(&mut self) {
        self.away = all(std::mem::take(&mut self.connected)).await;
    }

    pub(crate) fn connected(&self) -> usize {
        self.connected.len()
    }
}

/// Enrols with a token, leaves, and returns the agent and the certificate of the authority.
async fn enrol(address: SocketAddr, token: &str, host: String, common: Arc<Common>) -> (Agent, String) {
    let mut agent = support::agent::Agent::with_token(address, token, &host).await;
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let certificate_request = CertificateRequest { csr: request.pem().unwrap().into_bytes() };
    let opamp = OpAmpConnectionSettingsRequest { certificate_request: Some(certificate_request) };
    let connection_settings_request = Some(ConnectionSettingsRequest { opamp: Some(opamp) });
    agent.send(AgentToServer { connection_settings_request, ..AgentToServer::default() }).await;
    let issued = agent.until(|message| message.connection_settings.clone()?.opamp?.certificate).await;
    let text = |pem| String::from_utf8(pem).unwrap();
    let identity = ClientIdentity { certificate: text(issued.cert), private_key: key.serialize_pem() };
    let tls = tls::configuration(Some(&identity), &[&TLS13]);
    (Agent { uid: agent.uid, host, tls, config_hash: Vec::new(), common }, text(issued.ca_cert))
}

impl Agent {
    /// Connects and introduces itself; returns when the server has sent all that it sends at the beginning of a session, the
    /// licence last.
    pub(crate) async fn open(self, address: SocketAddr) -> Result<Session, (Self, tungstenite::Error)> {
        let socket = match self.upgrade(address).await {
            Ok(socket) => socket,
            Err(error) => return Err((self, error)),
        };
        let mut session = Session { agent: self, socket, sequence_number: 0 };
        match session.begin().await {
            Ok(()) => Ok(session),
            Err(error) => Err((session.agent, error)),
        }
    }

    async fn upgrade(
        &self,
        address: SocketAddr,
    ) -> Result<WebSocketStream<TlsStream<TcpStream>>, tungstenite::Error> {
        let stream = tls::connect_with(address, Arc::clone(&self.tls)).await?;
        let request = format!("wss://localhost{OPAMP_PATH}").into_client_request()?;
        let configuration = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
        let (socket, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(configuration)).await?;
        Ok(socket)
    }

    fn inventory(&self) -> Inventory {
        Inventory {
            host_name: self.host.clone(),
            os_type: "linux".to_owned(),
            os_description: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            kernel_version: "6.1.0-37-amd64".to_owned(),
            architecture: "amd64".to_owned(),
            user: "anna".to_owned(),
            addresses: vec![[192, 0, 2, 17].into()],
            agent_version: "1.2.3".to_owned(),
            uptime_seconds: 86_400,
            memory_bytes: 16 << 30,
            processors: 8,
        }
    }
}

impl Session {
    async fn begin(&mut self) -> Result<(), tungstenite::Error> {
        let mut introduction = support::agent::introduction(&self.agent.host);
        introduction.health = Some(ComponentHealth {
            healthy: true,
            status: "connected".to_owned(),
            ..ComponentHealth::default()
        });
        let hash = self.agent.config_hash.clone();
        introduction.remote_config_status =
            if hash.is_empty() { Some(RemoteConfigStatus::default()) } else { Some(applied(hash)) };
        self.send(introduction).await?;
        let report = AgentCustomMessage::CertificateReport(Box::new(self.agent.common.report.clone()));
        self.send_custom(&report).await?;
        self.send_custom(&AgentCustomMessage::Inventory(Box::new(self.agent.inventory()))).await?;
        loop {
            let message = self.heed_next().await?;
            let custom = message.custom_message.as_ref().map(ServerCustomMessage::from_message);
            if let Some(Ok(ServerCustomMessage::Licence(_))) = custom {
                return Ok(());
            }
        }
    }

    /// Answers what comes until the session is lost.
    async fn hold(mut self) -> Agent {
        while self.heed_next().await.is_ok() {}
        self.agent
    }

    /// The next message of the server. A profile is applied at once.
    async fn heed_next(&mut self) -> Result<ServerToAgent, tungstenite::Error> {
        loop {
            let Some(received) = self.socket.next().await else {
                return Err(tungstenite::Error::ConnectionClosed);
            };
            let Message::Binary(bytes) = received? else { continue };
            let message = frame::decode_server_to_agent(&bytes).unwrap();
            if let Some(config) = &message.remote_config {
                self.agent.config_hash.clone_from(&config.config_hash);
                let remote_config_status = Some(applied(config.config_hash.clone()));
                self.send(AgentToServer { remote_config_status, ..AgentToServer::default() }).await?;
                self.agent.common.applied.send_modify(|applied| *applied += 1);
            }
            return Ok(message);
        }
    }

    async fn send_custom(&mut self, message: &AgentCustomMessage) -> Result<(), tungstenite::Error> {
        let custom_message = Some(message.to_message().unwrap());
        self.send(AgentToServer { custom_message, ..AgentToServer::default() }).await
    }

    async fn send(&mut self, message: AgentToServer) -> Result<(), tungstenite::Error> {
        let sequence_num = self.sequence_number;
        self.sequence_number += 1;
        let message = AgentToServer { instance_uid: self.agent.uid.to_bytes(), sequence_num, ..message };
        let frame = frame::encode_agent_to_server(&message).unwrap();
        self.socket.send(Message::Binary(frame.into())).await
    }
}

fn applied(hash: Vec<u8>) -> RemoteConfigStatus {
    RemoteConfigStatus {
        last_remote_config_hash: hash,
        status: RemoteConfigStatuses::Applied.into(),
        ..RemoteConfigStatus::default()
    }
}
