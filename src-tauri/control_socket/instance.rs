//! One agent per person: whoever holds the lock is it, and only it may serve the control socket.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::transport;
use crate::runtime_directory::make_private;

/// How often a lock is tried whose file another instance has just removed.
const ATTEMPTS: u32 = 10;

/// The right to be the agent of this person, for the lifetime of the value. The system takes it back from a process
/// that is killed.
#[derive(Debug)]
pub struct Instance {
    directory: PathBuf,
    // Held, never read.
    _lock: File,
}

/// Why this process is not the instance.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another process is.
    #[error("Countersign runs already.")]
    Taken,
    /// Nobody can tell.
    #[error("The directory {} cannot be used for the control socket: {source}. Check who it belongs to, and XDG_RUNTIME_DIR.", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Instance {
    /// Becomes the instance whose socket is in `directory`, which is made, readable by nobody else.
    pub fn claim(directory: &Path) -> Result<Self, ClaimError> {
        let failed = |source| ClaimError::Directory { directory: directory.to_owned(), source };
        for _ in 0..ATTEMPTS {
            if let Some(lock) = Self::try_claim(directory)? {
                return Ok(Self { directory: directory.to_owned(), _lock: lock });
            }
        }
        Err(failed(io::Error::other("the lock is removed again and again")))
    }

    /// Nothing when the file was removed in the meantime.
    fn try_claim(directory: &Path) -> Result<Option<File>, ClaimError> {
        let failed = |source| ClaimError::Directory { directory: directory.to_owned(), source };
        make_private(directory).map_err(failed)?;
        let path = lock_file(directory);
        let lock = match File::options().create(true).truncate(false).write(true).open(&path) {
            Ok(lock) => lock,
            // The earlier instance has just taken its directory away.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ClaimError::Taken),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(transport::is_at(&lock, &path).map_err(failed)?.then_some(lock))
    }

    /// Where the socket is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // While the lock is still held: whoever opens the file from now on makes a new one.
        let _ = std::fs::remove_file(lock_file(&self.directory));
        // Fails, as it should, while something else is in it.
        let _ = std::fs::remove_dir(&self.directory);
    }
}

fn lock_file(directory: &Path) -> PathBuf {
    directory.join("control.lock")
}
