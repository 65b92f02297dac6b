//! What is done with the database of a server from the command line: backing it up, and restoring it.

use std::path::Path;

use thiserror::Error;

use crate::clock::{Clock as _, SystemClock};
use crate::configuration::ServerConfiguration;
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::store::DatabaseLocation;
use crate::store::archive::{self, ArchiveError, Summary};

/// Why it cannot be done.
#[derive(Debug, Error)]
pub enum MaintenanceError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDirectory(#[from] DataDirectoryError),
    /// The database or the file cannot be used.
    #[error("{0}")]
    Archive(String),
}

impl From<ArchiveError> for MaintenanceError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error.to_string())
    }
}

/// Writes everything that the database of a server holds into a new file, whether the server runs or not. Returns what to tell
/// whoever asked.
pub async fn back_up(configuration: &ServerConfiguration, file: &Path) -> Result<String, MaintenanceError> {
    let location = location(configuration);
    if let DatabaseLocation::Sqlite(database) = &location
        && database.exists()
    {
        // Another account would leave files behind that the server cannot use.
        DataDirectory::check_owner(&configuration.data_directory)?;
    }
    let Summary { head, rows } = archive::back_up(&location, file, SystemClock.now()).await?;
    Ok(format!(
        "{rows} rows of {location} were written to {} ({}). It holds the keys of the server: keep it as safe as the server itself.",
        file.display(),
        head.made_at
    ))
}

/// Restores what [`back_up`] wrote, into a data directory or PostgreSQL database that holds none. Returns what to tell whoever
/// asked.
pub async fn restore(configuration: &ServerConfiguration, file: &Path) -> Result<String, MaintenanceError> {
    let location = location(configuration);
    // No server may start in it meanwhile.
    let _directory = DataDirectory::open(&configuration.data_directory)?;
    let Summary { head, rows } = archive::restore(&location, file).await?;
    Ok(format!(
        "{rows} rows were restored to {location}, as they were at {} (server {}). The server can be started.",
        head.made_at, head.server
    ))
}

fn location(configuration: &ServerConfiguration) -> DatabaseLocation {
    DatabaseLocation::of(&configuration.data_directory, configuration.database_url.as_ref())
}
