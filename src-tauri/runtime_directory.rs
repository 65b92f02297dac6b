//! A directory for the lifetime of this process, readable by nobody else.

use std::io;
use std::path::{Path, PathBuf};

/// Removed, with what is in it, when dropped.
#[derive(Debug)]
pub struct RuntimeDirectory {
    path: PathBuf,
}

impl RuntimeDirectory {
    /// Makes the directory `countersign/tray-<process>` below `base`, and removes those of processes that are gone:
    /// whoever is killed cannot tidy up.
    pub fn create(base: &Path) -> io::Result<Self> {
        let parent = base.join("countersign");
        make_private(&parent)?;
        remove_abandoned(&parent);
        let path = parent.join(format!("{PREFIX}{}", std::process::id()));
        make_private(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RuntimeDirectory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "the runtime directory cannot be removed");
        }
        // Fails, as it should, while another process has its own beside it.
        let _ = self.path.parent().map(std::fs::remove_dir);
    }
}

const PREFIX: &str = "tray-";

/// Makes a directory that only its owner can look into.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    #[cfg(unix)]
    keep_private(path)?;
    Ok(())
}

/// A directory that was there already may be more open, or somebody else's, or a link to such a one.
#[cfg(unix)]
fn keep_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let found = std::fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        let problem = "the directory is a link or belongs to another user";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

fn remove_abandoned(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|digits| digits.parse().ok());
        if process.is_some_and(|process: u32| !is_running(process)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Where nobody can tell, every process counts as running.
fn is_running(process: u32) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_private_and_tidies_up() {
        let base = tempfile::tempdir().unwrap();
        let abandoned = base.path().join("countersign/tray-4294967290");
        let foreign = base.path().join("countersign/other");
        std::fs::create_dir_all(&abandoned).unwrap();
        std::fs::create_dir_all(&foreign).unwrap();
        std::fs::write(abandoned.join("icon.png"), b"x").unwrap();

        let directory = RuntimeDirectory::create(base.path()).unwrap();
        let path = directory.path().to_path_buf();
        std::fs::write(path.join("icon.png"), b"x").unwrap();
        #[cfg(unix)]
        for private in [path.as_path(), &base.path().join("countersign")] {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(private).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o700, "{}", private.display());
        }
        assert!(foreign.exists());
        #[cfg(target_os = "linux")]
        assert!(!abandoned.exists());
        drop(directory);
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_of_others_is_not_used() {
        let base = tempfile::tempdir().unwrap();
        let elsewhere = base.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, base.path().join("countersign")).unwrap();
        assert_eq!(
            RuntimeDirectory::create(base.path()).unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
    }
}
