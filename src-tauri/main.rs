//! Starts the desktop app, or carries out a command.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use clap::Parser;
use countersign_desktop::command_line::CommandLine;
use countersign_desktop::start;

fn main() -> ExitCode {
    start::start(&CommandLine::parse(), || tauri::generate_context!()).into()
}
