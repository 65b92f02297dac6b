//! What is noted about remembered certificates outside of the keychain, because it is not secret: when each was last
//! used, and which of them are to be removed.

use std::collections::BTreeMap;

use countersign_trust::ServerAddress;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::state_file::StateFile;

/// The file within the state directory.
pub(crate) const FILE: &str = "remembered.json";

/// All notes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Index {
    pub(super) servers: BTreeMap<ServerAddress, Note>,
}

/// What is noted about the entry of one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) last_used: Option<OffsetDateTime>,
    pub(super) entry: EntryState,
}

/// Whether what the keychain holds counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EntryState {
    #[default]
    Counts,
    /// The person has forgotten it; it is removed as soon as the keychain does that.
    ToBeRemoved,
}

impl Index {
    pub(super) fn load(file: &StateFile) -> Self {
        let text = match file.read() {
            Ok(Some(text)) => text,
            Ok(None) => return Self::default(),
            Err(error) => {
                tracing::error!(file = %file.path().display(), %error, "the notes on remembered certificates cannot be read");
                return Self::default();
            }
        };
        serde_json::from_slice(&text).unwrap_or_else(|error| {
            let aside = file.set_aside();
            tracing::error!(file = %file.path().display(), %error, ?aside, "the notes on remembered certificates are damaged");
            Self::default()
        })
    }

    pub(super) fn is_to_be_removed(&self, server: &ServerAddress) -> bool {
        self.servers.get(server).is_some_and(|note| note.entry == EntryState::ToBeRemoved)
    }

    /// The servers whose entries are to be removed.
    pub(super) fn to_be_removed(&self) -> Vec<ServerAddress> {
        self.servers.keys().filter(|server| self.is_to_be_removed(server)).cloned().collect()
    }
}
