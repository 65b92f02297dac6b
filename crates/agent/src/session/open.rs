//! From a judged connection to a session: identity, standing, and the WebSocket upgrade.

use std::fmt;
use std::io;
use std::time::Duration;

use countersign_protocol::profile::DEFAULT_HEARTBEAT_SECONDS;
use countersign_protocol::{MAXIMUM_FRAME_BYTES, OPAMP_PATH};
use countersign_trust::{ServerAddress, display_text};
use thiserror::Error;
use tokio_tungstenite::tungstenite;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::{HeaderValue, Request as HttpRequest, StatusCode, header};
use tungstenite::protocol::WebSocketConfig;

use super::Session;
use super::examinations::Examinations;
use super::messages::Outbox;
use crate::Secret;
use crate::identity_exchange::{self, IdentityExchangeError};
use crate::ratchet::{self, FirstUse, IdentityEvidence, Pin, Ruling, Wish};
use crate::state::Context;
use crate::tls::{Connection, refuses_client_certificate};

/// How long the upgrade may take.
const TO_UPGRADE: Duration = Duration::from_secs(10);
/// What is read at once; profiles and commands are small.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// What may wait to be written.
const WRITE_BUFFER_BYTES: usize = 2 * MAXIMUM_FRAME_BYTES;

/// What the agent shows to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Its client certificate, in the handshake.
    ClientCertificate,
    /// The enrolment token.
    Token,
    /// Nothing: there is neither, or the server may not be given the token.
    None,
}

impl fmt::Display for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ClientCertificate => "its client certificate",
            Self::Token => "its enrolment token",
            Self::None => "nothing",
        })
    }
}

/// Why no session came about.
#[derive(Debug, Error)]
pub(crate) enum OpenError {
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error("the server did not answer in time")]
    TimedOut,
    #[error("the server refuses the client certificate of this computer")]
    ClientCertificateRefused,
    #[error("the server does not accept this computer, which showed {credential}: {detail}")]
    NotAccepted { credential: Credential, detail: String },
    #[error(
        "the server proved another identity than the one that this computer knows, and wants a token that it does not get"
    )]
    OtherIdentity,
    #[error("the server is busy")]
    Busy,
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
}

