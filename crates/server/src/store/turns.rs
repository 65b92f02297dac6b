//! Who waits for whom on PostgreSQL. SQLite has one writer, so that nobody waits for anybody in the middle of a transaction.
//!
//! A transaction takes what it needs of these in this order, so that nobody waits in a circle: the turn of changes
//! ([`Store::begin`]), the turn of placing, and rows of endpoints. Rows of several endpoints are changed in the turn of changes only,
//! or without waiting for any.
//!
//! Turns are advisory locks and no locks of rows: whoever waits for a turn is not overtaken by those that come later, so that a
//! change of groups has to wait only for the agents that have come before it. A row that agents lock in common would be passed
//! from one to the next for as long as agents come.

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, TransactionTrait as _};

use super::{Store, StoreError};

/// The first number of our advisory locks; other programs that use the same database have others.
pub(super) const OURS: i32 = 0x434E_5452;
/// The lock of a server that starts.
pub(super) const STARTING: i32 = 1;
/// The lock of a change by an administrator.
const CHANGING: i32 = 2;
/// The lock of whoever puts endpoints into groups.
pub(super) const PLACING: i32 = 3;
/// The lock of the server that orders a certificate from an authority. Nobody waits for it.
pub(super) const ORDERING: i32 = 4;

impl Store {
    /// Begins a change by an administrator, which reads before it writes. Such changes are made one after the other, on all
    /// servers together. It must not be held while waiting for anything but the database.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.database.begin().await?;
        self.take(&transaction, &format!("pg_advisory_xact_lock({OURS}, {CHANGING})")).await?;
        Ok(transaction)
    }

    /// Begins a change after which all endpoints are placed anew. No endpoint is held against the groups meanwhile, or it
    /// would be missed.
    pub(super) async fn begin_placing_all(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.begin().await?;
        self.take(&transaction, &format!("pg_advisory_xact_lock({OURS}, {PLACING})")).await?;
        Ok(transaction)
    }

    /// Begins what may put one endpoint into other groups, as others do at the same time. The groups stay as they are.
    pub(super) async fn begin_placing_one(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.database.begin().await?;
        self.take(&transaction, &format!("pg_advisory_xact_lock_shared({OURS}, {PLACING})")).await?;
        Ok(transaction)
    }

    async fn take(&self, transaction: &DatabaseTransaction, turn: &str) -> Result<(), StoreError> {
        if self.is_shared() {
            transaction.execute_unprepared(&format!("SELECT {turn}")).await?;
        }
        Ok(())
    }
}
