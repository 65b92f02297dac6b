//! From a presented chain to an assessment.

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::Error;

use crate::assessment::Assessment;
use crate::certificate::{Certificate, as_moment};
use crate::checks::{self, Standing};
use crate::diagnose::diagnose;
use crate::names::{NameConstraints, NameMatch, match_host};
use crate::problem::{CertificateReference, Problem};
use crate::problem_kind::ProblemKind;
use crate::read::{alternative_names, summarise};
use crate::roots::TrustedRoots;
use crate::server_address::ServerAddress;
use crate::{Fingerprint, MAXIMUM_CHAIN_BYTES, MAXIMUM_CHAIN_CERTIFICATES, acceptance, advise, explain};

/// More names than this are not told in one problem.
const MAXIMUM_NAMES: usize = 20;

/// Assesses the chain that a server presented, its own certificate first, as the specification and RFC 5280, RFC 9525
/// and RFC 8446 ask.
///
/// A certificate is valid when webpki accepts it and our own checks find nothing; every problem is listed, each on its
/// own. `now` is the time of the judgement. Takes up to some milliseconds of computing for a hostile chain, so it is to
/// be called outside of asynchronous code.
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
    let Some(leaf_der) = chain.first() else {
        assessment.problems.push(Problem::NoCertificate);
        return assessment;
    };
    let (looked_at, too_large) = within_limits(chain);
    assessment.problems.extend(too_large);
    let presented = looked_at.get(1..).unwrap_or_default();
    let others: Vec<Certificate<'_>> = presented
        .iter()
        .enumerate()
        .filter_map(|(index, der)| Certificate::read(der, Some(index + 1)))
        .collect();
    match Certificate::read(leaf_der, Some(0)).filter(|_| !looked_at.is_empty()) {
        Some(leaf) => {
            let summary = summarise(leaf_der, &leaf.x509);
            assessment.problems.extend(problems(&leaf, presented, &others, server, roots, now));
            assessment.advice = advise::advise(&leaf, &others, server);
            assessment.chain.push(summary.clone());
            assessment.certificate = Some(summary);
        }
        None => assessment.problems.push(Problem::Malformed {
            certificate: CertificateReference { position: Some(0), subject: String::new() },
            detail: "it is not a certificate, or larger than any that is looked at".to_owned(),
        }),
    }
    assessment.chain.extend(others.iter().map(|other| summarise(other.der, &other.x509)));
    assessment.problems.sort();
    assessment.problems.dedup();
    assessment.diagnosis = diagnose(&assessment, as_moment(now));
    assessment
}

/// The part of the chain that is looked at.
fn within_limits<'c, 'a>(chain: &'c [CertificateDer<'a>]) -> (&'c [CertificateDer<'a>], Option<Problem>) {
    let mut bytes: usize = 0;
    let fitting = chain
        .iter()
        .take(MAXIMUM_CHAIN_CERTIFICATES)
        .take_while(|certificate| {
            bytes = bytes.saturating_add(certificate.len());
            bytes <= MAXIMUM_CHAIN_BYTES
        })
        .count();
    let total = chain.iter().fold(0_usize, |sum, certificate| sum.saturating_add(certificate.len()));
    let too_large = (fitting < chain.len())
        .then_some(Problem::ChainTooLarge { certificates: chain.len(), bytes: total });
    (chain.get(..fitting).unwrap_or_default(), too_large)
}

fn problems(
    leaf: &Certificate<'_>,
    presented: &[CertificateDer<'_>],
    others: &[Certificate<'_>],
    server: &ServerAddress,
    roots: &TrustedRoots,
    now: UnixTime,
) -> Vec<Problem> {
    let moment = as_moment(now);
    let standing = if roots.contains(leaf.der) { Standing::Trusted } else { Standing::Issued };
    let mut problems = checks::server(leaf, standing, moment);
    problems.extend(name(leaf, presented, others, server));
    if standing == Standing::Issued
        && let Err(error) = acceptance::verify(leaf.der, presented, others, roots, now)
    {
        problems.extend(explain::explain(leaf, others, roots, moment));
        problems.extend(unreadable(presented, others, &problems));
        problems.extend(unexplained(&error, &problems));
    }
    problems
}

fn name(
    leaf: &Certificate<'_>,
    presented: &[CertificateDer<'_>],
    others: &[Certificate<'_>],
    server: &ServerAddress,
) -> Option<Problem> {
    let constrained = others.len() < presented.len()
        || leaf.has_name_constraints()
        || others.iter().any(Certificate::has_name_constraints);
    let constraints = if constrained { NameConstraints::Present } else { NameConstraints::Absent };
    match match_host(&leaf.x509, server.host(), constraints) {
        NameMatch::AlternativeName | NameMatch::CommonName => None,
        NameMatch::TooBroad(pattern) => Some(Problem::WildcardTooBroad { pattern }),
        NameMatch::None => {
            let mut names = alternative_names(&leaf.x509);
            if names.is_empty() {
                names.extend(crate::names::common_name(&leaf.x509).map(crate::display_text));
            }
            names.truncate(MAXIMUM_NAMES);
            Some(Problem::NameMismatch { requested: server.host().to_string(), names })
        }
    }
}

/// Presented certificates that cannot be read, where they may be what is missing.
fn unreadable(
    presented: &[CertificateDer<'_>],
    others: &[Certificate<'_>],
    problems: &[Problem],
) -> Vec<Problem> {
    if !problems.iter().any(|problem| problem.kind() == ProblemKind::UnknownIssuer) {
        return Vec::new();
    }
    (1..=presented.len())
        .filter(|position| !others.iter().any(|other| other.position == Some(*position)))
        .map(|position| Problem::Malformed {
            certificate: CertificateReference { position: Some(position), subject: String::new() },
            detail: "it is not a certificate".to_owned(),
        })
        .collect()
}

/// What the verification library says, where our own look at the path did not come to it.
fn unexplained(error: &Error, problems: &[Problem]) -> Option<Problem> {
    let found = |kind| problems.iter().any(|problem| problem.kind() == kind);
    match error {
        Error::NameConstraintViolation if !found(ProblemKind::NameNotPermitted) => {
            Some(Problem::NameNotPermitted { certificate: None })
        }
        Error::MaximumNameConstraintComparisonsExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded => Some(Problem::TooComplex),
        error if problems.is_empty() => Some(Problem::NotAcceptable { detail: crate::display_text(&error.to_string()) }),
        _ => None,
    }
}
