//! Names under which strangers register their own (publicsuffix.org).

/// Whether the name, in lower-case ASCII, is a public suffix as a whole.
pub(crate) fn is_public_suffix(name: &str) -> bool {
    !name.contains('.') && name != "localhost"
}
