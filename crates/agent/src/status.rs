//! What the agent is doing, for whoever shows it.

use countersign_protocol::{IdentityPublicKey, Licence, SessionTrust};
use countersign_trust::{Assessment, InvalidCertificateAction, RememberOptions, ServerAddress};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::command_record::CommandRecord;
use crate::configuration::ServerChoice;
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

impl RefusalReason {
    /// What happened and what to do, in whole sentences.
    #[must_use]
    pub fn explain(self) -> String {
        match self {
            Self::DeniedByPerson => "The connection was denied on this computer. Choose Connect to be asked again.",
            Self::NobodyToAsk => {
                "The server cannot show a valid certificate, and nobody could be asked whether to connect. Choose \
                 Connect to be asked again."
            }
            Self::DeniedByProfile => {
                "The server’s certificate is not valid, and the endpoint profile forbids connecting to such a server. \
                 Your administrator has to give the server a valid certificate."
            }
            Self::PossessionNotProved => {
                "The server showed a certificate but did not prove that it belongs to it. Somebody may be pretending \
                 to be the server; tell your administrator."
            }
            Self::Revoked => {
                "The server’s certificate has been revoked by its issuer, so nobody can allow it. Tell your \
                 administrator."
            }
            Self::NoCertificate => "The server showed no certificate. Tell your administrator.",
        }
        .to_owned()
    }
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

impl BackOffReason {
    /// What happened, in whole sentences.
    #[must_use]
    pub fn explain(&self) -> String {
        match self {
            Self::Unreachable { detail } => format!("The server cannot be reached: {detail}."),
            Self::TimedOut => "The server does not answer in time.".to_owned(),
            Self::OldTls => {
                "The server does not offer TLS 1.3, which Countersign requires. Your administrator has to update it."
                    .to_owned()
            }
            Self::NotTls => {
                "What answers at this address does not speak TLS, so it is not a management server. Check host name \
                 and port."
                    .to_owned()
            }
            Self::HandshakeFailed { detail } => format!("No secure connection could be made: {detail}."),
            Self::NotAccepted { detail } => {
                format!("The server does not accept this computer: {detail} Ask your IT department for a new enrolment token.")
            }
            Self::NotIdentified => {
                "The server cannot show a valid certificate and did not prove its identity in another way, so this \
                 computer did not enrol with it."
                    .to_owned()
            }
            Self::OtherIdentity => {
                "This is not the server that this computer was set up for: it proved another identity. It was given \
                 nothing. Tell your IT department."
                    .to_owned()
            }
            Self::ProtocolError { detail } => format!("The server’s answer was not understood: {detail}."),
            Self::ConnectionLost => "The connection was lost.".to_owned(),
            Self::ServerBusy => "The server is busy and asked to come back later.".to_owned(),
            Self::ServerRestarting => "The server restarts or has a new certificate.".to_owned(),
        }
    }
}

impl Status {
    /// The state in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        match &self.state {
            ConnectionState::Disconnected => "Disconnected",
            ConnectionState::Connecting => "Connecting…",
            ConnectionState::AwaitingDecision => "Your answer is needed",
            ConnectionState::Connected => match self.trust {
                Some(SessionTrust::Valid) => "Connected",
                Some(SessionTrust::Remembered | SessionTrust::Identified | SessionTrust::Unverified)
                | None => "Connected without a valid certificate",
            },
            ConnectionState::Refused { .. } => "Connection refused",
            ConnectionState::BackingOff { .. } => "Waiting to connect again",
        }
        .to_owned()
    }
}
