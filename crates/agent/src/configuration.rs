//! What the agent is told before it meets its server: by the installer for the machine, or by the person.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use countersign_protocol::{IdentityError, IdentityPublicKey};
use countersign_trust::{InvalidCertificateAction, ServerAddress};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Secret;
use crate::proxy::{ProxySection, ProxySettings};

/// The name under which the keychain holds the agent's entries.
pub const KEYCHAIN_SERVICE: &str = "Countersign";

/// The directory for recovery files, beside the machine's configuration.
const RECOVERY_DIRECTORY: &str = "recovery";

/// The longest configuration or token file that is read, in bytes.
const MAXIMUM_FILE_BYTES: u64 = 64 * 1024;

/// The settings of the agent.
#[derive(Clone, Debug)]
pub struct AgentConfiguration {
    /// The management server. Without one the agent stays disconnected.
    pub server: Option<ServerAddress>,
    /// Where to open the TCP connection instead of resolving the server's name. The certificate is still checked
    /// against `server`.
    pub connect_to: Option<SocketAddr>,
    /// What lets this computer enrol.
    pub enrolment_token: Option<Secret>,
    /// The identity key of the server, as the installer carries it.
    pub server_identity: Option<IdentityPublicKey>,
    /// The action until the first profile arrives.
    pub invalid_certificate_action: InvalidCertificateAction,
    /// Whether to use a proxy, and which.
    pub proxy: ProxySettings,
    /// Where the agent keeps what is not secret: the last profile, its instance UID, learned server identities.
    pub state_directory: PathBuf,
    /// The name under which the keychain holds the agent's entries.
    pub keychain_service: String,
    /// Whether the person may choose another server.
    pub server_choice: ServerChoice,
    /// Whether questions about certificates may be answered without the dialog.
    pub command_line_answers: CommandLineAnswers,
    /// Where recovery files are put in place for this computer, beside the machine's configuration.
    pub recovery_directory: Option<PathBuf>,
}

/// Whether the person may choose another server than the configured one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerChoice {
    /// The agent was set up by hand, or not yet.
    #[default]
    Free,
    /// The machine's configuration names the server.
    Pinned,
}

/// Whether questions about certificates may be answered on the command line, for sessions without a display. Only the
/// machine's configuration permits it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandLineAnswers {
    /// Only the dialog takes an answer.
    #[default]
    Forbidden,
    /// The command line takes one too.
    Permitted,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("The configuration file {} cannot be read: {source}.", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is longer than any sensible one.
    #[error("The file {} has {length} bytes; at most {MAXIMUM_FILE_BYTES} are read.", file.display())]
    TooLong {
        /// The file.
        file: PathBuf,
        /// Its length in bytes.
        length: u64,
    },
    /// The file is not TOML, or holds a key or value that does not fit.
    #[error("The configuration file {} is wrong: {reason}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// A value does not fit.
    #[error("In the configuration file {}, “{key}” is wrong: {reason}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The key, with its section.
        key: &'static str,
        /// What would be right.
        reason: String,
    },
    /// There is no place for the agent's state.
    #[error(
        "There is no directory for the agent's state: neither HOME nor XDG_STATE_HOME is set. Set one of them, or \
         “directory” in the section [state] of the configuration."
    )]
    NoStateDirectory,
}

