//! What the agent is doing, for whoever shows it.

use countersign_protocol::{IdentityPublicKey, Licence, SessionTrust};
use countersign_trust::{Assessment, InvalidCertificateAction, RememberOptions, ServerAddress};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::command_record::CommandRecord;
use crate::configuration::ServerChoice;
use crate::proxy::{ProxyAddress, ProxyAuthenticationProblem, Route};
use crate::remembered::RememberedSummary;

/// Everything that there is to show about the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The state of the connection.
    pub state: ConnectionState,
    /// The server, when one is set up.
    pub server: Option<ServerAddress>,
    /// Since when the state lasts.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When the server was last heard of.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_contact: Option<OffsetDateTime>,
    /// When the agent will try again by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_attempt: Option<OffsetDateTime>,
    /// What was found out about the server's certificate the last time.
    pub assessment: Option<Assessment>,
    /// How far the present session is trusted. Absent without one.
    pub trust: Option<SessionTrust>,
    /// How the present session reaches the server. Absent without one.
    pub route: Option<Route>,
    /// The endpoint profile.
    pub profile: ProfileStatus,
    /// The licence, once the server has sent it.
    pub licence: Option<Licence>,
    /// Whether the server has accepted this endpoint for good.
    pub enrolment: Enrolment,
    /// The identity key that the server has to prove, when one is known.
    pub server_identity: Option<IdentityPublicKey>,
    /// The version of the agent.
    pub agent_version: String,
    /// Whether the person may choose another server.
    pub server_choice: ServerChoice,
    /// The permission on which the present session rests, when it rests on one.
    pub remembered: Option<RememberedSummary>,
    /// The last commands of administrators in this run, the newest last.
    pub commands: Vec<CommandRecord>,
}

/// Whether this endpoint has a client certificate of its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    /// It has one.
    Enrolled,
    /// It has none.
    NotEnrolled,
}

/// The endpoint profile, as far as one is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileStatus {
    /// Its name; absent as long as none was received.
    pub name: Option<String>,
    /// Its revision.
    pub revision: Option<u64>,
    /// The action in force: the profile's, or else that of the configuration.
    pub action: InvalidCertificateAction,
    /// Until when that is looser than it would be, because of a recovery file; absent where none loosens it.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub loosened_until: Option<OffsetDateTime>,
    /// For how long certificates may be allowed.
    pub remember: RememberOptions,
}

/// The state of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum ConnectionState {
    /// There is no connection, and none is tried.
    Disconnected,
    /// A connection is being made.
    Connecting,
    /// The person has to decide.
    AwaitingDecision,
    /// There is a session.
    Connected,
    /// The server is not connected to because of its certificate.
    Refused {
        /// Why.
        reason: RefusalReason,
    },
    /// The next attempt comes later.
    BackingOff {
        /// Why the last one did not succeed.
        reason: BackOffReason,
    },
}

/// Why a server is not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The person said so.
    DeniedByPerson,
    /// Nobody could be asked.
    NobodyToAsk,
    /// The profile's action is *Deny*.
    DeniedByProfile,
    /// The server did not prove that it holds the key of its certificate.
    PossessionNotProved,
    /// The certificate has been revoked.
    Revoked,
    /// The server showed no certificate.
    NoCertificate,
}

/// Why the agent waits before it tries again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum BackOffReason {
    /// No connection could be made.
    Unreachable {
        /// What the system said, fit to be shown.
        detail: String,
    },
    /// No answer came in time.
    TimedOut,
    /// There is no connection to the proxy.
    ProxyUnreachable {
        /// The proxy.
        proxy: ProxyAddress,
        /// What the system said, fit to be shown.
        detail: String,
    },
    /// The proxy does not relay to the server.
    ProxyRefused {
        /// The proxy.
        proxy: ProxyAddress,
        /// What the proxy said, fit to be shown.
        detail: String,
    },
    /// The proxy wants user and password, and gets none that it accepts.
    ProxyAuthentication {
        /// The proxy.
        proxy: ProxyAddress,
        /// Why not.
        problem: ProxyAuthenticationProblem,
    },
    /// The desktop's settings name a proxy that cannot be used.
    ProxyUnusable {
        /// As the settings name it, without user and password, fit to be shown.
        proxy: String,
        /// What is wrong with it, as a whole sentence.
        detail: String,
    },
    /// What answers through the proxy does not speak TLS.
    NotTlsBehindProxy {
        /// The proxy.
        proxy: ProxyAddress,
    },
    /// The server speaks TLS, but not version 1.3.
    OldTls,
    /// What answers does not speak TLS.
    NotTls,
    /// The TLS handshake failed for another reason.
    HandshakeFailed {
        /// What the TLS library said, fit to be shown.
        detail: String,
    },
    /// The server does not accept this endpoint.
    NotAccepted {
        /// What the server said, fit to be shown.
        detail: String,
    },
    /// The endpoint is not enrolled, and the server did not prove who it is, so it was not given the token.
    NotIdentified,
    /// The server proved another identity than the one that this computer knows.
    OtherIdentity,
    /// What answers is not a management server, or it broke the protocol.
    ProtocolError {
        /// What was wrong, fit to be shown.
        detail: String,
    },
    /// The connection ended.
    ConnectionLost,
    /// The server asked to come back later.
    ServerBusy,
    /// The server restarts or changes its certificate.
    ServerRestarting,
}
