//! Commands and their results.

use std::collections::{BTreeMap, BTreeSet};

use countersign_protocol::{Command, CommandKind, CommandOutcome, CommandResult, InstanceUid};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, FromQueryResult,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::{Change, record};
use super::entity::command::{ActiveModel, Column, Entity, Model};
use super::entity::{command_batch, endpoint, endpoint_group, endpoint_group_member};
use super::{Notice, Store, StoreError, microseconds, moment, read_json, write_json};

/// How many rows one statement adds.
const AT_ONCE: usize = 500;

/// A command that is kept, be it for the first time or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) expires_at: OffsetDateTime,
    /// To whom it was given now; nobody when it was kept already.
    pub(crate) endpoints: Vec<String>,
}

/// A command to a group, and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) command: Command,
    pub(crate) group: Uuid,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) left_out: u64,
    pub(crate) counts: BatchCounts,
}

/// How many endpoints have come how far with a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BatchCounts {
    pub(crate) waiting: u64,
    pub(crate) expired: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) refused: u64,
}

#[derive(Debug, FromQueryResult)]
struct Count {
    batch_id: Option<String>,
    result: Option<String>,
    number: i64,
}

/// The word that stands for how a command ended.
fn result_code(outcome: &CommandOutcome) -> &'static str {
    match outcome {
        CommandOutcome::Succeeded { .. } => "succeeded",
        CommandOutcome::Failed { .. } => "failed",
        CommandOutcome::Refused { .. } => "refused",
    }
}

fn row(
    endpoint: &str,
    id: Uuid,
    command: &Command,
    batch: Option<Uuid>,
    at: OffsetDateTime,
) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        id: Set(id.to_string()),
        endpoint_id: Set(endpoint.to_owned()),
        kind: Set(write_json("a command", &command.kind)?),
        created_at: Set(microseconds(at)),
        expires_at: Set(microseconds(command.expires_at)),
        outcome: Set(None),
        finished_at: Set(None),
        batch_id: Set(batch.map(|batch| batch.to_string())),
        result: Set(None),
    })
}

