//! The question that a person answers when the server's certificate is not valid.
//!
//! The words are in [`text`], the dialog in one file per operating system.

pub mod certificate_text;
mod chain_tree;
mod concerned;
pub mod recovery_text;
pub mod text;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::Prompter;

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub use other::Prompter;

/// Whether a dialog is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is, and now in front.
    Shown,
    /// There is none.
    Absent,
}

/// What the person says to a dialog about a recovery file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryChoice {
    /// To use it.
    Use,
    /// Not to; whichever way the dialog ended.
    Leave,
}

#[cfg(test)]
mod tests;
