//! A server that shows certificates. What it does with a connection that comes about is its manner.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_agent::Secret;
use countersign_protocol::CertificateChain;
use countersign_trust::ServerAddress;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::SOON;
use super::management::Management;
use super::middle::Middle;

/// Certificates of all sorts.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// Trusted by the computer.
    pub(crate) root: CertificateDer<'static>,
    pub(crate) valid: Arc<CertifiedKey>,
    /// As valid, for thirty days.
    pub(crate) for_a_month: Arc<CertifiedKey>,
    pub(crate) self_signed: Arc<CertifiedKey>,
    pub(crate) other_self_signed: Arc<CertifiedKey>,
}

impl Certificates {
    pub(crate) fn make() -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::default();
        root.distinguished_name.push(rcgen::DnType::CommonName, "Test root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root_certificate = root.self_signed(&root_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::from_params(&root, &root_key);
        let valid = certified(server().signed_by(&key, &issuer).unwrap().der(), &key);
        let mut month = server();
        month.not_after = OffsetDateTime::now_utc() + Duration::days(30);
        let for_a_month = certified(month.signed_by(&key, &issuer).unwrap().der(), &key);
        let self_signed = || {
            let key = KeyPair::generate().unwrap();
            certified(server().self_signed(&key).unwrap().der(), &key)
        };
        Self {
            root: root_certificate.der().clone(),
            valid,
            for_a_month,
            self_signed: self_signed(),
            other_self_signed: self_signed(),
        }
    }
}

fn server() -> CertificateParams {
    let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters
}

fn certified(certificate: &CertificateDer<'static>, key: &KeyPair) -> Arc<CertifiedKey> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    Arc::new(CertifiedKey::from_der(vec![certificate.clone()], key, &provider).unwrap())
}

/// An authority that nobody knows.
pub(crate) struct Issuing {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Issuing {
    pub(crate) fn make(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = parameters.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    /// A certificate for this host, shown together with the authority's.
    pub(crate) fn issue(&self, host: &str) -> Arc<CertifiedKey> {
        let mut parameters = server();
        parameters.subject_alt_names = vec![rcgen::SanType::DnsName(host.try_into().unwrap())];
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap().der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let chain = vec![certificate, self.certificate.clone()];
        Arc::new(CertifiedKey::from_der(chain, key, &provider).unwrap())
    }

    /// A client certificate and its key, as the agent keeps them in the keychain.
    pub(crate) fn issue_to_client(&self) -> Secret {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let kept = serde_json::json!({ "key": key.serialize_pem(), "certificate": certificate.pem() });
        Secret::new(kept.to_string())
    }
}

/// The server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shown: Arc<Shown>,
    connections: watch::Receiver<usize>,
    manner: Arc<Mutex<Manner>>,
    task: JoinHandle<()>,
}

/// What a server does with a connection that comes about.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// It closes it.
    Closes,
    /// It holds a session.
    Manages(Management),
    /// It relays what a server says, and adds to it.
    Relays(Middle),
}

#[derive(Debug)]
struct Shown(Mutex<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Server {
    pub(crate) async fn start(certificate: &Arc<CertifiedKey>) -> Self {
        Self::start_with(certificate, Manner::Closes).await
    }

    pub(crate) async fn start_with(certificate: &Arc<CertifiedKey>, manner: Manner) -> Self {
        Self::start_for(certificate, manner, WebPkiClientVerifier::no_client_auth()).await
    }

    /// It takes only clients with a certificate of this authority.
    pub(crate) async fn start_for_enrolled(
        certificate: &Arc<CertifiedKey>,
        manner: Manner,
        authority: &Issuing,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        Self::start_for(certificate, manner, verifier).await
    }

    async fn start_for(
        certificate: &Arc<CertifiedKey>,
        manner: Manner,
        clients: Arc<dyn ClientCertVerifier>,
    ) -> Self {
        let shown = Arc::new(Shown(Mutex::new(Arc::clone(certificate))));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let configuration = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::clone(&shown) as _);
        let acceptor = TlsAcceptor::from(Arc::new(configuration));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, connections) = watch::channel(0);
        let manner = Arc::new(Mutex::new(manner));
        let now = Arc::clone(&manner);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let accepted = acceptor.accept(stream).await;
                // One that the agent breaks off is as good as one that comes about.
                count.send_modify(|count| *count += 1);
                let manner = now.lock().unwrap_or_else(PoisonError::into_inner).clone();
                match (accepted, manner) {
                    (Ok(stream), Manner::Manages(management)) => {
                        tokio::spawn(management.serve(stream));
                    }
                    (Ok(stream), Manner::Relays(middle)) => {
                        tokio::spawn(middle.relay(stream));
                    }
                    (Ok(_), Manner::Closes) | (Err(_), _) => {}
                }
            }
        });
        Self { address, shown, connections, manner, task }
    }

    /// As agents call it.
    pub(crate) fn name(&self) -> ServerAddress {
        ServerAddress::new("localhost", self.address.port()).unwrap()
    }

    /// Shows another certificate from now on.
    pub(crate) fn show(&self, certificate: &Arc<CertifiedKey>) {
        *self.shown.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(certificate);
    }

    /// Lets another management server have the sessions from now on.
    pub(crate) fn manage(&self, management: &Management) {
        let manner = Manner::Manages(management.clone());
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// Somebody in the middle has the sessions from now on.
    pub(crate) fn relay(&self, middle: &Middle) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = Manner::Relays(middle.clone());
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    /// Waits for another connection.
    pub(crate) async fn connections_beyond(&self, number: usize) {
        let mut connections = self.connections.clone();
        let more = connections.wait_for(|connections| *connections > number);
        tokio::time::timeout(SOON, more).await.expect("nobody connects").unwrap();
    }

    /// Answers nobody any more; who connects hears nothing at all.
    pub(crate) async fn fall_silent(self) -> TcpListener {
        self.task.abort();
        let _ = self.task.await;
        TcpListener::bind(self.address).await.unwrap()
    }
}

/// What a server with this certificate shows, as it is sent to agents.
pub(crate) fn chain(certificate: &CertifiedKey) -> CertificateChain {
    CertificateChain::new(certificate.cert.iter().map(|der| der.to_vec()).collect()).unwrap()
}
