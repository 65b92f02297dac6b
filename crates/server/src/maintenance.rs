//! What is done with the database of a server from the command line: backing it up, restoring it, sealing it anew.

use std::path::Path;

use thiserror::Error;

use crate::clock::{Clock as _, SystemClock};
use crate::configuration::ServerConfiguration;
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::store::archive::{self, ArchiveError, Summary};
use crate::store::{DatabaseLocation, Store, StoreError};

/// Why it cannot be done.
#[derive(Debug, Error)]
pub enum MaintenanceError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDirectory(#[from] DataDirectoryError),
    /// The database or the file cannot be used.
    #[error("{0}")]
    Archive(String),
    /// Servers are running on the database.
    #[error("Servers are running on the database. Stop all of them first.")]
    Running,
}

impl From<StoreError> for MaintenanceError {
    fn from(error: StoreError) -> Self {
        Self::Archive(error.to_string())
    }
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
        "{rows} rows of {location} were written to {} ({}). It holds the keys of the server: keep it as safe as the server itself. \
         They are sealed with the key in {}, without which nobody can use them: keep a copy of that file, apart from the backup.",
        file.display(),
        head.made_at,
        configuration.key_file().path().display()
    ))
}

/// Restores what [`back_up`] wrote, into a data directory or PostgreSQL database that holds none. Returns what to tell whoever
/// asked.
pub async fn restore(configuration: &ServerConfiguration, file: &Path) -> Result<String, MaintenanceError> {
    let location = location(configuration);
    // No server may start in it meanwhile.
    let _directory = DataDirectory::open(&configuration.data_directory)?;
    let Summary { head, rows } = archive::restore(&location, file).await?;
    // It is restored all the same: the key file may be brought later.
    let next = match Store::connect_only(&location).await?.check_key(&configuration.key_file()).await {
        Ok(()) => "The server can be started.".to_owned(),
        Err(error) => format!("The server cannot be started yet. {error}"),
    };
    Ok(format!(
        "{rows} rows were restored to {location}, as they were at {} (server {}). {next}",
        head.made_at, head.server
    ))
}

/// Makes another key, and seals with it what is sealed in the database. Returns what to tell whoever asked.
pub async fn rotate_key(configuration: &ServerConfiguration) -> Result<String, MaintenanceError> {
    let location = location(configuration);
    // No server may start in it meanwhile.
    let _directory = DataDirectory::open(&configuration.data_directory)?;
    let file = configuration.key_file();
    if let DatabaseLocation::Sqlite(database) = &location
        && !database.exists()
    {
        return Err(ArchiveError::Nothing(database.display().to_string()).into());
    }
    let store = Store::open(location).await?.sealed_with(&file).await?;
    store.forget_gone().await?;
    if store.is_shared() && store.count_nodes().await? > 0 {
        return Err(MaintenanceError::Running);
    }
    let sealed = store.seal_anew(&file).await?;
    store.close().await;
    Ok(format!(
        "{sealed} secrets are sealed with a new key, which is in {}. Copy that file to the other servers of the database, and \
         keep a copy apart from backups. Backups of before need the key of before.",
        file.path().display()
    ))
}

fn location(configuration: &ServerConfiguration) -> DatabaseLocation {
    DatabaseLocation::of(&configuration.data_directory, configuration.database_url.as_ref())
}
