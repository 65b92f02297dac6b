//! Removes what is over: commands, and what people decided. The audit stays, see [`super::audit_removal`].

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use time::OffsetDateTime;

use super::entity::{command, endpoint_decision};
use super::{Store, StoreError, microseconds};

/// How many rows are removed at once. Others wait meanwhile.
const AT_ONCE: u64 = 500;

/// How much was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) commands: u64,
    pub(crate) batches: u64,
    pub(crate) decisions: u64,
}

impl Store {
    /// Removes commands that had expired before a moment, unless they were finished after it, commands to groups of which none
    /// is left, and decisions from before it.
    pub(crate) async fn remove_history(&self, before: OffsetDateTime) -> Result<Removed, StoreError> {
        let before = microseconds(before);
        let mut removed = Removed::default();
        loop {
            let some = self.remove_commands(before).await?;
            removed.commands += some;
            if some < AT_ONCE {
                break;
            }
        }
        // Numbers only: nothing here comes from outside as text.
        let batches = format!(
            "DELETE FROM command_batches WHERE expires_at < {before}
             AND NOT EXISTS (SELECT 1 FROM commands WHERE commands.batch_id = command_batches.id)"
        );
        let transaction = self.begin().await?;
        removed.batches = transaction.execute_unprepared(&batches).await?.rows_affected();
        transaction.commit().await?;
        loop {
            let some = self.remove_decisions(before).await?;
            removed.decisions += some;
            if some < AT_ONCE {
                return Ok(removed);
            }
        }
    }

    /// In the turn of changes, as all servers of a database do this.
    async fn remove_commands(&self, before: i64) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let finished = Condition::any()
            .add(command::Column::FinishedAt.is_null())
            .add(command::Column::FinishedAt.lt(before));
        let ids: Vec<String> = command::Entity::find()
            .select_only()
            .column(command::Column::Id)
            .filter(command::Column::ExpiresAt.lt(before))
            .filter(finished)
            .order_by_asc(command::Column::ExpiresAt)
            .limit(AT_ONCE)
            .into_tuple()
            .all(&transaction)
            .await?;
        let removed =
            command::Entity::delete_many().filter(command::Column::Id.is_in(ids)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(removed.rows_affected)
    }

    async fn remove_decisions(&self, before: i64) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let keys: Vec<(String, String)> = endpoint_decision::Entity::find()
            .select_only()
            .column(endpoint_decision::Column::EndpointId)
            .column(endpoint_decision::Column::Id)
            .filter(endpoint_decision::Column::At.lt(before))
            .order_by_asc(endpoint_decision::Column::At)
            .limit(AT_ONCE)
            .into_tuple()
            .all(&transaction)
            .await?;
        let mut removed = 0;
        for key in keys {
            removed += endpoint_decision::Entity::delete_by_id(key).exec(&transaction).await?.rows_affected;
        }
        transaction.commit().await?;
        Ok(removed)
    }
}
