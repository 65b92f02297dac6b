//! How often something that there is once was changed, so that nobody overwrites what somebody else has changed meanwhile. Also
//! numbers that only rise.

use sea_orm::{ActiveModelTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, Set};

use super::entity::document_revision::{ActiveModel, Entity, Model};
use super::{Store, StoreError};

/// Something that there is once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    Settings,
    Licence,
    AutomatedCertificate,
    /// They are not kept; the number of the last one is.
    RecoveryFiles,
}

/// The revision of what nobody has changed yet.
const FIRST: i64 = 1;

impl Document {
    fn code(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Licence => "licence",
            Self::AutomatedCertificate => "automated_certificate",
            Self::RecoveryFiles => "recovery_files",
        }
    }

    /// As a sentence names it.
    fn title(self) -> &'static str {
        match self {
            Self::Settings => "page of the server settings",
            Self::Licence => "licence",
            Self::AutomatedCertificate => "automated certificate",
            Self::RecoveryFiles => "list of recovery files",
        }
    }
}

impl Store {
    /// The revision of a document. Read it before the document: then a change in between makes the revision too old, and
    /// never too new.
    pub(crate) async fn document_revision(&self, document: Document) -> Result<u64, StoreError> {
        let row = find(&self.database, document).await?;
        Ok(unsigned(row.map_or(FIRST, |row| row.revision)))
    }
}

/// Counts a change to a document, within its transaction, if it still has the expected revision. Returns the new one.
pub(super) async fn count_change(
    transaction: &impl ConnectionTrait,
    document: Document,
    expected: Option<u64>,
) -> Result<u64, StoreError> {
    let row = find(transaction, document).await?;
    let present = row.as_ref().map_or(FIRST, |row| row.revision);
    check_revision(expected, present, || document.title().to_owned())?;
    keep(transaction, document, row, present.saturating_add(1)).await
}

/// Gives out a number that is higher than all that were given out before, and no lower than `at_least`.
pub(super) async fn take_number(
    transaction: &impl ConnectionTrait,
    document: Document,
    at_least: i64,
) -> Result<u64, StoreError> {
    let row = find(transaction, document).await?;
    let next = row.as_ref().map_or(FIRST, |row| row.revision.saturating_add(1));
    keep(transaction, document, row, next.max(at_least)).await
}

async fn keep(
    transaction: &impl ConnectionTrait,
    document: Document,
    row: Option<Model>,
    revision: i64,
) -> Result<u64, StoreError> {
    if let Some(row) = row {
        let mut row = row.into_active_model();
        row.revision = Set(revision);
        row.update(transaction).await?;
    } else {
        let row = ActiveModel { name: Set(document.code().to_owned()), revision: Set(revision) };
        row.insert(transaction).await?;
    }
    Ok(unsigned(revision))
}

/// Refuses what does not change a document, and rests on it, if it has not the expected revision any more.
pub(super) async fn check_document(
    transaction: &impl ConnectionTrait,
    document: Document,
    expected: Option<u64>,
) -> Result<(), StoreError> {
    let present = find(transaction, document).await?.map_or(FIRST, |row| row.revision);
    check_revision(expected, present, || document.title().to_owned())
}

/// Refuses a change that was meant for another revision than the present one.
pub(super) fn check_revision(
    expected: Option<u64>,
    present: i64,
    what: impl FnOnce() -> String,
) -> Result<(), StoreError> {
    if expected.is_some_and(|expected| i64::try_from(expected) != Ok(present)) {
        return Err(StoreError::ChangedMeanwhile(what()));
    }
    Ok(())
}

async fn find(database: &impl ConnectionTrait, document: Document) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(document.code()).one(database).await?)
}

fn unsigned(revision: i64) -> u64 {
    u64::try_from(revision).unwrap_or_default()
}
