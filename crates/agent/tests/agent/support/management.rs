//! A management server: proves its identity, opens sessions, and says what the test wants.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::identity::EXPORTER_LABEL;
use countersign_protocol::opamp::{
    CustomCapabilities, RemoteConfigStatus, RemoteConfigStatuses, ServerToAgent,
};
use countersign_protocol::{
    ChannelBinding, Command, CommandKind, EndpointProfile, IDENTITY_PATH, IdentityKeyPair, frame,
};
use futures_util::{SinkExt as _, StreamExt as _};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, watch};
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use uuid::Uuid;

use super::SOON;

/// Cheap to clone; all clones are one server.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    identity: Arc<IdentityKeyPair>,
    /// What every session is told.
    say: broadcast::Sender<ServerToAgent>,
    /// How many sessions are open.
    open: Arc<watch::Sender<usize>>,
    /// What was shown to be let in, session by session.
    credentials: Arc<Mutex<Vec<Option<String>>>>,
    /// What agents said in words of our own, in their order.
    heard: Arc<watch::Sender<Vec<AgentCustomMessage>>>,
    /// What agents said became of profiles, in their order.
    outcomes: Arc<watch::Sender<Vec<RemoteConfigStatuses>>>,
    /// What it says that it understands, when a session begins.
    understands: Arc<Mutex<Option<Vec<String>>>>,
}

impl Management {
    pub(crate) fn new() -> Self {
        Self {
            identity: Arc::new(IdentityKeyPair::generate().unwrap().0),
            say: broadcast::channel(64).0,
            open: Arc::new(watch::channel(0).0),
            credentials: Arc::default(),
            heard: Arc::new(watch::channel(Vec::new()).0),
            outcomes: Arc::new(watch::channel(Vec::new()).0),
            understands: Arc::default(),
        }
    }

    /// What it proves to be.
    pub(crate) fn identity(&self) -> &IdentityKeyPair {
        &self.identity
    }

    /// From now on, sessions begin with what it understands.
    pub(crate) fn understand(&self, capabilities: &[&str]) {
        let capabilities = capabilities.iter().map(ToString::to_string).collect();
        *self.understands.lock().unwrap_or_else(PoisonError::into_inner) = Some(capabilities);
    }

    /// Waits until what was heard has something that is wanted.
    pub(crate) async fn heard<T>(&self, wanted: impl Fn(&[AgentCustomMessage]) -> Option<T>) -> T {
        let mut heard = self.heard.subscribe();
        let reached = heard.wait_for(|heard| wanted(heard).is_some());
        let found = tokio::time::timeout(SOON, reached).await;
        match found {
            Ok(found) => wanted(&found.unwrap()).unwrap(),
            Err(elapsed) => panic!("{elapsed}; heard {:#?}", *self.heard.borrow()),
        }
    }

    /// Waits until the last thing that an agent said about a profile is this.
    pub(crate) async fn profile_outcome(&self, wanted: RemoteConfigStatuses) {
        let mut outcomes = self.outcomes.subscribe();
        let reached = outcomes.wait_for(|outcomes| outcomes.last() == Some(&wanted));
        let found = tokio::time::timeout(SOON, reached).await.map(|found| found.map(|_| ()));
        if let Err(elapsed) = found {
            panic!("{elapsed}; the outcomes are {:?}", *self.outcomes.borrow());
        }
    }

    /// What was heard so far; it is not heard again.
    pub(crate) fn take_heard(&self) -> Vec<AgentCustomMessage> {
        self.heard.send_replace(Vec::new())
    }

    /// Tells the agent that is connected something in words of our own.
    pub(crate) fn say_custom(&self, message: &ServerCustomMessage) {
        self.say(ServerToAgent { custom_message: Some(message.to_message().unwrap()), ..Default::default() });
    }

    /// Tells the agent that is connected.
    pub(crate) fn say(&self, message: ServerToAgent) {
        self.say.send(message).expect("a session");
    }

