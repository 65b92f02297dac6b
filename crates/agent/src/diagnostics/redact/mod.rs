//! Takes out of a text what is nobody else's business: the one place where that is decided.
//!
//! | What | becomes |
//! |---|---|
//! | secrets of the configuration, wherever they stand | `<secret>` |
//! | values of `password=`, `token:`, `Authorization:` and the like; bearer and basic credentials | `<secret>` |
//! | user and password within a URL | `<credentials>` |
//! | private keys | `<private key>` |
//! | certificates and other PEM, which bear names of servers | `<PEM>` |
//! | the home directory | `~` |
//! | homes of others | `/home/<user>` |
//! | the user's name, the computer's name | `<user>`, `<computer>` |
//! | e-mail addresses | `<e-mail 1>`, … |
//! | hardware addresses | `<hardware address 1>`, … |
//! | IP addresses, except loopback and unspecified ones | `<address 1>`, … |
//! | names of servers and hosts of URLs | `<server 1>`, … |
//!
//! The same address is the same number throughout one text, so that what belongs together is still seen. Everything
//! else stays: fingerprints, serial numbers, times, codes, versions, ports, the words of errors, paths below the home
//! directory.

mod addresses;
mod known;
mod patterns;
mod pieces;
#[cfg(test)]
mod tests;

use regex::{Error, Regex};

use self::addresses::AddressPatterns;
use self::known::Literals;
pub use self::known::{Known, ServerNames};
use self::patterns::Patterns;
use self::pieces::{Numbers, PLACEHOLDER, Pieces};

/// Redacts texts.
pub struct Redactor {
    placeholder: Regex,
    literals: Literals,
    patterns: Patterns,
    addresses: AddressPatterns,
    server_names: ServerNames,
}

/// What is to be taken out cannot be searched for, so that no text can be redacted.
#[derive(Debug, thiserror::Error)]
#[error("The report cannot be redacted and is therefore not written: {0}.")]
pub struct RedactorError(#[from] Error);

impl Redactor {
    /// Knows what stands for this computer and its person.
    pub fn new(known: &Known, server_names: ServerNames) -> Result<Self, RedactorError> {
        Ok(Self {
            placeholder: Regex::new(PLACEHOLDER)?,
            literals: Literals::new(known, server_names)?,
            patterns: Patterns::new()?,
            addresses: AddressPatterns::new()?,
            server_names,
        })
    }

    /// The text without what is to go. Redacting the result again changes nothing.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut numbers = Numbers::after_those_in(text);
        let mut text = text.to_owned();
        // What is taken out may uncover something beside it. Every round leaves less that could still be taken out.
        loop {
            let redacted = self.once(&text, &mut numbers);
            if redacted == text {
                return text;
            }
            text = redacted;
        }
    }

    fn once(&self, text: &str, numbers: &mut Numbers) -> String {
        let mut pieces = Pieces::of(text, &self.placeholder);
        // Secrets first and wherever they stand: another rule might take only a part of them.
        self.literals.secrets(&mut pieces);
        self.patterns.private_keys(&mut pieces);
        if self.server_names == ServerNames::Hidden {
            self.patterns.pem(&mut pieces);
            self.patterns.hosts_of_urls(&mut pieces, numbers);
        }
        self.patterns.credentials(&mut pieces);
        self.patterns.e_mails(&mut pieces, numbers);
        self.literals.names(&mut pieces, numbers);
        self.addresses.hardware(&mut pieces, numbers);
        self.addresses.internet(&mut pieces, numbers);
        pieces.into_text()
    }
}
