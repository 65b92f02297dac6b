//! What is done with the database of a server from the command line: backing it up, restoring it, sealing it anew, making its
//! audit shorter, and signing recovery files with the key that it holds.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use countersign_protocol::RecoveryFile;
use countersign_protocol::recovery_file::FILE_EXTENSION;
use countersign_trust::OperatingSystemRoots;
use serde_json::{Value, json};
use thiserror::Error;
use time::Date;
use time::format_description::well_known::Rfc3339;

use crate::administration::recovery::SUBJECT;
use crate::clock::{Clock as _, SystemClock};
use crate::configuration::ServerConfiguration;
use crate::data_directory::{DataDirectory, DataDirectoryError, PrivateFile};
use crate::keys::{kept_identity, kept_served_chain};
use crate::recovery::{AllowedCertificate, RecoveryArguments, RecoveryInput, prepare};
use crate::store::archive::{self, ArchiveError, Summary};
use crate::store::entity::audit;
use crate::store::tokens::hexadecimal;
use crate::store::{Actor, Change, DatabaseLocation, Store, StoreError, moment};

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
    /// The database cannot be read or changed.
    #[error("{0}")]
    Store(String),
    /// The file for the rows of the audit cannot be written.
    #[error("The file {} cannot be written: {source}. Nothing was removed.", path.display())]
    AuditFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody would know the file for what it is.
    #[error(
        "The recovery file would be {}. Computers know such files by their name: let it end with “.{FILE_EXTENSION}”.",
        path.display()
    )]
    RecoveryName {
        /// The file.
        path: PathBuf,
    },
    /// A recovery file cannot be made.
    #[error("{0}")]
    Recovery(String),
    /// It cannot be written.
    #[error("The recovery file {} cannot be written: {source}.", path.display())]
    RecoveryFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate that it shall allow cannot be read.
    #[error("The certificate {} cannot be read: {source}.", path.display())]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The audit is not removed before it is written.
    #[error("The day {0} is not over yet. Give one of the past.")]
    NotOver(Date),
}

impl From<StoreError> for MaintenanceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
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
    check_owner(configuration, &location)?;
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

/// Writes the rows of the audit from before a day into a new file that only this account can read, makes sure that they are on the
/// disk, and then removes them from the database, whether the server runs or not. Returns what to tell whoever asked.
pub async fn prune_audit(
    configuration: &ServerConfiguration,
    day: Date,
    path: &Path,
) -> Result<String, MaintenanceError> {
    let (before, now) = (day.midnight().assume_utc(), SystemClock.now());
    if before > now {
        return Err(MaintenanceError::NotOver(day));
    }
    let location = location(configuration);
    check_owner(configuration, &location)?;
    let store = Store::open_as_it_is(&location).await?;
    let failed = |source| MaintenanceError::AuditFile { path: path.to_owned(), source };
    if path.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let mut file = PrivateFile::prepare(path).map_err(failed)?;
    let (mut rows, mut digest) = (0, Context::new(&SHA256));
    let mut page = store.old_audit(before, None).await?;
    while !page.is_empty() {
        for row in &page {
            let line = audit_line(row).map_err(failed)?;
            digest.update(&line);
            file.content().write_all(&line).map_err(failed)?;
            rows += 1;
        }
        page = store.old_audit(before, page.last()).await?;
    }
    if rows == 0 {
        store.close().await;
        return Ok(format!("The audit of {location} has no rows from before {day}. No file was written."));
    }
    file.finish().and_then(|()| sync_directory_of(path)).map_err(failed)?;
    let sha256 = hexadecimal(digest.finish().as_ref());
    let change = Change {
        actor: Actor::CommandLine,
        at: now,
        action: "audit.pruned",
        subject: "audit".to_owned(),
        detail: json!({"before": day.to_string(), "rows": rows, "sha256": sha256}),
    };
    let removed = store.remove_audit(before, rows, change).await;
    store.close().await;
    removed?;
    Ok(format!(
        "{rows} rows of the audit of {location} from before {day} were written to {} and removed from the database. \
         SHA-256 of the file, which the audit names: {sha256}",
        path.display()
    ))
}

