//! `doctor`: looks at everything that a connection needs, whether the agent runs or not.

use std::io::{self, IsTerminal as _, Write};

use countersign_agent::doctor::Standing;
use countersign_words::Words;

use super::error::CommandError;
use super::runtime::within_threads;
use super::{ExitReason, report};
use crate::examination::{Examination, Examined, examine_for_person};
use crate::words::ExaminationProgress;

pub(super) fn doctor(
    words: &Words,
    examined: &Examined,
    json: bool,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    let standing = if json {
        let found = within_threads(Examination::make(examined, &|_| {}))?.report;
        writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?;
        found.standing
    } else {
        let found = within_threads(examine_for_person(words, examined, &show))?;
        clear();
        write!(out, "{}", report::examination(&found))?;
        found.standing
    };
    Ok(match standing {
        Standing::PreventsConnection => ExitReason::NotConnected,
        Standing::Impaired | Standing::Skipped | Standing::Ok | Standing::NotApplicable => ExitReason::Asked,
    })
}

/// Beginning of the line, and nothing in it (ECMA-48, *erase in line*).
const EMPTY_LINE: &str = "\r\u{1b}[K";

/// What is looked at, for whoever sits before a terminal and waits.
fn show(progress: ExaminationProgress) {
    if let ExaminationProgress::Begun { name, .. } = progress
        && io::stderr().is_terminal()
    {
        eprint!("{EMPTY_LINE}{name} …");
    }
}

fn clear() {
    if io::stderr().is_terminal() {
        eprint!("{EMPTY_LINE}");
    }
}
