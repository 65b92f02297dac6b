//! The answers by which certificate authorities convince themselves that a domain belongs to this server. They are kept in the
//! database, so that whichever server the authority reaches gives them.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::ServerConfig;
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use thiserror::Error;

use super::settings::ChallengeKind;
use crate::clock::Clock;
use crate::served_certificate::provider;
use crate::store::Store;

/// What a TLS client names that looks for the answer to a challenge, and nothing else does (RFC 8737, section 6.2).
pub(crate) const ALPN: &[u8] = b"acme-tls/1";
/// The longest token that is looked for. Authorities make them of some forty characters.
const LONGEST_TOKEN: usize = 128;

/// Why no certificate can be made for a challenge.
#[derive(Debug, Error)]
pub(crate) enum ChallengeError {
    #[error("the certificate for the challenge cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("TLS cannot be set up for the challenge: {0}")]
    Tls(#[from] rustls::Error),
}

/// Finds answers.
#[derive(Clone)]
pub(crate) struct Challenges {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Challenges {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// What stands at `/.well-known/acme-challenge/` under this token (RFC 8555, section 8.3), if there is such a challenge.
    pub(crate) async fn of_token(&self, token: &str) -> Option<String> {
        let fits = (1..=LONGEST_TOKEN).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !fits {
            return None;
        }
        self.find(ChallengeKind::Http, token).await
    }

    /// How to speak TLS with an authority that asks for this name (RFC 8737), if there is such a challenge.
    pub(crate) async fn of_name(&self, name: &str) -> Option<Arc<ServerConfig>> {
        let name = name.to_ascii_lowercase();
        let answer = self.find(ChallengeKind::TlsAlpn, &name).await?;
        match tls_for(&name, &answer) {
            Ok(tls) => Some(Arc::new(tls)),
            Err(error) => {
                tracing::error!(%error, "a certificate authority cannot be answered");
                None
            }
        }
    }

    async fn find(&self, kind: ChallengeKind, name: &str) -> Option<String> {
        match self.store.acme_challenge(kind, name, self.clock.now()).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the answer to a certificate authority could not be looked for");
                None
            }
        }
    }
}

/// TLS that shows the certificate of the challenge, and can do nothing else.
fn tls_for(name: &str, key_authorization: &str) -> Result<ServerConfig, ChallengeError> {
    let resolver: Arc<dyn ResolvesServerCert> =
        Arc::new(SingleCertAndKey::from(certificate(name, key_authorization)?));
    let mut tls = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.send_tls13_tickets = 0;
    Ok(tls)
}

/// The self-signed certificate of a challenge: the name, and in a critical extension the digest of what only the holder of the
/// account can know. Put together by hand, because the library refuses certificates with critical extensions that it does not know.
fn certificate(name: &str, key_authorization: &str) -> Result<CertifiedKey, ChallengeError> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(vec![name.to_owned()])?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.custom_extensions = vec![CustomExtension::new_acme_identifier(&proof(key_authorization))];
    let certificate = parameters.self_signed(&key)?;
    let signing = provider().key_provider.load_private_key(rustls_pki_types::PrivateKeyDer::Pkcs8(
        rustls_pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()),
    ))?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], signing))
}

/// What stands in the extension (RFC 8737, section 3).
pub(crate) fn proof(key_authorization: &str) -> Vec<u8> {
    digest(&SHA256, key_authorization.as_bytes()).as_ref().to_vec()
}

/// Whether a certificate is the answer to a challenge, as an authority looks at it.
pub(crate) fn proves(certificate: &[u8], key_authorization: &str) -> bool {
    use x509_parser::prelude::FromDer as _;
    let Ok((_, parsed)) = x509_parser::certificate::X509Certificate::from_der(certificate) else {
        return false;
    };
    // An octet string within the extension (RFC 8737, section 3).
    let expected = [&[0x04, 0x20], proof(key_authorization).as_slice()].concat();
    parsed.extensions().iter().any(|extension| {
        extension.oid.to_id_string() == "1.3.6.1.5.5.7.1.31"
            && extension.critical
            && extension.value == expected
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_of_a_challenge_holds_the_proof() {
        let made = certificate("server.example", "token.thumbprint").unwrap();
        let leaf = &made.cert[0];
        assert!(proves(leaf, "token.thumbprint"));
        assert!(!proves(leaf, "token.other"));
        let summary = countersign_trust::summarise(leaf);
        assert_eq!(summary.subject_alternative_names, ["server.example"]);
        let ordinary = rcgen::generate_simple_self_signed(vec!["server.example".to_owned()]).unwrap();
        assert!(!proves(ordinary.cert.der(), "token.thumbprint"));
        assert_eq!(tls_for("server.example", "a.b").unwrap().alpn_protocols, [ALPN]);
    }
}
