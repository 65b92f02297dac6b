//! The issuer of a certificate that leads to no trusted root, to be recognised at other servers.

use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::OID_CT_LIST_SCT;

use crate::assessment::Assessment;
use crate::fingerprint::Fingerprint;
use crate::presented::PresentedCertificate;
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;
use crate::server_address::ServerAddress;

/// An issuer that the computer does not know, as one server's certificate showed it. Not secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownIssuer {
    /// The server whose certificate led to it.
    pub server: ServerAddress,
    /// What it calls itself, fit to be shown. Anybody can write that name.
    pub name: String,
    /// SHA-256 of the public key of the highest authority that the server presented, when that key did sign what is
    /// below it. Nobody else can make such a chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Fingerprint>,
}

impl UnknownIssuer {
    /// The unknown issuer at which an assessed chain ends.
    ///
    /// None when the chain does not end at one, when a signature in it is wrong, or when the certificate is not for the
    /// server: then somebody else has answered, and it says nothing about who issues certificates for this one. None
    /// too for a certificate that was logged in public (RFC 6962): its issuer is known to the world, and the server
    /// forgot to send what leads there, or this computer's roots are old. The key is known only where the assessment
    /// was made, not in one that was read from a document.
    #[must_use]
    pub fn of(assessment: &Assessment) -> Option<Self> {
        let found = |kind| assessment.problems.iter().any(|problem| problem.kind() == kind);
        if found(ProblemKind::NameMismatch) || found(ProblemKind::BadSignature) {
            return None;
        }
        let name = assessment.problems.iter().find_map(|problem| {
            if let Problem::UnknownIssuer { issuer } = problem { Some(issuer.clone()) } else { None }
        })?;
        if assessment.chain.first().is_some_and(was_logged) {
            return None;
        }
        let key = highest_authority(&assessment.chain).map(|authority| authority.public_key_fingerprint);
        Some(Self { server: assessment.server.clone(), name, key })
    }
}

fn was_logged(certificate: &PresentedCertificate) -> bool {
    let logged = |x509: X509Certificate<'_>| x509.iter_extensions().any(|found| found.oid == OID_CT_LIST_SCT);
    certificate.read().is_some_and(logged)
}

/// The last of the authorities that did sign one another, beginning with that of the server's certificate.
fn highest_authority(chain: &[PresentedCertificate]) -> Option<&PresentedCertificate> {
    let (server, others) = chain.split_first()?;
    let mut others: Vec<&PresentedCertificate> = others.iter().collect();
    let mut highest = None;
    let mut end = server;
    while let Some(place) = others.iter().position(|candidate| end.is_signed_by(candidate)) {
        end = others.swap_remove(place);
        highest = Some(end);
        if end.self_issued {
            break;
        }
    }
    highest
}