/// Opens a session. `certificate` says whether the handshake carried a client certificate.
pub(crate) async fn open(
    context: &mut Context,
    server: ServerAddress,
    connection: Connection,
    certificate: ClientCertificate,
) -> Result<Session, OpenError> {
    let Connection { mut stream, assessment, judged_at, reason, route } = connection;
    let proved = identity_exchange::prove(&mut stream, &server).await.map_err(|error| match error {
        IdentityExchangeError::Connection(error) => broken(error, certificate),
        IdentityExchangeError::TimedOut => OpenError::TimedOut,
        IdentityExchangeError::Protocol(detail) => OpenError::Protocol(display_text(&detail)),
    })?;
    let pinned = context.pinned_identity(&server);
    let evidence = match (pinned, proved) {
        (_, None) => IdentityEvidence::None,
        (None, Some(proved)) if context.knows_identity(&proved) => IdentityEvidence::Pinned,
        (None, Some(_)) => IdentityEvidence::New,
        (Some(pinned), Some(proved)) if pinned == proved => IdentityEvidence::Pinned,
        (Some(pinned), Some(proved)) => {
            tracing::error!(
                %server, expected = %pinned, %proved,
                "the server proved another identity than the one that this computer knows; it is not trusted further \
                 than an unknown one. If the server was set up anew, install the agent again with its new installer"
            );
            context.tell_of_other_identity(&server);
            IdentityEvidence::Other
        }
    };
    let first_use = if certificate == ClientCertificate::Absent && context.is_set_up_by_hand() {
        FirstUse::Possible
    } else {
        FirstUse::Past
    };
    let standing = ratchet::standing(reason, evidence, first_use);
    let mut identity = match evidence {
        IdentityEvidence::Pinned => proved,
        IdentityEvidence::Other | IdentityEvidence::New | IdentityEvidence::None => pinned,
    };
    if let (Pin::Learn | Pin::LearnAtFirstUse, Some(proved)) = (standing.pin, proved) {
        tracing::info!(%server, identity = %proved, pin = ?standing.pin, "learned the server's identity");
        context.learn_identity(&server, proved).await;
        identity = Some(proved);
        if standing.pin == Pin::LearnAtFirstUse {
            context.notify(crate::Notice::FirstUse { server: server.clone() });
        }
    }
    let (credential, token) = match certificate {
        ClientCertificate::Shown => (Credential::ClientCertificate, None),
        ClientCertificate::Absent => match ratchet::rule(standing.trust, Wish::EnrolmentToken) {
            Ruling::Granted => match context.enrolment_token() {
                Some(token) => (Credential::Token, Some(token)),
                None => (Credential::None, None),
            },
            Ruling::Denied => {
                tracing::warn!(%server, "the enrolment token is not sent: {}", ratchet::DENIED);
                (Credential::None, None)
            }
        },
    };
    let request = request(&server, token.as_ref())?;
    let upgrade = tokio_tungstenite::client_async_with_config(request, stream, Some(configuration()));
    let socket = match tokio::time::timeout(TO_UPGRADE, upgrade).await {
        Ok(Ok((socket, _))) => socket,
        Ok(Err(error)) => {
            let error = refused(error, credential, certificate);
            let for_lack_of_token =
                matches!(error, OpenError::NotAccepted { credential: Credential::None, .. });
            return Err(match evidence {
                IdentityEvidence::Other if for_lack_of_token => OpenError::OtherIdentity,
                IdentityEvidence::Other
                | IdentityEvidence::Pinned
                | IdentityEvidence::New
                | IdentityEvidence::None => error,
            });
        }
        Err(_) => return Err(OpenError::TimedOut),
    };
    Ok(Session {
        socket,
        server,
        assessment,
        judged_at,
        reason,
        route,
        trust: standing.trust,
        credential,
        identity,
        outbox: Outbox::new(context.kept.instance_uid),
        pending_identity: None,
        server_capabilities: None,
        inventory: None,
        examinations: Examinations::new(tokio::time::Instant::now()),
        reported_remembered: None,
        heartbeat: Duration::from_secs(u64::from(
            context.profile.as_ref().map_or(DEFAULT_HEARTBEAT_SECONDS, |profile| profile.heartbeat_seconds),
        )),
    })
}

/// Whether the handshake carried a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientCertificate {
    Shown,
    Absent,
}

fn broken(error: io::Error, certificate: ClientCertificate) -> OpenError {
    if certificate == ClientCertificate::Shown && refuses_client_certificate(&error) {
        OpenError::ClientCertificateRefused
    } else {
        OpenError::Broken(error)
    }
}

fn request(server: &ServerAddress, token: Option<&Secret>) -> Result<HttpRequest<()>, OpenError> {
    let protocol = |error: &dyn std::fmt::Display| OpenError::Protocol(error.to_string());
    let mut request =
        format!("wss://{server}{OPAMP_PATH}").into_client_request().map_err(|error| protocol(&error))?;
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("countersign"));
    if let Some(token) = token {
        let mut value =
            HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|error| protocol(&error))?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    Ok(request)
}

fn configuration() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(Some(MAXIMUM_FRAME_BYTES))
        .max_frame_size(Some(MAXIMUM_FRAME_BYTES))
}

fn refused(error: tungstenite::Error, credential: Credential, certificate: ClientCertificate) -> OpenError {
    if let tungstenite::Error::Io(error) = error {
        return broken(error, certificate);
    }
    if let tungstenite::Error::Http(response) = &error {
        let said = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let detail = if said.trim().is_empty() {
            format!("It answered with the HTTP status {}.", response.status())
        } else {
            display_text(said.trim())
        };
        return match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => OpenError::NotAccepted { credential, detail },
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => OpenError::Busy,
            _ => OpenError::Protocol(detail),
        };
    }
    OpenError::Protocol(display_text(&error.to_string()))
}
