//! Which likely cause the facts point to.

use time::{Duration, OffsetDateTime};

use crate::assessment::Assessment;
use crate::diagnosis::Diagnosis;
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;
use crate::public_suffix::registrable_domain;
use crate::remembered::RememberedCertificate;
use crate::server_address::Host;

/// Programs and devices that inspect connections, by what their certificates name as issuer.
const INSPECTORS: [(&str, &str); 29] = [
    ("zscaler", "Zscaler"),
    ("netskope", "Netskope"),
    ("goskope", "Netskope"),
    ("palo alto networks", "Palo Alto Networks"),
    ("blue coat", "Blue Coat"),
    ("bluecoat", "Blue Coat"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("cisco secure access", "Cisco Secure Access"),
    ("check point", "Check Point"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Forcepoint"),
    ("mcafee web gateway", "McAfee Web Gateway"),
    ("skyhigh", "Skyhigh Security"),
    ("sophos", "Sophos"),
    ("barracuda", "Barracuda"),
    ("watchguard", "WatchGuard"),
    ("sonicwall", "SonicWall"),
    ("cato networks", "Cato Networks"),
    ("iboss", "iboss"),
    ("menlo security", "Menlo Security"),
    ("kaspersky", "Kaspersky"),
    ("eset ssl filter", "ESET"),
    ("avast", "Avast"),
    ("avg technologies", "AVG"),
    ("bitdefender", "Bitdefender"),
    ("mitmproxy", "mitmproxy"),
    ("portswigger", "Burp Suite"),
    ("charles proxy", "Charles Proxy"),
    ("do_not_trust_fiddlerroot", "Fiddler"),
];
/// What names of sign-in pages have in them: the words for such networks, and what makers of portals call theirs.
const PORTALS: [&str; 8] = ["captive", "hotspot", "wifi", "wi-fi", "wlan", "guest", "securelogin", "nomadix"];
/// Certificates are usually renewed long before this has passed since their end.
const LONG: Duration = Duration::days(90);

/// The causes to which the facts point. None for a valid certificate.
pub(crate) fn diagnose(assessment: &Assessment, now: OffsetDateTime) -> Vec<Diagnosis> {
    if assessment.is_valid() {
        return Vec::new();
    }
    let inspecting = inspecting_proxy(assessment);
    let portal = captive_portal(assessment).filter(|_| inspecting.is_none());
    clock_wrong(assessment, now).into_iter().chain(inspecting).chain(portal).collect()
}

/// Whether the certificate looks like a renewal of the one that was allowed for this server before.
///
/// That the key is the same was proved in the handshake; the name of the issuer is what the certificate says. A
/// certificate that vouches for itself has no issuer to compare.
#[must_use]
pub fn diagnose_renewal(assessment: &Assessment, previous: &RememberedCertificate) -> Option<Diagnosis> {
    let certificate = assessment.certificate.as_ref()?;
    if assessment.is_valid()
        || assessment.server != previous.server
        || certificate.fingerprint == previous.fingerprint
    {
        return None;
    }
    let same_key = certificate.public_key_fingerprint == previous.public_key_fingerprint;
    let same_issuer = !certificate.self_issued && previous.is_issued_by(&certificate.issuer);
    (same_key || same_issuer).then_some(Diagnosis::RenewalGoneWrong { same_key, same_issuer })
}

/// One certificate outside its dates is a matter of the certificate; all of them are a matter of the clock.
fn clock_wrong(assessment: &Assessment, clock: OffsetDateTime) -> Option<Diagnosis> {
    let built = built_at();
    if clock < built {
        return Some(Diagnosis::ClockWrong { clock, evidence: built, behind: true });
    }
    let chain = &assessment.chain;
    if chain.len() < 2 {
        return None;
    }
    if chain.iter().all(|certificate| clock < certificate.not_before) {
        let evidence = chain.iter().map(|certificate| certificate.not_before).max()?;
        return Some(Diagnosis::ClockWrong { clock, evidence, behind: true });
    }
    if chain.iter().all(|certificate| clock > certificate.not_after + LONG) {
        let evidence = chain.iter().map(|certificate| certificate.not_after).min()?;
        return Some(Diagnosis::ClockWrong { clock, evidence, behind: false });
    }
    None
}

/// When this program was built: no clock that is right shows an earlier time.
#[must_use]
pub fn built_at() -> OffsetDateTime {
    let seconds = env!("COUNTERSIGN_BUILT_AT").parse().unwrap_or_default();
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn inspecting_proxy(assessment: &Assessment) -> Option<Diagnosis> {
    let untrusted = has_untrusted_issuer(assessment);
    let issuers = assessment.chain.iter().map(|certificate| &certificate.issuer);
    issuers.filter(|_| untrusted).find_map(|issuer| {
        let lower = issuer.to_lowercase();
        let (_, product) = INSPECTORS.iter().find(|(known, _)| lower.contains(known))?;
        Some(Diagnosis::InspectingProxy { product: (*product).to_owned(), issuer: issuer.clone() })
    })
}

/// The certificate is for names of somebody else, and nothing in it has to do with the server.
///
/// A server that is set up wrongly looks the same where its certificate is of an issuer that this computer trusts: one
/// address often has the servers of several companies. Then the name has to be that of a sign-in page as well.
fn captive_portal(assessment: &Assessment) -> Option<Diagnosis> {
    let Host::Name(wanted) = assessment.server.host() else { return None };
    let domain = registrable_domain(wanted.as_str())?;
    let names = assessment.problems.iter().find_map(|problem| {
        if let Problem::NameMismatch { names, .. } = problem { Some(names) } else { None }
    })?;
    if names.is_empty() {
        return None;
    }
    let certificate = assessment.certificate.as_ref()?;
    let related = |text: &str| text.to_lowercase().contains(domain);
    let foreign = names.iter().all(|name| {
        let name = name.strip_prefix("*.").unwrap_or(name);
        registrable_domain(name).is_some() && !related(name)
    });
    let told_by_name = names.iter().any(|name| {
        let name = name.to_lowercase();
        PORTALS.iter().any(|portal| name.contains(portal))
    });
    (foreign
        && (told_by_name || has_untrusted_issuer(assessment))
        && !certificate.self_issued
        && !related(&certificate.issuer)
        && !related(&certificate.subject))
    .then(|| Diagnosis::CaptivePortal { names: names.clone(), issuer: certificate.issuer.clone() })
}

fn has_untrusted_issuer(assessment: &Assessment) -> bool {
    assessment.problems.iter().any(|problem| {
        matches!(
            problem.kind(),
            ProblemKind::UnknownIssuer | ProblemKind::SelfSigned | ProblemKind::BadSignature
        )
    })
}
