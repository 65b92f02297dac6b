//! The listeners of the HTTPS port and the HTTP port: every connection is bounded in time until it has sent a request, and all are
//! in number.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use rustls::server::ClientHello;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::acme::{ALPN, Challenges};
use crate::open_files;
use crate::places::{Place, Places};
use crate::served_certificate::{CertificateSwitch, provider};

/// How long a TLS handshake may take, and after it the head of every request, the wait for it included.
const TO_BEGIN: Duration = Duration::from_secs(10);

/// What connections to the API may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WebLimits {
    to_shake_hands: Duration,
    to_send_head: Duration,
    connections: usize,
}

impl WebLimits {
    /// The limits of a server.
    pub(crate) fn in_force() -> Self {
        Self { to_shake_hands: TO_BEGIN, to_send_head: TO_BEGIN, connections: open_files::to_api() }
    }

    /// Those of the HTTP port, where nobody stays.
    pub(crate) fn of_http() -> Self {
        Self { connections: (open_files::to_api() / 4).max(1), ..Self::in_force() }
    }
}

/// How the API speaks TLS.
pub(crate) fn tls(certificates: &Arc<CertificateSwitch>) -> Result<ServerConfig, rustls::Error> {
    let mut tls = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(certificates) as _);
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

/// What ends the API, and what waits for its end.
pub(crate) type Served = (axum_server::Handle<SocketAddr>, JoinHandle<io::Result<()>>);

/// Serves the routes over TLS. Certificate authorities that look for the answer to a challenge are shown that, and nothing else.
pub(crate) fn serve(
    socket: TcpListener,
    tls: ServerConfig,
    challenges: Option<Challenges>,
    routes: Router,
    limits: &WebLimits,
) -> Served {
    let acceptor = Acceptor {
        tls: Arc::new(tls),
        challenges,
        places: Places::new(limits.connections),
        to_shake_hands: limits.to_shake_hands,
    };
    serve_with(socket, acceptor, routes, limits)
}

/// Serves the routes without TLS.
pub(super) fn serve_plain(socket: TcpListener, routes: Router, limits: &WebLimits) -> Served {
    serve_with(socket, PlainAcceptor { places: Places::new(limits.connections) }, routes, limits)
}

fn serve_with<A, S>(socket: TcpListener, acceptor: A, routes: Router, limits: &WebLimits) -> Served
where
    A: Accept<TcpStream, RoutesOf, Stream = Connection<S>, Service = RoutesOf>
        + Clone
        + Send
        + Sync
        + 'static,
    A::Future: Send,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handle = axum_server::Handle::new();
    let mut server = axum_server::Server::<SocketAddr>::from_listener(socket)
        .acceptor(acceptor)
        // Without this a connection that says nothing is asked for its version of HTTP without end.
        .http1_only()
        .handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(limits.to_send_head);
    let task = tokio::spawn(server.serve(routes.into_make_service_with_connect_info::<SocketAddr>()));
    (handle, task)
}

/// What a connection is served by.
type RoutesOf = AddExtension<Router, ConnectInfo<SocketAddr>>;

#[derive(Clone)]
struct Acceptor {
    tls: Arc<ServerConfig>,
    challenges: Option<Challenges>,
    places: Arc<Places>,
    to_shake_hands: Duration,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Acceptor {
    type Stream = Connection<TlsStream<TcpStream>>;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, S)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Self { tls, challenges, places, to_shake_hands } = self.clone();
        Box::pin(async move {
            let peer = stream.peer_addr()?;
            stream.set_nodelay(true)?;
            let place = places.take(peer.ip());
            let shaking = shake_hands(tls, challenges, stream);
            let shaken = tokio::select! {
                shaken = tokio::time::timeout(to_shake_hands, shaking) => shaken,
                () = place.lost() => return Err(given_away()),
            };
            let stream = match shaken {
                Ok(shaken) => shaken.inspect_err(|error| {
                    tracing::debug!(%peer, %error, "a TLS handshake with the API failed");
                })?,
                Err(elapsed) => {
                    tracing::info!(%peer, "a TLS handshake with the API took too long");
                    return Err(elapsed.into());
                }
            };
            Ok((Connection { stream, lost: Box::pin(lost(place)) }, service))
        })
    }
}

/// Shakes hands with whoever wants to say something. A certificate authority only wants to see a certificate: it is shown that, and
/// the connection is closed, which counts as an error here.
async fn shake_hands(
    tls: Arc<ServerConfig>,
    challenges: Option<Challenges>,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let started = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
    let Some(name) = asks_for_challenge(&started.client_hello()) else {
        return started.into_stream(tls).await;
    };
    let challenge = match challenges {
        Some(challenges) => challenges.of_name(&name).await,
        None => None,
    };
    let Some(challenge) = challenge else {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "nobody has ordered a certificate for this name",
        ));
    };
    let mut shown = started.into_stream(challenge).await?;
    tracing::info!(name, "a certificate authority was shown the answer to its challenge");
    shown.shutdown().await?;
    Err(io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "a certificate authority has seen what it wanted to see",
    ))
}

