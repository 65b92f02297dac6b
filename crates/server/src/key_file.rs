//! The file with the key that seals secrets. It is not in the database and not in its backups.

use std::path::{Path, PathBuf};

use countersign_protocol::Secret;
use thiserror::Error;

use crate::data_directory::PrivateFile;
use crate::sealing::{SealingError, SealingKey, generate};

/// The name of the file in the data directory.
const NAME: &str = "sealing-key";
/// What stands before the key in the file, so that it is told from other files.
const LABEL: &str = "countersign-sealing-key-1 ";
/// More than this is no key file, in bytes.
const MAXIMUM_BYTES: u64 = 1024;
/// Nobody but the account may write to it, and nobody but the account and its group may read it.
#[cfg(unix)]
const OTHERS: u32 = 0o027;

/// Where the key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyFile(PathBuf);

/// Why there is no key. Whole sentences.
#[derive(Debug, Error)]
pub(crate) enum KeyFileError {
    #[error("The key file {} cannot be read or written: {source}.", path.display())]
    Unusable { path: PathBuf, source: std::io::Error },
    #[error(
        "The key file {path} is open to other accounts (its mode is {mode:o}). Close it first: chmod 600 {path}",
        path = path.display()
    )]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error("The file {} is no key file of a Countersign server. Give another one.", .0.display())]
    NoKey(PathBuf),
    #[error("A key could not be made: {0}")]
    Make(#[from] SealingError),
}

impl KeyFile {
    /// The one that is set, or else that of the data directory.
    pub(crate) fn of(directory: &Path, set: Option<&Path>) -> Self {
        Self(set.map_or_else(|| directory.join(NAME), Path::to_owned))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The file in which the next key is until the database is sealed with it.
    pub(crate) fn next(&self) -> Self {
        let mut name = self.0.clone().into_os_string();
        name.push(".next");
        Self(name.into())
    }

    /// The key; none when there is no such file.
    pub(crate) fn read(&self) -> Result<Option<SealingKey>, KeyFileError> {
        use std::io::Read as _;
        let unusable = |source| KeyFileError::Unusable { path: self.0.clone(), source };
        let file = match std::fs::File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error)),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file.metadata().map_err(unusable)?.permissions().mode() & 0o7777;
            if mode & OTHERS != 0 {
                return Err(KeyFileError::OpenToOthers { path: self.0.clone(), mode });
            }
        }
        let mut text = zeroize::Zeroizing::new(String::new());
        let read = file.take(MAXIMUM_BYTES).read_to_string(&mut text);
        let no_key = || KeyFileError::NoKey(self.0.clone());
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Err(no_key()),
            Err(error) => return Err(unusable(error)),
        }
        let key = text.trim().strip_prefix(LABEL).ok_or_else(no_key)?;
        SealingKey::new(&Secret::new(key.trim().to_owned())).map(Some).map_err(|_| no_key())
    }

    /// Makes a key and its file, which outlives a loss of power.
    pub(crate) fn make(&self) -> Result<SealingKey, KeyFileError> {
        let unusable = |source| KeyFileError::Unusable { path: self.0.clone(), source };
        let key = generate()?;
        let content = Secret::new(format!("{LABEL}{}\n", key.expose()));
        let file = PrivateFile::prepare(&self.0).map_err(unusable)?;
        file.write(content.expose().as_bytes()).map_err(unusable)?;
        self.make_durable().map_err(unusable)?;
        Ok(SealingKey::new(&key)?)
    }

    /// Puts the next key in the place of this one.
    pub(crate) fn take_next(&self) -> Result<(), KeyFileError> {
        let moved = std::fs::rename(&self.next().0, &self.0).and_then(|()| self.make_durable());
        moved.map_err(|source| KeyFileError::Unusable { path: self.0.clone(), source })
    }

    /// Waits until its name is on the disk.
    fn make_durable(&self) -> std::io::Result<()> {
        #[cfg(unix)]
        if let Some(directory) = self.0.parent() {
            let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
            std::fs::File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let file = KeyFile::of(directory.path(), None);
        assert!(file.read().unwrap().is_none());
        let made = file.make().unwrap();
        let secret = Secret::new("a".to_owned());
        let sealed = made.seal("b", &secret).unwrap();
        assert_eq!(file.read().unwrap().unwrap().open("b", &sealed).unwrap(), secret);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let permit =
                |mode| std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
            for (given, expected) in [(0o644, false), (0o620, false), (0o440, true), (0o400, true)] {
                permit(given);
                assert_eq!(file.read().is_ok(), expected, "{given:o}");
            }
            permit(0o666);
            let said = file.read().unwrap_err().to_string();
            assert!(said.ends_with(&format!("chmod 600 {}", file.path().display())), "{said}");
        }
    }

    #[test]
    fn another_file_is_not_taken_for_a_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other");
        let file = KeyFile::of(directory.path(), Some(&path));
        let long = "a".repeat(5000);
        for content in [&b""[..], b"key", b"\xff\xfe", b"countersign-sealing-key-1 AAAA", long.as_bytes()] {
            PrivateFile::prepare(&path).unwrap().write(content).unwrap();
            assert!(matches!(file.read(), Err(KeyFileError::NoKey(_))), "{content:?}");
        }
    }
}
