//! Unix sockets.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::Admission;
use crate::control_socket::Instance;

/// A connection.
pub(in crate::control_socket) type Stream = UnixStream;

const ROOT: u32 = 0;

/// Who is at the other end, as the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::control_socket) struct Peer {
    user: u32,
}

impl Peer {
    /// The person who runs this process, and root, who can do everything anyway.
    pub(in crate::control_socket) fn admission(self) -> Admission {
        self.admission_by(rustix::process::geteuid().as_raw())
    }

    fn admission_by(self, own: u32) -> Admission {
        if self.user == own || self.user == ROOT { Admission::Admitted } else { Admission::Refused }
    }
}

/// The socket on which the agent waits. Removed when dropped.
pub(in crate::control_socket) struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Only the holder of the lock gets here, so what is there already was left behind by a process that was killed.
    pub(in crate::control_socket) fn bind(instance: &Instance) -> io::Result<Self> {
        let path = socket(instance.directory());
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    pub(in crate::control_socket) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        let (stream, _) = self.listener.accept().await?;
        let peer = Peer { user: stream.peer_cred()?.uid() };
        Ok((stream, peer))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Connects to the agent whose socket is in `directory`.
pub(in crate::control_socket) async fn connect(directory: &Path) -> io::Result<Stream> {
    UnixStream::connect(socket(directory)).await
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("control.sock")
}

/// Whether an open file is still the one at this path.
pub(in crate::control_socket) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((own.dev(), own.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_and_root_may_connect() {
        for (user, own, expected) in [
            (1000, 1000, Admission::Admitted),
            (ROOT, 1000, Admission::Admitted),
            (1001, 1000, Admission::Refused),
            (1000, ROOT, Admission::Refused),
            (u32::MAX, 1000, Admission::Refused),
        ] {
            assert_eq!(Peer { user }.admission_by(own), expected, "{user} to {own}");
        }
    }
}
