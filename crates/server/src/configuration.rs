//! The settings of the server. The command line outranks the environment, which outranks the configuration file.

mod action;
mod log_format;

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Parser;
use countersign_protocol::{PublisherPublicKey, Secret};
use countersign_trust::{Host, ServerAddress};
use serde::Deserialize;
use thiserror::Error;

pub use action::Action;
pub use log_format::LogFormat;

use crate::database_url::{DatabaseUrl, DatabaseUrlError};
use crate::key_file::KeyFile;
use crate::people::{OpenIdConnectConfiguration, OpenIdConnectSettings, OpenIdConnectSettingsError};

/// Long enough to see what was done in the last quarter of a year.
const KEEP_HISTORY_DAYS: NonZeroU32 = NonZeroU32::MIN.saturating_add(89);
/// Enough for a roll-out from behind one address, and little enough that nobody fills the database in a night unseen.
const ENROLMENTS_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(599);

/// The management server of Countersign: keeps the telemetry connections of endpoints, and their profiles.
#[derive(Clone, Debug, Default, Parser)]
#[command(
    name = "countersign-server",
    version,
    after_help = "Exit codes: 0 ended as asked; 1 something failed; 2 wrong command line; 3 wrong configuration.\n\n\
                  The environment variable COUNTERSIGN_LOG sets how much is logged to standard error, for example \
                  COUNTERSIGN_LOG=debug."
)]
pub struct CommandLine {
    /// What to do instead of running the server.
    #[command(subcommand)]
    pub action: Option<Action>,

    /// Keep everything in this directory: database, keys, certificates.
    #[arg(long, global = true, env = "COUNTERSIGN_SERVER_DATA_DIRECTORY", value_name = "DIRECTORY")]
    pub data_directory: Option<PathBuf>,

    /// Keep the database in PostgreSQL rather than in the data directory: postgres://USER@HOST/DATABASE. A password in it is seen
    /// by whoever lists processes; better give it in the environment or the configuration file.
    #[arg(
        long,
        global = true,
        env = "COUNTERSIGN_SERVER_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        // Takes any text: what is wrong with it is said later, without repeating it.
        value_parser = |text: &str| Ok::<_, std::convert::Infallible>(Secret::new(text.to_owned()))
    )]
    pub database_url: Option<Secret>,

    /// The file with the key that seals secrets in the database [default: sealing-key in the data directory]. It is made at the
    /// first start; servers that share a database need the same one. Keep a copy apart from backups, which are of no use without.
    #[arg(long, global = true, env = "COUNTERSIGN_SERVER_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,

    /// Listen here for telemetry [default: 0.0.0.0:8013].
    #[arg(
        long,
        env = "COUNTERSIGN_SERVER_TELEMETRY_ADDRESS",
        value_name = "ADDRESS:PORT",
        value_parser = listening_address
    )]
    pub telemetry_address: Option<SocketAddr>,

    /// Listen here for the console and the API, over HTTPS [default: 0.0.0.0:8443].
    #[arg(
        long,
        env = "COUNTERSIGN_SERVER_CONSOLE_ADDRESS",
        value_name = "ADDRESS:PORT",
        value_parser = listening_address
    )]
    pub console_address: Option<SocketAddr>,

    /// Listen here for HTTP, too [default: not at all]: certificate authorities are answered (HTTP-01), and everybody else is sent
    /// to HTTPS if that is set in the console. 0.0.0.0:80 is where authorities ask. The server starts without it if need be.
    #[arg(
        long,
        env = "COUNTERSIGN_SERVER_HTTP_ADDRESS",
        value_name = "ADDRESS:PORT",
        value_parser = listening_address
    )]
    pub http_address: Option<SocketAddr>,

    /// The host name under which agents reach this server; SSL certificates are judged by it.
    #[arg(long, env = "COUNTERSIGN_SERVER_NAME", value_name = "NAME")]
    pub server_name: Option<String>,

    /// Read settings from this file.
    #[arg(long, global = true, env = "COUNTERSIGN_SERVER_CONFIGURATION", value_name = "FILE")]
    pub configuration: Option<PathBuf>,

    /// Let in so many agents a minute, and as many at once, that come with an enrolment token from one network [default: 600].
    /// More of them are asked to come back later. Agents that are enrolled are not counted.
    #[arg(long, env = "COUNTERSIGN_SERVER_ENROLMENTS_PER_MINUTE", value_name = "NUMBER")]
    pub enrolments_per_minute: Option<NonZeroU32>,

    /// Remove commands that have expired and decisions of people after so many days [default: 90]. The audit stays.
    #[arg(long, env = "COUNTERSIGN_SERVER_KEEP_HISTORY_DAYS", value_name = "DAYS")]
    pub keep_history_days: Option<NonZeroU32>,
    /// Write the log as text for people, or as one JSON object on each line for programs [default: text].
    #[arg(long, global = true, env = "COUNTERSIGN_SERVER_LOG_FORMAT", value_name = "FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,

    /// Write addresses and new tokens to this file once the server is ready.
    #[arg(long, env = "COUNTERSIGN_SERVER_READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,

    /// Make a new administrator token at this start and show it; the old one is no longer accepted.
    #[arg(long)]
    pub new_administrator_token: bool,

    /// Only check the settings, say what they come to, and end.
    #[arg(long)]
    pub check_config: bool,
}

