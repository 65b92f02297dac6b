//! What a careful administrator would improve in a certificate that is nevertheless accepted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::CertificateReference;

/// A departure from RFC 5280 or from the rules of public authorities that browsers and OpenSSL let pass, and that
/// self-made company authorities commonly show. Never makes a certificate invalid.
///
/// Its text form is a sentence for administrators.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Advice {
    /// What is to be improved.
    pub kind: AdviceKind,
    /// In which certificate.
    pub certificate: CertificateReference,
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $code:literal, $sentence:literal;)+) => {
        /// The kinds of advice, each with a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum AdviceKind {
            $($(#[$doc])+ #[serde(rename = $code)] $kind,)+
        }

        impl AdviceKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$kind => $code,)+
                }
            }

            const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$kind => $sentence,)+
                }
            }
        }
    };
}

kinds! {
    /// The host name stands in the common name only, not among the subject alternative names (RFC 9525, section 2).
    NameInCommonNameOnly = "name_in_common_name_only",
        "The host name stands in the common name only. Put it among the subject alternative names: most programs look nowhere else.";
    /// The common name is a host name or an address that is not among the subject alternative names of its kind in the
    /// same spelling (CA/Browser Forum baseline requirements, section 7.1.4.3), nor the domain of a wildcard there.
    CommonNameNotAmongNames = "common_name_not_among_names",
        "The common name is not among the subject alternative names, so it counts for nothing.";
    /// A DNS name with an underscore (RFC 5280, section 4.2.1.6; RFC 1034, section 3.5).
    UnderscoreInName = "underscore_in_name",
        "A name has an underscore, which host names must not have. Some programs refuse it.";
    /// Subject alternative names are critical though there is a subject (RFC 5280, section 4.2.1.6), or not critical
    /// though there is none.
    NamesWronglyMarked = "names_wrongly_marked",
        "The subject alternative names must be marked critical exactly when the subject is empty.";
    /// The extended key usage allows any purpose.
    PurposeTooWide = "purpose_too_wide",
        "It may be used for any purpose. Restrict its extended key usage to serverAuth.";
    /// The key usage lacks digitalSignature, which TLS 1.3 asks for (RFC 8446, section 4.4.2.2).
    KeyUsageWithoutSignature = "key_usage_without_signature",
        "Its key usage lacks digitalSignature, which TLS 1.3 asks for.";
    /// The key usage has keyCertSign, but the certificate is no authority's (RFC 5280, section 4.2.1.9).
    SigningWithoutAuthority = "signing_without_authority",
        "Its key usage allows it to sign certificates, though it is not an authority's.";
    /// Not self-issued and without an authority key identifier (RFC 5280, section 4.2.1.1).
    AuthorityKeyIdentifierMissing = "authority_key_identifier_missing",
        "It does not name the key of its issuer (authority key identifier), which makes renewing the issuer's key harder.";
    /// The authority key identifier has no key identifier, names the issuer by name and number, or, in a root, is
    /// another one than the subject key identifier.
    AuthorityKeyIdentifierUnfit = "authority_key_identifier_unfit",
        "Its authority key identifier is not the identifier of its issuer's key.";
    /// An authority without a subject key identifier (RFC 5280, section 4.2.1.2).
    SubjectKeyIdentifierMissing = "subject_key_identifier_missing",
        "It is an authority's and has no subject key identifier.";
    /// Critical, though RFC 5280 (sections 4.2.1.1, 4.2.1.2 and 4.2.2.1) or the CA/Browser Forum forbid it.
    WronglyCritical = "wrongly_critical",
        "An extension is marked critical that must not be. Some programs refuse it.";
    /// Basic constraints of an authority or policy constraints that are not critical, though RFC 5280 (sections 4.2.1.9
    /// and 4.2.1.11) asks for it. Name constraints need not be (CA/Browser Forum baseline requirements, section
    /// 7.1.2.5.2).
    NotCritical = "not_critical",
        "A restriction is not marked critical, so that programs that do not know it ignore it.";
    /// A serial number that is zero, negative, or longer than 20 bytes (RFC 5280, section 4.1.2.2). Roots are exempt:
    /// some that all computers trust have zero, and nobody looks one up by it.
    SerialNumberUnfit = "serial_number_unfit",
        "Its serial number is zero, negative, or longer than 20 bytes.";
    /// An authority with an empty subject (RFC 5280, section 4.1.2.6).
    AuthorityWithoutName = "authority_without_name",
        "It is an authority's and has no subject.";
    /// A DNS name constraint that begins with a period, which RFC 5280 (section 4.2.1.10) does not know.
    NameConstraintWithPeriod = "name_constraint_with_period",
        "A name constraint begins with a period. Programs do not agree on what that means.";
    /// An extension that cannot be read, on which no verdict rests.
    UnreadableExtension = "unreadable_extension",
        "It has an extension that cannot be read.";
}

impl fmt::Display for Advice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.sentence())
    }
}
