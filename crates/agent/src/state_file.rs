//! One file of the state directory: readable by its owner alone, and replaced completely or not at all.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A longer file is not one of ours.
const MAXIMUM_BYTES: u64 = 4 * 1024 * 1024;

/// A file. Its functions block; all clones take turns.
#[derive(Clone, Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    turn: Arc<Mutex<()>>,
}

impl StateFile {
    pub(crate) fn new(directory: &Path, name: &str) -> Self {
        Self { path: directory.join(name), turn: Arc::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it, if it is there.
    pub(crate) fn read(&self) -> std::io::Result<Option<Vec<u8>>> {
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut content = Vec::new();
        file.take(MAXIMUM_BYTES).read_to_end(&mut content)?;
        Ok(Some(content))
    }

    /// Replaces what is in it. `content` is asked for when it is this writer's turn, so that the last one writes what
    /// holds at last; `None` leaves the file as it is.
    pub(crate) fn replace(
        &self,
        content: impl FnOnce() -> std::io::Result<Option<Vec<u8>>>,
    ) -> std::io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(content) = content()? else { return Ok(()) };
        if let Some(directory) = self.path.parent() {
            create_private_directory(directory)?;
        }
        let temporary = self.path.with_extension("new");
        let mut file = create_private_file(&temporary)?;
        file.write_all(&content)?;
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

    /// Gives a file that cannot be used another name, so that it is neither lost nor in the way.
    pub(crate) fn set_aside(&self) -> std::io::Result<PathBuf> {
        let aside = self.path.with_extension("unreadable.json");
        std::fs::rename(&self.path, &aside)?;
        Ok(aside)
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
