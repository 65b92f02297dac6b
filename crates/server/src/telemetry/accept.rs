//! Accepts connections and carries each as far as a session, all of it bounded in time and number.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::AlertDescription;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::http::{self, Admission};
use super::{Telemetry, session};
use crate::places::Places;

/// How long a TLS handshake may take.
const TO_SHAKE_HANDS: Duration = Duration::from_secs(10);
/// How long a connection may take from the handshake to the session.
const TO_OPEN_SESSION: Duration = Duration::from_secs(20);
/// After an error of the listener itself (no file descriptors left) it rests for this time.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// The listener and all that it has accepted.
pub(crate) struct Listener {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Listener {
    /// Accepts no more, and waits until all connections have ended; those that take too long are left.
    pub(crate) async fn stop(self, limit: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!(connections = self.tasks.len(), "some connections did not end in time");
        }
    }
}

/// Starts to accept, with so many connections at once that are on their way to a session.
pub(crate) fn listen(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    telemetry: Arc<Telemetry>,
    on_their_way: usize,
) -> Listener {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let places = Places::new(on_their_way);
    tasks.spawn(accept(listener, acceptor, telemetry, places, stop.clone(), tasks.clone()));
    Listener { stop, tasks }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    telemetry: Arc<Telemetry>,
    places: Arc<Places>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            }
        };
        telemetry.metrics.connections.inc();
        let place = places.take(peer.ip());
        let (acceptor, telemetry, stop, owner) =
            (acceptor.clone(), Arc::clone(&telemetry), stop.clone(), tasks.clone());
        tasks.spawn(async move {
            let opened = tokio::select! {
                opened = open(stream, peer, &acceptor, &telemetry) => opened,
                () = place.lost() => {
                    tracing::info!(%peer, "too many connections are being opened; this one has made room for another");
                    None
                }
                () = stop.cancelled() => None,
            };
            drop(place);
            // A task of its own: the one that has shaken hands would keep the memory for that.
            if let Some(admission) = opened {
                owner.spawn(session::hold(telemetry, admission, stop));
            }
        });
    }
}

/// Whether the peer ended the handshake because of the certificate that it was shown.
fn refused_certificate(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(
        error,
        Some(rustls::Error::AlertReceived(AlertDescription::AccessDenied | AlertDescription::BadCertificate))
    )
}

async fn open(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: &TlsAcceptor,
    telemetry: &Telemetry,
) -> Option<Box<Admission>> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection has gone");
        return None;
    }
    // Before the handshake: if the certificate changes during it, the session is ended rather than left with the old one.
    let generation = telemetry.certificates.generation();
    let stream = match tokio::time::timeout(TO_SHAKE_HANDS, Box::pin(acceptor.accept(stream))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            telemetry.metrics.failed_handshakes.inc();
            if refused_certificate(&error) {
                tracing::info!(
                    %peer,
                    "the agent did not accept the certificate (its person is asked, or its profile denies)"
                );
            } else {
                tracing::info!(%peer, %error, "a TLS handshake failed");
            }
            return None;
        }
        Err(_) => {
            telemetry.metrics.failed_handshakes.inc();
            tracing::info!(%peer, "a TLS handshake took too long");
            return None;
        }
    };
    match tokio::time::timeout(TO_OPEN_SESSION, Box::pin(http::serve(stream, peer, generation, telemetry)))
        .await
    {
        Ok(Ok(admission)) => admission,
        Ok(Err(error)) => {
            tracing::info!(%peer, %error, "a connection ended before it became a session");
            None
        }
        Err(_) => {
            tracing::info!(%peer, "a connection took too long to become a session");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_certificate_is_told_from_other_failures() {
        let alert = |alert| io::Error::new(io::ErrorKind::InvalidData, rustls::Error::AlertReceived(alert));
        for (error, expected) in [
            (alert(AlertDescription::AccessDenied), true),
            (alert(AlertDescription::BadCertificate), true),
            (alert(AlertDescription::ProtocolVersion), false),
            (io::ErrorKind::UnexpectedEof.into(), false),
        ] {
            assert_eq!(refused_certificate(&error), expected, "{error}");
        }
    }
}
