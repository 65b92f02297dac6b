//! Somebody in the middle: shakes hands with both sides, relays what they say, listens, and adds messages of their own.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::frame;
use countersign_protocol::opamp::{AgentToServer, ServerToAgent};
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::verify_tls13_signature;
use rustls::{DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, watch};
use tokio_rustls::TlsConnector;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::SOON;

/// Changes a message of the server.
pub(crate) type Change = fn(&mut ServerToAgent);

/// Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Middle {
    server: SocketAddr,
    /// What is added to what the server says.
    add: broadcast::Sender<ServerToAgent>,
    /// What is changed in what the server says.
    change: Arc<Mutex<Option<Change>>>,
    /// What agents said, in their order.
    heard: Arc<watch::Sender<Vec<AgentToServer>>>,
}

impl Middle {
    pub(crate) fn before(server: SocketAddr) -> Self {
        Self {
            server,
            add: broadcast::channel(64).0,
            change: Arc::default(),
            heard: Arc::new(watch::channel(Vec::new()).0),
        }
    }

    /// Adds a message.
    pub(crate) fn say(&self, message: ServerToAgent) {
        self.add.send(message).expect("a session");
    }

    pub(crate) fn say_custom(&self, message: &ServerCustomMessage) {
        self.say(ServerToAgent { custom_message: Some(message.to_message().unwrap()), ..Default::default() });
    }

    /// From now on, changes what the server says.
    pub(crate) fn change(&self, change: Change) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }

    /// What is relayed in the place of a message of the server.
    fn changed(&self, said: Message) -> Option<Message> {
        let change = *self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(change), Message::Binary(bytes)) = (change, &said) else { return Some(said) };
        let mut message = frame::decode_server_to_agent(bytes).ok()?;
        change(&mut message);
        Some(Message::Binary(frame::encode_server_to_agent(&message).ok()?.into()))
    }

    /// Waits until what was heard has something that is wanted.
    pub(crate) async fn heard<T>(&self, wanted: impl Fn(&AgentToServer) -> Option<T>) -> T {
        let mut heard = self.heard.subscribe();
        let reached = heard.wait_for(|heard| heard.iter().any(|message| wanted(message).is_some()));
        let found = tokio::time::timeout(SOON, reached).await.expect("it is not heard").unwrap();
        found.iter().find_map(wanted).unwrap()
    }

    pub(crate) async fn heard_custom<T>(&self, wanted: impl Fn(AgentCustomMessage) -> Option<T>) -> T {
        self.heard(|message| wanted(AgentCustomMessage::from_message(message.custom_message.as_ref()?).ok()?))
            .await
    }

    pub(super) async fn relay(self, agent: TlsStream<TcpStream>) {
        // Either side breaks off when and where it wants.
        let _ = tokio::time::timeout(Duration::from_mins(1), self.relay_or_break(agent)).await;
    }

    async fn relay_or_break(&self, mut agent: TlsStream<TcpStream>) -> Option<()> {
        let tcp = TcpStream::connect(self.server).await.ok()?;
        let connector = TlsConnector::from(Arc::new(trusting()));
        let mut server = connector.connect(ServerName::try_from("localhost").ok()?, tcp).await.ok()?;
        loop {
            let request = read_head(&mut agent).await?;
            server.write_all(request.as_bytes()).await.ok()?;
            server.flush().await.ok()?;
            let answer = read_head(&mut server).await?;
            agent.write_all(answer.as_bytes()).await.ok()?;
            let length = answer.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let mut body = vec![0; length.map_or(Some(0), |length| length.trim().parse().ok())?];
            server.read_exact(&mut body).await.ok()?;
            agent.write_all(&body).await.ok()?;
            agent.flush().await.ok()?;
            if answer.starts_with("HTTP/1.1 101") {
                break;
            }
        }
        let mut agent = WebSocketStream::from_raw_socket(agent, Role::Server, None).await;
        let mut server = WebSocketStream::from_raw_socket(server, Role::Client, None).await;
        let mut added = self.add.subscribe();
        loop {
            tokio::select! {
                said = agent.next() => {
                    let said = said?.ok()?;
                    if let Message::Binary(bytes) = &said {
                        let message = frame::decode_agent_to_server(bytes).ok()?;
                        self.heard.send_modify(|heard| heard.push(message));
                    }
                    server.send(said).await.ok()?;
                }
                said = server.next() => {
                    let said = self.changed(said?.ok()?)?;
                    agent.send(said).await.ok()?;
                }
                message = added.recv() => {
                    let frame = frame::encode_server_to_agent(&message.ok()?).ok()?;
                    agent.send(Message::Binary(frame.into())).await.ok()?;
                }
            }
        }
    }
}

async fn read_head(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

fn trusting() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate))
        .with_no_client_auth()
}

/// Whoever is in the middle does not mind.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::ServerDoesNotSupportTls12Or13.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
