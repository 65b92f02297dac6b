//! The command line: what can be given, and what is done with it.

pub mod commands;
mod diagnostics;
mod doctor;
mod execute;
mod exit;
mod logs;
pub mod manual;
mod report;
mod runtime;

pub use commands::{CommandLine, StartOptions};
pub use execute::execute;
pub use exit::ExitReason;

#[cfg(all(test, unix))]
mod tests;
