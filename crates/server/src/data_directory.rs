//! The directory in which the server keeps everything, for one process at a time.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;
use uuid::Uuid;

/// The file that holds by which name other servers know this one.
const NODE: &str = "node";

/// The data directory, locked as long as this lives.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

/// Why the data directory cannot be used.
#[derive(Debug, Error)]
pub enum DataDirectoryError {
    /// It cannot be made or written to.
    #[error("The data directory {} cannot be used: {source}.{}", path.display(), hint(source))]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is something else in its place.
    #[error("The data directory {} cannot be used: there is a file in its place. Give another directory, or remove the file.", path.display())]
    NotADirectory {
        /// The place.
        path: PathBuf,
    },
    /// It is another account's, which could read and change everything in it.
    #[error("The data directory {} belongs to another account. Give a directory that belongs to the account of the server, or one that does not exist yet.", path.display())]
    OfAnotherAccount {
        /// The directory.
        path: PathBuf,
    },
    /// It is used for something that others take part in. That is not the server's to end.
    #[error("The data directory {path} is open to other accounts (its mode is {mode:o}) and not empty. Give a directory of its own to the server, or close this one first: chmod 700 {path}", path = path.display())]
    OpenToOthers {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Another process has it.
    #[error("Another server uses the data directory {} already. Stop it first, or give this one another directory.", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
}

fn hint(error: &std::io::Error) -> &'static str {
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        " Make sure that it belongs to the account of the server."
    } else {
        ""
    }
}

impl DataDirectory {
    /// Makes sure that this account may work on what is in the directory, which may be in use: files that another one makes there
    /// could not be used by the server. The administrator of the computer may, because SQLite gives such files to the owner of
    /// the database.
    pub(crate) fn check_owner(path: &Path) -> Result<(), DataDirectoryError> {
        #[cfg(unix)]
        if rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let unusable = |source| DataDirectoryError::Unusable { path: path.to_owned(), source };
        keep_private(path, &std::fs::metadata(path).map_err(unusable)?)
    }

    /// Makes the directory if needed, makes sure that it is closed to other accounts, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, DataDirectoryError> {
        let unusable = |source| DataDirectoryError::Unusable { path: path.to_owned(), source };
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => keep_private(path, &found)?,
            Ok(_) => return Err(DataDirectoryError::NotADirectory { path: path.to_owned() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                create_private_directory(path).map_err(unusable)?;
            }
            Err(error) => return Err(unusable(error)),
        }
        let lock = File::create(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(DataDirectoryError::InUse { path: path.to_owned() })
            }
            Err(std::fs::TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// By which other servers know the one that has this directory; made at its first start.
    pub(crate) fn node(&self) -> Result<Uuid, DataDirectoryError> {
        let path = self.path.join(NODE);
        let unusable = |source| DataDirectoryError::Unusable { path: path.clone(), source };
        match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| unusable(std::io::ErrorKind::InvalidData.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let node = Uuid::now_v7();
                let file = PrivateFile::prepare(&path).map_err(unusable)?;
                file.write(node.to_string().as_bytes()).map_err(unusable)?;
                Ok(node)
            }
            Err(error) => Err(unusable(error)),
        }
    }
}

#[cfg(unix)]
fn create_private_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private_directory(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

/// What others than the owner may do.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Makes sure that a directory that was there before is closed to other accounts.
#[cfg(unix)]
fn keep_private(path: &Path, found: &std::fs::Metadata) -> Result<(), DataDirectoryError> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(DataDirectoryError::OfAnotherAccount { path: path.to_owned() });
    }
    let mode = found.mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let unusable = |source| DataDirectoryError::Unusable { path: path.to_owned(), source };
    if std::fs::read_dir(path).map_err(unusable)?.next().is_some() {
        return Err(DataDirectoryError::OpenToOthers { path: path.to_owned(), mode });
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(unusable)
}

#[cfg(not(unix))]
fn keep_private(_path: &Path, _found: &std::fs::Metadata) -> Result<(), DataDirectoryError> {
    Ok(())
}

/// A file that only its owner can read, and that is written completely or not at all.
#[derive(Debug)]
pub(crate) struct PrivateFile {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
}

impl PrivateFile {
    /// Finds out whether the file can be written, without touching one that is there.
    pub(crate) fn prepare(path: &Path) -> std::io::Result<Self> {
        if path.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(&temporary)?;
        Ok(Self { path: path.to_owned(), temporary, file })
    }

    /// Writes the content, in the place of what was there.
    pub(crate) fn write(mut self, content: &[u8]) -> std::io::Result<()> {
        self.file.write_all(content)?;
        self.finish()
    }

    /// Where content that comes in parts is written to.
    pub(crate) fn content(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts what was written in the place of what was there.
    pub(crate) fn finish(self) -> std::io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // It is no longer there once the content is in its place.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_server() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let first = DataDirectory::open(&path).unwrap();
        assert!(matches!(DataDirectory::open(&path), Err(DataDirectoryError::InUse { .. })));
        drop(first);
        assert!(DataDirectory::open(&path).is_ok());
    }

    #[test]
    fn a_file_in_its_place_is_told_from_a_lack_of_rights() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = DataDirectory::open(&file).unwrap_err().to_string();
        assert!(error.contains("there is a file in its place") && !error.contains("account"), "{error}");
        let beneath = DataDirectory::open(&file.join("data")).unwrap_err().to_string();
        assert!(beneath.contains("file/data") && !beneath.contains("account"), "{beneath}");
        let source = std::io::ErrorKind::PermissionDenied.into();
        let denied = DataDirectoryError::Unusable { path: file, source }.to_string();
        assert!(denied.contains("belongs to the account"), "{denied}");
    }

    #[cfg(unix)]
    #[test]
    fn what_others_use_is_left_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let permissions = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let with_mode = |name: &str, mode| {
            let path = parent.path().join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let made = parent.path().join("new").join("data");
        DataDirectory::open(&made).unwrap();
        assert_eq!(permissions(&made), 0o700);
        let empty = with_mode("empty", 0o755);
        DataDirectory::open(&empty).unwrap();
        assert_eq!(permissions(&empty), 0o700);

        let shared = with_mode("shared", 0o1777);
        std::fs::write(shared.join("of others"), "").unwrap();
        let error = DataDirectory::open(&shared).unwrap_err().to_string();
        assert!(error.contains("open to other accounts (its mode is 1777)"), "{error}");
        assert!(error.contains(&format!("chmod 700 {}", shared.display())), "{error}");
        assert_eq!(permissions(&shared), 0o1777);
        assert!(!shared.join("lock").exists());

        let closed = with_mode("closed", 0o700);
        std::fs::write(closed.join("of this account"), "").unwrap();
        DataDirectory::open(&closed).unwrap();

        // An account that may give directories away does so; to any other one, the root of the file system is not its own.
        let others = if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&closed, Some(1), None).unwrap();
            closed.as_path()
        } else {
            Path::new("/")
        };
        let error = DataDirectory::open(others).unwrap_err();
        assert!(matches!(error, DataDirectoryError::OfAnotherAccount { .. }), "{error}");
    }
}
