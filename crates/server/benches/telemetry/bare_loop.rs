//! The reference: accepts TLS 1.3 connections with rustls and tokio, and reads each until it ends. Nothing else.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Makes this program the bare loop, which writes its address into the file that follows.
pub(crate) const ARGUMENT: &str = "--bare-loop";

/// The loop in a process of its own; it ends with this value.
pub(crate) struct BareLoop {
    pub(crate) address: SocketAddr,
    child: Child,
    _directory: TempDir,
}

impl BareLoop {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ready = directory.path().join("address");
        let mut command = Command::new(std::env::current_exe().unwrap());
        let child = command.arg(ARGUMENT).arg(&ready).spawn().unwrap();
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
pub(crate) fn run(ready: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        std::fs::write(ready, listener.local_addr().unwrap().to_string()).unwrap();
        let acceptor = TlsAcceptor::from(configuration());
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

/// As our server's, but that no client certificate is asked for.
fn configuration() -> Arc<ServerConfig> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate =
        rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut configuration =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
    configuration.send_tls13_tickets = 0;
    configuration.session_storage = Arc::new(NoServerSessionStorage {});
    Arc::new(configuration)
}
