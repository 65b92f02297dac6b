//! The keychain of the operating system: the only place for what is sensitive.

mod client;
mod memory;
mod operating_system;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(crate) use client::KeychainClient;
pub use memory::MemoryKeychain;
pub use operating_system::OperatingSystemKeychain;

use crate::Secret;

/// A store of named secrets. Its functions may block, even for long while a person unlocks the keychain; the agent
/// calls them outside of asynchronous code and with a limit.
pub trait Keychain: Send + Sync + 'static {
    /// The secret under this name, if there is one.
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError>;

    /// Keeps a secret (at most 2,500 bytes, the limit of the Windows Credential Manager) under this name, in the place
    /// of an earlier one.
    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError>;

    /// The names of all entries that begin with `prefix`, in no order.
    fn find(&self, prefix: &str) -> Result<Vec<String>, KeychainError>;

    /// Removes what is under this name. Nothing there is no error.
    fn delete(&self, name: &str) -> Result<(), KeychainError>;
}

/// Why the keychain did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum KeychainError {
    /// There is none, or it does not work.
    #[error("The keychain of this computer is not available: {detail}.")]
    Unavailable {
        /// What the system said.
        detail: String,
    },
    /// It is locked, or refuses.
    #[error("The keychain of this computer is locked or refuses access: {detail}.")]
    Locked {
        /// What the system said.
        detail: String,
    },
    /// It did not answer in time.
    #[error("The keychain of this computer did not answer within {seconds} seconds.")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// Its content cannot be read.
    #[error("The keychain entry “{name}” cannot be read: {detail}. It is replaced at the next opportunity.")]
    Malformed {
        /// The name of the entry.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
}
