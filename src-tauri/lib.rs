//! The desktop app of Countersign: tray icon, prompt, notifications, windows and command line.
//!
//! Thin by intention. The agent decides and connects; this crate shows its [`Status`](countersign_agent::Status) and
//! carries the person's answers back. What can be pure is pure: words, menu and shape are functions of the status.

pub mod action;
pub mod app;
pub mod autostart;
#[cfg(target_os = "linux")]
mod bus;
pub mod command_line;
pub mod control;
pub mod control_socket;
pub mod desktop;
#[cfg(target_os = "linux")]
mod desktop_session;
pub mod directories;
pub mod examination;
pub mod headless;
pub mod local_time;
mod log;
pub mod notification;
pub mod prompt;
pub mod recovery_file;
pub mod runtime_directory;
pub mod signals;
pub mod start;
pub mod tray;
pub mod views;
pub mod windows;
pub mod words;

// Types of the wire that are part of the agent's status.
pub(crate) use countersign_protocol::SessionTrust;

#[cfg(test)]
#[path = "showcase"]
mod sample {
    pub(crate) mod data;
    pub(crate) mod records;
    pub(crate) mod recovery;
    pub(crate) mod statuses;
}

#[cfg(all(test, unix))]
mod scripted;
