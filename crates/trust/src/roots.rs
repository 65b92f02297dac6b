//! The certificates that the operating system trusts.

use std::collections::{HashMap, HashSet};

use rustls_pki_types::{CertificateDer, TrustAnchor};
use time::OffsetDateTime;
use x509_parser::x509::X509Version;

use crate::advice::Advice;
use crate::advise;
use crate::certificate::{Certificate, Role};
use crate::checks;
use crate::problem::{CertificateReference, Problem};
use crate::read::parse;
use crate::signature::{SignatureCheck, check_issuer};

/// A set of trusted root certificates, prepared for path searches.
#[derive(Debug, Default)]
pub struct TrustedRoots {
    anchors: Vec<TrustAnchor<'static>>,
    /// For each anchor its certificate.
    roots: Vec<Root>,
    certificates: HashSet<CertificateDer<'static>>,
    /// Which anchors bear a subject: the contents of the name without tag and length.
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
}

/// A root, with what was found out when it was read.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) der: CertificateDer<'static>,
    /// Why it may not issue certificates, whatever the time.
    problems: Vec<Problem>,
    /// What a careful administrator would improve in it.
    pub(crate) advice: Vec<Advice>,
    constrains_names: bool,
    validity: Option<Validity>,
}

#[derive(Debug)]
struct Validity {
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl TrustedRoots {
    /// Prepares the given certificates; a certificate that occurs twice counts once.
    ///
    /// Also returns how many were skipped because they cannot be read as certificates.
    #[must_use]
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = CertificateDer<'a>>) -> (Self, usize) {
        let mut roots = Self::default();
        let mut skipped = 0;
        for certificate in certificates {
            let certificate = certificate.into_owned();
            if roots.certificates.contains(&certificate) {
                continue;
            }
            match webpki::anchor_from_trusted_cert(&certificate) {
                Ok(anchor) => {
                    let anchor = anchor.to_owned();
                    roots.by_subject.entry(anchor.subject.to_vec()).or_default().push(roots.anchors.len());
                    roots.anchors.push(anchor);
                    roots.roots.push(Root::read(certificate.clone()));
                    roots.certificates.insert(certificate);
                }
                Err(_) => skipped += 1,
            }
        }
        (roots, skipped)
    }

    /// All of them.
    pub fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.certificates.iter()
    }

    /// Whether this very certificate, byte for byte, is among them.
    #[must_use]
    pub fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.contains(certificate)
    }

    /// Whether one of them has issued this certificate, or seems to as far as signatures can be checked.
    #[must_use]
    pub fn include_issuer_of(&self, certificate: &CertificateDer<'_>) -> bool {
        let Some(read) = parse(certificate) else { return false };
        let mut named = self.with_subject(read.issuer().as_raw());
        named.any(|root| check_issuer(certificate, &root.der) != SignatureCheck::Invalid)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Whether there are none, in which case every certificate is without a known issuer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// The anchors for path searches.
    pub(crate) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// The roots with a subject, given as a whole name with tag and length.
    pub(crate) fn with_subject(&self, name: &[u8]) -> impl Iterator<Item = &Root> {
        let found = contents(name).and_then(|contents| self.by_subject.get(contents));
        found.into_iter().flatten().filter_map(|index| self.roots.get(*index))
    }

    /// Whether a root with this subject, given as a whole name, bears name constraints.
    pub(crate) fn constrain_names(&self, name: &[u8]) -> bool {
        self.with_subject(name).any(|root| root.constrains_names)
    }

    /// The roots that are the same authority as an anchor: same subject and same key.
    pub(crate) fn same_as(&self, anchor: &TrustAnchor<'_>) -> impl Iterator<Item = &Root> {
        let key = anchor.subject_public_key_info.to_vec();
        self.by_subject.get(anchor.subject.as_ref()).into_iter().flatten().filter_map(move |index| {
            let same = self.anchors.get(*index).is_some_and(|other| *other.subject_public_key_info == *key);
            self.roots.get(*index).filter(|_| same)
        })
    }
}

impl Root {
    fn read(der: CertificateDer<'static>) -> Self {
        let Some(certificate) = Certificate::read(&der, None) else {
            let certificate = CertificateReference { position: None, subject: String::new() };
            let problem = Problem::UnsuitableRoot { certificate, detail: "it cannot be read".to_owned() };
            return Self {
                der,
                problems: vec![problem],
                advice: Vec::new(),
                constrains_names: true,
                validity: None,
            };
        };
        let problems = unsuitable(&certificate);
        let advice = advise::about_any(&certificate);
        let constrains_names = certificate.has_name_constraints();
        let validity =
            Some(Validity { not_before: certificate.not_before(), not_after: certificate.not_after() });
        Self { der, problems, advice, constrains_names, validity }
    }

    /// Why it may not issue certificates now.
    pub(crate) fn problems(&self, now: OffsetDateTime) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        let reference = || {
            Certificate::read(&self.der, None).map(|certificate| certificate.reference()).unwrap_or_default()
        };
        if let Some(Validity { not_before, not_after }) = self.validity {
            if now > not_after {
                problems.push(Problem::IssuerExpired { certificate: reference(), not_after });
            } else if now < not_before {
                problems.push(Problem::IssuerNotYetValid { certificate: reference(), not_before });
            }
        }
        problems
    }

    /// Whether it may issue certificates now.
    pub(crate) fn is_suitable(&self, now: OffsetDateTime) -> bool {
        let in_time = self
            .validity
            .as_ref()
            .is_some_and(|validity| (validity.not_before..=validity.not_after).contains(&now));
        in_time && self.problems.is_empty()
    }
}

/// The operating system vouches for a root as it stands, so that only what would let it vouch for others wrongly
/// counts: that it is no authority, that it makes conditions which are not understood, or that its key is weak.
fn unsuitable(certificate: &Certificate<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let detail = if certificate.x509.version() != X509Version::V3 {
        Some("its X.509 version cannot say that it is an authority's")
    } else if certificate.role() == Role::EndEntity {
        Some("it is not the certificate of an authority")
    } else if certificate.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
        Some("its key may not sign certificates")
    } else {
        None
    };
    if let Some(detail) = detail {
        problems.push(Problem::UnsuitableRoot {
            certificate: certificate.reference(),
            detail: detail.to_owned(),
        });
    }
    problems.extend(checks::conditions(certificate));
    problems.extend(checks::key(certificate));
    problems
}

/// A DER SEQUENCE without tag and length.
fn contents(sequence: &[u8]) -> Option<&[u8]> {
    match sequence {
        [0x30, length, rest @ ..] if *length < 0x80 => Some(rest),
        [0x30, 0x81, _, rest @ ..] | [0x30, 0x82, _, _, rest @ ..] | [0x30, 0x83, _, _, _, rest @ ..] => {
            Some(rest)
        }
        _ => None,
    }
}
