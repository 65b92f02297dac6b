//! The database. Everything that the server must not forget is here.

mod absence;
mod acme;
mod acme_checks;
mod administrators;
mod agent_kinds;
pub(crate) mod api_tokens;
pub(crate) mod archive;
mod assigned_profile;
mod assignment_tags;
mod audit;
mod audit_removal;
mod capabilities;
mod certificate_tags;
mod certificates;
mod client_keys;
pub(crate) mod commands;
mod connect;
mod decisions;
mod documents;
mod doubts;
mod endpoint_list;
mod endpoint_reports;
mod endpoints;
pub(crate) mod entity;
mod events;
mod former_certificates;
mod group_members;
mod groups;
mod history;
mod keys;
mod licences;
mod migrations;
mod nodes;
mod notices;
mod page;
mod placement;
mod profile_versions;
mod profiles;
mod provider_accounts;
mod recovery_files;
mod rehearsal_answers;
mod rehearsals;
mod retention;
mod scan;
mod sealed;
mod sessions;
mod settings;
mod sign_ins;
mod standing;
#[cfg(test)]
mod tests;
mod tightenings;
pub(crate) mod tokens;
mod turns;
mod verdicts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbErr, SqlErr};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::key_file::KeyFileError;
use crate::sealing::{SealingError, SealingKey};

pub(crate) use absence::AwaySince;
pub(crate) use acme::{AcmeAccount, AcmeOrder, AttemptKept, BindingKey};
pub(crate) use acme_checks::AcmeCheck;
pub(crate) use administrators::{AccountChange, Administrator, NewAdministrator, StepUse};
pub(crate) use agent_kinds::AgentFilter;
pub(crate) use assigned_profile::Assigned;
pub(crate) use assignment_tags::{tag_of_assignment, tag_of_groups, tag_of_profiles};
pub(crate) use audit::{Actor, AuditFilter, Change};
pub(crate) use certificates::{
    AddedAs, CertificateSource, CertificateState, NewCertificate, StoredCertificate,
};
pub(crate) use client_keys::{KeyStanding, TokenStanding};
pub(crate) use commands::{Batch, BatchCounts, Kept};
pub(crate) use connect::DatabaseLocation;
pub(crate) use documents::Document;
pub(crate) use endpoint_list::{EndpointCounts, EndpointFilter, EndpointOrder, EndpointQuery, MAXIMUM_PAGE};
pub(crate) use endpoint_reports::{ProfileResult, Reports, SettingsResult};
pub(crate) use endpoints::{Departure, Introduction, MAXIMUM_ADDRESSES};
pub(crate) use events::{AgentFacts, EndpointEvent, Judgement};
pub(crate) use groups::{Group, GroupContent, GroupEffect, Intent, Membership};
pub(crate) use history::{Happened, HistoryRow};
pub(crate) use keys::KeyName;
pub(crate) use nodes::{Node, Renewal};
pub(crate) use notices::{Notice, Revision, Unseen};
pub(crate) use page::Page;
pub(crate) use placement::{Placed, ProfileReason, Reassigned};
pub(crate) use profile_versions::ProfileVersion;
pub(crate) use profiles::{Profile, ProfileChange};
pub(crate) use provider_accounts::ProviderIdentity;
pub(crate) use rehearsal_answers::{Again, Answer, Errand};
pub(crate) use rehearsals::{
    CANNOT_BE_ALLOWED, KEPT, NEW_PROBLEMS, NOT_TRUSTED, Rehearsal, RehearsalCounts, RehearsedBy,
};
pub(crate) use retention::Removed;
pub(crate) use scan::{AboutCertificate, AllowedNeeded, Concerned, Scan, Scanned, Since, Stretch};
pub(crate) use sealed::SealedColumn;
pub(crate) use sessions::{SessionLimits, UsedBy};
pub(crate) use settings::Setting;
pub(crate) use standing::Standing;
pub(crate) use tightenings::{
    Attempt, Moved, NewTightening, Resumption, RingMember, RingTrial, Tightening, TrialOutcome,
};

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    database: DatabaseConnection,
    /// The log of SQLite.
    log: Option<Arc<Path>>,
    /// Tells this start of this server from all others that use the same database.
    node: Uuid,
    /// Opens what is sealed in the database; nothing of that can be read or written without it.
    sealing: Option<Arc<SealingKey>>,
    doubts: doubts::Doubts,
}

/// Why the database did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("The database {} cannot be opened: {source}. Make sure that the data directory can be written to.", path.display())]
    Open { path: PathBuf, source: DbErr },
    #[error(
        "The PostgreSQL database {place} cannot be opened: {source}. Make sure that it exists, that it can be reached from here, \
         and that the account in --database-url may sign in and make tables."
    )]
    OpenPostgreSql { place: String, source: DbErr },
    #[error(
        "The database was used by a later version of this server (it has gone through step {step}, which this version does not \
         know). Use that version, or restore a backup of an earlier one."
    )]
    Newer { step: String },
    #[error(
        "The database holds tables of something else (“{table}”). Give this server a database of its own."
    )]
    OfAnother { table: String },
    #[error("The database did not carry out a statement: {0}.")]
    Database(DbErr),
    #[error("The database holds a value that this version cannot read: {what}.")]
    Unreadable { what: String },
    #[error(
        "The database holds a secret that cannot be opened: {place}. {source} Restore a backup, or remove what it belongs to."
    )]
    Sealing { place: String, source: SealingError },
    #[error("The secrets in the database were asked for before their key was read.")]
    NoKey,
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error(
        "The secrets in the database are sealed with another key than that of the key file {}. Put the key file of the server \
         in its place from which this database, its backup or the other servers of it are, or give that file with --key-file.",
        path.display()
    )]
    OtherKey { path: PathBuf },
    #[error(
        "The secrets in the database are sealed, and the key file {} is not there. Put the key file of the server there from which \
         this database, its backup or the other servers of it are, or give that file with --key-file.",
        path.display()
    )]
    MissingKey { path: PathBuf },
    #[error(
        "The database holds sealed secrets ({place}), and the value by which their key is known again was removed from it: somebody \
         has changed the database. Restore a backup."
    )]
    NoCheck { place: String },
    #[error("There is no {0}.")]
    NotFound(String),
    #[error("{0}")]
    Conflict(String),
    #[error("The {0} was changed by somebody else meanwhile. Look at it again before you change it.")]
    ChangedMeanwhile(String),
}

impl From<DbErr> for StoreError {
    /// What somebody else did a moment before is no failure of the database.
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict(
                "Somebody else has added the same meanwhile. Look at it again before you try once more.".to_owned(),
            ),
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::Conflict(
                "Somebody else has removed what this belongs to, or added something to what you remove. Look at it again \
                 before you try once more."
                    .to_owned(),
            ),
            Some(_) | None => Self::Database(error),
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
