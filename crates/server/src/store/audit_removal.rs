//! Takes old rows out of the audit, which nothing else does: triggers refuse it. Only for whoever has the database in hand, and only
//! rows that were written elsewhere before; the audit says so itself.

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use time::OffsetDateTime;

use super::audit::{Change, record};
use super::connect::applied_steps;
use super::entity::audit;
use super::{DatabaseLocation, Store, StoreError, microseconds, migrations};

/// How many rows are in memory at once.
const AT_ONCE: u64 = 500;

impl Store {
    /// Connects to the database of a server of this version, whether it runs or not. The tables stay as they are.
    pub(crate) async fn open_as_it_is(location: &DatabaseLocation) -> Result<Self, StoreError> {
        if let DatabaseLocation::Sqlite(file) = location
            && !file.exists()
        {
            return Err(StoreError::NotFound(format!(
                "database of a server at {location}. Give the --data-directory or the --database-url of the server"
            )));
        }
        let store = Self::connect_only(location).await?;
        if applied_steps(&store.database).await? != migrations::names() {
            return Err(StoreError::Conflict(format!(
                "{location} is not the database of a server of this version. Start the server of this version once, or use \
                 the program of the version that it has."
            )));
        }
        Ok(store)
    }

    /// The next rows of the audit from before a moment, the oldest first: at the beginning, or after this one.
    pub(crate) async fn old_audit(
        &self,
        before: OffsetDateTime,
        after: Option<&audit::Model>,
    ) -> Result<Vec<audit::Model>, StoreError> {
        let mut query = audit::Entity::find().filter(audit::Column::At.lt(microseconds(before)));
        if let Some(after) = after {
            let later = Condition::any().add(audit::Column::At.gt(after.at)).add(
                Condition::all()
                    .add(audit::Column::At.eq(after.at))
                    .add(audit::Column::Id.gt(after.id.as_str())),
            );
            query = query.filter(later);
        }
        let query = query.order_by_asc(audit::Column::At).order_by_asc(audit::Column::Id);
        Ok(query.limit(AT_ONCE).all(&self.database).await?)
    }

    /// Removes the rows from before a moment, which must be exactly so many, and writes down that this was done.
    pub(crate) async fn remove_audit(
        &self,
        before: OffsetDateTime,
        expected: u64,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let (open, close) = if self.is_shared() {
            (
                "ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",
                Some("ALTER TABLE audit ENABLE TRIGGER audit_is_append_only"),
            )
        } else {
            ("DROP TRIGGER audit_is_not_deleted", None)
        };
        // First: on SQLite, whoever reads before the first change may be refused it.
        transaction.execute_unprepared(open).await?;
        let removed = audit::Entity::delete_many()
            .filter(audit::Column::At.lt(microseconds(before)))
            .exec(&transaction)
            .await?
            .rows_affected;
        if removed != expected {
            transaction.rollback().await?;
            return Err(StoreError::Conflict(format!(
                "The audit has {removed} rows from before that moment, and {expected} were written. None was removed: try it \
                 again with another file."
            )));
        }
        match close {
            Some(close) => {
                transaction.execute_unprepared(close).await?;
            }
            None => migrations::complete(&transaction).await?,
        }
        record(&transaction, change).await?;
        self.commit(transaction).await
    }
}
