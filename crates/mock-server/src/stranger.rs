//! Whoever answers in the place of the management server: speaks the whole protocol, and wants things of the agent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::identity::EXPORTER_LABEL;
use countersign_protocol::opamp::{
    AgentToServer, ConnectionSettingsOffers, OpAmpConnectionSettings, ServerToAgent,
};
use countersign_protocol::{
    CertificateChain, ChannelBinding, Command, CommandKind, CommandResult, EndpointProfile, IDENTITY_PATH,
    IdentityKeyPair, NextCertificate, OPAMP_PATH, frame,
};
use countersign_trust::InvalidCertificateAction;
use futures_util::{SinkExt as _, StreamExt as _};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::certificates::Pair;
use crate::shown::Switch;

/// How many connections are served at once; more have to wait.
const AT_ONCE: usize = 32;
/// How long a client may take for its handshake, and for each request.
const TO_SPEAK: Duration = Duration::from_secs(20);
/// The largest request head.
const MAXIMUM_HEAD_BYTES: usize = 16 * 1024;

/// What the stranger saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How many connections there were.
    pub connections: usize,
    /// The values of the header `Authorization`.
    pub authorizations: Vec<String>,
    /// What agents said.
    pub messages: Vec<AgentToServer>,
    /// What came of commands.
    pub results: Vec<CommandResult>,
}

/// What the stranger proves about its identity.
pub enum Identity {
    /// The key that signs is its own.
    Own(IdentityKeyPair),
    /// It proves a key of its own, and has profiles that the key of tests signed.
    Unknown(IdentityKeyPair),
    /// It relays the proof that the real server made for the connection to itself.
    RelayedFrom(SocketAddr),
}

/// What the stranger wants of every agent.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// That it applies a profile with this action.
    Profile(InvalidCertificateAction),
    /// That it carries out a command.
    Command(CommandKind),
    /// That it connects to another server.
    Move(SocketAddr),
    /// Its enrolment token.
    Token,
    /// That it checks no certificates.
    InsecureSettings,
    /// That it lets this certificate follow the present one.
    Announce(CertificateChain),
}

/// A server that answers in the place of the real one, until it is dropped.
pub struct Stranger {
    /// Where it answers.
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    _accepting: AbortOnDropHandle<()>,
    /// Its own, where it was started outside of one.
    runtime: Option<tokio::runtime::Runtime>,
}

struct Shared {
    identity: Identity,
    /// Signs profiles.
    signer: IdentityKeyPair,
    wants: Vec<Want>,
    seen: Arc<Mutex<Seen>>,
}

impl Stranger {
    /// Starts on any port, with a thread of its own.
    #[must_use]
    pub fn start(pair: &Pair, identity: Identity, wants: Vec<Want>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let guard = runtime.enter();
        let mut stranger = Self::listen(Arc::new(listener), pair, identity, wants);
        drop(guard);
        stranger.runtime = Some(runtime);
        stranger
    }

    /// Starts on a listener. Has to be called within a runtime.
    #[must_use]
    pub fn listen(listener: Arc<TcpListener>, pair: &Pair, identity: Identity, wants: Vec<Want>) -> Self {
        let address = listener.local_addr().expect("an address");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Switch::new(pair)));
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let signer = match &identity {
            // The same key, as a second value of a type that cannot be copied.
            Identity::Own(own) => own_again(own),
            Identity::Unknown(_) => identity_key(),
            Identity::RelayedFrom(_) => IdentityKeyPair::generate().expect("a key").0,
        };
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::new(Shared { identity, signer, wants, seen: Arc::clone(&seen) });
        let accepting = AbortOnDropHandle::new(tokio::spawn(accept(listener, acceptor, shared)));
        Self { address, seen, _accepting: accepting, runtime: None }
    }

    /// What it has seen until now.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("what was seen").clone()
    }
}

async fn accept(listener: Arc<TcpListener>, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    // Ended with this task, and its connections with it.
    let mut serving = tokio::task::JoinSet::new();
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else { return };
        shared.seen.lock().expect("what was seen").connections += 1;
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        serving.spawn(async move {
            let _place = place;
            let _ = serve(stream, acceptor, shared).await;
        });
        while serving.try_join_next().is_some() {}
    }
}

/// Keys that tests use come from one PKCS#8 document, kept here.
static KEY: std::sync::LazyLock<Vec<u8>> =
    std::sync::LazyLock::new(|| IdentityKeyPair::generate().expect("a key").1);

/// The identity key of tests, the same for as long as the process lives.
#[must_use]
pub fn identity_key() -> IdentityKeyPair {
    IdentityKeyPair::from_pkcs8(&KEY).expect("a key")
}

