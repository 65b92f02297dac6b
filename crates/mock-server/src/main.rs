//! Serves every bad certificate on this computer, each at an address of its own.

mod control;
mod listening;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use countersign_mock_server::catalogue::{Answer, Catalogue, Entry};
use listening::Listening;
use serde_json::json;

/// Shows every bad certificate to whoever connects, each at an address of its own, on this computer only.
///
/// While it runs, a line on standard input exchanges what an address shows: its port, a space, and a name from the list.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    /// Serve only this; can be given several times.
    #[arg(long, value_name = "NAME")]
    serve: Vec<String>,
    /// The port of the first address; the others follow it. Without it, any that are free.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Write the addresses to this file, in JSON, once all are served.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Write the roots that the agent has to trust to this file: start it with SSL_CERT_FILE naming it.
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    /// Write all certificates and keys into this directory, for another server to show.
    #[arg(long, value_name = "DIRECTORY")]
    write: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    match run(&command_line).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countersign-mock-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command_line: &CommandLine) -> Result<(), String> {
    let catalogue = Catalogue::make();
    let chosen = chosen(&catalogue, &command_line.serve)?;
    if let Some(path) = &command_line.roots {
        write(path, &catalogue.roots)?;
    }
    if let Some(directory) = &command_line.write {
        write_pairs(&catalogue, directory)?;
    }
    let mut ports = command_line.port.map(|first| first..=u16::MAX);
    let mut served = Vec::new();
    for entry in chosen {
        let port = match &mut ports {
            Some(ports) => ports.next().ok_or("there are not enough ports")?,
            None => 0,
        };
        let listening = Listening::start(entry, port)
            .await
            .map_err(|error| format!("port {port} cannot be listened on: {error}. Give another --port."))?;
        served.push((entry, listening));
    }
    for (entry, listening) in &served {
        println!("{:<28}{}:{}  {}", entry.name, entry.host, listening.address().port(), entry.about);
    }
    if let Some(path) = &command_line.ready_file {
        write(path, &ready(&served))?;
    }
    let mut listening: Vec<Listening> = served.into_iter().map(|(_, listening)| listening).collect();
    tokio::select! {
        () = control::obey(&catalogue, &mut listening) => {}
        () = told_to_end() => {}
    }
    Ok(())
}

fn chosen<'catalogue>(
    catalogue: &'catalogue Catalogue,
    names: &[String],
) -> Result<Vec<&'catalogue Entry>, String> {
    if names.is_empty() {
        return Ok(catalogue.entries.iter().collect());
    }
    let entry = |name: &String| catalogue.entry(name).ok_or_else(|| unknown(catalogue, name));
    names.iter().map(entry).collect()
}

fn unknown(catalogue: &Catalogue, name: &str) -> String {
    let names: Vec<&str> = catalogue.entries.iter().map(|entry| entry.name).collect();
    format!("there is no “{name}”. There are: {}.", names.join(", "))
}

fn ready(served: &[(&Entry, Listening)]) -> String {
    let entries: Vec<_> = served
        .iter()
        .map(|(entry, listening)| {
            json!({
                "name": entry.name,
                "about": entry.about,
                "server": format!("{}:{}", entry.host, listening.address().port()),
                "address": listening.address(),
            })
        })
        .collect();
    json!(entries).to_string()
}

fn write_pairs(catalogue: &Catalogue, directory: &Path) -> Result<(), String> {
    std::fs::create_dir_all(directory).map_err(|error| not_written(directory, &error))?;
    for entry in &catalogue.entries {
        if let Answer::Certificate(pair) = &entry.answer {
            write(&directory.join(format!("{}.pem", entry.name)), &pair.chain)?;
            write(&directory.join(format!("{}.key.pem", entry.name)), &pair.key)?;
        }
    }
    Ok(())
}

/// In one step, so that nobody reads half of it.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, text)
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|error| not_written(path, &error))
}

fn not_written(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}.", path.display())
}

/// Ctrl-C, and on Unix SIGTERM.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
