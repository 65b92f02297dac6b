//! The database. Everything that the server must not forget is here.

mod administrators;
mod api_tokens;
mod audit;
mod client_keys;
pub(crate) mod commands;
mod decisions;
mod endpoint_list;
mod endpoints;
pub(crate) mod entity;
mod group_members;
mod groups;
mod keys;
mod licences;
mod migrations;
mod page;
mod placement;
mod profile_versions;
mod profiles;
mod sessions;
mod settings;
mod sign_ins;
mod standing;
pub(crate) mod tokens;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    TransactionTrait as _,
};
use sea_orm_migration::MigratorTrait as _;
use thiserror::Error;
use time::OffsetDateTime;

pub(crate) use administrators::{AccountChange, Administrator, NewAdministrator, StepUse};
pub(crate) use audit::{Actor, Change};
pub(crate) use client_keys::{KeyStanding, TokenStanding};
pub(crate) use commands::{Batch, BatchCounts, Kept};
pub(crate) use endpoint_list::{EndpointCounts, EndpointFilter, EndpointOrder, EndpointQuery};
pub(crate) use endpoints::{Departure, Introduction, ProfileResult};
pub(crate) use groups::{Group, GroupContent, GroupEffect, Intent, Membership};
pub(crate) use keys::KeyName;
pub(crate) use page::Page;
pub(crate) use placement::{Placed, ProfileReason, Reassigned};
pub(crate) use profile_versions::ProfileVersion;
pub(crate) use profiles::{Profile, ProfileChange};
pub(crate) use sessions::SessionLimits;
pub(crate) use settings::{Setting, StoredCertificate};
pub(crate) use standing::Standing;

/// The file within the data directory.
const FILE: &str = "countersign.sqlite";
/// How long a statement may wait for the database.
const TO_ACQUIRE: Duration = Duration::from_secs(10);

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    database: DatabaseConnection,
}

/// Why the database did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("The database {} cannot be opened: {source}. Make sure that the data directory can be written to.", path.display())]
    Open { path: PathBuf, source: DbErr },
    #[error("The database did not carry out a statement: {0}.")]
    Database(#[from] DbErr),
    #[error("The database holds a value that this version cannot read: {what}.")]
    Unreadable { what: String },
    #[error("There is no {0}.")]
    NotFound(String),
    #[error("{0}")]
    Conflict(String),
    #[error("The {0} was changed by somebody else meanwhile. Look at it again before you change it.")]
    ChangedMeanwhile(String),
}

impl Store {
    /// Opens the database in the data directory, and makes or upgrades its tables.
    pub(crate) async fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let open = |source| StoreError::Open { path: path.clone(), source };
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
        options
            // One connection: SQLite has one writer, and a second one would only wait for the first.
            .max_connections(1)
            .acquire_timeout(TO_ACQUIRE)
            .sqlx_logging(false);
        let database = Database::connect(options).await.map_err(open)?;
        for pragma in [
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA busy_timeout = 5000",
        ] {
            database.execute_unprepared(pragma).await.map_err(open)?;
        }
        migrations::Migrator::up(&database, None).await.map_err(open)?;
        for trigger in migrations::APPEND_ONLY_AUDIT_ON_SQLITE {
            database.execute_unprepared(trigger).await.map_err(open)?;
        }
        Ok(Self { database })
    }

    /// Begins a transaction. It must not be held while waiting for anything but the database.
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        Ok(self.database.begin().await?)
    }

    /// Writes what is outstanding and closes the database.
    pub(crate) async fn close(self) {
        if let Err(error) = self.database.close().await {
            tracing::warn!(%error, "the database could not be closed in good order");
        }
    }
}

/// A moment as the database keeps it.
pub(crate) fn microseconds(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

/// A moment from the database.
pub(crate) fn moment(microseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Reads JSON that this server wrote.
fn read_json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable { what: format!("{what}: {error}") })
}

/// Writes JSON.
fn write_json(what: &str, value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unreadable { what: format!("{what}: {error}") })
}
