//! Starts the management server.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use countersign_server::{
    Action, CommandLine, LogFormat, Reader, Server, ServerConfiguration, back_up, make_recovery_file,
    prune_audit, raise_open_files, restore, rotate_key,
};
use serde_json::json;
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing_subscriber::EnvFilter;

/// The environment variable that sets how much is logged.
const LOG: &str = "COUNTERSIGN_LOG";
/// What is logged without it.
const USUAL: &str = "info,sea_orm=warn,sea_orm_migration=warn,sqlx=warn";

/// Why the log cannot be set up as asked.
#[derive(Debug, Error)]
#[error(
    "The environment variable {LOG} is set to “{value}”, which does not say how much to log: {reason}. Set it to “debug”, \
     for example, or to “countersign_server=debug,warn”."
)]
struct LogError {
    value: String,
    reason: String,
}

fn log_filter(value: Option<&OsStr>) -> Result<EnvFilter, LogError> {
    let value = value.filter(|value| !value.is_empty()).unwrap_or(OsStr::new(USUAL));
    let wrong = |reason: String| LogError { value: value.to_string_lossy().into_owned(), reason };
    let text = value.to_str().ok_or_else(|| wrong("it is no Unicode text".to_owned()))?;
    EnvFilter::try_new(text).map_err(|error| wrong(error.to_string()))
}

fn wrong(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("countersign-server: {error}");
    ExitCode::from(3)
}

/// Sets up the log, to standard error.
fn begin_log(format: LogFormat, filter: EnvFilter) {
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => {
            // Where every line is JSON, that of a fault in the program is, too.
            std::panic::set_hook(Box::new(|fault| tracing::error!(%fault, "a fault in the program")));
            log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
        }
    };
    if let Err(error) = begun {
        eprintln!("countersign-server: the log cannot be written: {error}");
    }
}

/// Says why the program does not go on, whatever is left out of the log.
fn failed(format: LogFormat, reason: &str) -> ExitCode {
    match format {
        LogFormat::Text => eprintln!("countersign-server: {reason}"),
        LogFormat::Json => {
            let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
            let line = json!({"timestamp": now, "level": "ERROR", "message": reason, "target": "countersign_server"});
            eprintln!("{line}");
        }
    }
    ExitCode::FAILURE
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let filter = match log_filter(std::env::var_os(LOG).as_deref()) {
        Ok(filter) => filter,
        Err(error) => return wrong(&error),
    };
    let check_only = command_line.check_config;
    let action = command_line.action.clone();
    let configuration = match ServerConfiguration::load(command_line) {
        Ok(configuration) => configuration,
        Err(error) => return wrong(&error),
    };
    if check_only {
        print!("{configuration}");
        return match configuration.check_key_file() {
            Ok(said) => {
                println!("{said}");
                ExitCode::SUCCESS
            }
            Err(error) => wrong(&error),
        };
    }
    let format = configuration.log_format;
    begin_log(format, filter);
    raise_open_files();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(format, &format!("no threads could be started: {error}")),
    };
    match action {
        None => runtime.block_on(run(configuration)),
        Some(action) => runtime.block_on(maintain(&configuration, &action)),
    }
}

async fn maintain(configuration: &ServerConfiguration, action: &Action) -> ExitCode {
    let done = match action {
        Action::Backup { file } => back_up(configuration, file).await,
        Action::Restore { file } => restore(configuration, file).await,
        Action::RotateKey => rotate_key(configuration).await,
        Action::PruneAudit { before, to } => prune_audit(configuration, *before, to).await,
        Action::RecoveryFile(arguments) => make_recovery_file(configuration, arguments).await,
    };
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => failed(configuration.log_format, &error.to_string()),
    }
}

async fn run(configuration: ServerConfiguration) -> ExitCode {
    let format = configuration.log_format;
    let server = match Server::start(configuration).await {
        Ok(server) => server,
        Err(error) => return failed(format, &error.to_string()),
    };
    let reader = if std::io::stdout().is_terminal() { Reader::Terminal } else { Reader::Program };
    match server.announcement().text(reader) {
        Ok(text) => print!("{text}"),
        Err(error) => eprintln!(
            "countersign-server: what is new at this start could not be written into the data directory: {error}. Start the \
             server from a terminal, with --new-administrator-token."
        ),
    }
    if let Err(error) = wait_for_signal().await {
        failed(format, &format!("signals of the system cannot be received: {error}"));
    }
    server.stop().await;
    ExitCode::SUCCESS
}

#[cfg(unix)]
async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn wait_for_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