/// What becomes of the administrator token at a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdministratorToken {
    /// The one that was made at an earlier start stays; without one, this is the first start, which makes one.
    #[default]
    Keep,
    /// A new one takes its place, because nobody has the old one or somebody should not have it.
    Replace,
}

/// The settings of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfiguration {
    /// Where everything is kept.
    pub data_directory: PathBuf,
    /// Where the database is, if it is not in the data directory.
    pub database_url: Option<DatabaseUrl>,
    /// Where the key is that seals secrets in the database, if it is not in the data directory.
    pub key_file: Option<PathBuf>,
    /// Where to listen for telemetry.
    pub telemetry_address: SocketAddr,
    /// Where to listen for the API.
    pub console_address: SocketAddr,
    /// Where to listen for HTTP, if at all.
    pub http_address: Option<SocketAddr>,
    /// The host name under which agents reach the server, if it is known.
    pub server_name: Option<Host>,
    /// So many agents a minute are let in with an enrolment token from one network, and as many at once.
    pub enrolments_per_minute: NonZeroU32,
    /// Commands and decisions are kept for so many days after they are over.
    pub keep_history_days: NonZeroU32,
    /// How the log is written.
    pub log_format: LogFormat,
    /// Where to write what others need to know once the server is ready.
    pub ready_file: Option<PathBuf>,
    /// What becomes of the administrator token.
    pub administrator_token: AdministratorToken,
    /// Where people can sign in instead of with a password, if anywhere.
    pub openid_connect: Option<OpenIdConnectConfiguration>,
    /// Whose licence files count: the publisher that this version was built with. Not for administrators to set.
    pub licence_publisher: Option<PublisherPublicKey>,
}

/// Why the settings cannot be used.
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
    /// The file is not TOML, or holds a key or value that does not fit.
    #[error("The configuration file {} is wrong: {reason}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no data directory.
    #[error(
        "No data directory is set. Give --data-directory, or “data_directory” in the configuration file."
    )]
    NoDataDirectory,
    /// The address of the database is none.
    #[error("The database URL (--database-url) does not fit: {0}")]
    DatabaseUrl(#[from] DatabaseUrlError),
    /// People cannot sign in at the provider that is named.
    #[error("The section [openid_connect] of the configuration file does not fit: {0}")]
    OpenIdConnect(#[from] OpenIdConnectSettingsError),
    /// The key file cannot be used.
    #[error("{0}")]
    KeyFile(String),
    /// The name of the server is none.
    #[error("The server name does not fit: {0}")]
    ServerName(#[from] countersign_trust::ServerAddressError),
}

/// Why a text is no address to listen on.
#[derive(Debug, Error)]
#[error(
    "“{0}” is no address to listen on. Give an IP address and a port, for example 0.0.0.0:8013; a host name is not possible."
)]
struct NotAnAddress(String);

fn listening_address(text: &str) -> Result<SocketAddr, NotAnAddress> {
    text.parse().map_err(|_| NotAnAddress(text.to_owned()))
}

/// An address in the configuration file.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct ListeningAddress(SocketAddr);

impl TryFrom<String> for ListeningAddress {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        listening_address(&text).map(Self)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    data_directory: Option<PathBuf>,
    database_url: Option<String>,
    key_file: Option<PathBuf>,
    telemetry_address: Option<ListeningAddress>,
    console_address: Option<ListeningAddress>,
    http_address: Option<ListeningAddress>,
    server_name: Option<String>,
    enrolments_per_minute: Option<NonZeroU32>,
    keep_history_days: Option<NonZeroU32>,
    log_format: Option<LogFormat>,
    ready_file: Option<PathBuf>,
    openid_connect: Option<OpenIdConnectSettings>,
}

