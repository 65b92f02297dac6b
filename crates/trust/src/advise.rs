//! Advice about certificates that are accepted all the same.

use std::net::IpAddr;

use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_POLICY_CONSTRAINTS, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};

use crate::advice::{Advice, AdviceKind};
use crate::certificate::{Certificate, Role};
use crate::names::{NameConstraints, NameMatch, common_name, host_in_common_name, match_host};
use crate::roots::TrustedRoots;
use crate::server_address::ServerAddress;

/// Serial numbers have at most so many bytes (RFC 5280, section 4.1.2.2).
const MAXIMUM_SERIAL_BYTES: usize = 20;

/// What a careful administrator would improve in the chain and in the roots that may have issued it.
pub(crate) fn advise(
    leaf: &Certificate<'_>,
    others: &[Certificate<'_>],
    roots: &TrustedRoots,
    server: &ServerAddress,
) -> Vec<Advice> {
    let mut advice = about(leaf, server_kinds(leaf, server));
    for certificate in std::iter::once(leaf).chain(others) {
        advice.extend(about_any(certificate));
        for root in roots.with_subject(certificate.issuer()) {
            advice.extend_from_slice(&root.advice);
        }
    }
    advice.sort();
    advice.dedup();
    advice
}

/// What concerns any certificate, a root too.
pub(crate) fn about_any(certificate: &Certificate<'_>) -> Vec<Advice> {
    about(certificate, kinds(certificate))
}

fn about(certificate: &Certificate<'_>, kinds: Vec<AdviceKind>) -> Vec<Advice> {
    kinds.into_iter().map(|kind| Advice { kind, certificate: certificate.reference() }).collect()
}

/// What concerns the server's own certificate only.
fn server_kinds(leaf: &Certificate<'_>, server: &ServerAddress) -> Vec<AdviceKind> {
    use AdviceKind as Kind;
    let mut kinds = Vec::new();
    let names = leaf.alternative_names();
    let has_names =
        names.iter().any(|name| matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_)));
    if !has_names && match_host(&leaf.x509, server.host(), NameConstraints::Absent) == NameMatch::CommonName {
        kinds.push(Kind::NameInCommonNameOnly);
    }
    if common_name_is_alone(leaf, names) {
        kinds.push(Kind::CommonNameNotAmongNames);
    }
    if names.iter().filter_map(dns_name).any(|name| name.contains('_')) {
        kinds.push(Kind::UnderscoreInName);
    }
    if leaf.extended_key_usage().is_some_and(|usage| usage.any) {
        kinds.push(Kind::PurposeTooWide);
    }
    if leaf.key_usage().is_some_and(|usage| !usage.digital_signature()) {
        kinds.push(Kind::KeyUsageWithoutSignature);
    }
    kinds
}

/// What concerns every certificate.
fn kinds(certificate: &Certificate<'_>) -> Vec<AdviceKind> {
    use AdviceKind as Kind;
    let mut kinds = Vec::new();
    if !is_root(certificate) && !has_fit_serial(certificate.x509.raw_serial()) {
        kinds.push(Kind::SerialNumberUnfit);
    }
    let is_authority = matches!(certificate.role(), Role::Authority { .. });
    let has_subject = certificate.x509.subject().iter().next().is_some();
    if is_authority && !has_subject {
        kinds.push(Kind::AuthorityWithoutName);
    }
    if !is_authority && certificate.key_usage().is_some_and(|usage| usage.key_cert_sign()) {
        kinds.push(Kind::SigningWithoutAuthority);
    }
    if let Ok(Some(names)) = certificate.x509.subject_alternative_name()
        && names.critical == has_subject
    {
        kinds.push(Kind::NamesWronglyMarked);
    }
    kinds.extend(key_identifiers(certificate, is_authority));
    for extension in certificate.x509.iter_extensions() {
        kinds.extend(criticality(extension, is_authority));
        let parsed = extension.parsed_extension();
        if matches!(parsed, ParsedExtension::ParseError { .. }) {
            kinds.push(Kind::UnreadableExtension);
        }
        if let ParsedExtension::NameConstraints(constraints) = parsed {
            let subtrees = [&constraints.permitted_subtrees, &constraints.excluded_subtrees];
            let mut bases = subtrees.into_iter().flatten().flatten().map(|subtree| &subtree.base);
            if bases.any(|base| matches!(base, GeneralName::DNSName(name) if name.starts_with('.'))) {
                kinds.push(Kind::NameConstraintWithPeriod);
            }
        }
    }
    kinds
}

