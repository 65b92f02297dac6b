//! A certificate authority for tests: `pebble` from the distribution. It convinces itself as the real ones do; nothing of that is
//! cut short.

use std::net::SocketAddr;
use std::time::Duration;

use countersign_trust::{OperatingSystemRoots, TrustedRoots};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::time::Instant;

use super::agent::SOON;
use super::authority::{DirectoryCertificate, Processes};
pub(crate) use super::authority::{PebbleOptions, free_port};
use super::{http, tls};

/// A running authority; it ends with this value.
pub(crate) struct Pebble {
    /// The address of its directory.
    pub(crate) directory: String,
    /// Who vouches for the directory, as PEM.
    pub(crate) directory_root: String,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    certificate: DirectoryCertificate,
    processes: Processes,
}

impl Pebble {
    pub(crate) async fn start(options: &PebbleOptions) -> Self {
        let (directory_root, certificate) = certificate();
        let processes = Processes::start(options, &certificate);
        let (listen, management) = (processes.listen, processes.management);
        let deadline = Instant::now() + SOON;
        while ask(listen, "/dir").await.is_none() || ask(management, "/roots/0").await.is_none() {
            assert!(Instant::now() < deadline, "pebble does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { directory: processes.directory(), directory_root, listen, certificate, processes }
    }

    /// Who vouches for what it issues.
    pub(crate) async fn root(&self) -> CertificateDer<'static> {
        let pem = ask(self.processes.management, "/roots/0").await.unwrap();
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
    }

    /// The roots of a computer that trusts this authority and no other.
    pub(crate) async fn roots(&self) -> TrustedRoots {
        TrustedRoots::from_der([self.root().await]).0
    }

    pub(crate) async fn operating_system(&self) -> OperatingSystemRoots {
        OperatingSystemRoots::fixed(self.roots().await)
    }

    /// How many lines of what it has written down hold this text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        self.processes.logged(text)
    }

    /// The certificate of the directory and its key, as PEM.
    pub(crate) fn directory_identity(&self) -> (String, String) {
        (self.certificate.chain.clone(), self.certificate.key.clone())
    }
}

/// Who vouches for the directory, and its certificate.
fn certificate() -> (String, DirectoryCertificate) {
    let root_key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = parameters.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(parameters, root_key);
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let chain = parameters.signed_by(&key, &issuer).unwrap().pem();
    (root, DirectoryCertificate { chain, key: key.serialize_pem() })
}

/// What a port of the authority answers; nothing while it does not yet.
async fn ask(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = tls::connect(address, None).await.ok()?;
    let response = http::try_exchange(&mut stream, "GET", path, &[], None).await.ok()?;
    (response.status == 200).then_some(response.body)
}
