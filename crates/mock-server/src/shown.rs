//! The certificate that a listener shows, exchanged while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificates::Pair;

/// Shows a certificate that can be exchanged.
#[derive(Debug)]
pub struct Switch(RwLock<Arc<CertifiedKey>>);

impl Switch {
    /// Shows this one at first.
    #[must_use]
    pub fn new(pair: &Pair) -> Self {
        Self(RwLock::new(certified(pair)))
    }

    /// Shows another one from now on.
    pub fn show(&self, pair: &Pair) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = certified(pair);
    }
}

impl ResolvesServerCert for Switch {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// A pair as rustls wants it.
fn certified(pair: &Pair) -> Arc<CertifiedKey> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(pair.chain.as_bytes()).collect::<Result<_, _>>().expect("a chain");
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    Arc::new(CertifiedKey::new(chain, provider.key_provider.load_private_key(key).expect("a key")))
}