fn own_again(own: &IdentityKeyPair) -> IdentityKeyPair {
    let again = identity_key();
    assert_eq!(again.public_key(), own.public_key(), "tests use identity_key()");
    again
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) -> Option<()> {
    let mut stream = tokio::time::timeout(TO_SPEAK, acceptor.accept(stream)).await.ok()?.ok()?;
    loop {
        let head = tokio::time::timeout(TO_SPEAK, read_head(&mut stream)).await.ok()??;
        if head.starts_with(&format!("GET {IDENTITY_PATH} ")) {
            let body = proof(&stream, &shared.identity).await?;
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
            continue;
        }
        if !head.starts_with(&format!("GET {OPAMP_PATH} ")) {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.ok()?;
            return stream.flush().await.ok();
        }
        let value = |name: &str| {
            head.lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(own, _)| own.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        if let Some(authorization) = value("authorization") {
            shared.seen.lock().expect("what was seen").authorizations.push(authorization);
        }
        let accept = derive_accept_key(value("sec-websocket-key")?.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        return converse(socket, &shared).await;
    }
}

async fn read_head(stream: &mut TlsStream<TcpStream>) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAXIMUM_HEAD_BYTES {
            return None;
        }
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

async fn proof(stream: &TlsStream<TcpStream>, identity: &Identity) -> Option<String> {
    match identity {
        Identity::Own(key) | Identity::Unknown(key) => {
            let binding = stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None).ok()?;
            serde_json::to_string(&key.prove(&ChannelBinding::new(binding))).ok()
        }
        Identity::RelayedFrom(server) => relayed(*server).await,
    }
}

/// Asks the real server for its proof, over a connection of one's own.
async fn relayed(server: SocketAddr) -> Option<String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let configuration = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AcceptsAnything(provider)))
        .with_no_client_auth();
    let name = rustls_pki_types::ServerName::try_from("localhost").ok()?;
    let tcp = TcpStream::connect(server).await.ok()?;
    let mut stream =
        tokio_rustls::TlsConnector::from(Arc::new(configuration)).connect(name, tcp).await.ok()?;
    let request = format!("GET {IDENTITY_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if text.ends_with('}') {
            return text.split("\r\n\r\n").nth(1).map(str::to_owned);
        }
        stream.read_buf(&mut answer).await.ok().filter(|count| *count > 0)?;
    }
}

async fn converse(mut socket: WebSocketStream<TlsStream<TcpStream>>, shared: &Shared) -> Option<()> {
    let mut asked = false;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(bytes) = message else { continue };
        let message = frame::decode_agent_to_server(&bytes).ok()?;
        {
            let mut seen = shared.seen.lock().expect("what was seen");
            if let Some(custom) = &message.custom_message
                && let Ok(AgentCustomMessage::CommandResult(result)) =
                    AgentCustomMessage::from_message(custom)
            {
                seen.results.push(result);
            }
            seen.messages.push(message);
        }
        if !asked {
            asked = true;
            for want in &shared.wants {
                let frame = frame::encode_server_to_agent(&demand(want, &shared.signer)).ok()?;
                socket.send(Message::Binary(frame.into())).await.ok()?;
            }
        }
    }
    Some(())
}

fn demand(want: &Want, signer: &IdentityKeyPair) -> ServerToAgent {
    let custom = |message: ServerCustomMessage| ServerToAgent {
        custom_message: Some(message.to_message().expect("a message")),
        ..ServerToAgent::default()
    };
    let settings = |opamp: OpAmpConnectionSettings| ServerToAgent {
        connection_settings: Some(ConnectionSettingsOffers {
            hash: vec![1],
            opamp: Some(opamp),
            ..ConnectionSettingsOffers::default()
        }),
        ..ServerToAgent::default()
    };
    match want {
        Want::Profile(action) => {
            let profile = EndpointProfile::new(Uuid::from_u128(1), "Pushed".to_owned(), *action);
            let offer = profile.sign(signer).expect("a profile").to_remote_config();
            ServerToAgent { remote_config: Some(offer), ..ServerToAgent::default() }
        }
        Want::Command(kind) => custom(ServerCustomMessage::Command(Command {
            id: Uuid::now_v7(),
            expires_at: OffsetDateTime::now_utc() + Duration::from_mins(10),
            kind: kind.clone(),
        })),
        Want::Token => custom(ServerCustomMessage::RequestEnrolmentToken),
        Want::Move(to) => settings(OpAmpConnectionSettings {
            destination_endpoint: format!("wss://{to}{OPAMP_PATH}"),
            ..OpAmpConnectionSettings::default()
        }),
        Want::InsecureSettings => settings(OpAmpConnectionSettings {
            tls: Some(countersign_protocol::opamp::TlsConnectionSettings {
                insecure_skip_verify: true,
                ..Default::default()
            }),
            ..OpAmpConnectionSettings::default()
        }),
        Want::Announce(chain) => custom(ServerCustomMessage::NextCertificate(NextCertificate {
            fingerprint: chain.fingerprint(),
            chain: chain.clone(),
            not_later_than: OffsetDateTime::now_utc() + Duration::from_hours(24),
        })),
    }
}

#[derive(Debug)]
struct AcceptsAnything(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for AcceptsAnything {
    fn verify_server_cert(
        &self,
        _end_entity: &rustls_pki_types::CertificateDer<'_>,
        _intermediates: &[rustls_pki_types::CertificateDer<'_>],
        _server_name: &rustls_pki_types::ServerName<'_>,
        _ocsp_response: &[u8],
        _now: rustls_pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &rustls_pki_types::CertificateDer<'_>,
        _signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &rustls_pki_types::CertificateDer<'_>,
        _signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
