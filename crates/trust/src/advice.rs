//! What a careful administrator would improve in a certificate that is nevertheless accepted.

use serde::{Deserialize, Serialize};

use crate::problem::CertificateReference;

/// A departure from RFC 5280 or from the rules of public authorities that browsers and OpenSSL let pass, and that
/// self-made company authorities commonly show. Never makes a certificate invalid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Advice {
    /// What is to be improved.
    pub kind: AdviceKind,
    /// In which certificate.
    pub certificate: CertificateReference,
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $code:literal;)+) => {
        /// The kinds of advice, each with a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
        }
    };
}

kinds! {
    /// The host name stands in the common name only, not among the subject alternative names (RFC 9525, section 2).
    NameInCommonNameOnly = "name_in_common_name_only";
    /// The common name is a host name or an address that is not among the subject alternative names of its kind in the
    /// same spelling (CA/Browser Forum baseline requirements, section 7.1.4.3), nor the domain of a wildcard there.
    CommonNameNotAmongNames = "common_name_not_among_names";
    /// A DNS name with an underscore (RFC 5280, section 4.2.1.6; RFC 1034, section 3.5).
    UnderscoreInName = "underscore_in_name";
    /// Subject alternative names are critical though there is a subject (RFC 5280, section 4.2.1.6), or not critical
    /// though there is none.
    NamesWronglyMarked = "names_wrongly_marked";
    /// The extended key usage allows any purpose.
    PurposeTooWide = "purpose_too_wide";
    /// The key usage lacks digitalSignature, which TLS 1.3 asks for (RFC 8446, section 4.4.2.2).
    KeyUsageWithoutSignature = "key_usage_without_signature";
    /// The key usage has keyCertSign, but the certificate is no authority's (RFC 5280, section 4.2.1.9).
    SigningWithoutAuthority = "signing_without_authority";
    /// Not self-issued and without an authority key identifier (RFC 5280, section 4.2.1.1).
    AuthorityKeyIdentifierMissing = "authority_key_identifier_missing";
    /// The authority key identifier has no key identifier, names the issuer by name and number, or, in a root, is
    /// another one than the subject key identifier.
    AuthorityKeyIdentifierUnfit = "authority_key_identifier_unfit";
    /// An authority without a subject key identifier (RFC 5280, section 4.2.1.2).
    SubjectKeyIdentifierMissing = "subject_key_identifier_missing";
    /// Critical, though RFC 5280 (sections 4.2.1.1, 4.2.1.2 and 4.2.2.1) or the CA/Browser Forum forbid it.
    WronglyCritical = "wrongly_critical";
    /// Basic constraints of an authority or policy constraints that are not critical, though RFC 5280 (sections 4.2.1.9
    /// and 4.2.1.11) asks for it. Name constraints need not be (CA/Browser Forum baseline requirements, section
    /// 7.1.2.5.2).
    NotCritical = "not_critical";
    /// A serial number that is zero, negative, or longer than 20 bytes (RFC 5280, section 4.1.2.2). Roots are exempt:
    /// some that all computers trust have zero, and nobody looks one up by it.
    SerialNumberUnfit = "serial_number_unfit";
    /// An authority with an empty subject (RFC 5280, section 4.1.2.6).
    AuthorityWithoutName = "authority_without_name";
    /// A DNS name constraint that begins with a period, which RFC 5280 (section 4.2.1.10) does not know.
    NameConstraintWithPeriod = "name_constraint_with_period";
    /// An extension that cannot be read, on which no verdict rests.
    UnreadableExtension = "unreadable_extension";
}
