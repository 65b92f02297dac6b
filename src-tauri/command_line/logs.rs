//! `logs`: what the agent has logged, whether it runs or not.

use std::io::Write;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use countersign_agent::diagnostics::{LogFollower, recent_log_lines};
use countersign_words::Words;

use super::commands::Locations;
use super::error::CommandError;
use super::runtime::within_one_thread;
use super::{ExitReason, output, report};
use crate::signals;
use crate::start::configuration;

/// All that is kept, in bytes.
const SHOWN: usize = 4 * 1024 * 1024;
/// How often it is looked whether there is more.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

pub(super) fn logs(
    words: &Words,
    locations: &Locations,
    follow: bool,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    let directory = match &locations.state_directory {
        Some(directory) => directory.clone(),
        None => configuration(locations)?.state_directory,
    };
    if follow {
        return within_one_thread(self::follow(&directory, out))?;
    }
    let lines = recent_log_lines(&directory, SHOWN)
        .map_err(|source| CommandError::Log { directory: directory.clone(), source })?;
    if lines.is_empty() {
        writeln!(out, "{}", report::nothing_logged(words, &directory))?;
    } else {
        out.write_all(printable(&lines).as_bytes())?;
    }
    Ok(ExitReason::Asked)
}

/// Until somebody stops it, or nobody reads what it writes any more.
async fn follow(directory: &Path, out: &mut dyn Write) -> Result<ExitReason, CommandError> {
    // Nothing else is done within this runtime, so that reading and writing may block it.
    let mut follower = LogFollower::new(directory);
    let mut ending = pin!(signals::ending());
    while !output::is_unread() {
        let lines = follower
            .next_lines()
            .map_err(|source| CommandError::Log { directory: directory.to_owned(), source })?;
        out.write_all(printable(&lines).as_bytes())?;
        out.flush()?;
        tokio::select! {
            ended = &mut ending => {
                ended.map_err(CommandError::Runtime)?;
                break;
            }
            () = tokio::time::sleep(BETWEEN_LOOKS) => {}
        }
    }
    Ok(ExitReason::Asked)
}

/// What strangers say is in the log, too, and must not steer a terminal.
fn printable(lines: &str) -> String {
    let fit = |character: char| match character {
        '\n' | '\t' => character,
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        _ => character,
    };
    lines.chars().map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_steers_a_terminal() {
        assert_eq!(printable("a\tb\u{1b}[2J\r\u{9b}c\nä\n"), "a\tb\u{fffd}[2J\u{fffd}\u{fffd}c\nä\n");
    }
}
