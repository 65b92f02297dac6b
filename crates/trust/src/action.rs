//! What an administrator wants to happen when a server's certificate is not valid.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The *Invalid Certificate Action* of an endpoint profile (specification).
///
/// Ordered by strictness: `Allow` < `Warn` < `Deny`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InvalidCertificateAction {
    /// Connect all the same.
    Allow,
    /// Let the person at the desk decide, and remember it when the answer is yes.
    #[default]
    Warn,
    /// Do not connect.
    Deny,
}

/// Text that names no invalid certificate action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not an invalid certificate action. Give allow, warn or deny.")]
pub struct UnknownActionError {
    text: String,
}

impl InvalidCertificateAction {
    /// Every action, the least strict first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Deny];

    /// How strict the action is: 0 for `Allow`, 1 for `Warn`, 2 for `Deny`.
    #[must_use]
    pub fn strictness(self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Warn => 1,
            Self::Deny => 2,
        }
    }

    /// The name in documents and on command lines, in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for InvalidCertificateAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for InvalidCertificateAction {
    type Err = UnknownActionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim().to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == wanted)
            .ok_or_else(|| UnknownActionError { text: crate::text::display_text(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_order_agree() {
        for (position, action) in InvalidCertificateAction::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(action.strictness()), position);
            assert_eq!(action.to_string().parse(), Ok(action));
            assert_eq!(serde_json::to_string(&action).unwrap(), format!("\"{action}\""));
        }
        assert!(InvalidCertificateAction::ALL.is_sorted());
        assert_eq!(InvalidCertificateAction::default(), InvalidCertificateAction::Warn);
        assert!("maybe".parse::<InvalidCertificateAction>().is_err());
    }
}
