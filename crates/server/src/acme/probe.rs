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
use crate::served_certificate::provider;

/// An answer of this server is shorter, in bytes.
const LONGEST_ANSWER: u64 = 4096;

/// Whether this server answers there over HTTP, as an authority would ask.
pub(super) async fn ask_http(
    address: SocketAddr,
    host: &str,
    token: &str,
    answer: &str,
) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /.well-known/acme-challenge/{token} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut said = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut said).await?;
    Ok(said.starts_with(b"HTTP/1.1 200") && said.ends_with(answer.as_bytes()))
}

/// Whether this server answers there over TLS, as an authority would ask.
pub(super) async fn ask_tls(address: SocketAddr, name: &str, answer: &str) -> std::io::Result<bool> {
    let mut tls = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(LooksOnly))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let name = ServerName::try_from(name.to_owned()).map_err(std::io::Error::other)?;
    let stream = TcpStream::connect(address).await?;
    // That no TLS comes about tells that somebody else is there.
    let Ok(stream) = TlsConnector::from(Arc::new(tls)).connect(name, stream).await else { return Ok(false) };
    let (_, connection) = stream.get_ref();
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    Ok(connection.alpn_protocol() == Some(ALPN) && leaf.is_some_and(|leaf| proves(leaf, answer)))
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