/// Makes a recovery file for endpoints that refuse the server, whether the server runs or not. Returns what to tell whoever asked.
pub async fn make_recovery_file(
    configuration: &ServerConfiguration,
    arguments: &RecoveryArguments,
) -> Result<String, MaintenanceError> {
    let path = arguments.file.as_path();
    let failed = |source| MaintenanceError::RecoveryFile { path: path.to_owned(), source };
    if path.extension().is_none_or(|extension| extension != FILE_EXTENSION) {
        return Err(MaintenanceError::RecoveryName { path: path.to_owned() });
    }
    if path.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let allow = match &arguments.allow_certificate {
        Some(file) => {
            let read = std::fs::read_to_string(file);
            let pem =
                read.map_err(|source| MaintenanceError::CertificateFile { path: file.clone(), source })?;
            Some(AllowedCertificate { certificate_pem: Some(pem), ..AllowedCertificate::default() })
        }
        None => arguments.allow_served.then(AllowedCertificate::default),
    };
    let accepted = arguments.accept.iter().cloned().collect();
    let input = RecoveryInput {
        server: arguments.server.clone(),
        days: arguments.days,
        allow: allow.map(|allow| AllowedCertificate { accepted, ..allow }),
        action: arguments.action,
        new_address: arguments.new_address.clone(),
        endpoints: arguments.endpoint.iter().cloned().collect(),
    };
    let location = location(configuration);
    check_owner(configuration, &location)?;
    let store = Store::open_as_it_is(&location).await?.sealed_with(&configuration.key_file()).await?;
    let made = recovery_file(&store, &location, input).await;
    let kept = match made {
        Ok(file) => {
            let written = PrivateFile::prepare(path).and_then(|new| new.write(file.to_text().as_bytes()));
            written.map_err(failed)
        }
        Err(error) => Err(error),
    };
    store.close().await;
    kept?;
    Ok(format!(
        "The recovery file is {}. Its endpoints take it once within {} days: opened on the desktop, with “countersign \
         recover”, or from /etc/countersign/recovery.",
        path.display(),
        arguments.days
    ))
}

async fn recovery_file(
    store: &Store,
    location: &DatabaseLocation,
    input: RecoveryInput,
) -> Result<RecoveryFile, MaintenanceError> {
    let said = |error: &dyn std::error::Error| MaintenanceError::Recovery(error.to_string());
    let identity = kept_identity(store).await.map_err(|error| said(&error))?;
    let no_key = || {
        MaintenanceError::Recovery(format!(
            "{location} holds no identity key: no server has started with it."
        ))
    };
    let identity = identity.ok_or_else(no_key)?;
    let served = kept_served_chain(store).await.map_err(|error| said(&error))?;
    let now = SystemClock.now();
    let work = move || prepare(input, &served, &OperatingSystemRoots::new().current(), now);
    let prepared = tokio::task::spawn_blocking(work).await.map_err(|error| said(&error))?;
    let prepared = prepared.map_err(|error| said(&error))?;
    let make = |number| {
        let numbered = prepared.numbered(number);
        let file = numbered.sign(&identity).map_err(|error| said(&error))?;
        let change = Change {
            actor: Actor::CommandLine,
            at: now,
            action: "recovery_file.made",
            subject: SUBJECT.to_owned(),
            detail: numbered.detail(),
        };
        Ok::<_, MaintenanceError>((file, change))
    };
    store.add_recovery_file(now, make).await
}

/// A row of the audit as it is written out: a JSON object and the end of the line.
fn audit_line(row: &audit::Model) -> io::Result<Vec<u8>> {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_else(|_| row.detail.as_str().into());
    let at = moment(row.at).format(&Rfc3339).map_err(io::Error::other)?;
    let line = json!({
        "id": row.id,
        "at": at,
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "detail": detail,
    });
    let mut line = serde_json::to_vec(&line)?;
    line.push(b'\n');
    Ok(line)
}

/// A new file is there after a loss of power once its directory is on the disk, too.
fn sync_directory_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Another account would leave files behind that the server cannot use.
fn check_owner(
    configuration: &ServerConfiguration,
    location: &DatabaseLocation,
) -> Result<(), DataDirectoryError> {
    match location {
        DatabaseLocation::Sqlite(database) if database.exists() => {
            DataDirectory::check_owner(&configuration.data_directory)
        }
        DatabaseLocation::Sqlite(_) | DatabaseLocation::PostgreSql(_) => Ok(()),
    }
}

fn location(configuration: &ServerConfiguration) -> DatabaseLocation {
    DatabaseLocation::of(&configuration.data_directory, configuration.database_url.as_ref())
}
