//! The keychain of the desktop: Secret Service on Linux, Keychain Services on macOS, Credential Manager on Windows.

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
        Entry::new(&self.service, name).map_err(|error| match Entry::store_status() {
            Ok(()) => refused(&error),
            Err(cause) => KeychainError::Unavailable { detail: detail(cause) },
        })
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

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(&error)),
        }
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
