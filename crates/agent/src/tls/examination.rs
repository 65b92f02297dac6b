//! A handshake that is there to look at the server: nothing follows it.

use std::sync::Arc;
use std::time::Duration;

use countersign_trust::{Assessment, Decision, InvalidCertificateAction, Possession, Refusal};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::handshake::{configuration, tls_error};
use super::verifier::{Circumstances, Verdict};

/// How long saying goodbye may take.
const TO_CLOSE: Duration = Duration::from_secs(1);

/// What the server showed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) assessment: Assessment,
    pub(crate) possession: Possession,
}

/// Why the server showed nothing.
#[derive(Debug)]
pub(crate) enum NothingShown {
    /// The TLS connection could not be prepared; what is wrong is fit to be shown.
    Setup(String),
    /// The handshake failed before the verdict.
    Handshake(std::io::Error),
}

/// Shakes hands, without a client certificate, until the server is judged.
///
/// With any but a valid certificate the handshake ends there, whatever the action in force and whatever was allowed
/// before; a connection with a valid one is closed without a word.
pub(crate) async fn examine(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    circumstances: Circumstances,
) -> Result<Shown, NothingShown> {
    let server_name = circumstances.server.host().to_server_name();
    let strict = Circumstances { action: InvalidCertificateAction::Deny, remembered: None, ..circumstances };
    let (configuration, verifier) =
        configuration(strict, None).map_err(|error| NothingShown::Setup(error.to_string()))?;
    let result = TlsConnector::from(Arc::new(configuration)).connect(server_name, stream).await;
    match (verifier.verdict(), result) {
        (Some(Verdict { assessment, decision }), result) => {
            if let Ok(mut stream) = result {
                // Whether the server hears of it changes nothing.
                let _ = tokio::time::timeout(TO_CLOSE, stream.shutdown()).await;
            }
            let possession = match decision {
                Decision::Refuse(Refusal::PossessionNotProved) => Possession::NotProved,
                Decision::Connect(_) | Decision::Ask(_) | Decision::Refuse(_) => Possession::Proved,
            };
            Ok(Shown { assessment, possession })
        }
        (None, Err(error)) => Err(NothingShown::Handshake(error)),
        (None, Ok(_)) => Err(NothingShown::Setup("the server was not judged".to_owned())),
    }
}

/// Whether what answered hung up instead of shaking hands.
pub(crate) fn hung_up(error: &std::io::Error) -> bool {
    tls_error(error).is_none()
        && matches!(
            error.kind(),
            std::io::ErrorKind::UnexpectedEof
                | std::io::ErrorKind::ConnectionReset
                | std::io::ErrorKind::ConnectionAborted
                | std::io::ErrorKind::BrokenPipe
        )
}
