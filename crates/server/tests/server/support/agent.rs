//! An agent that does what a test tells it, frame by frame.

use std::net::SocketAddr;
use std::time::Duration;

use countersign_protocol::attributes::{self, text};
use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::identity::EXPORTER_LABEL;
use countersign_protocol::opamp::{AgentDescription, AgentToServer, ServerToAgent};
use countersign_protocol::{
    ChannelBinding, Command, EndpointProfile, IdentityPublicKey, InstanceUid, OPAMP_PATH, SignedProfile,
    capabilities, frame,
};
use futures_util::{SinkExt as _, StreamExt as _};
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

use super::http::{self, Response};
use super::tls::{self, ClientIdentity};

/// How long an answer may take on a busy computer.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A TLS connection before the WebSocket upgrade.
pub(crate) struct Connection(TlsStream<TcpStream>);

/// An agent in a session.
pub(crate) struct Agent {
    pub(crate) uid: InstanceUid,
    pub(crate) sequence_number: u64,
    socket: WebSocketStream<TlsStream<TcpStream>>,
}

/// What came from the server.
#[derive(Debug)]
pub(crate) enum Incoming {
    Message(Box<ServerToAgent>),
    /// A close frame with its code.
    Closed(u16),
    /// The connection broke without one.
    Lost,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, identity: Option<&ClientIdentity>) -> Self {
        Self::try_open(address, identity).await.unwrap()
    }

    /// As [`Connection::open`], to a server that may have ended.
    pub(crate) async fn try_open(
        address: SocketAddr,
        identity: Option<&ClientIdentity>,
    ) -> std::io::Result<Self> {
        tls::connect(address, identity).await.map(Self)
    }

    /// The certificate that the server showed.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.0.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }

    /// What an identity proof on this connection has to sign.
    pub(crate) fn binding(&self) -> ChannelBinding {
        let exported = self.0.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None);
        ChannelBinding::new(exported.unwrap())
    }

    /// Sends a request without a body and reads the answer; the connection stays open.
    pub(crate) async fn request(&mut self, method: &str, path: &str) -> Response {
        http::exchange(&mut self.0, method, path, &[], None).await
    }

    /// Upgrades to a WebSocket, or returns status and reason.
    pub(crate) async fn upgrade(self, uid: InstanceUid, token: Option<&str>) -> Result<Agent, (u16, String)> {
        let mut request = format!("wss://localhost{OPAMP_PATH}").into_client_request().unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
        }
        let configuration = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
        match tokio_tungstenite::client_async_with_config(request, self.0, Some(configuration)).await {
            Ok((socket, _)) => Ok(Agent { uid, sequence_number: 0, socket }),
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), String::from_utf8(body).unwrap()))
            }
            Err(error) => panic!("the upgrade failed: {error}"),
        }
    }
}

/// The description of a Countersign agent on the computer `host`.
pub(crate) fn introduction(host: &str) -> AgentToServer {
    AgentToServer {
        agent_description: Some(AgentDescription {
            identifying_attributes: vec![
                text(attributes::SERVICE_NAME, attributes::AGENT_SERVICE_NAME),
                text(attributes::SERVICE_VERSION, "1.2.3"),
            ],
            non_identifying_attributes: vec![
                text(attributes::HOST_NAME, host),
                text(attributes::OS_TYPE, "linux"),
            ],
        }),
        capabilities: capabilities::agent(),
        custom_capabilities: Some(capabilities::custom()),
        ..AgentToServer::default()
    }
}

impl Agent {
    /// Connects with a token and introduces itself.
    pub(crate) async fn with_token(address: SocketAddr, token: &str, host: &str) -> Self {
        let connection = Connection::open(address, None).await;
        let mut agent = connection.upgrade(InstanceUid::generate(), Some(token)).await.unwrap();
        agent.introduce(host).await;
        agent
    }

