//! The verdict on the path: what the verification library accepts and what our own checks accept on top of it.

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath};

use crate::assess::Rules;
use crate::certificate::{Certificate, as_moment};
use crate::checks;
use crate::roots::TrustedRoots;

/// Searches a path from the server's certificate to a root. Our own checks of issuers and roots take part in the
/// search, so that a path that fails them does not hide one that passes.
///
/// Never less strict than webpki.
pub(crate) fn verify(
    rules: &Rules,
    leaf: &CertificateDer<'_>,
    presented: &[Certificate<'_>],
    roots: &TrustedRoots,
    now: UnixTime,
) -> Result<(), Error> {
    let checked = |path: &VerifiedPath<'_>| check_path(rules, path, presented, roots, now);
    let intermediates: Vec<CertificateDer<'_>> =
        presented.iter().map(|certificate| CertificateDer::from(certificate.der.as_ref())).collect();
    EndEntityCert::try_from(leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            roots.anchors(),
            &intermediates,
            now,
            KeyUsage::server_auth(),
            None,
            Some(&checked),
        )
        .map(|_| ())
}

fn check_path(
    rules: &Rules,
    path: &VerifiedPath<'_>,
    presented: &[Certificate<'_>],
    roots: &TrustedRoots,
    now: UnixTime,
) -> Result<(), Error> {
    let mut depth = 0;
    for issuer in path.intermediate_certificates() {
        let der = issuer.der();
        let certificate = presented
            .iter()
            .find(|certificate| certificate.der.as_ref() == der.as_ref())
            .ok_or(Error::BadDer)?;
        if !checks::authority(certificate).is_empty() {
            return Err(Error::UnknownIssuer);
        }
        depth += usize::from(!certificate.is_self_issued());
    }
    if depth > rules.maximum_depth {
        return Err(Error::UnknownIssuer);
    }
    let moment = as_moment(now);
    // The same authority may be there twice, once with an older certificate.
    if roots.same_as(path.anchor()).any(|root| root.is_suitable(moment)) {
        Ok(())
    } else {
        Err(Error::UnknownIssuer)
    }
}
