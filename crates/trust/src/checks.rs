//! What can be wrong with one certificate, looked at alone. Each question is answered on its own, so that one
//! problem never hides another.

use time::OffsetDateTime;
use x509_parser::extensions::KeyUsage;

use crate::algorithm::{Strength, describe_key, describe_signature, key_strength, signature_strength};
use crate::certificate::{Certificate, Role, key_purposes, purposes};
use crate::problem::Problem;

/// Whether the operating system trusts this very certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It does: nobody else has to vouch for it.
    Trusted,
    /// It rests on its issuers.
    Issued,
}

/// The server's own certificate, but for its name and its issuers.
pub(crate) fn server(leaf: &Certificate<'_>, standing: Standing, now: OffsetDateTime) -> Vec<Problem> {
    let mut problems = malformed(leaf);
    if now > leaf.not_after() {
        problems.push(Problem::Expired { not_after: leaf.not_after() });
    }
    if now < leaf.not_before() {
        problems.push(Problem::NotYetValid { not_before: leaf.not_before() });
    }
    if let Some(usage) = leaf.extended_key_usage()
        && !usage.server_auth
    {
        problems.push(Problem::WrongUsage { allowed: purposes(usage) });
    }
    if let Some(usage) = leaf.key_usage()
        && is_of_no_use_to_servers(usage)
    {
        problems.push(Problem::WrongKeyUsage { allowed: key_purposes(usage) });
    }
    // Self-made certificates are often an authority's. Where the operating system trusts one, that is meant; where it
    // does not, that it is self-made says the same already.
    if leaf.role() != Role::EndEntity && standing == Standing::Issued && !leaf.is_self_issued() {
        problems.push(Problem::AuthorityAsServer { subject: leaf.subject_text() });
    }
    if leaf.role() == Role::EndEntity && leaf.has_name_constraints() {
        problems.push(Problem::MisplacedNameConstraints);
    }
    problems.extend(conditions(leaf));
    problems.extend(key(leaf));
    if standing == Standing::Issued {
        problems.extend(signature_method(leaf));
    }
    problems
}

/// Whether a key is for nothing that servers do in any version of TLS.
///
/// That TLS 1.3 needs signatures (RFC 8446, section 4.4.2.2) and the key is for encryption only is a matter of advice,
/// because other verifiers let it pass.
fn is_of_no_use_to_servers(usage: KeyUsage) -> bool {
    !(usage.digital_signature()
        || usage.key_encipherment()
        || usage.key_agreement()
        || usage.encipher_only()
        || usage.decipher_only())
}

/// A certificate that has issued another one of the chain.
pub(crate) fn issuer(certificate: &Certificate<'_>, now: OffsetDateTime) -> Vec<Problem> {
    let reference = || certificate.reference();
    let mut problems = authority(certificate);
    if now > certificate.not_after() {
        problems
            .push(Problem::IssuerExpired { certificate: reference(), not_after: certificate.not_after() });
    }
    if now < certificate.not_before() {
        problems.push(Problem::IssuerNotYetValid {
            certificate: reference(),
            not_before: certificate.not_before(),
        });
    }
    if let Some(usage) = certificate.extended_key_usage()
        && !usage.server_auth
    {
        problems.push(Problem::IssuerWrongUsage { certificate: reference(), allowed: purposes(usage) });
    }
    problems
}

/// What the verification library does not ask of an issuer, together with what it does ask whatever the time.
pub(crate) fn authority(certificate: &Certificate<'_>) -> Vec<Problem> {
    let mut problems = malformed(certificate);
    match (certificate.role(), certificate.key_usage()) {
        (Role::EndEntity, _) => {
            problems.push(Problem::IssuerNotAuthority { certificate: certificate.reference() });
        }
        (Role::Authority { .. }, Some(usage)) if !usage.key_cert_sign() => {
            problems.push(Problem::IssuerMayNotSign { certificate: certificate.reference() });
        }
        (Role::Authority { .. }, _) => {}
    }
    problems.extend(conditions(certificate));
    problems.extend(key(certificate));
    problems.extend(signature_method(certificate));
    problems
}

fn malformed(certificate: &Certificate<'_>) -> Vec<Problem> {
    let details = certificate.malformations();
    if details.is_empty() {
        return Vec::new();
    }
    vec![Problem::Malformed { certificate: certificate.reference(), detail: details.join("; ") }]
}

/// Conditions that are not understood.
pub(crate) fn conditions(certificate: &Certificate<'_>) -> impl Iterator<Item = Problem> {
    certificate.unknown_critical_extensions().map(|identifier| Problem::UnknownCriticalExtension {
        certificate: certificate.reference(),
        identifier,
    })
}

/// The strength of its key.
pub(crate) fn key(certificate: &Certificate<'_>) -> Option<Problem> {
    let key = certificate.x509.public_key();
    match key_strength(key) {
        Strength::Good => None,
        Strength::Weak => {
            Some(Problem::WeakKey { certificate: certificate.reference(), key: describe_key(key) })
        }
        Strength::Unsupported => Some(Problem::UnsupportedAlgorithm {
            certificate: certificate.reference(),
            algorithm: describe_key(key),
        }),
    }
}

fn signature_method(certificate: &Certificate<'_>) -> Option<Problem> {
    let method = &certificate.x509.signature_algorithm;
    match signature_strength(method) {
        Strength::Good => None,
        Strength::Weak => Some(Problem::WeakSignature {
            certificate: certificate.reference(),
            algorithm: describe_signature(method),
        }),
        Strength::Unsupported => Some(Problem::UnsupportedAlgorithm {
            certificate: certificate.reference(),
            algorithm: describe_signature(method),
        }),
    }
}
