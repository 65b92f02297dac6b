//! What the agent keeps across restarts and is not secret: one JSON file, readable by its owner alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::{IdentityPublicKey, InstanceUid, SignedProfile};
use countersign_trust::ServerAddress;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::configuration::{AgentConfiguration, ServerChoice};
use crate::recovery::RecoveryRecord;
use crate::seen_issuers::SeenIssuers;
use crate::state_file::StateFile;
use crate::trial::TrialRecord;

/// The file within the state directory.
const FILE: &str = "agent.json";
/// Profiles of so many other servers are kept.
const OTHER_PROFILES: usize = 16;
/// The version of its form.
const SCHEMA: u32 = 1;

/// What is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    schema: u32,
    /// Which agent this is, for its whole life.
    pub(crate) instance_uid: InstanceUid,
    /// The last profile that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<KeptProfile>,
    /// The last ones of other servers, so that a way through one of them and back does not loosen anything.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    other_profiles: BTreeMap<ServerAddress, KeptProfile>,
    /// The identity keys that were learned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) identities: BTreeMap<ServerAddress, IdentityPublicKey>,
    /// A server moved this agent to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<Move>,
    /// The person chose another server than the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chosen: Option<Choice>,
    /// An administrator ended the enrolment; only a person starts a new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deregistered: bool,
    #[serde(default)]
    pub(crate) past: Past,
    /// The recovery files that were taken.
    #[serde(default, skip_serializing_if = "RecoveryRecord::is_empty")]
    pub(crate) recovery: RecoveryRecord,
    /// The unknown issuers of servers' certificates.
    #[serde(default, skip_serializing_if = "SeenIssuers::is_empty")]
    pub(crate) seen_issuers: SeenIssuers,
}

/// What is known of the time before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Past {
    /// Everything that this agent has learned since it was installed.
    #[default]
    Complete,
    /// Earlier knowledge was lost, so that an unknown server is not a new one.
    Lost,
}

/// A profile with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptProfile {
    /// Whose profile it is.
    pub(crate) server: ServerAddress,
    document: String,
    signature: String,
    /// The key under which it was verified, and is verified again when it is read.
    pub(crate) identity: IdentityPublicKey,
    /// How the trial of its action goes on, if it is on trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trial: Option<TrialRecord>,
}

impl KeptProfile {
    pub(crate) fn new(server: ServerAddress, profile: &SignedProfile, identity: IdentityPublicKey) -> Self {
        Self {
            server,
            document: BASE64.encode(&profile.document),
            signature: BASE64.encode(&profile.signature),
            identity,
            trial: None,
        }
    }

    pub(crate) fn with_trial(self, trial: Option<TrialRecord>) -> Self {
        Self { trial, ..self }
    }

    pub(crate) fn signed(&self) -> Option<SignedProfile> {
        Some(SignedProfile {
            document: BASE64.decode(&self.document).ok()?,
            signature: BASE64.decode(&self.signature).ok()?,
        })
    }
}

/// From which server to which; it holds for as long as the configuration names the former.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Move {
    pub(crate) from: ServerAddress,
    pub(crate) to: ServerAddress,
}

/// Which server the person chose; it holds for as long as the configuration names the same server, or none, as then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) instead_of: Option<ServerAddress>,
    pub(crate) server: ServerAddress,
}

/// Why something could not be kept, or what was kept cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file is there and cannot be read. To start anew would forget which servers this computer knows.
    #[error("The agent's state in {} cannot be read: {source}. Let this account read the file, or name another directory with “directory” in the section [state] of the configuration.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A later version has written the file.
    #[error("The agent's state in {} was written by a later version of Countersign (schema {found}; this version reads schema {SCHEMA}). Install that version again, or remove the file to start anew.", path.display())]
    Later {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
    },
    /// The file cannot be written.
    #[error("The agent's state in {} cannot be written: {source}. Make sure that the directory can be written to.", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A fault of this program.
    #[error("The agent's state cannot be put into words: {0}.")]
    Unserialisable(#[from] serde_json::Error),
}

/// The file.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    file: StateFile,
    /// The number of the newest content, whether it is written or on its way.
    newest: Arc<AtomicU64>,
}

