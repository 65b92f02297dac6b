//! `diagnostics`: a report that can be handed on to whoever helps.

use std::io::Write;
use std::path::{Path, PathBuf};

use countersign_agent::diagnostics::{
    Known, Material, ServerNames, bundle_file_name, recent_log_lines, write_bundle,
};
use countersign_words::Words;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::error::CommandError;
use super::runtime::within_threads;
use super::{ExitReason, report};
use crate::examination::{Examination, Examined, Told};
use crate::local_time::local_offset;

/// As much of the log as the report has, in bytes.
const LOG: usize = 256 * 1024;

pub(super) fn diagnostics(
    words: &Words,
    examined: &Examined,
    file: Option<&Path>,
    server_names: ServerNames,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    let now = OffsetDateTime::now_utc().to_offset(local_offset());
    let file = file.map_or_else(|| PathBuf::from(bundle_file_name(now)), Path::to_owned);
    let (found, passwords) = within_threads(async {
        let found = Examination::make(examined, &|_| {}).await;
        let passwords = found.passwords().await;
        (found, passwords)
    })?;
    let Examination { configuration, told, report: found, .. } = found;
    let state_directory = configuration.as_ref().map(|it| &it.state_directory).ok();
    let log = state_directory.or(examined.locations.state_directory.as_ref()).map(|directory| {
        recent_log_lines(directory, LOG).unwrap_or_else(|error| format!("It cannot be read: {error}."))
    });
    let Told { status, remembered, history } = told;
    let material = Material {
        configuration: Some(configuration.map_err(|error| error.to_string())),
        status: value(status.as_ref())?,
        doctor: Some(found),
        remembered: value(remembered.as_ref())?,
        history: value(history.as_ref())?,
        log,
    };
    let mut known = Known::of_this_process();
    known.secrets.extend(passwords);
    write_bundle(&file, &material, known, server_names)?;
    writeln!(out, "{}", report::written(words, &file))?;
    Ok(ExitReason::Asked)
}

fn value(data: Option<&impl Serialize>) -> Result<Option<Value>, serde_json::Error> {
    data.map(serde_json::to_value).transpose()
}
