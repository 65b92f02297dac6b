//! Whether revocation lists make a difference to a chain.

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use serde_json::Value;
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, Error, KeyUsage, RevocationOptions,
    RevocationOptionsBuilder,
};

/// Compares webpki's verdicts with and without the lists. One that it cannot read or use makes a difference.
///
/// That a case has lists does not tell: in PKITS every authority has one, whatever the case is about.
pub(crate) fn matters(
    chain: &[CertificateDer<'_>],
    roots: &[CertificateDer<'_>],
    lists: &[Value],
    time: UnixTime,
) -> bool {
    if lists.is_empty() {
        return false;
    }
    let read = |list: &Value| {
        let der = CertificateRevocationListDer::from_pem_slice(list.as_str()?.as_bytes()).ok()?;
        Some(CertRevocationList::from(BorrowedCertRevocationList::from_der(&der).ok()?.to_owned().ok()?))
    };
    let Some(lists) = lists.iter().map(read).collect::<Option<Vec<_>>>() else { return true };
    let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
    let Ok(options) = RevocationOptionsBuilder::new(&lists) else { return true };
    verify(chain, roots, time, Some(options.build())).is_ok() != verify(chain, roots, time, None).is_ok()
}

fn verify(
    chain: &[CertificateDer<'_>],
    roots: &[CertificateDer<'_>],
    time: UnixTime,
    revocation: Option<RevocationOptions<'_>>,
) -> Result<(), Error> {
    let (leaf, intermediates) = chain.split_first().ok_or(Error::UnknownIssuer)?;
    let anchors = roots.iter().map(webpki::anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>()?;
    EndEntityCert::try_from(leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            intermediates,
            time,
            KeyUsage::server_auth(),
            revocation,
            None,
        )
        .map(|_| ())
}
