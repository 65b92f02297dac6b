//! `logs`: what the agent has logged, whether it runs or not.

use std::io::Write;

use countersign_agent::diagnostics::recent_log_lines;

use super::commands::Locations;
use super::execute::CommandError;
use super::{ExitReason, report};
use crate::start::configuration;

/// All that is kept, in bytes.
const SHOWN: usize = 4 * 1024 * 1024;

pub(super) fn logs(locations: &Locations, out: &mut dyn Write) -> Result<ExitReason, CommandError> {
    let directory = match &locations.state_directory {
        Some(directory) => directory.clone(),
        None => configuration(locations)?.state_directory,
    };
    match recent_log_lines(&directory, SHOWN) {
        Ok(lines) if lines.is_empty() => writeln!(out, "{}", report::nothing_logged(&directory))?,
        Ok(lines) => out.write_all(lines.as_bytes())?,
        Err(source) => return Err(CommandError::Log { directory, source }),
    }
    Ok(ExitReason::Asked)
}
