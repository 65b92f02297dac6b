//! A presented certificate, described when somebody looks at it.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use x509_parser::certificate::X509Certificate;

use crate::certificate::Certificate;
use crate::certificate_summary::CertificateSummary;
use crate::read::{parse, summarise};
use crate::signature::{self, SignatureCheck};

/// A certificate that a server presented. Cheap to clone.
///
/// Its fields are those of [`CertificateSummary`], and so is its form in documents. They are made when they are first
/// read: most certificates are valid, and nobody looks at them.
#[derive(Clone)]
pub struct PresentedCertificate(Arc<Contents>);

struct Contents {
    /// Empty when there is a summary from the beginning.
    der: CertificateDer<'static>,
    summary: OnceLock<CertificateSummary>,
}

impl PresentedCertificate {
    pub(crate) fn new(certificate: &Certificate<'_>) -> Self {
        Self(Arc::new(Contents { der: certificate.der.clone().into_owned(), summary: OnceLock::new() }))
    }

    /// The certificate itself. None where it was read from a document.
    pub(crate) fn read(&self) -> Option<X509Certificate<'_>> {
        parse(&self.0.der)
    }

    /// Whether this names `other` as its issuer, and the key there made the signature here. Not known, and so false,
    /// where one of them was read from a document.
    pub(crate) fn is_signed_by(&self, other: &Self) -> bool {
        let (Some(own), Some(issuer)) = (self.read(), other.read()) else { return false };
        own.issuer().as_raw() == issuer.subject().as_raw()
            && signature::check(&own, &issuer) == SignatureCheck::Valid
    }
}

impl Deref for PresentedCertificate {
    type Target = CertificateSummary;

    fn deref(&self) -> &CertificateSummary {
        self.0.summary.get_or_init(|| summarise(&self.0.der))
    }
}

impl From<CertificateSummary> for PresentedCertificate {
    fn from(summary: CertificateSummary) -> Self {
        let der = CertificateDer::from_slice(&[]);
        Self(Arc::new(Contents { der, summary: OnceLock::from(summary) }))
    }
}

impl PartialEq for PresentedCertificate {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for PresentedCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl Serialize for PresentedCertificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PresentedCertificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CertificateSummary::deserialize(deserializer).map(Self::from)
    }
}
