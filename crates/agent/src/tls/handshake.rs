//! One attempt to connect: TCP, through a proxy or not, then a TLS 1.3 handshake in which the server is judged.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::ProxyFallback;
use countersign_trust::{Assessment, ConnectReason, Decision, Question, Refusal, display_text};
use rustls::client::Resumption;
use rustls::{AlertDescription, ClientConfig, Error, PeerIncompatible};
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::verifier::{Circumstances, DecidingVerifier, Verdict};
use crate::client_identity::ClientIdentity;
use crate::proxy::{Destination, DialError, Dialer, ProxyAddress, Route};
use crate::status::BackOffReason;

/// How long the TLS handshake may take.
const TO_SHAKE_HANDS: Duration = Duration::from_secs(15);

/// Whom to connect to, and as whom.
pub(crate) struct Target {
    pub(crate) circumstances: Circumstances,
    pub(crate) connect_to: Option<SocketAddr>,
    pub(crate) dialer: Dialer,
    /// Whether the profile permits a direct connection when no proxy lets through.
    pub(crate) proxy_fallback: ProxyFallback,
    pub(crate) client_identity: Option<ClientIdentity>,
}

/// A connection on which nothing has been said yet.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TlsStream<TcpStream>,
    pub(crate) assessment: Assessment,
    /// By the clock of this computer.
    pub(crate) judged_at: OffsetDateTime,
    pub(crate) reason: ConnectReason,
    pub(crate) route: Route,
}

/// What came of a handshake that got as far as a verdict.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// There is a connection.
    Connected(Box<Connection>),
    /// The person is to be asked; no connection is left.
    Ask(Box<Assessment>, Question),
    /// Nobody is asked; no connection is left.
    Refused(Box<Assessment>, Refusal),
}

impl Judgement {
    /// What was found out about the certificate of a server that has proved to hold its key.
    pub(crate) fn proved_assessment(&mut self) -> Option<&mut Assessment> {
        match self {
            Self::Connected(connection) => Some(&mut connection.assessment),
            Self::Ask(assessment, _)
            | Self::Refused(assessment, Refusal::Revoked | Refusal::DeniedByProfile) => Some(assessment),
            Self::Refused(_, Refusal::PossessionNotProved | Refusal::NoCertificate) => None,
        }
    }
}

/// What came of an attempt.
pub(crate) type Outcome = Result<Judgement, AttemptError>;

/// Why an attempt ended without a verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("no answer in time")]
    TimedOut,
    #[error("the TLS handshake failed: {error}")]
    Tls { error: io::Error, proxy: Option<ProxyAddress> },
    #[error("the TLS connection cannot be prepared: {0}")]
    Setup(String),
}

/// Connects. The verdict of the verifier outranks whatever the TLS library says about the end of the handshake.
pub(crate) async fn attempt(target: Target) -> Outcome {
    let Target { circumstances, connect_to, dialer, proxy_fallback, client_identity } = target;
    let destination = Destination { server: circumstances.server.clone(), connect_to };
    let judged_at = circumstances.now;
    let (stream, route) = dialer.dial(&destination, proxy_fallback).await?;
    let (configuration, verifier) = configuration(circumstances, client_identity.as_ref())?;
    let connector = TlsConnector::from(Arc::new(configuration));
    let handshake = connector.connect(destination.server.host().to_server_name(), stream);
    let result = tokio::time::timeout(TO_SHAKE_HANDS, handshake).await;
    match (verifier.verdict(), result) {
        (Some(Verdict { assessment, decision: Decision::Ask(question) }), _) => {
            Ok(Judgement::Ask(Box::new(assessment), question))
        }
        (Some(Verdict { assessment, decision: Decision::Refuse(refusal) }), _) => {
            Ok(Judgement::Refused(Box::new(assessment), refusal))
        }
        (Some(Verdict { assessment, decision: Decision::Connect(reason) }), Ok(Ok(stream))) => {
            Ok(Judgement::Connected(Box::new(Connection { stream, assessment, judged_at, reason, route })))
        }
        (_, Ok(Err(error))) => Err(AttemptError::Tls { error, proxy: route.proxy().cloned() }),
        (_, Err(_)) => Err(AttemptError::TimedOut),
        // TLS 1.3 without resumption has no other way to a finished handshake than through the verifier.
        (None, Ok(Ok(_))) => Err(AttemptError::Setup("the server was not judged".to_owned())),
    }
}

pub(super) fn configuration(
    circumstances: Circumstances,
    client_identity: Option<&ClientIdentity>,
) -> Result<(ClientConfig, Arc<DecidingVerifier>), AttemptError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(DecidingVerifier::new(circumstances, provider.signature_verification_algorithms));
    let setup = |error: &dyn std::fmt::Display| AttemptError::Setup(error.to_string());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| setup(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
    let mut configuration = match client_identity {
        Some(identity) => {
            let chain = identity.chain().map_err(|error| setup(&error))?;
            let key = identity.key().map_err(|error| setup(&error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| setup(&error))?
        }
        None => builder.with_no_client_auth(),
    };
    // A resumed session would skip the verifier, and early data would leave before it.
    configuration.resumption = Resumption::disabled();
    configuration.enable_early_data = false;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((configuration, verifier))
}

impl AttemptError {
    /// The same for people.
    pub(crate) fn reason(&self) -> BackOffReason {
        match self {
            Self::Dial(error) => error.reason(),
            Self::TimedOut => BackOffReason::TimedOut,
            Self::Tls { error, proxy } => match (tls_reason(error), proxy) {
                (BackOffReason::NotTls, Some(proxy)) => {
                    BackOffReason::NotTlsBehindProxy { proxy: proxy.clone() }
                }
                (reason, _) => reason,
            },
            Self::Setup(detail) => BackOffReason::HandshakeFailed { detail: display_text(detail) },
        }
    }
}

pub(crate) fn tls_reason(error: &io::Error) -> BackOffReason {
    let Some(tls) = tls_error(error) else {
        return BackOffReason::HandshakeFailed { detail: plain(error) };
    };
    if let Error::AlertReceived(alert) = tls
        && matches!(
            alert,
            AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity
        )
    {
        return BackOffReason::OldTls;
    }
    if let Error::PeerIncompatible(
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired,
    ) = tls
    {
        return BackOffReason::OldTls;
    }
    if matches!(tls, Error::InvalidMessage(_)) {
        return BackOffReason::NotTls;
    }
    BackOffReason::HandshakeFailed { detail: display_text(&tls.to_string()) }
}

/// The error of the TLS library within an error of the connection.
pub(crate) fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Whether the server refused our client certificate. With TLS 1.3 this shows only after the handshake.
pub(crate) fn refuses_client_certificate(error: &io::Error) -> bool {
    matches!(
        tls_error(error),
        Some(Error::AlertReceived(
            AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
                | AlertDescription::DecryptError
        ))
    )
}

/// The system's words, without its error number.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = display_text(&error.to_string());
    let end = text.find(" (os error").unwrap_or(text.len());
    let text = text[..end].trim_end_matches('.');
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "no reason was given".to_owned(),
    }
}
