//! A certificate of the presented chain or of the operating system, read once and asked many times.

use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, KeyUsage, NameConstraints, ParsedExtension};
use x509_parser::oid_registry::{
    OID_PKIX_AUTHORITY_INFO_ACCESS, OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_CRL_DISTRIBUTION_POINTS, OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE,
    OID_X509_EXT_NAME_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};
use x509_parser::x509::X509Version;

use crate::problem::CertificateReference;
use crate::read::{moment, parse};
use crate::text::display_text;

/// A certificate that could be read.
#[derive(Debug)]
pub(crate) struct Certificate<'a> {
    pub(crate) der: &'a CertificateDer<'a>,
    pub(crate) x509: X509Certificate<'a>,
    /// Its place in the presented chain.
    pub(crate) position: Option<usize>,
}

/// Basic constraints (RFC 5280, section 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// May issue certificates, with at most so many authorities below it.
    Authority { path_length: Option<u32> },
    /// May not issue certificates.
    EndEntity,
}

impl<'a> Certificate<'a> {
    pub(crate) fn read(der: &'a CertificateDer<'a>, position: Option<usize>) -> Option<Self> {
        Some(Self { der, x509: parse(der)?, position })
    }

    pub(crate) fn reference(&self) -> CertificateReference {
        CertificateReference {
            position: self.position,
            subject: display_text(&self.x509.subject().to_string()),
        }
    }

    pub(crate) fn subject_text(&self) -> String {
        display_text(&self.x509.subject().to_string())
    }

    pub(crate) fn issuer_text(&self) -> String {
        display_text(&self.x509.issuer().to_string())
    }

    pub(crate) fn subject(&self) -> &[u8] {
        self.x509.subject().as_raw()
    }

    pub(crate) fn issuer(&self) -> &[u8] {
        self.x509.issuer().as_raw()
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    /// Same subject and same key: another certificate of the same authority.
    pub(crate) fn is_same_entity(&self, other: &Self) -> bool {
        self.subject() == other.subject() && self.x509.public_key().raw == other.x509.public_key().raw
    }

    pub(crate) fn not_before(&self) -> OffsetDateTime {
        moment(self.x509.validity().not_before)
    }

    pub(crate) fn not_after(&self) -> OffsetDateTime {
        moment(self.x509.validity().not_after)
    }

    pub(crate) fn role(&self) -> Role {
        match self.x509.basic_constraints() {
            Ok(Some(constraints)) if constraints.value.ca => {
                Role::Authority { path_length: constraints.value.path_len_constraint }
            }
            Ok(_) | Err(_) => Role::EndEntity,
        }
    }

    pub(crate) fn key_usage(&self) -> Option<KeyUsage> {
        self.x509.key_usage().ok().flatten().map(|extension| *extension.value)
    }

    pub(crate) fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage<'_>> {
        self.x509.extended_key_usage().ok().flatten().map(|extension| extension.value)
    }