/// The name for which an authority looks for an answer: it names one protocol and no other (RFC 8737, section 3).
fn asks_for_challenge(hello: &ClientHello<'_>) -> Option<String> {
    let mut protocols = hello.alpn()?;
    let only = (protocols.next()?, protocols.next());
    if only != (ALPN, None) {
        return None;
    }
    hello.server_name().map(str::to_owned).or_else(|| Some(String::new()))
}

#[derive(Clone)]
struct PlainAcceptor {
    places: Arc<Places>,
}

impl<S: Send + 'static> Accept<TcpStream, S> for PlainAcceptor {
    type Stream = Connection<TcpStream>;
    type Service = S;
    type Future = std::future::Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted = stream.peer_addr().map(|peer| {
            let place = self.places.take(peer.ip());
            (Connection { stream, lost: Box::pin(lost(place)) }, service)
        });
        std::future::ready(accepted)
    }
}

fn given_away() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the place of this connection was given to another")
}

/// Keeps the place as long as the connection waits for its loss.
async fn lost(place: Place) {
    place.lost().await;
}

/// A connection with its place; it breaks when the place is given to another.
struct Connection<S> {
    stream: S,
    lost: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.lost.as_mut().poll(context).is_ready() {
            // It may be asked again.
            self.lost = Box::pin(std::future::ready(()));
            return Poll::Ready(Err(given_away()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use rustls_pki_types::{PrivateKeyDer, ServerName};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::{Instant, timeout};
    use tokio_rustls::{TlsConnector, client};

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);
    const NEVER: Duration = Duration::from_hours(1);
    const SOON: Duration = Duration::from_secs(20);

    struct Running {
        address: SocketAddr,
        connector: TlsConnector,
        handle: axum_server::Handle<SocketAddr>,
    }

    impl Running {
        async fn start(limits: WebLimits) -> Self {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
            let tls = ServerConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
                .unwrap();
            let mut roots = rustls::RootCertStore::empty();
            roots.add(made.cert.der().clone()).unwrap();
            let client = rustls::ClientConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = socket.local_addr().unwrap();
            let routes = Router::new().route("/", get(|| async { "here" }));
            let (handle, _) = serve(socket, tls, None, routes, &limits);
            Self { address, connector: Arc::new(client).into(), handle }
        }

        async fn connect(&self) -> client::TlsStream<TcpStream> {
            let stream = TcpStream::connect(self.address).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            timeout(SOON, self.connector.connect(name, stream)).await.unwrap().unwrap()
        }
    }

    /// Waits until the server closes the connection; returns what it said before.
    async fn closed(connection: &mut (impl AsyncRead + Unpin)) -> String {
        let mut said = Vec::new();
        // That the end was not announced is no failure here.
        let _ = timeout(SOON, connection.read_to_end(&mut said)).await.expect("it was not closed in time");
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn connections_that_do_not_complete_a_request_are_closed() {
        let limits = WebLimits { to_shake_hands: SHORT, to_send_head: SHORT, connections: 10 };
        let running = Running::start(limits).await;
        let begin = Instant::now();
        let mut silent = TcpStream::connect(running.address).await.unwrap();
        let mut shaken = running.connect().await;
        let mut half = running.connect().await;
        half.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
        // As a client of HTTP/2 begins.
        let mut second = running.connect().await;
        second.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
        let mut idle = running.connect().await;
        idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        assert_eq!(closed(&mut silent).await, "");
        assert!(begin.elapsed() >= SHORT);
        assert_eq!(closed(&mut shaken).await, "");
        closed(&mut half).await;
        closed(&mut second).await;
        assert!(closed(&mut idle).await.ends_with("here"));
        running.handle.shutdown();
    }

    #[tokio::test]
    async fn the_oldest_connection_makes_room() {
        let limits = WebLimits { to_shake_hands: NEVER, to_send_head: NEVER, connections: 2 };
        let running = Running::start(limits).await;
        let mut silent = TcpStream::connect(running.address).await.unwrap();
        let mut first = running.connect().await;
        let mut second = running.connect().await;
        assert_eq!(closed(&mut silent).await, "");
        let mut third = running.connect().await;
        assert_eq!(closed(&mut first).await, "");
        for connection in [&mut second, &mut third] {
            let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            connection.write_all(request).await.unwrap();
            assert!(closed(connection).await.ends_with("here"));
        }
        running.handle.shutdown();
    }
}
