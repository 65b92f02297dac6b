//! `autostart`: whether the app starts with the session.

use std::io::Write;

use countersign_words::Words;

use super::ExitReason;
use super::commands::AutostartCommand;
use super::error::CommandError;
use crate::autostart::{Autostart, set, state};

pub(super) fn autostart(
    words: &Words,
    command: AutostartCommand,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    match command {
        AutostartCommand::On => set(Autostart::On)?,
        AutostartCommand::Off => set(Autostart::Off)?,
        AutostartCommand::Status => {}
    }
    let said = match state() {
        Autostart::On => words.autostart_on(),
        Autostart::Off => words.autostart_off(),
        Autostart::NotManaged => words.autostart_not_managed(),
    };
    writeln!(out, "{said}")?;
    Ok(ExitReason::Asked)
}
