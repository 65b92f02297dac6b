//! A session with a server: OpAMP over a WebSocket on the connection that was judged.

mod commands;
mod connection_settings;
mod continuity;
mod examinations;
mod hold;
mod messages;
mod open;
mod permission_timer;
mod receive;
mod rehearsal;
mod reports;
mod trial_watch;

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_protocol::{IdentityPublicKey, Inventory, RememberedReport, SessionTrust};
use countersign_trust::{Assessment, ConnectReason, ServerAddress};
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;

pub(crate) use commands::CommandLog;
pub(crate) use hold::hold;
pub(crate) use messages::ProfileOutcome;
pub(crate) use open::{ClientCertificate, Credential, OpenError, open};

use crate::Secret;
use crate::client_identity::{ClientIdentity, PendingIdentity};
use crate::proxy::Route;
use crate::state::Reply;
use crate::status::BackOffReason;
use crate::tls::Connection;
use examinations::Examinations;
use messages::Outbox;

/// A session that is open.
pub(crate) struct Session {
    socket: WebSocketStream<TlsStream<TcpStream>>,
    pub(crate) server: ServerAddress,
    pub(crate) assessment: Assessment,
    /// By the clock of this computer.
    pub(crate) judged_at: OffsetDateTime,
    pub(crate) reason: ConnectReason,
    pub(crate) route: Route,
    pub(crate) trust: SessionTrust,
    /// What the server was shown in this session.
    credential: Credential,
    /// The key under which profiles of this server have to be signed.
    pub(crate) identity: Option<IdentityPublicKey>,
    outbox: Outbox,
    /// A certificate that was asked for in this session.
    pending_identity: Option<PendingIdentity>,
    heartbeat: Duration,
    /// The custom messages that the server understands; not known before its first message.
    server_capabilities: Option<BTreeSet<String>>,
    /// Collected for the introduction, and not sent yet.
    inventory: Option<Box<Inventory>>,
    /// How often the server may still have certificates judged that it does not show.
    examinations: Examinations,
    /// What is allowed, as it was reported last in this session.
    reported_remembered: Option<RememberedReport>,
}

/// How a session ended.
#[derive(Debug)]
pub(crate) enum SessionEnd {
    /// The person does not want it any more.
    Disconnect,
    /// The agent ends.
    Shutdown,
    /// The person wants another server.
    ConnectTo { server: ServerAddress, reply: Reply },
    /// It broke, or had to be broken.
    Lost(BackOffReason),
    /// To be opened again at once: with a client certificate, or because the rules have changed.
    Again,
    /// To go on as another one, on a connection that was made beside it and that the rules of now let through.
    Anew { connection: Box<Connection>, identity: Option<ClientIdentity> },
    /// The server restarts or changes its certificate.
    ServerRestarting,
    /// The server wants to be left alone for a while.
    Later(Duration),
    /// The enrolment was ended by an administrator.
    Deregistered,
    /// The server wants the agent at another server, perhaps with a token for it.
    Moved { to: ServerAddress, token: Option<Secret> },
}
