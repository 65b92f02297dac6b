//! A backup: everything that the database holds, in one file from which a database of either kind can be restored.
//!
//! The file has one JSON value on each line: a [`Head`], then for each table a [`Table`] and its rows as arrays, and at last an
//! [`End`], by which a file that was cut off or damaged is told from one that is complete. It holds keys and must be kept as
//! safe as the database itself.

mod catalogue;
mod read;
mod write;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::StoreError;

pub(crate) use read::restore;
pub(crate) use write::back_up;

/// Tells a backup from other files.
const FORMAT: &str = "countersign-server backup";
/// The version of the format.
const VERSION: u32 = 1;

/// Tables that say what is so just now, which it is not where the backup is restored.
const OF_THE_MOMENT: [&str; 6] =
    ["nodes", "revisions", "moves", "administrator_sessions", "acme_challenges", "acme_checks"];

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    format: String,
    version: u32,
    /// The version of the server that made it.
    pub(crate) server: String,
    /// When it was made (RFC 3339).
    pub(crate) made_at: String,
    /// The steps that its tables have gone through.
    steps: Vec<String>,
}

/// Before the rows of a table. Those that refer to another table come after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Table {
    table: String,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Column {
    name: String,
    kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Number,
    Boolean,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    /// Of all tables.
    rows: u64,
    /// SHA-256 of all lines before this one, in hexadecimal.
    sha256: String,
}

/// What was written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) head: Head,
    pub(crate) rows: u64,
}

/// Why a backup cannot be made or restored.
#[derive(Debug, Error)]
pub(crate) enum ArchiveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "There is no database of a server at {0}. Give the --data-directory or the --database-url of the server."
    )]
    Nothing(String),
    #[error(
        "{0} holds a database already. Nothing is put in its place: give another data directory or database, or remove it first."
    )]
    NotEmpty(String),
    #[error("The file {} cannot be read or written: {source}.", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("The file {} is no backup of a Countersign server.", .0.display())]
    NoBackup(PathBuf),
    #[error("The backup {} is not complete or damaged: {what}. Use another one.", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error(
        "The backup {} holds sealed secrets ({place}), and not the value by which their key is known again: somebody has changed the \
         backup, or the database of which it was made. Use another one.",
        path.display()
    )]
    NoCheck { path: PathBuf, place: String },
    #[error(
        "The backup {} was made by a later version of this server ({server}): it has {what}, which this version does not \
         know. Restore it with that version.",
        path.display()
    )]
    Newer { path: PathBuf, server: String, what: String },
    #[error("The restored database could not be put in its place: {0}.")]
    Place(std::io::Error),
}

impl From<sea_orm::DbErr> for ArchiveError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}
