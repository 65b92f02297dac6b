//! The reference: accepts TLS 1.3 connections with rustls and tokio, and reads each until it ends. Nothing else.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;
use tokio_rustls::TlsAcceptor;

/// Makes this program the bare loop, which writes its address into the file that follows. After that may come a file with the
/// certificate of the authority of clients.
pub(crate) const ARGUMENT: &str = "--bare-loop";

/// How many connections may wait until they are accepted, as with our server.
const MOST_WAITING: u32 = 4096;

/// What the loop does about certificates of clients.
pub(crate) enum ClientCertificates {
    /// They are not asked for.
    Ignored,
    /// Clients show one of the authority with this certificate, as PEM text.
    Verified(String),
}

/// The loop in a process of its own; it ends with this value.
pub(crate) struct BareLoop {
    pub(crate) address: SocketAddr,
    child: Child,
    _directory: TempDir,
}

impl BareLoop {
    pub(crate) async fn start(clients: ClientCertificates) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ready = directory.path().join("address");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(ARGUMENT).arg(&ready);
        if let ClientCertificates::Verified(authority) = clients {
            let file = directory.path().join("authority.pem");
            std::fs::write(&file, authority).unwrap();
            command.arg(file);
        }
        let child = command.spawn().unwrap();
        let mut bare = Self { address: SocketAddr::from(([0, 0, 0, 0], 0)), child, _directory: directory };
        for _ in 0..400 {
            if let Some(address) = std::fs::read_to_string(&ready).ok().and_then(|text| text.parse().ok()) {
                bare.address = address;
                return bare;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the bare loop did not start");
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for BareLoop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the loop in this process, until the process is ended.
pub(crate) fn run(ready: &Path, authority: Option<&Path>) {
    let clients = clients(authority);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(MOST_WAITING).unwrap();
        std::fs::write(ready, listener.local_addr().unwrap().to_string()).unwrap();
        let acceptor = TlsAcceptor::from(configuration(clients));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                stream.set_nodelay(true)?;
                let mut stream = acceptor.accept(stream).await?;
                while stream.read_u8().await.is_ok() {}
                Ok::<(), std::io::Error>(())
            });
        }
    });
}

fn clients(authority: Option<&Path>) -> Arc<dyn ClientCertVerifier> {
    let Some(authority) = authority else { return Arc::new(NoClientAuth) };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap()
}

/// As our server's, but for what is said about clients.
fn configuration(clients: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate =
        rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut configuration =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
    configuration.send_tls13_tickets = 0;
    configuration.session_storage = Arc::new(NoServerSessionStorage {});
    Arc::new(configuration)
}
