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

/// The kinds of advice. Its text form is [`AdviceKind::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceKind {
    /// The host name stands in the common name only, not among the subject alternative names (RFC 9525, section 2).
    NameInCommonNameOnly,
    /// The common name is not among the subject alternative names (CA/Browser Forum, section 7.1.4.3).
    CommonNameNotAmongNames,
}

impl AdviceKind {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NameInCommonNameOnly => "name_in_common_name_only",
            Self::CommonNameNotAmongNames => "common_name_not_among_names",
        }
    }
}
