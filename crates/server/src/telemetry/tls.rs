//! How the telemetry listener speaks TLS.

use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;

use crate::authority::{AuthorityError, EndpointAuthority};
use crate::served_certificate::{CertificateSwitch, provider};

/// Why the listener cannot speak TLS.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error("TLS cannot be set up: {0}.")]
    Rustls(#[from] rustls::Error),
    #[error("The check of client certificates cannot be set up: {0}.")]
    Verifier(#[from] rustls::client::VerifierBuilderError),
}

/// TLS 1.3 only. Endpoints show a client certificate once they have one.
pub(crate) fn configuration(
    certificates: Arc<CertificateSwitch>,
    authority: &EndpointAuthority,
) -> Result<ServerConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate()?)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .allow_unauthenticated()
        .build()?;
    let mut configuration = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(certificates);
    // A resumed session would show no certificate that an agent could judge.
    configuration.send_tls13_tickets = 0;
    configuration.session_storage = Arc::new(NoServerSessionStorage {});
    configuration.max_early_data_size = 0;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(configuration)
}
