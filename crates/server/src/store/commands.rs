//! Commands and their results.

use countersign_protocol::{Command, CommandKind, CommandResult, InstanceUid};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::{Change, record};
use super::entity::command::{ActiveModel, Column, Entity, Model};
use super::{Notice, Store, StoreError, microseconds, moment, read_json, write_json};

impl Store {
    /// Keeps a command for an endpoint.
    pub(crate) async fn add_command(
        &self,
        endpoint: InstanceUid,
        command: &Command,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let row = ActiveModel {
            id: Set(command.id.to_string()),
            endpoint_id: Set(endpoint.to_string()),
            kind: Set(write_json("a command", &command.kind)?),
            created_at: Set(microseconds(change.at)),
            expires_at: Set(microseconds(command.expires_at)),
            outcome: Set(None),
            finished_at: Set(None),
        };
        row.insert(&transaction).await?;
        self.announce(&transaction, Notice::Command(endpoint), change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// The commands of an endpoint, the newest first.
    pub(crate) async fn commands(&self, endpoint: InstanceUid, limit: u64) -> Result<Vec<Model>, StoreError> {
        Ok(Entity::find()
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .order_by_desc(Column::CreatedAt)
            .limit(limit)
            .all(&self.database)
            .await?)
    }

    /// One command.
    pub(crate) async fn command(&self, id: Uuid) -> Result<Option<Model>, StoreError> {
        Ok(Entity::find_by_id(id.to_string()).one(&self.database).await?)
    }

    /// What an endpoint still has to do, the oldest first.
    pub(crate) async fn open_commands(
        &self,
        endpoint: InstanceUid,
        now: OffsetDateTime,
    ) -> Result<Vec<Command>, StoreError> {
        let rows = Entity::find()
            .filter(open(endpoint, now))
            .order_by_asc(Column::CreatedAt)
            .all(&self.database)
            .await?;
        rows.iter().map(command).collect()
    }

    /// Keeps a result. The first one counts; results for commands of other endpoints are left alone.
    pub(crate) async fn finish_command(
        &self,
        endpoint: InstanceUid,
        result: &CommandResult,
        now: OffsetDateTime,
    ) -> Result<Finished, StoreError> {
        let outcome = write_json("a command result", &result.outcome)?;
        let changed = Entity::update_many()
            .col_expr(Column::Outcome, Expr::value(outcome))
            .col_expr(Column::FinishedAt, Expr::value(microseconds(now)))
            .filter(Column::Id.eq(result.id.to_string()))
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .filter(Column::Outcome.is_null())
            .exec(&self.database)
            .await?;
        Ok(if changed.rows_affected == 0 { Finished::NotOpen } else { Finished::Kept })
    }
}

/// What an endpoint still has to do.
pub(super) fn open(endpoint: InstanceUid, now: OffsetDateTime) -> Condition {
    Condition::all()
        .add(Column::EndpointId.eq(endpoint.to_string()))
        .add(Column::Outcome.is_null())
        .add(Column::ExpiresAt.gt(microseconds(now)))
}

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finished {
    /// It was kept.
    Kept,
    /// There is no such open command of this endpoint.
    NotOpen,
}

fn command(row: &Model) -> Result<Command, StoreError> {
    let id = row
        .id
        .parse()
        .map_err(|_| StoreError::Unreadable { what: format!("the command identifier {}", row.id) })?;
    Ok(Command { id, expires_at: moment(row.expires_at), kind: kind(row)? })
}

/// What a command says.
pub(crate) fn kind(row: &Model) -> Result<CommandKind, StoreError> {
    read_json("a command", &row.kind)
}
