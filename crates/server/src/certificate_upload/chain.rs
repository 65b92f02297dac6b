//! Puts certificates in order: the server's own, then its issuers.

use countersign_trust::{
    MAXIMUM_CHAIN_CERTIFICATES, SignatureCheck, TrustedRoots, check_issuer, display_text,
    subject_public_key_info,
};
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::FromDer as _;

use super::error::UploadError;

/// So many names are repeated in a sentence at most.
const MAXIMUM_NAMES: usize = 5;
/// Signatures that are checked at most; ten certificates in any order need far fewer.
const MAXIMUM_CHECKS: usize = 1000;

/// Where a chain leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEnd {
    /// To a root that this computer trusts. The root itself may be left out.
    TrustedRoot,
    /// To a root that was given and that this computer does not trust.
    OtherRoot {
        /// Its name.
        subject: String,
    },
    /// Nowhere: the issuer of the last certificate was not given, and is no root of this computer.
    MissingIssuer {
        /// The name of the issuer.
        subject: String,
        /// Where the last certificate says that it can be had (RFC 5280, section 4.2.2.1).
        address: Option<String>,
    },
}

/// Certificates in order.
pub(super) struct Ordered {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) unused: Vec<CertificateDer<'static>>,
    pub(super) end: ChainEnd,
    /// To whom the first was issued.
    pub(super) subject: String,
}

/// A certificate with what is needed of it again and again.
struct Candidate {
    der: CertificateDer<'static>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    subject_text: String,
    issuer_text: String,
    /// In seconds since 1970.
    not_after: i64,
}

impl Candidate {
    fn read(der: CertificateDer<'static>) -> Result<Self, UploadError> {
        let (_, certificate) =
            X509Certificate::from_der(&der).map_err(|_| UploadError::Damaged("certificate"))?;
        Ok(Self {
            subject: certificate.subject().as_raw().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            subject_text: named(&certificate.subject().to_string()),
            issuer_text: named(&certificate.issuer().to_string()),
            not_after: certificate.validity().not_after.timestamp(),
            der,
        })
    }

    /// Whether it is a root. The same name alone says little: some authorities issue to everybody under their own name.
    fn is_self_signed(&self) -> bool {
        self.subject == self.issuer && check_issuer(&self.der, &self.der) != SignatureCheck::Invalid
    }
}

fn named(text: &str) -> String {
    let text = display_text(text);
    if text.is_empty() { "without a name".to_owned() } else { text }
}

/// Puts certificates in order for the key with this SubjectPublicKeyInfo.
pub(super) fn order(
    certificates: Vec<CertificateDer<'static>>,
    public_key: Option<&[u8]>,
    roots: &TrustedRoots,
) -> Result<Ordered, UploadError> {
    let mut rest =
        certificates.into_iter().map(Candidate::read).collect::<Result<Vec<Candidate>, UploadError>>()?;
    // Of several for the same key, the one that is valid for the longest: it was renewed.
    let own = (0..rest.len())
        .filter(|index| {
            let key = rest.get(*index).and_then(|candidate| subject_public_key_info(&candidate.der));
            key.is_some_and(|key| Some(key.as_ref()) == public_key)
        })
        .max_by_key(|index| rest.get(*index).map(|candidate| candidate.not_after));
    let Some(own) = own else {
        return Err(UploadError::KeyOfAnother { subjects: names(rest.iter().map(|one| &one.subject_text)) });
    };
    let mut chain = vec![rest.remove(own)];
    let mut checks = MAXIMUM_CHECKS;
    while chain.len() < MAXIMUM_CHAIN_CERTIFICATES {
        let Some(issuer) = chain.last().and_then(|last| issuer_of(last, &rest, &mut checks)) else { break };
        chain.push(rest.remove(issuer));
    }
    let end = end(&chain, roots);
    Ok(Ordered {
        subject: chain.first().map(|own| own.subject_text.clone()).unwrap_or_default(),
        chain: chain.into_iter().map(|candidate| candidate.der).collect(),
        unused: rest.into_iter().map(|candidate| candidate.der).collect(),
        end,
    })
}

/// The issuer among these certificates. A signature that cannot be checked counts less than one that fits, and of several
/// the one that is valid for the longest is best.
fn issuer_of(certificate: &Candidate, among: &[Candidate], checks: &mut usize) -> Option<usize> {
    if certificate.is_self_signed() {
        return None;
    }
    let mut best: Option<(bool, i64, usize)> = None;
    for (index, candidate) in among.iter().enumerate() {
        if candidate.subject != certificate.issuer {
            continue;
        }
        *checks = checks.checked_sub(1)?;
        let fits = match check_issuer(&certificate.der, &candidate.der) {
            SignatureCheck::Valid => true,
            SignatureCheck::Unsupported => false,
            SignatureCheck::Invalid => continue,
        };
        let found = (fits, candidate.not_after, index);
        if best.is_none_or(|best| (found.0, found.1) > (best.0, best.1)) {
            best = Some(found);
        }
    }
    best.map(|(_, _, index)| index)
}

/// Where a chain leads that is in order. None when one of its certificates cannot be read.
pub(super) fn end_of(chain: &[CertificateDer<'static>], roots: &TrustedRoots) -> Option<ChainEnd> {
    let chain: Vec<Candidate> = chain.iter().cloned().map(Candidate::read).collect::<Result<_, _>>().ok()?;
    Some(end(&chain, roots))
}

fn end(chain: &[Candidate], roots: &TrustedRoots) -> ChainEnd {
    // Agents leave a chain wherever they know a root.
    if chain.iter().any(|one| roots.contains(&one.der) || roots.include_issuer_of(&one.der)) {
        return ChainEnd::TrustedRoot;
    }
    let Some(last) = chain.last() else { return ChainEnd::TrustedRoot };
    if last.is_self_signed() {
        ChainEnd::OtherRoot { subject: last.subject_text.clone() }
    } else {
        ChainEnd::MissingIssuer { subject: last.issuer_text.clone(), address: address_of_issuer(&last.der) }
    }
}

/// Where the certificate of the issuer can be had.
fn address_of_issuer(der: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    for extension in certificate.extensions() {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else { continue };
        for description in &access.accessdescs {
            let GeneralName::URI(address) = &description.access_location else { continue };
            if description.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS
                && address.starts_with("http")
            {
                return Some(display_text(address));
            }
        }
    }
    None
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let all: Vec<String> = names.map(|name| format!("“{name}”")).collect();
    let shown = all.get(..MAXIMUM_NAMES).unwrap_or(&all).join(", ");
    match all.len().checked_sub(MAXIMUM_NAMES) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        Some(0) | None => shown,
    }
}

/// What the administrator should know. That a given root is not trusted here is left to the judgement of the chain.
pub(super) fn remarks(end: &ChainEnd, unused: &[CertificateDer<'static>]) -> Vec<String> {
    let mut remarks = Vec::new();
    if let ChainEnd::MissingIssuer { subject, address } = end {
        let where_from =
            address.as_ref().map(|address| format!(" It can be had from {address}.")).unwrap_or_default();
        remarks.push(format!(
            "The chain is not complete: the certificate of its issuer “{subject}” is missing.{where_from} Add it, and import all \
             of them again."
        ));
    }
    if !unused.is_empty() {
        let subjects: Vec<String> = unused
            .iter()
            .map(|der| {
                let read = X509Certificate::from_der(der);
                named(&read.map(|(_, certificate)| certificate.subject().to_string()).unwrap_or_default())
            })
            .collect();
        remarks.push(format!("Not used, because the chain does not need them: {}.", names(subjects.iter())));
    }
    remarks
}
