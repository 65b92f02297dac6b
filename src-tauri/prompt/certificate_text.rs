//! A certificate in words, field by field. Pure.

use countersign_trust::{Assessment, CertificateSummary, PresentedCertificate};
use countersign_words::{CertificateField, Text, Words};

use super::chain_tree::{Place, tree};
use super::concerned::{field_concerned, position_concerned};

/// A certificate of the chain, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateText {
    /// Which one of the chain it is.
    pub heading: Text,
    /// How deep in the tree of issuers it stands, the server's own at 0.
    pub depth: usize,
    /// Whose issuer it is. Nothing is said of the server's own.
    pub issued: Option<Text>,
    /// What makes it invalid and concerns no single field, and what an administrator should improve though it does not.
    pub findings: Vec<(Text, Text)>,
    /// Its fields, with their names.
    pub fields: Vec<FieldText>,
    /// The certificate itself in PEM (RFC 7468).
    pub pem: String,
}

/// A field of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldText {
    /// Which one it is.
    pub field: CertificateField,
    /// What it is called.
    pub label: Text,
    /// What is in it.
    pub value: Text,
    /// What is wrong with it.
    pub problems: Vec<Text>,
}

/// Every certificate that the server presented, its own first, each followed by its issuer.
#[must_use]
pub fn certificates(words: &Words, assessment: &Assessment) -> Vec<CertificateText> {
    let chain: Vec<&PresentedCertificate> = if assessment.chain.is_empty() {
        assessment.certificate.iter().collect()
    } else {
        assessment.chain.iter().collect()
    };
    let mut texts: Vec<CertificateText> = chain
        .iter()
        .enumerate()
        .map(|(position, certificate)| describe(words, position, certificate))
        .collect();
    place_problems(words, assessment, &mut texts);
    if let Some(first) = texts.first_mut() {
        let advice = words.advice(&assessment.advice).into_iter();
        first.findings.extend(advice.map(|advice| (words.certificate_field_advice(), advice)));
    }
    let chain: Vec<&CertificateSummary> = chain.into_iter().map(|certificate| &**certificate).collect();
    let mut texts: Vec<Option<CertificateText>> = texts.into_iter().map(Some).collect();
    let places = tree(&chain).into_iter();
    places
        .filter_map(|place| {
            let mut text = texts.get_mut(place.position)?.take()?;
            text.depth = place.depth;
            text.issued = issued(words, place);
            Some(text)
        })
        .collect()
}

fn issued(words: &Words, place: Place) -> Option<Text> {
    match place {
        Place { position: 0, .. } => None,
        Place { issued: Some(other), .. } => Some(words.certificate_issued(&heading(words, other))),
        Place { issued: None, .. } => Some(words.certificate_issued_none()),
    }
}

fn heading(words: &Words, position: usize) -> Text {
    if position == 0 {
        words.certificate_heading_server()
    } else {
        words.certificate_heading_chain(position + 1)
    }
}

/// Puts each problem beside the field that it concerns, or before the fields of its certificate. What concerns a certificate
/// that is not listed is said of the server's own.
fn place_problems(words: &Words, assessment: &Assessment, texts: &mut [CertificateText]) {
    for problem in &assessment.problems {
        let said = words.certificate_problem(&words.problem_summary(problem), &words.problem_term(problem));
        let position = position_concerned(problem, assessment).filter(|position| *position < texts.len());
        let Some(text) = texts.get_mut(position.unwrap_or(0)) else { return };
        let wanted = position.and_then(|_| field_concerned(problem.kind()));
        match text.fields.iter_mut().find(|field| Some(field.field) == wanted) {
            Some(field) => field.problems.push(said),
            None => text.findings.push((words.certificate_field_problem(), said)),
        }
    }
}

fn describe(words: &Words, position: usize, certificate: &CertificateSummary) -> CertificateText {
    CertificateText {
        heading: heading(words, position),
        depth: 0,
        issued: None,
        findings: Vec::new(),
        fields: CertificateField::ALL
            .into_iter()
            .map(|field| FieldText {
                field,
                label: words.certificate_field(field),
                value: words.certificate_value(certificate, field),
                problems: Vec::new(),
            })
            .collect(),
        pem: certificate.pem.clone(),
    }
}