impl Store {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { file: StateFile::new(directory, FILE), newest: Arc::default() }
    }

    /// Reads what was kept. A file that is damaged is set aside, and the agent starts anew, without the trust that a
    /// first use gets.
    pub(crate) fn load(&self) -> Result<Kept, StoreError> {
        let path = || self.file.path().to_owned();
        let text = match self.file.read() {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(Kept::new(Past::Complete)),
            Err(source) => return Err(StoreError::Unreadable { path: path(), source }),
        };
        let reason = match serde_json::from_slice::<Kept>(&text) {
            Ok(kept) if kept.schema == SCHEMA => return Ok(kept),
            Ok(kept) => format!("it has the schema {}", kept.schema),
            Err(error) => error.to_string(),
        };
        if let Some(found) = schema(&text).filter(|found| *found > u64::from(SCHEMA)) {
            return Err(StoreError::Later { path: path(), found });
        }
        let aside =
            self.file.set_aside().map_err(|source| StoreError::Unreadable { path: path(), source })?;
        tracing::error!(
            file = %self.file.path().display(), aside = %aside.display(), reason,
            "the agent's state is damaged; it is set aside and the agent starts anew"
        );
        Ok(Kept::new(Past::Lost))
    }

    /// What was kept, as far as it can be read. Unlike [`Store::load`] this changes nothing.
    pub(crate) fn look(&self) -> Option<Kept> {
        let kept: Kept = serde_json::from_slice(&std::fs::read(self.file.path()).ok()?).ok()?;
        (kept.schema == SCHEMA).then_some(kept)
    }

    /// Writes it, completely or not at all, when the returned function is called, which blocks. Of several that are on
    /// their way at once, the one that was asked for last wins.
    pub(crate) fn saving(&self, kept: &Kept) -> impl FnOnce() -> Result<(), StoreError> + Send + 'static {
        let number = self.newest.fetch_add(1, Ordering::Relaxed) + 1;
        let (store, kept) = (self.clone(), kept.clone());
        move || {
            let text = serde_json::to_vec_pretty(&kept)?;
            let still_newest = || store.newest.load(Ordering::Relaxed) == number;
            let written = store.file.replace(|| Ok(still_newest().then_some(text)));
            written.map_err(|source| StoreError::Unwritable { path: store.file.path().to_owned(), source })
        }
    }
}

/// The schema of a file, whatever else is in it.
fn schema(text: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(text).ok()?.get("schema")?.as_u64()
}

impl Kept {
    /// The server for which the agent is set up: the configured one, or the one that the person chose.
    pub(crate) fn home<'s>(&'s self, configuration: &'s AgentConfiguration) -> Option<&'s ServerAddress> {
        let configured = configuration.server.as_ref();
        match (&self.chosen, configuration.server_choice) {
            (Some(choice), ServerChoice::Free) if choice.instead_of.as_ref() == configured => {
                Some(&choice.server)
            }
            (Some(_) | None, ServerChoice::Free | ServerChoice::Pinned) => configured,
        }
    }

    /// Where the agent really belongs: a server can move it to another one.
    pub(crate) fn server<'s>(&'s self, configuration: &'s AgentConfiguration) -> Option<&'s ServerAddress> {
        let home = self.home(configuration)?;
        match &self.moved {
            Some(moved) if moved.from == *home => Some(&moved.to),
            Some(_) | None => Some(home),
        }
    }

    /// The person chose a server. That a server moved the agent before does not count any more.
    pub(crate) fn choose(&mut self, configuration: &AgentConfiguration, server: &ServerAddress) {
        let configured = configuration.server.as_ref();
        self.moved = None;
        self.chosen = (configured != Some(server))
            .then(|| Choice { instead_of: configured.cloned(), server: server.clone() });
    }

    /// The last profile of a server.
    pub(crate) fn profile_of(&self, server: &ServerAddress) -> Option<&KeptProfile> {
        self.profile
            .as_ref()
            .filter(|profile| profile.server == *server)
            .or_else(|| self.other_profiles.get(server))
    }

    /// The agent goes to another address. What is kept of its profile counts there too, when the same identity vouches for it: it
    /// stays in force, and a restart must not end that.
    pub(crate) fn take_profile_along(
        &mut self,
        from: &ServerAddress,
        to: &ServerAddress,
        identity: Option<IdentityPublicKey>,
    ) {
        let profile = self.profile_of(from).filter(|profile| Some(profile.identity) == identity);
        if let Some(profile) = profile.cloned() {
            self.keep_profile(Some(KeptProfile { server: to.clone(), ..profile }));
        }
    }

    /// Keeps how the trial of the profile of a server goes on.
    pub(crate) fn keep_trial(&mut self, server: &ServerAddress, trial: &TrialRecord) {
        let applied = self.profile.as_mut().filter(|profile| profile.server == *server);
        if let Some(profile) = applied.or_else(|| self.other_profiles.get_mut(server)) {
            profile.trial = Some(trial.clone());
        }
    }

    /// Keeps the profile that is applied from now on; that of another server is put by.
    pub(crate) fn keep_profile(&mut self, profile: Option<KeptProfile>) {
        let server = profile.as_ref().map(|profile| profile.server.clone());
        if let Some(former) = std::mem::replace(&mut self.profile, profile)
            && server.as_ref() != Some(&former.server)
        {
            self.other_profiles.insert(former.server.clone(), former);
        }
        if let Some(server) = server {
            self.other_profiles.remove(&server);
        }
        while self.other_profiles.len() > OTHER_PROFILES {
            self.other_profiles.pop_first();
        }
    }

    fn new(past: Past) -> Self {
        Self {
            schema: SCHEMA,
            instance_uid: InstanceUid::generate(),
            profile: None,
            other_profiles: BTreeMap::new(),
            identities: BTreeMap::new(),
            moved: None,
            chosen: None,
            deregistered: false,
            past,
            recovery: RecoveryRecord::default(),
            seen_issuers: SeenIssuers::default(),
        }
    }
}

#[cfg(test)]
mod tests;
