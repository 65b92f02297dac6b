//! User and password for a proxy.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::Secret;

/// The longest user or password in bytes (RFC 1929, section 2).
const MAXIMUM_BYTES: usize = 255;

/// User and password for one proxy. Does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyLogin {
    user: Secret,
    password: Secret,
}

/// User and password that no proxy can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProxyLoginError {
    /// Empty or too long.
    #[error("User and password for a proxy have between 1 and {MAXIMUM_BYTES} bytes each.")]
    Length,
    /// A character that cannot be sent.
    #[error("User and password for a proxy hold no control characters, and the user no colon.")]
    Character,
}

impl ProxyLogin {
    /// Takes user and password, when they can be sent: RFC 7617, section 2, and RFC 1929, section 2.
    pub fn new(user: Secret, password: Secret) -> Result<Self, ProxyLoginError> {
        let fits = |text: &Secret| (1..=MAXIMUM_BYTES).contains(&text.expose().len());
        let printable = |text: &Secret| !text.expose().chars().any(char::is_control);
        if !fits(&user) || !fits(&password) {
            return Err(ProxyLoginError::Length);
        }
        if !printable(&user) || !printable(&password) || user.expose().contains(':') {
            return Err(ProxyLoginError::Character);
        }
        Ok(Self { user, password })
    }

    /// Reads `user:password` as it stands in a URL, percent-encoded. A user alone is no login.
    pub(crate) fn from_user_info(user_info: &str) -> Option<Self> {
        let (user, password) = user_info.split_once(':')?;
        let decoded = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .ok()
                .map(|text| Secret::new(text.into_owned()))
        };
        Self::new(decoded(user)?, decoded(password)?).ok()
    }

    /// The user, for the one place that has to send or store it.
    pub(crate) fn user(&self) -> &Secret {
        &self.user
    }

    /// The password, likewise.
    pub(crate) fn password(&self) -> &Secret {
        &self.password
    }

    /// Both, as HTTP sends them (RFC 7617, section 2).
    pub(crate) fn basic_credentials(&self) -> Secret {
        let pair = Secret::new(format!("{}:{}", self.user.expose(), self.password.expose()));
        Secret::new(STANDARD.encode(pair.expose()))
    }
}

impl fmt::Debug for ProxyLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: &str, password: &str) -> Result<ProxyLogin, ProxyLoginError> {
        ProxyLogin::new(Secret::new(user.to_owned()), Secret::new(password.to_owned()))
    }

    #[test]
    fn takes_what_can_be_sent() {
        let long = "x".repeat(256);
        let table = [
            ("anna", "hunter2", Ok(())),
            ("DOMAIN\\anna", "with : colon", Ok(())),
            ("Bücher", "Käse", Ok(())),
            ("", "x", Err(ProxyLoginError::Length)),
            ("anna", "", Err(ProxyLoginError::Length)),
            (long.as_str(), "x", Err(ProxyLoginError::Length)),
            ("an:na", "x", Err(ProxyLoginError::Character)),
            ("anna", "x\r\nHost: evil", Err(ProxyLoginError::Character)),
        ];
        for (user, password, expected) in table {
            assert_eq!(login(user, password).map(|_| ()), expected, "{user}");
        }
    }

    #[test]
    fn reads_what_stands_in_a_url() {
        let read = ProxyLogin::from_user_info("an%6Ea:p%40ss:w%C3%B6rd").unwrap();
        assert_eq!((read.user().expose(), read.password().expose()), ("anna", "p@ss:wörd"));
        for nothing in ["anna", "", "anna:", ":x", "a:%ff", "a:%0A"] {
            assert_eq!(ProxyLogin::from_user_info(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn does_not_print() {
        let text = format!("{:?}", login("anna", "hunter2").unwrap());
        assert!(!text.contains("anna") && !text.contains("hunter2"), "{text}");
    }
}
