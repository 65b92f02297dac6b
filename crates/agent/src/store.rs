//! What the agent keeps across restarts and is not secret: one JSON file, readable by its owner alone.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::{IdentityPublicKey, InstanceUid, SignedProfile};
use countersign_trust::ServerAddress;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The file within the state directory.
const FILE: &str = "agent.json";
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
    /// The identity keys that were learned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) identities: BTreeMap<ServerAddress, IdentityPublicKey>,
    /// A server moved this agent to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<Move>,
    /// An administrator ended the enrolment; only a person starts a new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deregistered: bool,
    #[serde(default)]
    pub(crate) past: Past,
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
}

impl KeptProfile {
    pub(crate) fn new(server: ServerAddress, profile: &SignedProfile, identity: IdentityPublicKey) -> Self {
        Self {
            server,
            document: BASE64.encode(&profile.document),
            signature: BASE64.encode(&profile.signature),
            identity,
        }
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
    path: PathBuf,
}

impl Store {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { path: directory.join(FILE) }
    }

    /// Reads what was kept. A file that is damaged is set aside, and the agent starts anew, without the trust that a
    /// first use gets.
    pub(crate) fn load(&self) -> Result<Kept, StoreError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Kept::new(Past::Complete));
            }
            Err(source) => return Err(StoreError::Unreadable { path: self.path.clone(), source }),
        };
        let reason = match serde_json::from_slice::<Kept>(&text) {
            Ok(kept) if kept.schema == SCHEMA => return Ok(kept),
            Ok(kept) => format!("it has the schema {}", kept.schema),
            Err(error) => error.to_string(),
        };
        if let Some(found) = schema(&text).filter(|found| *found > u64::from(SCHEMA)) {
            return Err(StoreError::Later { path: self.path.clone(), found });
        }
        let aside = self.path.with_extension("unreadable.json");
        tracing::error!(
            file = %self.path.display(), aside = %aside.display(), reason,
            "the agent's state is damaged; it is set aside and the agent starts anew"
        );
        std::fs::rename(&self.path, &aside)
            .map_err(|source| StoreError::Unreadable { path: self.path.clone(), source })?;
        Ok(Kept::new(Past::Lost))
    }

    /// Writes it, completely or not at all.
    pub(crate) fn save(&self, kept: &Kept) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(kept)?;
        self.replace(&text).map_err(|source| StoreError::Unwritable { path: self.path.clone(), source })
    }

    fn replace(&self, content: &[u8]) -> std::io::Result<()> {
        if let Some(directory) = self.path.parent() {
            create_private_directory(directory)?;
        }
        let temporary = self.path.with_extension("new");
        let mut file = create_private_file(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&temporary, &self.path)?;
        // The new name is on the disk once the directory is.
        #[cfg(unix)]
        if let Some(directory) = self.path.parent() {
            std::fs::File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

/// The schema of a file, whatever else is in it.
fn schema(text: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(text).ok()?.get("schema")?.as_u64()
}

impl Kept {
    /// Where the agent of a configured server really belongs.
    pub(crate) fn server<'s>(&'s self, configured: &'s ServerAddress) -> &'s ServerAddress {
        match &self.moved {
            Some(moved) if moved.from == *configured => &moved.to,
            Some(_) | None => configured,
        }
    }

    fn new(past: Past) -> Self {
        Self {
            schema: SCHEMA,
            instance_uid: InstanceUid::generate(),
            profile: None,
            identities: BTreeMap::new(),
            moved: None,
            deregistered: false,
            past,
        }
    }
}

#[cfg(unix)]
fn create_private_directory(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn create_private_directory(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)
}

#[cfg(unix)]
fn create_private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private_file(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(&directory.path().join("deep/state"));
        let mut kept = store.load().unwrap();
        kept.deregistered = true;
        kept.moved = Some(Move { from: "a.example".parse().unwrap(), to: "b.example".parse().unwrap() });
        store.save(&kept).unwrap();
        assert_eq!(store.load().unwrap(), kept);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&store.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_is_no_first_use() {
        for damaged in ["{\"schema\":", "{\"schema\": 1}", "", "\u{0}"] {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::new(directory.path());
            std::fs::write(&store.path, damaged).unwrap();
            let kept = store.load().unwrap();
            assert_eq!(kept.past, Past::Lost);
            assert!(directory.path().join("agent.unreadable.json").exists());
            assert!(!store.path.exists());
            store.save(&kept).unwrap();
            assert_eq!(store.load().unwrap().past, Past::Lost);
        }
    }

    #[test]
    fn the_file_of_a_later_version_and_one_that_cannot_be_read_stay() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        std::fs::write(&store.path, "{\"schema\": 2, \"new\": true}").unwrap();
        let error = store.load().unwrap_err().to_string();
        assert!(error.contains("later version") && error.contains("agent.json"), "{error}");
        assert!(store.path.exists());
        std::fs::remove_file(&store.path).unwrap();
        std::fs::create_dir(&store.path).unwrap();
        let error = store.load().unwrap_err().to_string();
        assert!(error.contains("cannot be read") && error.contains("agent.json"), "{error}");
    }
}
