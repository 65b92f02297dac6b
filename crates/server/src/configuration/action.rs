//! What the program does instead of running the server.

use std::path::PathBuf;

use clap::Subcommand;
use thiserror::Error;
use time::Date;
use time::macros::format_description;

use crate::recovery::RecoveryArguments;

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
    /// Make a recovery file for endpoints that refuse the server, signed with its identity key, while the server runs or not. It
    /// is opened on the desktop, taken with “countersign recover FILE”, or put into /etc/countersign/recovery of their computers.
    RecoveryFile(Box<RecoveryArguments>),
}

/// Why a text is no day.
#[derive(Debug, Error)]
#[error("“{0}” is no day. Give one such as 2026-01-01.")]
struct NotADay(String);

fn day(text: &str) -> Result<Date, NotADay> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| NotADay(text.to_owned()))
}
