//! Whether the app starts with the session: what the installer set for everybody, and what the person made of it.

use std::io;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{set, state};

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub use other::{set, state};

/// Whether the app starts with the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autostart {
    /// It does.
    On,
    /// It does not.
    Off,
    /// The operating system manages this; the app neither knows nor changes it.
    NotManaged,
}

/// Why the setting could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum AutostartError {
    /// A file could not be written or removed.
    #[error(
        "Whether Countersign starts with your session could not be changed: {} cannot be written ({reason}). Check that \
         this file and its directory belong to you.",
        file.display()
    )]
    Write {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        #[source]
        reason: io::Error,
    },
    /// No directory for settings is known.
    #[error(
        "Whether Countersign starts with your session could not be changed: your home directory is not known. Set HOME."
    )]
    NoHome,
    /// Not on this operating system.
    #[error("Whether Countersign starts with your session is set in the settings of the operating system.")]
    NotManaged,
}
