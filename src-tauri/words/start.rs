//! Why the app does not run, in words.

use countersign_words::{Text, Words};

use super::client_error;
use crate::control_socket::ClaimError;
use crate::start::StartError;
use crate::windows::process::WindowError;

/// In whole sentences. What a file or the system says stays in its language.
pub(crate) fn start_error(words: &Words, error: &StartError) -> Text {
    match error {
        StartError::NoDisplay => words.start_no_display(),
        StartError::NoConfiguration { file } => words.start_no_configuration(&file.display().to_string()),
        StartError::RecoveryFile { file, source } => {
            words.command_line_recovery_file_not_read(&file.display().to_string(), &source.to_string())
        }
        StartError::Configuration(error) => words.start_wrong_configuration(&detail(error)),
        StartError::State(error) => words.start_wrong_state(&detail(error)),
        StartError::App(error) => words.start_no_windows(&detail(error)),
        StartError::Instance(ClaimError::Taken) => words.start_runs_already(),
        StartError::Instance(error @ ClaimError::Directory { .. }) => detail(error),
        StartError::OtherInstance(error) | StartError::Window(WindowError::Connection(error)) => {
            client_error(words, error)
        }
        StartError::Headless(error) => detail(error),
        StartError::Window(error @ (WindowError::Setup(_) | WindowError::NoPage(_))) => detail(error),
    }
}

fn detail(error: &impl ToString) -> Text {
    Text::of_peer_lines(&error.to_string(), 600)
}
