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
}

/// A profile with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptProfile {
    document: String,
    signature: String,
    /// The key under which it was verified, and is verified again when it is read.
    pub(crate) identity: IdentityPublicKey,
}

impl KeptProfile {
    pub(crate) fn new(profile: &SignedProfile, identity: IdentityPublicKey) -> Self {
        Self {
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

/// Why something could not be kept.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("The agent's state in {} cannot be written: {source}. Make sure that the directory can be written to.", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
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

    /// Reads what was kept. A file that cannot be read is set aside, and the agent starts anew.
    pub(crate) fn load(&self) -> Kept {
        let read = std::fs::read_to_string(&self.path);
        let reason = match read {
            Ok(text) => match serde_json::from_str::<Kept>(&text) {
                Ok(kept) if kept.schema == SCHEMA => return kept,
                Ok(kept) => {
                    format!("it has the schema {}, and this version reads schema {SCHEMA}", kept.schema)
                }
                Err(error) => error.to_string(),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Kept::new(),
            Err(error) => error.to_string(),
        };
        let aside = self.path.with_extension("unreadable.json");
        tracing::error!(
            file = %self.path.display(), aside = %aside.display(), reason,
            "the agent's state cannot be read; it is set aside and the agent starts anew"
        );
        if let Err(error) = std::fs::rename(&self.path, &aside) {
            tracing::error!(%error, "the unreadable state cannot be set aside");
        }
        Kept::new()
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
        std::fs::rename(&temporary, &self.path)
    }
}

impl Kept {
    fn new() -> Self {
        Self {
            schema: SCHEMA,
            instance_uid: InstanceUid::generate(),
            profile: None,
            identities: BTreeMap::new(),
            moved: None,
            deregistered: false,
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
        let mut kept = store.load();
        kept.deregistered = true;
        kept.moved = Some(Move { from: "a.example".parse().unwrap(), to: "b.example".parse().unwrap() });
        store.save(&kept).unwrap();
        assert_eq!(store.load(), kept);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&store.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn an_unreadable_file_is_set_aside() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        std::fs::write(&store.path, "{\"schema\":").unwrap();
        store.load();
        assert!(directory.path().join("agent.unreadable.json").exists());
        assert!(!store.path.exists());
    }
}
