//! Whether a certificate bears the name of the server (RFC 9525).

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use crate::server_address::{DnsName, Host};
use crate::text::display_text;

/// The text of an iPAddress name: four or sixteen bytes; anything else is shown as bytes.
pub(crate) fn address_text(bytes: &[u8]) -> String {
    address(bytes).map_or_else(|| crate::fingerprint::colon_separated(bytes), |address| address.to_string())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// How the name of the server and the names of the certificate compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameMatch {
    /// A subject alternative name matches.
    AlternativeName,
    /// There are no names but the common name, and it matches.
    CommonName,
    /// Only wildcards over a whole public suffix match; this is the first of them.
    TooBroad(String),
    /// Nothing matches.
    None,
}

/// Whether name constraints occur anywhere in the presented chain. They bind subject alternative names only, so
/// with them a common name proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameConstraints {
    /// At least one certificate has them, or cannot be read.
    Present,
    /// No certificate has them.
    Absent,
}

/// Compares the host with the names that the certificate bears.
///
/// Any dNSName or iPAddress among the subject alternative names decides alone. Otherwise the common name counts,
/// for a DNS name only, when there is exactly one, it is a well-formed host name, and no name constraints occur.
pub(crate) fn match_host(
    certificate: &X509Certificate<'_>,
    host: &Host,
    constraints: NameConstraints,
) -> NameMatch {
    let mut deciding = false;
    let mut too_broad = None;
    match certificate.subject_alternative_name() {
        Ok(Some(extension)) => {
            for name in &extension.value.general_names {
                let Some(matched) = compare(name, host) else { continue };
                deciding = true;
                match matched {
                    PatternMatch::Yes => return NameMatch::AlternativeName,
                    PatternMatch::TooBroad => too_broad = too_broad.or(Some(name)),
                    PatternMatch::No => {}
                }
            }
        }
        Ok(None) => {}
        // Twice the same extension, or one that cannot be read: nothing in it may be relied on.
        Err(_) => return NameMatch::None,
    }
    if let Some(GeneralName::DNSName(pattern)) = too_broad {
        return NameMatch::TooBroad(display_text(pattern));
    }
    if deciding || constraints == NameConstraints::Present {
        return NameMatch::None;
    }
    let Host::Name(name) = host else {
        return NameMatch::None;
    };
    match common_name(certificate).map(|pattern| match_pattern(pattern, name.as_str())) {
        Some(PatternMatch::Yes) => NameMatch::CommonName,
        Some(PatternMatch::TooBroad) => {
            NameMatch::TooBroad(display_text(common_name(certificate).unwrap_or_default()))
        }
        Some(PatternMatch::No) | None => NameMatch::None,
    }
}

/// Compares one name of the certificate. Nothing for names of kinds that do not decide about servers.
fn compare(name: &GeneralName<'_>, host: &Host) -> Option<PatternMatch> {
    match (name, host) {
        (GeneralName::DNSName(pattern), Host::Name(name)) => Some(match_pattern(pattern, name.as_str())),
        (GeneralName::IPAddress(bytes), Host::Address(wanted)) if address(bytes) == Some(*wanted) => {
            Some(PatternMatch::Yes)
        }
        // Whatever cannot be read may have been a dNSName.
        (GeneralName::DNSName(_) | GeneralName::IPAddress(_) | GeneralName::Invalid(..), _) => {
            Some(PatternMatch::No)
        }
        (
            GeneralName::OtherName(..)
            | GeneralName::RFC822Name(_)
            | GeneralName::X400Address(_)
            | GeneralName::DirectoryName(_)
            | GeneralName::EDIPartyName(_)
            | GeneralName::URI(_)
            | GeneralName::RegisteredID(_),
            _,
        ) => None,
    }
}

/// The common name when there is exactly one.
pub(crate) fn common_name<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a str> {
    let mut names = certificate.subject().iter_common_name();
    match (names.next(), names.next()) {
        (Some(only), None) => only.as_str().ok(),
        _ => None,
    }
}

/// The common name when there is exactly one and it is a host name, perhaps with a wildcard, and not, say, the name of
/// a product.
pub(crate) fn host_in_common_name<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a str> {
    common_name(certificate).filter(|name| is_host_name(name.strip_prefix("*.").unwrap_or(name)))
}

/// Whether a DNS name of a certificate, possibly with a wildcard, is that of a host (RFC 9525, section 6.3). A wildcard
/// over a whole public suffix is not.
#[must_use]
pub fn certificate_name_matches(pattern: &str, host: &DnsName) -> bool {
    match_pattern(pattern, host.as_str()) == PatternMatch::Yes
}

/// How one name of a certificate compares with the wanted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatternMatch {
    /// It matches.
    Yes,
    /// It would match, but the wildcard stands over a whole public suffix.
    TooBroad,
    /// It does not match.
    No,
}

/// Compares a DNS name of a certificate, possibly with a wildcard, with a wanted name in lower-case ASCII.
///
/// The wildcard is a complete left-most label and stands for exactly one label (RFC 9525, section 6.3).
pub(crate) fn match_pattern(pattern: &str, wanted: &str) -> PatternMatch {
    if pattern.len() > 253 || !pattern.is_ascii() {
        return PatternMatch::No;
    }
    let Some(parent) = pattern.strip_prefix("*.") else {
        let same = pattern.eq_ignore_ascii_case(wanted) && is_host_name(pattern);
        return if same { PatternMatch::Yes } else { PatternMatch::No };
    };
    match wanted.split_once('.') {
        Some((label, rest)) if !label.is_empty() && rest.eq_ignore_ascii_case(parent) => {
            // Over a single label it would stand for whole top-level domains; nobody owns one.
            if !is_host_name(parent) || !parent.contains('.') {
                PatternMatch::No
            } else if crate::public_suffix::is_public_suffix(&parent.to_ascii_lowercase()) {
                PatternMatch::TooBroad
            } else {
                PatternMatch::Yes
            }
        }
        Some(_) | None => PatternMatch::No,
    }
}

/// A well-formed host name: labels of 1 to 63 letters, digits, hyphens and underscores, without a hyphen at either
/// end, the last one not of digits alone.
fn is_host_name(name: &str) -> bool {
    let labels_fit = name.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    let last = name.rsplit('.').next().unwrap_or_default();
    labels_fit && !last.bytes().all(|byte| byte.is_ascii_digit())
}
