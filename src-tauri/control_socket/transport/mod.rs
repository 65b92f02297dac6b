//! What carries the lines, one file per operating system.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::{Listener, Peer, Stream, connect, is_at};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::{Listener, Peer, Stream, connect, is_at};

/// Whether somebody may talk to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// They may.
    Admitted,
    /// They may not.
    Refused,
}
