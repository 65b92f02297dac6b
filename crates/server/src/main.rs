//! Starts the management server.

use std::process::ExitCode;

use clap::Parser as _;
use countersign_server::{CommandLine, Server, ServerConfiguration, raise_open_files};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("COUNTERSIGN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logged = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    if let Err(error) = logged {
        eprintln!("countersign-server: the log cannot be written: {error}");
    }
    let configuration = match ServerConfiguration::load(CommandLine::parse()) {
        Ok(configuration) => configuration,
        Err(error) => {
            eprintln!("countersign-server: {error}");
            return ExitCode::from(3);
        }
    };
    raise_open_files();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("countersign-server: no threads could be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(run(configuration))
}

async fn run(configuration: ServerConfiguration) -> ExitCode {
    let server = match Server::start(configuration).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("countersign-server: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Telemetry:       {}", server.telemetry);
    println!("API:             https://{}/api/v1", server.console);
    println!("Server identity: {}", server.identity);
    if let Some(tokens) = &server.new_tokens {
        println!("What follows is shown only now:");
        println!("Administrator token: {}", tokens.administrator.expose());
        if let Some(enrolment) = &tokens.enrolment {
            println!("Enrolment token:     {}", enrolment.expose());
        }
    }
    if let Err(error) = wait_for_signal().await {
        eprintln!("countersign-server: signals of the system cannot be received: {error}");
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
