//! From a presented chain to an assessment.

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::Error;

use crate::assessment::Assessment;
use crate::certificate::{Certificate, as_moment};
use crate::checks::{self, Standing};
use crate::diagnose::diagnose;
use crate::names::{NameConstraints, NameMatch, match_host};
use crate::presented::PresentedCertificate;
use crate::problem::{CertificateReference, Problem};
use crate::problem_kind::ProblemKind;
use crate::read::alternative_names;
use crate::roots::TrustedRoots;
use crate::select::{Completeness, Presented, select};
use crate::server_address::ServerAddress;
use crate::{
    ChainDigest, Fingerprint, MAXIMUM_CHAIN_BYTES, MAXIMUM_CHAIN_CERTIFICATES, MAXIMUM_DEPTH, acceptance,
    advise, explain,
};

/// More names than this are not told in one problem.
const MAXIMUM_NAMES: usize = 20;

/// What an assessment asks beyond the standards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many authorities may stand between the server's certificate and the root, those not counted that renew their
    /// own certificate. At most, and unless told, [`MAXIMUM_DEPTH`].
    pub maximum_depth: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { maximum_depth: MAXIMUM_DEPTH }
    }
}

/// [`assess_by`] the default rules.
#[must_use]
pub fn assess(
    chain: &[CertificateDer<'_>],
    server: &ServerAddress,
    roots: &TrustedRoots,
    now: UnixTime,
) -> Assessment {
    assess_by(&Rules::default(), chain, server, roots, now)
}

/// Assesses the chain that a server presented, its own certificate first, as the specification and RFC 5280, RFC 9525
/// and RFC 8446 ask.
///
/// A certificate is valid when webpki accepts it and our own checks find nothing; every problem is listed, each on its
/// own. `now` is the time of the judgement. Takes up to some milliseconds of computing for a hostile chain, so it is to
/// be called outside of asynchronous code.
#[must_use]
pub fn assess_by(
    rules: &Rules,
    chain: &[CertificateDer<'_>],
    server: &ServerAddress,
    roots: &TrustedRoots,
    now: UnixTime,
) -> Assessment {
    let mut assessment = Assessment {
        server: server.clone(),
        certificate: None,
        fingerprint: chain.first().map(|leaf| Fingerprint::of(leaf)),
        chain_digest: (!chain.is_empty()).then(|| ChainDigest::of(chain)),
        problems: Vec::new(),
        advice: Vec::new(),
        chain: Vec::new(),
        diagnosis: Vec::new(),
    };
    let Some(leaf_der) = chain.first() else {
        assessment.problems.push(Problem::NoCertificate);
        return assessment;
    };
    let Some(leaf) = Certificate::read(leaf_der, Some(0)).filter(|_| leaf_der.len() <= MAXIMUM_CHAIN_BYTES)
    else {
        assessment.problems.push(Problem::Malformed {
            certificate: CertificateReference { position: Some(0), subject: String::new() },
            detail: "it is not a certificate, or larger than any that is looked at".to_owned(),
        });
        return assessment;
    };
    let presented = select(&leaf, chain);
    assessment.problems = problems(rules, &leaf, &presented, chain, server, roots, now);
    assessment.problems.sort();
    assessment.problems.dedup();
    assessment.advice = advise::advise(&leaf, &presented.relevant, roots, server);
    assessment.chain = shown(&leaf, &presented);
    assessment.certificate = assessment.chain.first().cloned();
    assessment.diagnosis = diagnose(&assessment, as_moment(now));
    assessment
}

/// In the order in which the server sent them.
fn shown(leaf: &Certificate<'_>, presented: &Presented<'_>) -> Vec<PresentedCertificate> {
    let all = presented.relevant.iter().chain(&presented.unrelated);
    let mut shown: Vec<&Certificate<'_>> = all.take(MAXIMUM_CHAIN_CERTIFICATES - 1).collect();
    shown.sort_by_key(|certificate| certificate.position);
    std::iter::once(leaf).chain(shown).map(PresentedCertificate::new).collect()
}

fn problems(
    rules: &Rules,
    leaf: &Certificate<'_>,
    presented: &Presented<'_>,
    chain: &[CertificateDer<'_>],
    server: &ServerAddress,
    roots: &TrustedRoots,
    now: UnixTime,
) -> Vec<Problem> {
    let moment = as_moment(now);
    let standing = if roots.contains(leaf.der) { Standing::Trusted } else { Standing::Issued };
    let mut problems = checks::server(leaf, standing, moment);
    problems.extend(name(leaf, presented, server, roots));
    if standing == Standing::Issued
        && let Err(error) = acceptance::verify(rules, leaf.der, &presented.relevant, roots, now)
    {
        problems.extend(explain::explain(rules, leaf, &presented.relevant, roots, moment));
        problems.extend(left_out(presented, chain, &problems));
        problems.extend(unexplained(leaf, &error, &problems));
    }
    problems
}

fn name(
    leaf: &Certificate<'_>,
    presented: &Presented<'_>,
    server: &ServerAddress,
    roots: &TrustedRoots,
) -> Option<Problem> {
    let chain = || std::iter::once(leaf).chain(&presented.relevant);
    let constrained = !presented.unreadable.is_empty()
        || presented.completeness == Completeness::Cut
        || chain().any(Certificate::has_name_constraints)
        || chain().any(|certificate| roots.constrain_names(certificate.issuer()));
    let constraints = if constrained { NameConstraints::Present } else { NameConstraints::Absent };
    match match_host(&leaf.x509, server.host(), constraints) {
        NameMatch::AlternativeName | NameMatch::CommonName => None,
        NameMatch::TooBroad(pattern) => Some(Problem::WildcardTooBroad { pattern }),
        NameMatch::None => {
            let mut names = alternative_names(&leaf.x509);
            if names.is_empty() {
                names.extend(crate::names::host_in_common_name(&leaf.x509).map(crate::display_text));
            }
            names.truncate(MAXIMUM_NAMES);
            Some(Problem::NameMismatch { requested: server.host().to_string(), names })
        }
    }
}

/// Presented certificates that were not looked at, where they may be what is missing.
fn left_out(presented: &Presented<'_>, chain: &[CertificateDer<'_>], problems: &[Problem]) -> Vec<Problem> {
    let mut found = Vec::new();
    if presented.completeness == Completeness::Cut {
        let bytes = chain.iter().fold(0_usize, |sum, certificate| sum.saturating_add(certificate.len()));
        found.push(Problem::ChainTooLarge { certificates: chain.len(), bytes });
    }
    if problems.iter().any(|problem| problem.kind() == ProblemKind::UnknownIssuer) {
        found.extend(presented.unreadable.iter().map(|position| Problem::Malformed {
            certificate: CertificateReference { position: Some(*position), subject: String::new() },
            detail: "it is not a certificate".to_owned(),
        }));
    }
    found
}

/// What the verification library says, where our own look at the path did not come to it.
fn unexplained(leaf: &Certificate<'_>, error: &Error, problems: &[Problem]) -> Option<Problem> {
    let found = |kind| problems.iter().any(|problem| problem.kind() == kind);
    let too_complex = matches!(
        error,
        Error::MaximumNameConstraintComparisonsExceeded
            | Error::MaximumPathBuildCallsExceeded
            | Error::MaximumPathDepthExceeded
            | Error::MaximumSignatureChecksExceeded
    );
    if too_complex {
        Some(Problem::TooComplex)
    } else if *error == Error::NameConstraintViolation && !found(ProblemKind::NameNotPermitted) {
        Some(Problem::NameNotPermitted { certificate: None })
    } else if problems.is_empty() && *error == Error::MalformedDnsIdentifier {
        let detail = "one of its names is not a DNS name".to_owned();
        Some(Problem::Malformed { certificate: leaf.reference(), detail })
    } else if problems.is_empty() {
        Some(Problem::NotAcceptable { detail: crate::display_text(&error.to_string()) })
    } else {
        None
    }
}