    /// Where the server sees it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.get_ref().get_ref().0.local_addr().unwrap()
    }

    /// Introduces itself, and takes the server's first answer.
    pub(crate) async fn introduce(&mut self, host: &str) {
        self.send(introduction(host)).await;
        let first = self.message().await;
        assert_eq!(first.capabilities, capabilities::server());
    }

    /// Sends a message under the next sequence number.
    pub(crate) async fn send(&mut self, message: AgentToServer) {
        let sequence_num = self.sequence_number;
        self.sequence_number = sequence_num.wrapping_add(1);
        self.send_as(AgentToServer { instance_uid: self.uid.to_bytes(), sequence_num, ..message }).await;
    }

    /// Sends a message as it is.
    pub(crate) async fn send_as(&mut self, message: AgentToServer) {
        let frame = frame::encode_agent_to_server(&message).unwrap();
        self.send_frame(Message::Binary(frame.into())).await;
    }

    pub(crate) async fn send_custom(&mut self, message: &AgentCustomMessage) {
        let custom_message = Some(message.to_message().unwrap());
        self.send(AgentToServer { custom_message, ..AgentToServer::default() }).await;
    }

    /// Sends any frame. That the server closes meanwhile is for the test to see from what it reads.
    pub(crate) async fn send_frame(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    pub(crate) async fn next(&mut self) -> Incoming {
        self.next_within(SOON).await
    }

    /// The next thing that comes, when that may take longer.
    pub(crate) async fn next_within(&mut self, limit: Duration) -> Incoming {
        loop {
            let received =
                tokio::time::timeout(limit, self.socket.next()).await.expect("nothing came in time");
            match received {
                Some(Ok(Message::Binary(bytes))) => {
                    let message = frame::decode_server_to_agent(&bytes).unwrap();
                    if !message.instance_uid.is_empty() {
                        assert_eq!(message.instance_uid, self.uid.to_bytes());
                    }
                    return Incoming::Message(Box::new(message));
                }
                Some(Ok(Message::Close(Some(close)))) => return Incoming::Closed(close.code.into()),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Incoming::Lost,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next message; that the session ends instead is a failure.
    pub(crate) async fn message(&mut self) -> ServerToAgent {
        match self.next().await {
            Incoming::Message(message) => *message,
            ended @ (Incoming::Closed(_) | Incoming::Lost) => panic!("the session has ended: {ended:?}"),
        }
    }

    /// The first thing of interest that comes, whatever comes before it.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(&ServerToAgent) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.message().await) {
                return found;
            }
        }
    }

    pub(crate) async fn until_custom<T>(&mut self, wanted: impl Fn(ServerCustomMessage) -> Option<T>) -> T {
        self.until(|message| {
            wanted(ServerCustomMessage::from_message(message.custom_message.as_ref()?).unwrap())
        })
        .await
    }

    /// The next command that is sent.
    pub(crate) async fn command(&mut self) -> Command {
        self.until_custom(|message| match message {
            ServerCustomMessage::Command(command) => Some(command),
            ServerCustomMessage::Licence(_)
            | ServerCustomMessage::RequestEnrolmentToken
            | ServerCustomMessage::DecisionsKept(_)
            | ServerCustomMessage::RequestInventory
            | ServerCustomMessage::Judge(_)
            | ServerCustomMessage::NextCertificate(_) => None,
        })
        .await
    }

    /// The next endpoint profile that is sent, signed by the server.
    pub(crate) async fn profile(&mut self, signer: &IdentityPublicKey) -> EndpointProfile {
        let config = self.until(|message| message.remote_config.clone()).await;
        SignedProfile::from_remote_config(&config).unwrap().verify(signer).unwrap()
    }

    /// Reads to the end: the error response if one came, and the code of the close frame.
    pub(crate) async fn ending(&mut self) -> (Option<String>, Option<u16>) {
        let mut error = None;
        loop {
            match self.next().await {
                Incoming::Message(message) => {
                    error = message.error_response.map(|response| response.error_message).or(error);
                }
                Incoming::Closed(code) => return (error, Some(code)),
                Incoming::Lost => return (error, None),
            }
        }
    }

    /// Asks for something that is answered, so that everything sent before has been heeded by then: a sequence
    /// number that does not fit makes the server ask for the full state.
    pub(crate) async fn settled(&mut self) {
        self.sequence_number += 1;
        self.send(AgentToServer::default()).await;
        self.until(|message| (message.flags == 1).then_some(())).await;
    }
}
