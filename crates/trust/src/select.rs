//! Which of the presented certificates are looked at: those that the server's own may rest on.

use rustls_pki_types::CertificateDer;

use crate::certificate::Certificate;
use crate::{MAXIMUM_CHAIN_BYTES, MAXIMUM_CHAIN_CERTIFICATES};

/// More presented certificates than this are not even read.
const MAXIMUM_READ: usize = 100;

/// The presented certificates, but for the server's own.
pub(crate) struct Presented<'a> {
    /// Those that the server's certificate may rest on, the nearest first.
    pub(crate) relevant: Vec<Certificate<'a>>,
    /// Readable, but not connected with the server's certificate by any name.
    pub(crate) unrelated: Vec<Certificate<'a>>,
    /// Places of those that cannot be read.
    pub(crate) unreadable: Vec<usize>,
    pub(crate) completeness: Completeness,
}

/// Whether everything that may matter was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    Complete,
    /// There was more than is looked at.
    Cut,
}

/// Follows the issuers' names from the server's certificate, nearest first, so that whatever else a server sends
/// neither costs time nor pushes out what matters.
pub(crate) fn select<'a>(leaf: &Certificate<'_>, chain: &'a [CertificateDer<'a>]) -> Presented<'a> {
    let mut unreadable = Vec::new();
    let mut unrelated = Vec::new();
    for (position, der) in chain.iter().enumerate().take(MAXIMUM_READ).skip(1) {
        match Certificate::read(der, Some(position)) {
            Some(certificate) => unrelated.push(certificate),
            None => unreadable.push(position),
        }
    }
    let mut completeness =
        if chain.len() > MAXIMUM_READ { Completeness::Cut } else { Completeness::Complete };
    let mut relevant: Vec<Certificate<'a>> = Vec::new();
    let mut bytes = leaf.der.len();
    let mut wanted = vec![leaf.issuer().to_vec()];
    let mut next = 0;
    while let Some(name) = wanted.get(next).cloned() {
        next += 1;
        let mut index = 0;
        while index < unrelated.len() {
            if unrelated[index].subject() != name {
                index += 1;
                continue;
            }
            let certificate = unrelated.remove(index);
            bytes = bytes.saturating_add(certificate.der.len());
            if relevant.len() + 1 >= MAXIMUM_CHAIN_CERTIFICATES || bytes > MAXIMUM_CHAIN_BYTES {
                completeness = Completeness::Cut;
                continue;
            }
            if !wanted.iter().any(|known| known == certificate.issuer()) {
                wanted.push(certificate.issuer().to_vec());
            }
            relevant.push(certificate);
        }
    }
    Presented { relevant, unrelated, unreadable, completeness }
}