/// The files as they are written. Unknown keys are errors: a misspelt one must not be a setting that is not there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    server: ServerSection,
    enrolment: EnrolmentSection,
    endpoint_control: EndpointControlSection,
    proxy: ProxySection,
    state: StateSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerSection {
    address: Option<String>,
    connect_to: Option<String>,
    identity: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EnrolmentSection {
    token: Option<String>,
    token_file: Option<PathBuf>,
}

impl std::fmt::Debug for EnrolmentSection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EnrolmentSection")
            .field("token_file", &self.token_file)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EndpointControlSection {
    invalid_certificate_action: Option<String>,
    answers_on_command_line: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StateSection {
    directory: Option<PathBuf>,
}

impl AgentConfiguration {
    /// Reads the machine's file and the person's; either may be absent.
    ///
    /// The machine outranks the person: if its file names a server, nothing of the person's sections `[server]` and
    /// `[enrolment]` counts, so that nobody adds a token or an identity to somebody else's server, and the person can
    /// only choose a stricter action than the usual one. Of the section `[proxy]`, too, the machine's counts alone if it
    /// is there.
    pub fn load(machine: &Path, person: Option<&Path>) -> Result<Self, ConfigurationError> {
        let recovery_directory = machine.parent().map(|directory| directory.join(RECOVERY_DIRECTORY));
        let machine = read(machine)?.unwrap_or_default();
        let person = person.map(read).transpose()?.flatten().unwrap_or_default();
        let machine_names_server = machine.server.is_some();
        let server_choice = if machine_names_server { ServerChoice::Pinned } else { ServerChoice::Free };
        let (server, enrolment) = if machine_names_server {
            ((machine.server, machine.connect_to, machine.identity), machine.enrolment_token)
        } else {
            ((person.server, person.connect_to, person.identity), person.enrolment_token)
        };
        let persons_action = if machine_names_server {
            person.action.map(|action| action.max(InvalidCertificateAction::default()))
        } else {
            person.action
        };
        let state_directory = machine
            .state_directory
            .or(person.state_directory)
            .or_else(default_state_directory)
            .ok_or(ConfigurationError::NoStateDirectory)?;
        Ok(Self {
            server: server.0,
            connect_to: server.1,
            server_identity: server.2,
            enrolment_token: enrolment,
            invalid_certificate_action: machine.action.or(persons_action).unwrap_or_default(),
            proxy: machine.proxy.or(person.proxy).unwrap_or_default(),
            state_directory,
            keychain_service: KEYCHAIN_SERVICE.to_owned(),
            server_choice,
            command_line_answers: machine.command_line_answers,
            recovery_directory,
        })
    }
}

/// The values of one file, checked.
#[derive(Debug, Default)]
struct Values {
    server: Option<ServerAddress>,
    connect_to: Option<SocketAddr>,
    identity: Option<IdentityPublicKey>,
    enrolment_token: Option<Secret>,
    action: Option<InvalidCertificateAction>,
    command_line_answers: CommandLineAnswers,
    proxy: Option<ProxySettings>,
    state_directory: Option<PathBuf>,
}

fn read(path: &Path) -> Result<Option<Values>, ConfigurationError> {
    let Some(text) = read_text(path)? else { return Ok(None) };
    let file: File = toml::from_str(&text).map_err(|error| ConfigurationError::Malformed {
        file: path.to_owned(),
        // The library's longer form would quote the line, which may hold the token.
        reason: match error.span() {
            Some(span) => {
                let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
                format!("line {line}: {}.", error.message())
            }
            None => format!("{}.", error.message()),
        },
    })?;
    let wrong =
        |key: &'static str, reason: String| ConfigurationError::Value { file: path.to_owned(), key, reason };
    let enrolment_token = match (file.enrolment.token, file.enrolment.token_file) {
        (Some(_), Some(_)) => {
            return Err(wrong(
                "enrolment.token",
                "Give either “token” or “token_file”, not both.".to_owned(),
            ));
        }
        (Some(token), None) => Some(token),
        (None, Some(token_file)) => {
            // A relative path is meant from where it is written.
            let token_file =
                path.parent().map_or_else(|| token_file.clone(), |parent| parent.join(&token_file));
            Some(read_token(path, &token_file)?)
        }
        (None, None) => None,
    };
    let values = Values {
        server: file.server.address.map(|text| text.parse()).transpose().map_err(
            |error: countersign_trust::ServerAddressError| wrong("server.address", error.to_string()),
        )?,
        connect_to: file.server.connect_to.map(|text| text.parse()).transpose().map_err(|_| {
            wrong(
                "server.connect_to",
                "Give an IP address and a port, for example 192.0.2.7:8013.".to_owned(),
            )
        })?,
        identity: file
            .server
            .identity
            .map(|text| text.parse())
            .transpose()
            .map_err(|error: IdentityError| wrong("server.identity", format!("{error}.")))?,
        enrolment_token: enrolment_token
            .map(|text| token(&text))
            .transpose()
            .map_err(|reason| wrong("enrolment.token", reason))?,
        action: file
            .endpoint_control
            .invalid_certificate_action
            .map(|text| text.parse())
            .transpose()
            .map_err(|error: countersign_trust::UnknownActionError| {
                wrong("endpoint_control.invalid_certificate_action", error.to_string())
            })?,
        command_line_answers: match file.endpoint_control.answers_on_command_line {
            Some(true) => CommandLineAnswers::Permitted,
            Some(false) | None => CommandLineAnswers::Forbidden,
        },
        proxy: file.proxy.settings().map_err(|(key, reason)| wrong(key, reason))?,
        state_directory: file.state.directory,
    };
    if values.server.is_none() && (values.connect_to.is_some() || values.identity.is_some()) {
        return Err(wrong(
            "server.address",
            "It is missing, and “connect_to” and “identity” need it.".to_owned(),
        ));
    }
    Ok(Some(values))
}

/// A token is put into an HTTP header, so it must be printable ASCII without spaces.
fn token(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > 512 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("An enrolment token is 1 to 512 letters, digits and signs without spaces, as the server shows it."
            .to_owned());
    }
    Ok(Secret::new(text.to_owned()))
}

fn read_text(path: &Path) -> Result<Option<String>, ConfigurationError> {
    let unreadable = |source| ConfigurationError::Unreadable { file: path.to_owned(), source };
    let length = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if length > MAXIMUM_FILE_BYTES {
        return Err(ConfigurationError::TooLong { file: path.to_owned(), length });
    }
    std::fs::read_to_string(path).map(Some).map_err(unreadable)
}

/// Unlike a configuration file, a token file that is named has to be there, and to hold a token.
fn read_token(configuration: &Path, token_file: &Path) -> Result<String, ConfigurationError> {
    let wrong = |reason: String| ConfigurationError::Value {
        file: configuration.to_owned(),
        key: "enrolment.token_file",
        reason: format!("{} {reason}", std::path::absolute(token_file).unwrap_or_default().display()),
    };
    match read_text(token_file) {
        Ok(Some(text)) if !text.trim().is_empty() => Ok(text),
        Ok(Some(_)) => Err(wrong("is empty. Write the enrolment token into it.".to_owned())),
        Ok(None) => {
            Err(wrong("does not exist. Correct the path, or write the enrolment token there.".to_owned()))
        }
        Err(ConfigurationError::Unreadable { source, .. }) => {
            Err(wrong(format!("cannot be read: {source}. Let this account read it.")))
        }
        Err(error) => Err(error),
    }
}

/// XDG Base Directory Specification; relative paths are to be ignored.
#[cfg(not(windows))]
fn default_state_directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|directory| directory.join("countersign"))
}

#[cfg(windows)]
fn default_state_directory() -> Option<PathBuf> {
    std::env::var_os("LOCALAPPDATA").map(|directory| PathBuf::from(directory).join("Countersign"))
}

#[cfg(test)]
mod tests;
