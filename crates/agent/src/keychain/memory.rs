//! A keychain that forgets everything at the end of the process: for tests and tools.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Keychain, KeychainError};
use crate::Secret;

/// Keeps secrets in memory.
#[derive(Debug, Default)]
pub struct MemoryKeychain {
    entries: Mutex<HashMap<String, Secret>>,
}

impl MemoryKeychain {
    /// The names of all entries, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.lock().keys().cloned().collect();
        names.sort();
        names
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Secret>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keychain for MemoryKeychain {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        Ok(self.lock().get(name).cloned())
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.lock().insert(name.to_owned(), secret.clone());
        Ok(())
    }

    fn find(&self, prefix: &str) -> Result<Vec<String>, KeychainError> {
        Ok(self.names().into_iter().filter(|name| name.starts_with(prefix)).collect())
    }

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        self.lock().remove(name);
        Ok(())
    }
}
