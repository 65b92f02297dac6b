//! Judges the server within the handshake.
//!
//! TLS 1.3 shows a certificate first and proves possession of its key afterwards (RFC 8446, section 4.4). Certificates
//! are public, so nothing is decided, and nobody is asked, before the proof.

use std::sync::{Arc, Mutex, PoisonError};

use countersign_trust::{
    Assessment, Decision, InvalidCertificateAction, OperatingSystemRoots, Possession, RememberedCertificate,
    ServerAddress, assess, decide, subject_public_key_info,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use time::OffsetDateTime;

use crate::clock::unix_time;

/// What the judgement of a server depends on, beside its certificate.
#[derive(Clone)]
pub(crate) struct Circumstances {
    pub(crate) server: ServerAddress,
    pub(crate) roots: Arc<OperatingSystemRoots>,
    pub(crate) now: OffsetDateTime,
    pub(crate) action: InvalidCertificateAction,
    pub(crate) remembered: Option<RememberedCertificate>,
}

impl Circumstances {
    /// What is found in a chain. Blocks for some milliseconds.
    pub(crate) fn assess(&self, chain: &[CertificateDer<'_>]) -> Assessment {
        assess(chain, &self.server, &self.roots.current(), unix_time(self.now))
    }

    /// What follows from that under an action.
    pub(crate) fn decide(
        &self,
        possession: Possession,
        assessment: &Assessment,
        action: InvalidCertificateAction,
    ) -> Decision {
        decide(possession, assessment, action, self.remembered.as_ref(), self.now)
    }

    /// What is found in a chain, and what follows from it. Blocks for some milliseconds.
    fn judge(&self, chain: &[CertificateDer<'_>], possession: Possession) -> Verdict {
        let assessment = self.assess(chain);
        let decision = self.decide(possession, &assessment, self.action);
        Verdict { assessment, decision }
    }
}

/// What was found, and what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) assessment: Assessment,
    pub(crate) decision: Decision,
}

/// The verifier of one handshake.
pub(crate) struct DecidingVerifier {
    circumstances: Circumstances,
    algorithms: WebPkiSupportedAlgorithms,
    presented: Mutex<Vec<CertificateDer<'static>>>,
    verdict: Mutex<Option<Verdict>>,
}

impl std::fmt::Debug for DecidingVerifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DecidingVerifier")
            .field("server", &self.circumstances.server)
            .finish_non_exhaustive()
    }
}

impl DecidingVerifier {
    pub(crate) fn new(circumstances: Circumstances, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { circumstances, algorithms, presented: Mutex::default(), verdict: Mutex::default() }
    }

    /// The verdict, once the handshake got as far.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge(&self, possession: Possession) -> Decision {
        let presented = self.presented.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let verdict = self.circumstances.judge(&presented, possession);
        let decision = verdict.decision.clone();
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
        decision
    }
}

impl ServerCertVerifier for DecidingVerifier {
    /// Only keeps the chain; the answer is provisional.
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut presented = self.presented.lock().unwrap_or_else(PoisonError::into_inner);
        *presented =
            std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::ServerDoesNotSupportTls12Or13.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // The key as read from the certificate, rather than the certificate itself: a certificate that the TLS library
        // cannot read for another reason must get a verdict, too.
        let proof = match subject_public_key_info(certificate) {
            Some(key) => verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms),
            None => Err(CertificateError::BadEncoding.into()),
        };
        let possession = if proof.is_ok() { Possession::Proved } else { Possession::NotProved };
        match outside_of_the_runtime(|| self.judge(possession)) {
            Decision::Connect(_) => proof,
            // Sends the alert access_denied: the server learns that it was refused, and nothing more.
            Decision::Ask(_) | Decision::Refuse(_) => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Assessing reads files and may search for milliseconds; other tasks of the thread move elsewhere meanwhile.
fn outside_of_the_runtime<T>(work: impl FnOnce() -> T) -> T {
    let several_threads = tokio::runtime::Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread);
    if several_threads { tokio::task::block_in_place(work) } else { work() }
}