impl fmt::Display for ServerConfiguration {
    /// One setting a line, as they would be in the configuration file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "data_directory = \"{}\"", self.data_directory.display())?;
        if let Some(url) = &self.database_url {
            writeln!(formatter, "# database_url is set, and not shown, as it may hold a password: {url}")?;
        }
        writeln!(formatter, "key_file = \"{}\"", self.key_file().path().display())?;
        writeln!(formatter, "telemetry_address = \"{}\"", self.telemetry_address)?;
        writeln!(formatter, "console_address = \"{}\"", self.console_address)?;
        if let Some(address) = &self.http_address {
            writeln!(formatter, "http_address = \"{address}\"")?;
        }
        match &self.server_name {
            Some(name) => writeln!(formatter, "server_name = \"{name}\"")?,
            None => writeln!(
                formatter,
                "# server_name is not set: SSL certificates cannot be judged as agents do."
            )?,
        }
        writeln!(formatter, "enrolments_per_minute = {}", self.enrolments_per_minute)?;
        writeln!(formatter, "keep_history_days = {}", self.keep_history_days)?;
        writeln!(formatter, "log_format = \"{}\"", self.log_format)?;
        if let Some(file) = &self.ready_file {
            writeln!(formatter, "ready_file = \"{}\"", file.display())?;
        }
        // A section comes after all that is in none.
        self.openid_connect.iter().try_for_each(|settings| write!(formatter, "{settings}"))
    }
}

impl ServerConfiguration {
    /// Where the key is that seals secrets in the database.
    pub(crate) fn key_file(&self) -> KeyFile {
        KeyFile::of(&self.data_directory, self.key_file.as_deref())
    }

    /// What there is to say about the key file before a start, as a comment of a configuration file.
    ///
    /// # Errors
    ///
    /// It is there and cannot be used.
    pub fn check_key_file(&self) -> Result<&'static str, ConfigurationError> {
        match self.key_file().read() {
            Ok(Some(_)) => Ok("# The key file is there and can be used."),
            Ok(None) => Ok(
                "# The key file is not there: it is made at the first start. Where the database holds secrets already, put the key \
                 file in its place with which they are sealed.",
            ),
            Err(error) => Err(ConfigurationError::KeyFile(error.to_string())),
        }
    }

    /// Puts file, environment and command line together.
    pub fn load(command_line: CommandLine) -> Result<Self, ConfigurationError> {
        let file = command_line.configuration.as_deref().map(read).transpose()?.unwrap_or_default();
        let name = command_line.server_name.or(file.server_name);
        let database_url = command_line.database_url.or(file.database_url.map(Secret::new));
        let openid_connect: Option<OpenIdConnectConfiguration> =
            file.openid_connect.map(TryInto::try_into).transpose()?;
        if name.is_none() && openid_connect.as_ref().is_some_and(|settings| settings.console_url.is_none()) {
            return Err(OpenIdConnectSettingsError::NoConsole.into());
        }
        Ok(Self {
            data_directory: command_line
                .data_directory
                .or(file.data_directory)
                .ok_or(ConfigurationError::NoDataDirectory)?,
            database_url: database_url.map(DatabaseUrl::new).transpose()?,
            key_file: command_line.key_file.or(file.key_file),
            telemetry_address: command_line
                .telemetry_address
                .or(file.telemetry_address.map(|address| address.0))
                .unwrap_or_else(|| {
                    SocketAddr::from(([0, 0, 0, 0], countersign_trust::DEFAULT_TELEMETRY_PORT))
                }),
            console_address: command_line
                .console_address
                .or(file.console_address.map(|address| address.0))
                .unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 8443))),
            http_address: command_line.http_address.or(file.http_address.map(|address| address.0)),
            server_name: name
                .map(|name| ServerAddress::new(&name, countersign_trust::DEFAULT_TELEMETRY_PORT))
                .transpose()?
                .map(|address| address.host().clone()),
            enrolments_per_minute: command_line
                .enrolments_per_minute
                .or(file.enrolments_per_minute)
                .unwrap_or(ENROLMENTS_PER_MINUTE),
            keep_history_days: command_line
                .keep_history_days
                .or(file.keep_history_days)
                .unwrap_or(KEEP_HISTORY_DAYS),
            log_format: command_line.log_format.or(file.log_format).unwrap_or_default(),
            ready_file: command_line.ready_file.or(file.ready_file),
            administrator_token: if command_line.new_administrator_token {
                AdministratorToken::Replace
            } else {
                AdministratorToken::Keep
            },
            openid_connect,
            licence_publisher: PublisherPublicKey::built_in(),
        })
    }
}

fn read(path: &Path) -> Result<Settings, ConfigurationError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigurationError::Unreadable { file: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|error| {
        // The whole error shows the line, and that line may hold a password.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count();
        let is_secret = |key: &&str| text.lines().nth(line).is_some_and(|line| line.contains(*key));
        let reason = if let Some(key) = ["database_url", "client_secret"].into_iter().find(is_secret) {
            format!("line {}, {key}: {}", line + 1, error.message())
        } else {
            error.to_string()
        };
        ConfigurationError::Malformed { file: path.to_owned(), reason }
    })
}

#[cfg(test)]
mod tests;
