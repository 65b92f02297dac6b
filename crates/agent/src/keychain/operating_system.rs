//! The keychain of the desktop: Secret Service on Linux, Keychain Services on macOS, Credential Manager on Windows.

use std::collections::HashMap;

use keyring::{Entry, Error};

use super::{Keychain, KeychainError};
use crate::Secret;

/// The keychain of the person who is logged in.
#[derive(Clone, Debug)]
pub struct OperatingSystemKeychain {
    service: String,
}

impl OperatingSystemKeychain {
    /// All entries bear the name of this service.
    #[must_use]
    pub fn new(service: String) -> Self {
        Self { service }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeychainError> {
        available()?;
        Entry::new(&self.service, name).map_err(|error| refused(&error))
    }
}

impl Keychain for OperatingSystemKeychain {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        match self.entry(name)?.get_password() {
            Ok(password) => Ok(Some(Secret::new(password))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.entry(name)?.set_password(secret.expose()).map_err(|error| refused(&error))
    }

    fn find(&self, prefix: &str) -> Result<Vec<String>, KeychainError> {
        available()?;
        // Credential Manager searches by a pattern of its own, so there everything is looked at.
        let wanted =
            if cfg!(windows) { HashMap::new() } else { HashMap::from([("service", self.service.as_str())]) };
        let found = keyring_core::Entry::search(&wanted).map_err(|error| refused(&error))?;
        let names = found.iter().filter_map(keyring_core::Entry::get_specifiers);
        let ours = names.filter(|(service, name)| *service == self.service && name.starts_with(prefix));
        Ok(ours.map(|(_, name)| name).collect())
    }

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(&error)),
        }
    }
}

/// Opens the store, the first time.
fn available() -> Result<(), KeychainError> {
    match Entry::store_status() {
        Ok(()) => Ok(()),
        Err(cause) => Err(KeychainError::Unavailable { detail: detail(cause) }),
    }
}

fn refused(error: &Error) -> KeychainError {
    if matches!(error, Error::NoStorageAccess(_)) {
        KeychainError::Locked { detail: detail(error) }
    } else {
        KeychainError::Unavailable { detail: detail(error) }
    }
}

/// The library's words without a full stop of their own.
fn detail(error: &Error) -> String {
    countersign_trust::display_text(error.to_string().trim_end_matches('.'))
}
