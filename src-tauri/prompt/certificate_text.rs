//! A certificate in words, field by field. Pure.

use countersign_trust::{Assessment, CertificateSummary, PresentedCertificate};
use countersign_words::{CertificateField, Text, Words};

/// A certificate of the chain, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateText {
    /// Which one of the chain it is.
    pub heading: Text,
    /// What makes it invalid, and what an administrator should improve though it does not.
    pub findings: Vec<(Text, Text)>,
    /// Its fields, with their names.
    pub fields: Vec<(CertificateField, Text, Text)>,
    /// The certificate itself in PEM (RFC 7468).
    pub pem: String,
}

/// Every certificate that the server presented, its own first.
#[must_use]
pub fn certificates(words: &Words, assessment: &Assessment) -> Vec<CertificateText> {
    let chain: Vec<&PresentedCertificate> = if assessment.chain.is_empty() {
        assessment.certificate.iter().collect()
    } else {
        assessment.chain.iter().collect()
    };
    let mut texts: Vec<CertificateText> = chain
        .into_iter()
        .enumerate()
        .map(|(position, certificate)| describe(words, position, certificate))
        .collect();
    if let Some(first) = texts.first_mut() {
        first.findings = findings(words, assessment);
    }
    texts
}

fn findings(words: &Words, assessment: &Assessment) -> Vec<(Text, Text)> {
    let problems = assessment.problems.iter().map(|problem| {
        let text = words.certificate_problem(&words.problem_summary(problem), &words.problem_term(problem));
        (words.certificate_field_problem(), text)
    });
    let advice =
        assessment.advice.iter().map(|advice| (words.certificate_field_advice(), words.advice(advice)));
    problems.chain(advice).collect()
}

fn describe(words: &Words, position: usize, certificate: &CertificateSummary) -> CertificateText {
    CertificateText {
        heading: if position == 0 {
            words.certificate_heading_server()
        } else {
            words.certificate_heading_chain(position + 1)
        },
        findings: Vec::new(),
        fields: CertificateField::ALL
            .into_iter()
            .map(|field| (field, words.certificate_field(field), words.certificate_value(certificate, field)))
            .collect(),
        pem: certificate.pem.clone(),
    }
}
