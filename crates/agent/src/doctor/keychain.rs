//! Whether the keychain keeps what it is given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::blocking::in_own_thread;
use super::bus::Keyring;
use super::course::milliseconds;
use super::desktop_facts::{KeychainFacts, KeychainFault, Pace};
use crate::Secret;
use crate::keychain::{Keychain, KeychainError};

/// The name of the entry that is written and removed: always the same, so that one that a power cut has left is
/// removed the next time.
pub const KEYCHAIN_PROBE: &str = "doctor-probe";
const CONTENT: &str = "Countersign looked whether this keychain works. This entry can be removed.";
/// Writing, reading and removing take a tenth of this.
const SLOW: Duration = Duration::from_secs(1);

/// Writes an entry, reads it back and removes it.
///
/// A keyring that is known to be locked, or that does not exist yet, is left alone: writing would make the desktop ask
/// the person for a password.
pub(super) async fn examine(
    keychain: Arc<dyn Keychain>,
    keyring: Option<Keyring>,
) -> Result<KeychainFacts, KeychainFault> {
    match keyring {
        Some(Keyring::Locked) => return Err(KeychainFault::Locked),
        Some(Keyring::None) => return Err(KeychainFault::NoKeyring),
        Some(Keyring::Open) | None => {}
    }
    let begun = Instant::now();
    // Whoever stops waiting leaves the thread to remove the entry.
    let probed = in_own_thread(move || probe(keychain)).await;
    probed
        .unwrap_or_else(|| Err(KeychainFault::Unavailable { detail: "it stopped the check".to_owned() }))?;
    let taken = begun.elapsed();
    let pace = if taken > SLOW { Pace::Slow } else { Pace::Usual };
    Ok(KeychainFacts { milliseconds: milliseconds(taken), pace })
}

fn probe(keychain: Arc<dyn Keychain>) -> Result<(), KeychainFault> {
    let entry = Entry { keychain, state: EntryState::Written };
    entry.keychain.set(KEYCHAIN_PROBE, &Secret::new(CONTENT.to_owned())).map_err(fault)?;
    let read = entry.keychain.get(KEYCHAIN_PROBE).map_err(fault)?;
    entry.remove()?;
    match read {
        Some(secret) if secret.expose() == CONTENT => Ok(()),
        Some(_) | None => Err(KeychainFault::NotKept),
    }
}

/// The entry, which goes away whatever happens in between.
struct Entry {
    keychain: Arc<dyn Keychain>,
    state: EntryState,
}

#[derive(PartialEq, Eq)]
enum EntryState {
    Written,
    Removed,
}

impl Entry {
    fn remove(mut self) -> Result<(), KeychainFault> {
        self.state = EntryState::Removed;
        self.keychain.delete(KEYCHAIN_PROBE).map_err(|error| KeychainFault::NotRemoved {
            entry: KEYCHAIN_PROBE.to_owned(),
            detail: detail(error),
        })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.state == EntryState::Written
            && let Err(error) = self.keychain.delete(KEYCHAIN_PROBE)
        {
            tracing::warn!(%error, entry = KEYCHAIN_PROBE, "a keychain entry could not be removed");
        }
    }
}

fn fault(error: KeychainError) -> KeychainFault {
    match error {
        KeychainError::Locked { .. } => KeychainFault::Locked,
        KeychainError::Unavailable { .. }
        | KeychainError::TimedOut { .. }
        | KeychainError::Malformed { .. } => KeychainFault::Unavailable { detail: detail(error) },
    }
}

fn detail(error: KeychainError) -> String {
    match error {
        KeychainError::Unavailable { detail }
        | KeychainError::Locked { detail }
        | KeychainError::Malformed { detail, .. } => detail,
        KeychainError::TimedOut { seconds } => format!("no answer within {seconds} seconds"),
    }
}