fn key_identifiers(certificate: &Certificate<'_>, is_authority: bool) -> Vec<AdviceKind> {
    let mut kinds = Vec::new();
    let extensions = || certificate.x509.iter_extensions().map(X509Extension::parsed_extension);
    let subject_key = extensions().find_map(|extension| {
        if let ParsedExtension::SubjectKeyIdentifier(identifier) = extension {
            Some(identifier)
        } else {
            None
        }
    });
    if is_authority && subject_key.is_none() {
        kinds.push(AdviceKind::SubjectKeyIdentifierMissing);
    }
    let authority_key = extensions().find_map(|extension| {
        if let ParsedExtension::AuthorityKeyIdentifier(identifier) = extension {
            Some(identifier)
        } else {
            None
        }
    });
    match authority_key {
        None if certificate.is_self_issued() => {}
        None => kinds.push(AdviceKind::AuthorityKeyIdentifierMissing),
        Some(named) => {
            let by_name = named.authority_cert_issuer.is_some() || named.authority_cert_serial.is_some();
            let differs = is_root(certificate)
                && certificate.is_self_issued()
                && subject_key.is_some_and(|own| named.key_identifier.as_ref() != Some(own));
            if named.key_identifier.is_none() || by_name || differs {
                kinds.push(AdviceKind::AuthorityKeyIdentifierUnfit);
            }
        }
    }
    kinds
}

fn criticality(extension: &X509Extension<'_>, is_authority: bool) -> Option<AdviceKind> {
    let identifier = &extension.oid;
    let must_not_be = [
        OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
        OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
        OID_X509_EXT_EXTENDED_KEY_USAGE,
    ];
    if extension.critical {
        return must_not_be.contains(identifier).then_some(AdviceKind::WronglyCritical);
    }
    let must_be = *identifier == OID_X509_EXT_POLICY_CONSTRAINTS
        || (is_authority && *identifier == OID_X509_EXT_BASIC_CONSTRAINTS);
    must_be.then_some(AdviceKind::NotCritical)
}

fn has_fit_serial(serial: &[u8]) -> bool {
    let negative = serial.first().is_some_and(|first| first & 0x80 != 0);
    let zero = serial.iter().all(|byte| *byte == 0);
    !negative && !zero && serial.len() <= MAXIMUM_SERIAL_BYTES
}

/// The operating system's, not one that the server presented.
fn is_root(certificate: &Certificate<'_>) -> bool {
    certificate.position.is_none()
}

/// Whether the common name is what a server can be called, and not, say, the name of a product, and differs from all
/// names of its kind.
fn common_name_is_alone(leaf: &Certificate<'_>, names: &[GeneralName<'_>]) -> bool {
    if let Some(address) = common_name(&leaf.x509).filter(|name| name.parse::<IpAddr>().is_ok()) {
        let mut addresses = names.iter().filter_map(address_of).peekable();
        return addresses.peek().is_some() && !addresses.any(|name| name == address);
    }
    let Some(host) = host_in_common_name(&leaf.x509) else { return false };
    let mut hosts = names.iter().filter_map(dns_name).peekable();
    hosts.peek().is_some() && !hosts.any(|name| name.strip_prefix("*.") == Some(host) || name == host)
}

fn dns_name<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    if let GeneralName::DNSName(name) = name { Some(name) } else { None }
}

/// In the one canonical form (RFC 5952).
fn address_of(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::IPAddress(bytes) = name { Some(crate::names::address_text(bytes)) } else { None }
}
