//! Asks this server as a certificate authority would, to see whether a name leads here.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::challenge::{ALPN, proves};
use super::settings::ChallengeKind;
use crate::served_certificate::provider;

/// An answer of this server is shorter, in bytes.
const LONGEST_ANSWER: u64 = 4096;

/// What an authority would ask, and what this server has to answer.
pub(super) struct Question<'asked> {
    pub(super) challenge: ChallengeKind,
    /// The domain that the certificate is for.
    pub(super) domain: &'asked str,
    /// What is asked for: a token over HTTP, a name over TLS.
    pub(super) name: &'asked str,
    pub(super) answer: &'asked str,
}

/// Whether this server answers there, when it is asked as an authority would ask.
pub(super) async fn ask(address: SocketAddr, question: &Question<'_>) -> std::io::Result<bool> {
    let Question { challenge, domain, name, answer } = question;
    let mut stream = TcpStream::connect(address).await?;
    match challenge {
        ChallengeKind::Http => {
            let request = format!(
                "GET /.well-known/acme-challenge/{name} HTTP/1.1\r\nHost: {domain}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).await?;
            let mut said = Vec::new();
            stream.take(LONGEST_ANSWER).read_to_end(&mut said).await?;
            Ok(said.starts_with(b"HTTP/1.1 200") && said.ends_with(answer.as_bytes()))
        }
        ChallengeKind::TlsAlpn => {
            let name = ServerName::try_from((*name).to_owned()).map_err(std::io::Error::other)?;
            // That no TLS comes about tells that somebody else is there.
            let Ok(stream) = TlsConnector::from(looking()?).connect(name, stream).await else {
                return Ok(false);
            };
            let (_, connection) = stream.get_ref();
            let leaf = connection.peer_certificates().and_then(|chain| chain.first());
            Ok(connection.alpn_protocol() == Some(ALPN) && leaf.is_some_and(|leaf| proves(leaf, answer)))
        }
    }
}

/// TLS as an authority speaks it for a challenge (RFC 8737).
fn looking() -> std::io::Result<Arc<ClientConfig>> {
    let mut tls = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(LooksOnly))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(tls))
}

/// Takes any certificate: it is only looked at, and nothing is sent. Whoever is in between could pass the question on, as for the
/// authority itself.
#[derive(Debug)]
struct LooksOnly;

impl ServerCertVerifier for LooksOnly {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
