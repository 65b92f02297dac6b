//! What an administrator is called.

use std::fmt;

use thiserror::Error;

/// The longest name, in characters.
const MAXIMUM: usize = 64;

/// The name with which somebody signs in: letters, digits and `. - _ @ +`. Has no spaces, so that in the audit it cannot be
/// taken for anything but a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdministratorName(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A name has 1 to {MAXIMUM} letters, digits and the characters . - _ @ +, without spaces.")]
pub(crate) struct AdministratorNameError;

fn fits(character: char) -> bool {
    character.is_alphanumeric() || ".-_@+".contains(character)
}

impl AdministratorName {
    /// Takes a name; spaces around it do not count.
    pub(crate) fn new(text: &str) -> Result<Self, AdministratorNameError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAXIMUM || !text.chars().all(fits) {
            return Err(AdministratorNameError);
        }
        Ok(Self(text.to_owned()))
    }

    /// A name for what somebody is called elsewhere: what does not fit is left out.
    pub(crate) fn from_elsewhere(text: &str) -> Option<Self> {
        let fitting: String =
            text.trim().chars().filter(|character| fits(*character)).take(MAXIMUM).collect();
        Self::new(&fitting).ok()
    }

    /// The name with a number behind it; the first is the name itself.
    pub(crate) fn numbered(&self, number: u32) -> Self {
        if number <= 1 {
            return self.clone();
        }
        let suffix = format!("-{number}");
        let name: String = self.0.chars().take(MAXIMUM - suffix.len()).collect();
        Self(name + &suffix)
    }

    /// Names that differ in case only are the same person's.
    pub(crate) fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AdministratorName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_spaces() {
        for (text, fits) in [
            ("anna", true),
            (" Anna.Berg@example.org ", true),
            ("Ümit-2", true),
            ("", false),
            ("the server", false),
            ("a\u{202e}b", false),
            ("a\0", false),
            ("<b>", false),
        ] {
            assert_eq!(AdministratorName::new(text).is_ok(), fits, "{text:?}");
        }
        assert!(AdministratorName::new(&"a".repeat(65)).is_err());
        assert_eq!(AdministratorName::new("Anna").unwrap().key(), "anna");
    }

    #[test]
    fn names_from_elsewhere_are_made_to_fit() {
        for (text, expected) in [
            ("Anna Berg", Some("AnnaBerg")),
            ("anna@example.org", Some("anna@example.org")),
            ("<b>the server</b>", Some("btheserverb")),
            (" \u{202e} ", None),
        ] {
            let name = AdministratorName::from_elsewhere(text);
            assert_eq!(name.as_ref().map(AdministratorName::as_str), expected, "{text:?}");
        }
        let long = AdministratorName::from_elsewhere(&"ä".repeat(100)).unwrap();
        for number in [1, 2, 1000] {
            assert!(AdministratorName::new(long.numbered(number).as_str()).is_ok(), "{number}");
        }
        assert_eq!(long.numbered(1), long);
        assert!(long.numbered(12).as_str().ends_with("ä-12"));
    }
}
