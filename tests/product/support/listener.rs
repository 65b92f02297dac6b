//! A TLS server that writes down whatever a client gives away, and never answers.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_mock_server::certificates::Pair;
use countersign_mock_server::shown::Switch;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, ServerConnection, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

/// What clients gave away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) connections: usize,
    pub(crate) handshakes: usize,
    pub(crate) client_certificates: usize,
    pub(crate) application_bytes: usize,
}

/// How the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Tls13,
    /// Not TLS at all: a greeting, as a mail server has.
    PlainText,
}

/// The server. Its threads end when the test does.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    given: Arc<Mutex<Given>>,
    certificate: Arc<Switch>,
}

impl Listener {
    pub(crate) fn start(pair: &Pair, speaks: Speaks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let given = Arc::new(Mutex::new(Given::default()));
        let certificate = Arc::new(Switch::new(pair));
        let configuration = configuration(Arc::clone(&certificate));
        let written = Arc::clone(&given);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (configuration, written) = (Arc::clone(&configuration), Arc::clone(&written));
                std::thread::spawn(move || serve(stream, speaks, configuration, &written));
            }
        });
        Self { address, given, certificate }
    }

    pub(crate) fn given(&self) -> Given {
        self.given.lock().expect("what was given").clone()
    }

    /// Shows another certificate from now on.
    pub(crate) fn show(&self, pair: &Pair) {
        self.certificate.show(pair);
    }
}

fn configuration(certificate: Arc<Switch>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("a TLS version")
        .with_client_cert_verifier(Arc::new(AsksForCertificate))
        .with_cert_resolver(certificate);
    Arc::new(configuration)
}

fn serve(mut stream: TcpStream, speaks: Speaks, configuration: Arc<ServerConfig>, given: &Mutex<Given>) {
    let note = |change: &dyn Fn(&mut Given)| change(&mut given.lock().expect("what was given"));
    note(&|given| given.connections += 1);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    if speaks == Speaks::PlainText {
        use std::io::Write as _;
        let _ = stream.write_all(b"220 mail.example.test ESMTP\r\n");
        let _ = stream.read(&mut [0; 1024]);
        return;
    }
    let Ok(mut connection) = ServerConnection::new(configuration) else { return };
    while connection.is_handshaking() {
        if connection.complete_io(&mut stream).is_err() {
            return;
        }
    }
    note(&|given| given.handshakes += 1);
    if connection.peer_certificates().is_some_and(|chain| !chain.is_empty()) {
        note(&|given| given.client_certificates += 1);
    }
    let mut buffer = [0; 1024];
    loop {
        match rustls::Stream::new(&mut connection, &mut stream).read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => note(&|given| given.application_bytes += count),
        }
    }
}

/// Asks every client for a certificate and takes any.
#[derive(Debug)]
struct AsksForCertificate;

impl ClientCertVerifier for AsksForCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