    pub(crate) fn push_profile(&self, revision: u64, change: impl FnOnce(&mut EndpointProfile)) {
        let mut profile = EndpointProfile::new(
            Uuid::from_u128(1),
            "Pushed".to_owned(),
            countersign_trust::InvalidCertificateAction::Warn,
        );
        profile.revision = revision;
        change(&mut profile);
        let offer = profile.sign(&self.identity).unwrap().to_remote_config();
        self.say(ServerToAgent { remote_config: Some(offer), ..ServerToAgent::default() });
    }

    pub(crate) fn command(&self, kind: CommandKind, expires_at: OffsetDateTime) {
        let command = ServerCustomMessage::Command(Command { id: Uuid::now_v7(), expires_at, kind });
        self.say(ServerToAgent { custom_message: Some(command.to_message().unwrap()), ..Default::default() });
    }

    /// What was shown to be let in, session by session.
    pub(crate) fn credentials(&self) -> Vec<Option<String>> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many sessions are open.
    pub(crate) async fn sessions(&self, number: usize) {
        let mut open = self.open.subscribe();
        let reached = open.wait_for(|open| *open == number);
        tokio::time::timeout(SOON, reached).await.expect("the sessions do not come about").unwrap();
    }

    pub(super) async fn serve(self, stream: TlsStream<TcpStream>) {
        // The agent breaks off when and where it wants.
        let _ = tokio::time::timeout(Duration::from_mins(1), self.serve_or_break(stream)).await;
    }

    async fn serve_or_break(&self, mut stream: TlsStream<TcpStream>) -> Option<()> {
        loop {
            let head = read_head(&mut stream).await?;
            let value = |name: &str| {
                let mut fields = head.lines().filter_map(|line| line.split_once(": "));
                fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
            };
            if head.contains(IDENTITY_PATH) {
                let binding =
                    stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None).ok()?;
                let proof =
                    serde_json::to_string(&self.identity.prove(&ChannelBinding::new(binding))).ok()?;
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{proof}", proof.len());
                stream.write_all(answer.as_bytes()).await.ok()?;
                stream.flush().await.ok()?;
                continue;
            }
            self.credentials.lock().unwrap_or_else(PoisonError::into_inner).push(value("authorization"));
            let accept = derive_accept_key(value("sec-websocket-key")?.as_bytes());
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
            let said = self.say.subscribe();
            self.open.send_modify(|open| *open += 1);
            let understands = self.understands.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let ended = self.converse(socket, said, understands).await;
            self.open.send_modify(|open| *open -= 1);
            return ended;
        }
    }
}

async fn read_head(stream: &mut TlsStream<TcpStream>) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

impl Management {
    async fn converse(
        &self,
        mut socket: WebSocketStream<TlsStream<TcpStream>>,
        mut said: broadcast::Receiver<ServerToAgent>,
        mut understands: Option<Vec<String>>,
    ) -> Option<()> {
        loop {
            tokio::select! {
                received = socket.next() => match received {
                    Some(Ok(Message::Binary(bytes))) => {
                        let message = frame::decode_agent_to_server(&bytes).ok()?;
                        let outcome = message.remote_config_status.as_ref().map(RemoteConfigStatus::status);
                        if let Some(outcome) = outcome.filter(|outcome| *outcome != RemoteConfigStatuses::Unset) {
                            self.outcomes.send_modify(|outcomes| outcomes.push(outcome));
                        }
                        if let Some(custom) = &message.custom_message {
                            let custom = AgentCustomMessage::from_message(custom).ok()?;
                            self.heard.send_modify(|heard| heard.push(custom));
                        }
                        if let Some(capabilities) = understands.take() {
                            let first = ServerToAgent {
                                custom_capabilities: Some(CustomCapabilities { capabilities }),
                                ..ServerToAgent::default()
                            };
                            let frame = frame::encode_server_to_agent(&first).ok()?;
                            socket.send(Message::Binary(frame.into())).await.ok()?;
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Some(()),
                },
                message = said.recv() => {
                    let frame = frame::encode_server_to_agent(&message.ok()?).ok()?;
                    socket.send(Message::Binary(frame.into())).await.ok()?;
                }
            }
        }
    }
}
