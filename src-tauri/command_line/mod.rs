//! The command line: what can be given, and what is done with it.

mod autostart;
pub mod commands;
mod diagnostics;
mod doctor;
mod error;
mod execute;
mod exit;
mod logs;
pub mod manual;
mod output;
mod proxy;
mod report;
mod runtime;

pub use commands::{CommandLine, StartOptions};
pub use execute::execute;
pub use exit::ExitReason;

#[cfg(all(test, unix))]
mod tests;