async fn batch(
    database: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<command_batch::Model>, StoreError> {
    Ok(command_batch::Entity::find_by_id(id.to_string()).one(database).await?)
}

fn taken(id: Uuid) -> StoreError {
    StoreError::Conflict(format!(
        "There is another command with the identifier {id} already. Give each command an identifier of its own."
    ))
}

impl Store {
    /// Keeps a command for an endpoint. The same command is kept once.
    pub(crate) async fn add_command(
        &self,
        endpoint: InstanceUid,
        command: &Command,
        change: Change,
    ) -> Result<Kept, StoreError> {
        let transaction = self.begin().await?;
        if batch(&transaction, command.id).await?.is_some() {
            return Err(taken(command.id));
        }
        if let Some(kept) = Entity::find_by_id(command.id.to_string()).one(&transaction).await? {
            if kept.endpoint_id != endpoint.to_string() || kind(&kept)? != command.kind {
                return Err(taken(command.id));
            }
            let expires_at = moment(kept.expires_at);
            return Ok(Kept { id: command.id, expires_at, endpoints: Vec::new() });
        }
        row(&endpoint.to_string(), command.id, command, None, change.at)?.insert(&transaction).await?;
        self.announce(&transaction, Notice::Command(endpoint), change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(Kept { id: command.id, expires_at: command.expires_at, endpoints: vec![endpoint.to_string()] })
    }

    /// Keeps a command for all endpoints of a group that take it. The same command is kept once.
    pub(crate) async fn add_group_command(
        &self,
        group: Uuid,
        command: &Command,
        takes: impl Fn(&endpoint::Model) -> bool,
        change: Change,
    ) -> Result<Kept, StoreError> {
        let transaction = self.begin().await?;
        if endpoint_group::Entity::find_by_id(group.to_string()).one(&transaction).await?.is_none() {
            return Err(StoreError::NotFound(format!("endpoint group {group}")));
        }
        if let Some(kept) = batch(&transaction, command.id).await? {
            let same_kind = read_json::<CommandKind>("a command", &kept.kind)? == command.kind;
            if kept.group_id != group.to_string() || !same_kind {
                return Err(taken(command.id));
            }
            let expires_at = moment(kept.expires_at);
            return Ok(Kept { id: command.id, expires_at, endpoints: Vec::new() });
        }
        if Entity::find_by_id(command.id.to_string()).one(&transaction).await?.is_some() {
            return Err(taken(command.id));
        }
        let members = members(&transaction, group).await?;
        let (given, left_out): (Vec<_>, Vec<_>) = members.into_iter().partition(|row| takes(row));
        let batch = command_batch::ActiveModel {
            id: Set(command.id.to_string()),
            group_id: Set(group.to_string()),
            kind: Set(write_json("a command", &command.kind)?),
            created_at: Set(microseconds(change.at)),
            expires_at: Set(microseconds(command.expires_at)),
            left_out: Set(i64::try_from(left_out.len()).unwrap_or(i64::MAX)),
        };
        batch.insert(&transaction).await?;
        let at = change.at;
        for some in given.chunks(AT_ONCE) {
            let rows =
                some.iter().map(|member| row(&member.id, Uuid::now_v7(), command, Some(command.id), at));
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            Entity::insert_many(rows).exec_without_returning(&transaction).await?;
        }
        self.announce(&transaction, Notice::Commands, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        let endpoints = given.into_iter().map(|member| member.id).collect();
        Ok(Kept { id: command.id, expires_at: command.expires_at, endpoints })
    }

    /// The latest commands to a group, the newest first.
    pub(crate) async fn group_commands(
        &self,
        group: Uuid,
        limit: u64,
        now: OffsetDateTime,
    ) -> Result<Vec<Batch>, StoreError> {
        let rows = command_batch::Entity::find()
            .filter(command_batch::Column::GroupId.eq(group.to_string()))
            .order_by_desc(command_batch::Column::CreatedAt)
            .order_by_desc(command_batch::Column::Id)
            .limit(limit)
            .all(&self.database)
            .await?;
        let ids = rows.iter().map(|row| row.id.as_str());
        let found = Entity::find()
            .select_only()
            .column(Column::BatchId)
            .column(Column::Result)
            .column_as(Column::Id.count(), "number")
            .filter(Column::BatchId.is_in(ids))
            .group_by(Column::BatchId)
            .group_by(Column::Result)
            .into_model::<Count>()
            .all(&self.database)
            .await?;
        let over: BTreeSet<&str> =
            rows.iter().filter(|row| moment(row.expires_at) <= now).map(|row| row.id.as_str()).collect();
        let mut counts: BTreeMap<String, BatchCounts> = BTreeMap::new();
        for row in found {
            let batch = row.batch_id.unwrap_or_default();
            let is_over = over.contains(batch.as_str());
            let counted = counts.entry(batch).or_default();
            let number = u64::try_from(row.number).unwrap_or_default();
            *match row.result.as_deref() {
                Some("succeeded") => &mut counted.succeeded,
                Some("failed") => &mut counted.failed,
                Some(_) => &mut counted.refused,
                None if is_over => &mut counted.expired,
                None => &mut counted.waiting,
            } += number;
        }
        rows.into_iter()
            .map(|row| {
                let unreadable =
                    |_| StoreError::Unreadable { what: format!("the command identifier {}", row.id) };
                Ok(Batch {
                    command: Command {
                        id: row.id.parse().map_err(unreadable)?,
                        expires_at: moment(row.expires_at),
                        kind: read_json("a command", &row.kind)?,
                    },
                    group,
                    created_at: moment(row.created_at),
                    left_out: u64::try_from(row.left_out).unwrap_or_default(),
                    counts: counts.get(&row.id).copied().unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Takes back a command that has not been answered.
    pub(crate) async fn cancel_command(
        &self,
        endpoint: InstanceUid,
        id: Uuid,
        change: Change,
    ) -> Result<Finished, StoreError> {
        let reason = "An administrator took the command back.".to_owned();
        let result = CommandResult { id, outcome: CommandOutcome::Refused { reason } };
        let transaction = self.begin().await?;
        let finished = finish(&transaction, endpoint, &result, change.at).await?;
        if finished == Finished::Kept {
            record(&transaction, change).await?;
        }
        self.commit(transaction).await?;
        Ok(finished)
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
        finish(&self.database, endpoint, result, now).await
    }
}

async fn finish(
    database: &impl ConnectionTrait,
    endpoint: InstanceUid,
    result: &CommandResult,
    now: OffsetDateTime,
) -> Result<Finished, StoreError> {
    let outcome = write_json("a command result", &result.outcome)?;
    let changed = Entity::update_many()
        .col_expr(Column::Outcome, Expr::value(outcome))
        .col_expr(Column::Result, Expr::value(result_code(&result.outcome)))
        .col_expr(Column::FinishedAt, Expr::value(microseconds(now)))
        .filter(Column::Id.eq(result.id.to_string()))
        .filter(Column::EndpointId.eq(endpoint.to_string()))
        .filter(Column::Outcome.is_null())
        .exec(database)
        .await?;
    Ok(if changed.rows_affected == 0 { Finished::NotOpen } else { Finished::Kept })
}

/// The endpoints of a group.
async fn members(database: &impl ConnectionTrait, group: Uuid) -> Result<Vec<endpoint::Model>, StoreError> {
    let ids: Vec<String> = endpoint_group_member::Entity::find()
        .filter(endpoint_group_member::Column::GroupId.eq(group.to_string()))
        .all(database)
        .await?
        .into_iter()
        .map(|member| member.endpoint_id)
        .collect();
    let mut found = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let rows =
            endpoint::Entity::find().filter(endpoint::Column::Id.is_in(some.iter().map(String::as_str)));
        found.extend(rows.all(database).await?);
    }
    Ok(found)
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
