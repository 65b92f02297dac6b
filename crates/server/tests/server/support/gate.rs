//! Stands between a server and its certificate authority: passes on what is asked, remembers what was ordered, and keeps the answers
//! to challenges back while a test wants that. An order that is not answered yet has no time limit at the authority.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::pebble::Pebble;
use super::site::TO_ISSUE;
use super::tls;

/// Where pebble makes orders, and where challenges are.
const NEW_ORDER: &str = "/order-plz";
const CHALLENGE: &str = "/chalZ/";

/// The gate; it ends with this value.
pub(crate) struct Gate {
    /// The directory of the authority, as it is reached through the gate.
    pub(crate) directory: String,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

/// Whether answers to challenges are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Challenges {
    PassedOn,
    KeptBack,
}

struct Seen {
    authority: SocketAddr,
    challenges: watch::Sender<Challenges>,
    /// How many were kept back.
    kept_back: watch::Sender<usize>,
    /// The addresses of the orders that were made.
    orders: Mutex<Vec<String>>,
    /// The paths that were asked for.
    asked: Mutex<Vec<String>>,
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Gate {
    pub(crate) async fn before(pebble: &Pebble) -> Self {
        let (certificate, key) = pebble.directory_identity();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let directory = format!("https://localhost:{}/dir", listener.local_addr().unwrap().port());
        let seen = Arc::new(Seen {
            authority: pebble.listen,
            challenges: watch::Sender::new(Challenges::PassedOn),
            kept_back: watch::Sender::new(0),
            orders: Mutex::default(),
            asked: Mutex::default(),
        });
        let (acceptor, passing) = (TlsAcceptor::from(Arc::new(tls)), Arc::clone(&seen));
        let accepting = tokio::spawn(async move {
            let mut exchanges = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), Arc::clone(&passing));
                // That the server hangs up is what a test may want.
                exchanges.spawn(async move {
                    let _ = pass_on(stream, acceptor, &seen).await;
                });
                while exchanges.try_join_next().is_some() {}
            }
        });
        Self { directory, seen, accepting }
    }

    /// The addresses of the orders that were made, in order.
    pub(crate) fn orders(&self) -> Vec<String> {
        self.seen.orders.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often something was asked for at this address.
    pub(crate) fn times_asked(&self, address: &str) -> usize {
        let asked = self.seen.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|path| address.ends_with(path.as_str())).count()
    }

    /// Keeps answers to challenges back from now on.
    pub(crate) fn keep_challenges_back(&self) {
        self.seen.challenges.send_replace(Challenges::KeptBack);
    }

    /// Passes on those that were kept back, and all others.
    pub(crate) fn pass_challenges_on(&self) {
        self.seen.challenges.send_replace(Challenges::PassedOn);
    }

    /// Waits until so many were kept back in all.
    pub(crate) async fn have_been_kept_back(&self, times: usize) {
        let mut kept_back = self.seen.kept_back.subscribe();
        let reached = tokio::time::timeout(TO_ISSUE, kept_back.wait_for(|number| *number >= times)).await;
        reached.expect("no challenge came in time").unwrap();
    }
}

/// Passes one request on, and its answer back.
async fn pass_on(stream: TcpStream, acceptor: TlsAcceptor, seen: &Seen) -> io::Result<()> {
    let mut client = acceptor.accept(stream).await?;
    let Some((path, request)) = request(&mut client).await? else { return Ok(()) };
    seen.asked.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
    let mut challenges = seen.challenges.subscribe();
    let now = *challenges.borrow_and_update();
    if path.starts_with(CHALLENGE) && now == Challenges::KeptBack {
        seen.kept_back.send_modify(|number| *number += 1);
        // Until the test passes it on, or the server has hung up.
        let passed =
            async { challenges.wait_for(|challenges| *challenges == Challenges::PassedOn).await.map(drop) };
        tokio::select! {
            passed = passed => passed.map_err(io::Error::other)?,
            _ = client.read_u8() => return Ok(()),
        }
    }
    let mut authority = tls::connect(seen.authority, None).await?;
    authority.write_all(&request).await?;
    let mut answer = Vec::new();
    authority.read_to_end(&mut answer).await?;
    if path == NEW_ORDER
        && let Some(order) = location(&answer)
    {
        seen.orders.lock().unwrap_or_else(PoisonError::into_inner).push(order);
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}

/// Reads a request: its path, and the bytes to pass on, which end the connection after the answer.
async fn request(client: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(head) = parsed.parse(&bytes).map_err(io::Error::other)? {
            let length =
                parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
            let length: usize = length
                .map_or(Ok(0), |header| String::from_utf8_lossy(header.value).parse())
                .map_err(io::Error::other)?;
            if bytes.len() >= head + length {
                let path = parsed.path.unwrap_or_default().to_owned();
                // Before the empty line that ends the head.
                let close = b"Connection: close\r\n";
                drop(bytes.splice(head - 2..head - 2, close.iter().copied()));
                return Ok(Some((path, bytes)));
            }
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

/// The address of what was made, if something was.
fn location(answer: &[u8]) -> Option<String> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Response::new(&mut headers);
    parsed.parse(answer).ok()?;
    let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case("location"))?;
    (parsed.code == Some(201)).then(|| String::from_utf8_lossy(found.value).into_owned())
}
