//! The settings of the server. The command line outranks the environment, which outranks the configuration file.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use countersign_protocol::{PublisherPublicKey, Secret};
use countersign_trust::{Host, ServerAddress};
use serde::Deserialize;
use thiserror::Error;
use time::Date;
use time::macros::format_description;

use crate::database_url::{DatabaseUrl, DatabaseUrlError};
use crate::key_file::KeyFile;

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

/// What can be done with the database of a server. None of them needs the server to run.
#[derive(Clone, Debug, Subcommand)]
pub enum Action {
    /// Write everything that the database holds into a new file, while the server runs or not. The file holds the keys of the
    /// server.
    Backup {
        /// A file that is not there yet.
        file: PathBuf,
    },
    /// Restore such a file, into a data directory or PostgreSQL database that holds nothing yet; the kind of database may be
    /// another one than before.
    Restore {
        /// The file that was written.
        file: PathBuf,
    },
    /// Make another key that seals secrets in the database, and seal all of them with it. No server may run on the database;
    /// those that share it then need the new key file.
    RotateKey,
    /// Write the rows of the audit from before a day into a new file, one JSON object a line, and remove them from the database,
    /// while the server runs or not. Nothing else ever removes any; the audit says that this was done.
    PruneAudit {
        /// The first day (UTC) whose rows stay, for example 2026-01-01.
        #[arg(long, value_name = "DAY", value_parser = day)]
        before: Date,
        /// A file that is not there yet.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

/// Why a text is no day.
#[derive(Debug, Error)]
#[error("“{0}” is no day. Give one such as 2026-01-01.")]
struct NotADay(String);

fn day(text: &str) -> Result<Date, NotADay> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| NotADay(text.to_owned()))
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object on each line, for programs.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
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
    server_name: Option<String>,
    enrolments_per_minute: Option<NonZeroU32>,
    keep_history_days: Option<NonZeroU32>,
    log_format: Option<LogFormat>,
    ready_file: Option<PathBuf>,
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
        match &self.ready_file {
            Some(file) => writeln!(formatter, "ready_file = \"{}\"", file.display()),
            None => Ok(()),
        }
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
        let reason = if text.lines().nth(line).is_some_and(|line| line.contains("database_url")) {
            format!("line {}, database_url: {}", line + 1, error.message())
        } else {
            error.to_string()
        };
        ConfigurationError::Malformed { file: path.to_owned(), reason }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn load(file: &str, arguments: &[&str]) -> Result<ServerConfiguration, ConfigurationError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("server.toml");
        std::fs::write(&path, file).unwrap();
        let mut command_line =
            CommandLine::parse_from(std::iter::once("countersign-server").chain(arguments.iter().copied()));
        command_line.configuration = Some(path);
        ServerConfiguration::load(command_line)
    }

    #[test]
    fn the_command_line_outranks_the_file() {
        CommandLine::command().debug_assert();
        let file =
            "data_directory = \"/a\"\ntelemetry_address = \"127.0.0.1:1\"\nserver_name = \"A.example\"";
        let configuration = load(file, &["--data-directory", "/b"]).unwrap();
        assert_eq!(configuration.data_directory, PathBuf::from("/b"));
        assert_eq!(configuration.telemetry_address.port(), 1);
        assert_eq!(configuration.console_address.port(), 8443);
        assert_eq!(configuration.server_name.unwrap().to_string(), "a.example");
    }

    #[test]
    fn the_address_of_the_database_is_not_printed() {
        let file = "data_directory = \"/a\"\ndatabase_url = \"postgres://a:geheim@file/c\"";
        let url = "postgres://a:geheim@line/c";
        for (arguments, expected) in
            [(&[][..], "“c” at file:5432"), (&["--database-url", url][..], "“c” at line:5432")]
        {
            let configuration = load(file, arguments).unwrap();
            for said in [configuration.to_string(), format!("{configuration:?}")] {
                assert!(said.contains(expected) && !said.contains("geheim"), "{said}");
            }
        }
        let command_line = CommandLine::parse_from(["countersign-server", "--database-url", url]);
        assert!(!format!("{command_line:?}").contains("geheim"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (file, expected) in [
            ("", "data directory"),
            ("data_directory = \"/a\"\nport = 1", "port"),
            ("data_directory = \"/a\"\nconsole_address = \"x\"", "console_address"),
            ("data_directory = \"/a\"\nconsole_address = \"localhost:1\"", "Give an IP address and a port"),
            ("data_directory = \"/a\"\ntelemetry_address = \":8013\"", "a host name is not possible"),
            ("data_directory = \"/a\"\nserver_name = \"a b\"", "a b"),
            ("data_directory = \"/a\"\nlog_format = \"xml\"", "log_format"),
            (
                "data_directory = \"/a\"\ndatabase_url = \"mysql://a:geheim@b/c\"",
                "no address of a PostgreSQL database",
            ),
            ("data_directory = \"/a\"\ndatabase_url = \"postgres://a:geheim@b/c", "database_url"),
            ("data_directory = \"/a\"\ndatabase_url = [\"postgres://a:geheim@b/c\"]", "database_url"),
        ] {
            let error = load(file, &[]).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("geheim"), "{error}");
        }
    }
}
