//! Whether an authority's name constraints forbid the names of a certificate below it (RFC 5280, section 4.2.1.10).
//! Only to explain: the verdict is webpki's.

use x509_parser::extensions::{GeneralName, NameConstraints};

use crate::certificate::Certificate;

/// Whether a name of `certificate` is outside what `issuer` may issue for.
pub(crate) fn forbid(issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> bool {
    let Some(constraints) = issuer.name_constraints() else { return false };
    let subject = GeneralName::DirectoryName(certificate.x509.subject().clone());
    let has_subject = certificate.x509.subject().iter().next().is_some();
    let names = certificate.alternative_names().iter().chain(has_subject.then_some(&subject));
    names.into_iter().any(|name| forbids_name(constraints, name))
}

fn forbids_name(constraints: &NameConstraints<'_>, name: &GeneralName<'_>) -> bool {
    let excluded = constraints.excluded_subtrees.iter().flatten();
    if excluded.filter_map(|subtree| within(name, &subtree.base)).any(|within| within) {
        return true;
    }
    // A name of a kind for which nothing is permitted by name is not bound.
    let mut permitted = constraints
        .permitted_subtrees
        .iter()
        .flatten()
        .filter_map(|subtree| within(name, &subtree.base))
        .peekable();
    permitted.peek().is_some() && !permitted.any(|within| within)
}

/// Whether a name lies in a subtree; nothing when they are of different kinds.
fn within(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Option<bool> {
    match (name, base) {
        (GeneralName::DNSName(name), GeneralName::DNSName(base)) => Some(dns_within(name, base)),
        (GeneralName::IPAddress(address), GeneralName::IPAddress(range)) => {
            Some(address_within(address, range))
        }
        (GeneralName::DirectoryName(name), GeneralName::DirectoryName(base)) => {
            let mut parts = name.iter();
            Some(base.iter().all(|wanted| parts.next() == Some(wanted)))
        }
        _ => None,
    }
}

fn dns_within(name: &str, base: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name).to_ascii_lowercase();
    let base = base.strip_prefix('.').unwrap_or(base).to_ascii_lowercase();
    base.is_empty() || name == base || name.strip_suffix(&base).is_some_and(|rest| rest.ends_with('.'))
}

/// A range is an address followed by a mask of the same length.
fn address_within(address: &[u8], range: &[u8]) -> bool {
    if range.len() != address.len() * 2 {
        return false;
    }
    let (base, mask) = range.split_at(address.len());
    address.iter().zip(base).zip(mask).all(|((own, base), mask)| own & mask == base & mask)
}
