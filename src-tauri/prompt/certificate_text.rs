//! A certificate in words, field by field. Pure.

use countersign_trust::{Assessment, CertificateSummary};

use super::text::{date, named, printable};

/// A certificate of the chain, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateText {
    /// Which one of the chain it is.
    pub heading: String,
    /// Its fields.
    pub fields: Vec<(&'static str, String)>,
    /// The certificate itself in PEM (RFC 7468).
    pub pem: String,
}

/// Every certificate that the server presented, its own first.
#[must_use]
pub fn certificates(assessment: &Assessment) -> Vec<CertificateText> {
    let chain: Vec<&CertificateSummary> = if assessment.chain.is_empty() {
        assessment.certificate.iter().collect()
    } else {
        assessment.chain.iter().collect()
    };
    let mut texts: Vec<CertificateText> = chain
        .into_iter()
        .enumerate()
        .map(|(position, certificate)| describe(position, certificate))
        .collect();
    if let Some(first) = texts.first_mut() {
        first.fields.splice(0..0, findings(assessment));
    }
    texts
}

/// What makes the certificate invalid, and what an administrator should improve though it does not.
fn findings(assessment: &Assessment) -> Vec<(&'static str, String)> {
    let problems = assessment.problems.iter().map(|problem| ("Problem", printable(&problem.summary())));
    let advice = assessment.advice.iter().map(|advice| {
        let about = &advice.certificate;
        let text = advice.to_string();
        ("Advice", if about.is_server() { text } else { format!("{}: {text}", named(&about.subject)) })
    });
    problems.chain(advice).collect()
}

fn describe(position: usize, certificate: &CertificateSummary) -> CertificateText {
    let heading = if position == 0 {
        "The server’s own certificate".to_owned()
    } else {
        format!("Certificate {} of the chain", position + 1)
    };
    let names = if certificate.subject_alternative_names.is_empty() {
        "none".to_owned()
    } else {
        certificate.subject_alternative_names.iter().map(|name| named(name)).collect::<Vec<_>>().join(", ")
    };
    let kind = match (certificate.is_authority, certificate.self_issued) {
        (true, true) => "certificate authority, issued by itself",
        (true, false) => "certificate authority",
        (false, true) => "not an authority, issued by itself",
        (false, false) => "not an authority",
    };
    CertificateText {
        heading,
        fields: vec![
            ("Issued to", named(&certificate.subject)),
            ("Issued by", named(&certificate.issuer)),
            ("Names", names),
            ("Valid from", date(certificate.not_before)),
            ("Valid until", date(certificate.not_after)),
            ("Kind", kind.to_owned()),
            ("Public key", named(&certificate.public_key)),
            ("Signature", named(&certificate.signature_algorithm)),
            ("Serial number", named(&certificate.serial)),
            ("Fingerprint (SHA-256)", certificate.fingerprint.to_string()),
            ("Fingerprint (SHA-1)", named(&certificate.sha1_fingerprint)),
        ],
        pem: certificate.pem.clone(),
    }
}
