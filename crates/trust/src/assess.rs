//! From a presented chain to an assessment.

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;

use crate::assessment::Assessment;
use crate::names::{NameConstraints, NameMatch, match_host};
use crate::problem::{CertificateReference, Problem};
use crate::read::{parse, summarise};
use crate::roots::TrustedRoots;
use crate::server_address::ServerAddress;
use crate::{Fingerprint, MAXIMUM_CHAIN_CERTIFICATES};

/// Assesses the chain that a server presented, its own certificate first.
#[must_use]
pub fn assess(
    chain: &[CertificateDer<'_>],
    server: &ServerAddress,
    roots: &TrustedRoots,
    now: UnixTime,
) -> Assessment {
    let mut assessment = Assessment {
        server: server.clone(),
        certificate: None,
        fingerprint: chain.first().map(|leaf| Fingerprint::of(leaf)),
        problems: Vec::new(),
        advice: Vec::new(),
        chain: Vec::new(),
        diagnosis: Vec::new(),
    };
    let Some(leaf) = chain.first() else {
        assessment.problems.push(Problem::NoCertificate);
        return assessment;
    };
    let Some(parsed) = parse(leaf) else {
        assessment.problems.push(Problem::Malformed {
            certificate: CertificateReference { position: Some(0), subject: String::new() },
            detail: "not a certificate".to_owned(),
        });
        return assessment;
    };
    let summary = summarise(leaf, &parsed);
    let time = time::OffsetDateTime::from_unix_timestamp(i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    if time > summary.not_after {
        assessment.problems.push(Problem::Expired { not_after: summary.not_after });
    }
    if time < summary.not_before {
        assessment.problems.push(Problem::NotYetValid { not_before: summary.not_before });
    }
    if !matches!(
        match_host(&parsed, server.host(), NameConstraints::Absent),
        NameMatch::AlternativeName | NameMatch::CommonName
    ) {
        assessment.problems.push(Problem::NameMismatch {
            requested: server.host().to_string(),
            names: summary.subject_alternative_names.clone(),
        });
    }
    if !roots.contains(leaf) {
        let verified = EndEntityCert::try_from(leaf).and_then(|end_entity| {
            end_entity
                .verify_for_usage(
                    webpki::ALL_VERIFICATION_ALGS,
                    roots.anchors(),
                    &chain[1..chain.len().min(MAXIMUM_CHAIN_CERTIFICATES)],
                    UnixTime::since_unix_epoch(std::time::Duration::from_secs(
                        u64::try_from(summary.not_before.unix_timestamp()).unwrap_or_default(),
                    )),
                    webpki::KeyUsage::server_auth(),
                    None,
                    None,
                )
                .map(|_| ())
        });
        if verified.is_err() {
            assessment.problems.push(if summary.self_issued {
                Problem::SelfSigned { subject: summary.subject.clone() }
            } else {
                Problem::UnknownIssuer { issuer: summary.issuer.clone() }
            });
        }
    }
    assessment.problems.sort();
    assessment.chain.push(summary.clone());
    assessment.certificate = Some(summary);
    assessment
}
