//! The control socket: how the command line and the windows, which are processes of their own, talk to the agent.
//!
//! A Unix socket in a private directory of the session (a named pipe on Windows), one JSON object per line. Only the
//! person who runs the agent, and root, may connect. Whoever connects says which [`protocol::VERSION`] it speaks and
//! what it is; what it may ask for follows from that ([`permission`]).

mod answer;
mod client;
mod host;
mod instance;
pub mod permission;
pub mod protocol;
mod server;
mod session;
mod transport;

pub use client::{ClientError, ControlClient};
pub use host::Host;
pub use instance::{ClaimError, Instance};
pub use server::{ControlServer, Limits};

use std::path::{Path, PathBuf};

/// The directory of the socket, in the directory for what lives only as long as the session.
#[must_use]
pub fn directory(runtime: &Path) -> PathBuf {
    runtime.join("countersign")
}

#[cfg(all(test, unix))]
mod tests;
