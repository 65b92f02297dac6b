//! Why a command did not do what it is for.

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};

use countersign_agent::KeychainError;
use countersign_agent::diagnostics::BundleError;
use countersign_agent::proxy::ProxyLoginError;
use countersign_words::{Text, Words};

use super::ExitReason;
use crate::autostart::AutostartError;
use crate::control_socket::ClientError;
use crate::control_socket::protocol::Failure;
use crate::start::StartError;
use crate::words;

/// Letters of what others say, at most.
const LONGEST_DETAIL: usize = 600;

/// Why a command did not do what it is for. For the person it is [`CommandError::text`] that says so.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    #[error("the output cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the input cannot be read: {0}")]
    Input(io::Error),
    #[error("the system does not let this program run: {0}")]
    Runtime(io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("the log in {} cannot be read: {source}", directory.display())]
    Log { directory: PathBuf, source: io::Error },
    #[error("the recovery file {} cannot be read: {source}", file.display())]
    RecoveryFile { file: PathBuf, source: io::Error },
    #[error(transparent)]
    Autostart(#[from] AutostartError),
    #[error("no proxy is set up")]
    NoProxy,
    #[error("it is not clear which proxy is used: {detail}")]
    ProxyNotClear { detail: String },
    #[error("there is no terminal to ask for the user at")]
    UserMissing,
    #[error(transparent)]
    Login(#[from] ProxyLoginError),
    #[error(transparent)]
    Keychain(#[from] KeychainError),
}

impl CommandError {
    pub(super) fn exit_reason(&self) -> ExitReason {
        match self {
            Self::Client(error) => error.into(),
            Self::Start(error) => error.exit_reason(),
            Self::NoProxy => ExitReason::NotThere,
            Self::Output(_)
            | Self::Json(_)
            | Self::Input(_)
            | Self::Runtime(_)
            | Self::Bundle(_)
            | Self::Log { .. }
            | Self::RecoveryFile { .. }
            | Self::Autostart(_)
            | Self::ProxyNotClear { .. }
            | Self::UserMissing
            | Self::Login(_)
            | Self::Keychain(_) => ExitReason::Failed,
        }
    }

    /// Whoever reads the output has seen enough and closed it, as `head` does.
    pub(super) fn is_unread(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// In whole sentences. What the system says stays in its language.
    pub(super) fn text(&self, words: &Words) -> Text {
        match self {
            Self::Client(ClientError::Connection(error)) => {
                words.command_line_not_reached(&error.to_string())
            }
            Self::Client(error) => words::client_error(words, error),
            Self::Output(error) => words.command_line_not_written(&error.to_string()),
            Self::Json(error) => words.command_line_not_written(&error.to_string()),
            Self::Input(error) => words.command_line_not_read(&error.to_string()),
            Self::Runtime(error) => words.command_line_not_run(&error.to_string()),
            Self::Start(error) => words::start_error(words, error),
            Self::Bundle(error) => bundle(words, error),
            Self::Log { directory, source } => {
                words.command_line_log_not_read(&path(directory), &source.to_string())
            }
            Self::RecoveryFile { file, source } => {
                words.command_line_recovery_file_not_read(&path(file), &source.to_string())
            }
            Self::Autostart(error) => autostart(words, error),
            Self::NoProxy => words.command_line_no_proxy(),
            Self::ProxyNotClear { detail } => {
                words.command_line_proxy_not_clear(&Text::of_peer_lines(detail, LONGEST_DETAIL))
            }
            Self::UserMissing => words.command_line_user_missing(),
            Self::Login(ProxyLoginError::Length) => words.command_line_login_length(),
            Self::Login(ProxyLoginError::Character) => words.command_line_login_character(),
            Self::Keychain(error) => words::keychain_error(words, error),
        }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::Client(failure.into())
    }
}

fn bundle(words: &Words, error: &BundleError) -> Text {
    match error {
        BundleError::NotRedacted(error) => {
            let detail = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            words.command_line_report_not_redacted(&detail)
        }
        BundleError::Exists { path } => words.command_line_report_exists(&self::path(path)),
        BundleError::Unwritable { path, source } => {
            words.command_line_report_not_written(&self::path(path), &source.to_string())
        }
    }
}

fn autostart(words: &Words, error: &AutostartError) -> Text {
    match error {
        AutostartError::Write { file, reason } => {
            words.autostart_not_written(&path(file), &reason.to_string())
        }
        AutostartError::NoHome => words.autostart_no_home(),
        AutostartError::NotManaged => words.autostart_not_managed(),
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