    pub(crate) fn name_constraints(&self) -> Option<&NameConstraints<'_>> {
        self.x509.name_constraints().ok().flatten().map(|extension| extension.value)
    }

    /// Whether it bears name constraints, readable or not.
    pub(crate) fn has_name_constraints(&self) -> bool {
        self.x509.iter_extensions().any(|extension| extension.oid == OID_X509_EXT_NAME_CONSTRAINTS)
    }

    /// The names that it is for. Empty too when they cannot be read.
    pub(crate) fn alternative_names(&self) -> &[GeneralName<'_>] {
        match self.x509.subject_alternative_name() {
            Ok(Some(extension)) => &extension.value.general_names,
            Ok(None) | Err(_) => &[],
        }
    }

    /// Conditions that must be understood (RFC 5280, section 4.2) and that neither this program nor the verification
    /// library evaluates, as object identifiers.
    pub(crate) fn unknown_critical_extensions(&self) -> impl Iterator<Item = String> {
        let known = [
            OID_X509_EXT_BASIC_CONSTRAINTS,
            OID_X509_EXT_CRL_DISTRIBUTION_POINTS,
            OID_X509_EXT_EXTENDED_KEY_USAGE,
            OID_X509_EXT_KEY_USAGE,
            OID_X509_EXT_NAME_CONSTRAINTS,
            OID_X509_EXT_SUBJECT_ALT_NAME,
        ];
        self.x509
            .iter_extensions()
            .filter(move |extension| extension.critical && !known.contains(&extension.oid))
            .map(|extension| display_text(&extension.oid.to_id_string()))
    }

    fn has_extension_twice(&self) -> bool {
        let mut identifiers: Vec<&[u8]> =
            self.x509.iter_extensions().map(|extension| extension.oid.as_bytes()).collect();
        identifiers.sort_unstable();
        identifiers.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// What breaks the rules for certificates (RFC 5280, section 4.1 and 4.2), in words for experts.
    pub(crate) fn malformations(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.x509.version() != X509Version::V3 {
            found.push(format!(
                "X.509 version {}, which cannot say what it is for",
                self.x509.version().0.saturating_add(1)
            ));
        }
        if self.x509.signature_algorithm != self.x509.tbs_certificate.signature {
            found.push("two different signature methods".to_owned());
        }
        if self.not_before() > self.not_after() {
            found.push("its end lies before its beginning".to_owned());
        }
        if self.has_extension_twice() {
            found.push("the same extension twice".to_owned());
        }
        for extension in self.x509.iter_extensions() {
            let parsed = extension.parsed_extension();
            let unreadable =
                matches!(parsed, ParsedExtension::ParseError { .. }) && is_relied_on(&extension.oid);
            let unreadable = unreadable || is_empty(parsed);
            if unreadable {
                found.push(format!("the extension {} cannot be read", extension.oid.to_id_string()));
            }
        }
        found
    }
}

/// Extensions on which a verdict rests or that say who issued the certificate; an unreadable one of another kind is a
/// blemish.
fn is_relied_on(identifier: &x509_parser::der_parser::oid::Oid<'_>) -> bool {
    [
        OID_PKIX_AUTHORITY_INFO_ACCESS,
        OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
        OID_X509_EXT_BASIC_CONSTRAINTS,
        OID_X509_EXT_CRL_DISTRIBUTION_POINTS,
        OID_X509_EXT_EXTENDED_KEY_USAGE,
        OID_X509_EXT_KEY_USAGE,
        OID_X509_EXT_NAME_CONSTRAINTS,
        OID_X509_EXT_SUBJECT_ALT_NAME,
        OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
    ]
    .contains(identifier)
}

/// Lists without an entry (RFC 5280 asks for at least one).
fn is_empty(extension: &ParsedExtension<'_>) -> bool {
    if let ParsedExtension::ExtendedKeyUsage(usage) = extension {
        purposes(usage).is_empty()
    } else if let ParsedExtension::SubjectAlternativeName(names) = extension {
        names.general_names.is_empty()
    } else if let ParsedExtension::NameConstraints(constraints) = extension {
        let none = |list: &Option<Vec<_>>| list.as_ref().is_none_or(Vec::is_empty);
        none(&constraints.permitted_subtrees) && none(&constraints.excluded_subtrees)
    } else {
        false
    }
}

/// What a certificate may be used for, in words where there are some.
pub(crate) fn purposes(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let named = [
        (usage.any, "any purpose"),
        (usage.server_auth, "servers"),
        (usage.client_auth, "clients"),
        (usage.code_signing, "signing programs"),
        (usage.email_protection, "e-mail"),
        (usage.time_stamping, "time stamps"),
        (usage.ocsp_signing, "certificate status"),
    ];
    let named = named.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    named
        .chain(usage.other.iter().map(|identifier| display_text(&identifier.to_id_string())))
        .take(20)
        .collect()
}

/// What a key may be used for, in words.
pub(crate) fn key_purposes(usage: KeyUsage) -> Vec<String> {
    [
        (usage.digital_signature(), "signatures"),
        (usage.non_repudiation(), "binding signatures"),
        (usage.key_encipherment(), "encrypting keys"),
        (usage.data_encipherment(), "encrypting data"),
        (usage.key_agreement(), "agreeing on keys"),
        (usage.key_cert_sign(), "signing certificates"),
        (usage.crl_sign(), "signing revocation lists"),
        (usage.encipher_only(), "encryption only"),
        (usage.decipher_only(), "decryption only"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, name)| name.to_owned())
    .collect()
}

/// The time as certificates have it.
pub(crate) fn as_moment(now: UnixTime) -> OffsetDateTime {
    i64::try_from(now.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(time::macros::datetime!(9999-12-31 23:59:59 UTC))
}
