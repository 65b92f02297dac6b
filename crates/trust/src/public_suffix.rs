//! Names under which strangers register their own (publicsuffix.org).

use psl::Type;

/// Whether a wildcard over this name, in lower-case ASCII, would fit the servers of strangers.
///
/// Suffixes of the list's private section do not count: their owners have certificates for all names below.
pub(crate) fn is_public_suffix(name: &str) -> bool {
    psl::suffix(name.as_bytes())
        .is_some_and(|suffix| suffix.typ() == Some(Type::Icann) && suffix.as_bytes() == name.as_bytes())
}

/// The part of a host name that somebody registered, such as `example.co.uk`. None for a name of a single label and
/// for what is no host name.
pub(crate) fn registrable_domain(name: &str) -> Option<&str> {
    psl::domain_str(name).filter(|domain| domain.contains('.'))
}

/// As [`registrable_domain`], and none below a suffix that is not on the list: nobody registers names there.
pub(crate) fn registered_domain(name: &str) -> Option<&str> {
    let known = psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    registrable_domain(name).filter(|_| known)
}
