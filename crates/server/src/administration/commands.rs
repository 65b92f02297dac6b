//! Commands to endpoints and to groups of them: given, waiting, carried out, expired.

use countersign_protocol::{Command, CommandKind, CommandOutcome, InstanceUid};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use super::decisions::reports_decisions;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::entity::{command, endpoint};
use crate::store::{Batch, BatchCounts, Kept, commands, moment};
use crate::telemetry::Wake;

/// How long a command waits for its endpoint unless something else is said, in hours: seven days.
const DEFAULT_HOURS: u32 = 7 * 24;
/// The longest time, in hours: ninety days.
const MAXIMUM_HOURS: u32 = 90 * 24;
/// How many commands are listed.
const LISTED_COMMANDS: u64 = 100;

/// A command for an endpoint or a group.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct CommandInput {
    /// Told from every other command. Whoever is not sure whether a command was taken sends it again with the same
    /// identifier: it is given once. Without it, the server makes one.
    #[serde(default)]
    pub(crate) id: Option<Uuid>,
    /// For how many hours it waits for an endpoint that is not connected, 1 to 2160; 168 without it.
    #[serde(default)]
    pub(crate) valid_for_hours: Option<u32>,
    /// `{"kind": "collect_diagnostics" | "refresh_inventory" | "deregister"}`, `{"kind": "notify_user", "title": …, "text": …}`
    /// or `{"kind": "forget_certificate", "fingerprint": …}`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) kind: CommandKind,
}

/// A command that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandGiven {
    pub(crate) id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: OffsetDateTime,
}

/// What has become of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CommandStatus {
    /// The endpoint has not answered yet.
    Waiting,
    /// It did not answer in time, and does not get it any more.
    Expired,
    Succeeded,
    Failed,
    Refused,
}

/// A command and its result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandView {
    pub(crate) id: String,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) kind: CommandKind,
    pub(crate) status: CommandStatus,
    /// The command to a group of which it is a part.
    pub(crate) batch_id: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: OffsetDateTime,
    #[schema(value_type = Option<Object>)]
    pub(crate) outcome: Option<CommandOutcome>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) finished_at: Option<OffsetDateTime>,
}

/// A command to all endpoints that belonged to a group when it was given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchView {
    pub(crate) id: Uuid,
    pub(crate) group_id: Uuid,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) kind: CommandKind,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) waiting: u64,
    pub(crate) expired: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) refused: u64,
    /// Endpoints that were left out: deregistered, or with an agent that does not know the command.
    pub(crate) left_out: u64,
}

/// Why a command is given, for the audit, when that is not the command itself.
pub(super) struct Reason {
    pub(super) action: &'static str,
    pub(super) detail: Value,
}

impl CommandInput {
    /// A command that waits for as long as most do.
    pub(crate) fn of(kind: CommandKind) -> Self {
        Self { id: None, valid_for_hours: None, kind }
    }

    fn check(self, now: OffsetDateTime) -> Result<Command, Problem> {
        if let CommandKind::NotifyUser { title, text } = &self.kind
            && (title.trim().is_empty() || title.chars().count() > 80 || text.chars().count() > 500)
        {
            return Err(Problem::unprocessable(
                "“title” must have 1 to 80 characters, and “text” up to 500.",
            ));
        }
        let hours = self.valid_for_hours.unwrap_or(DEFAULT_HOURS);
        if !(1..=MAXIMUM_HOURS).contains(&hours) {
            return Err(Problem::unprocessable(format!("“valid_for_hours” must be 1 to {MAXIMUM_HOURS}.")));
        }
        Ok(Command {
            id: self.id.unwrap_or_else(Uuid::now_v7),
            expires_at: now + Duration::hours(hours.into()),
            kind: self.kind,
        })
    }
}

/// Whether an endpoint can be given a command. The error is a whole sentence.
fn takes(row: &endpoint::Model, kind: &CommandKind) -> Result<(), String> {
    if row.deregistered {
        return Err(format!("The endpoint {} is deregistered and takes no commands.", row.id));
    }
    if matches!(kind, CommandKind::ForgetCertificate { .. }) && !reports_decisions(row) {
        return Err(format!(
            "The agent of the endpoint {} does not report remembered certificates and cannot be told to forget one. Upgrade it first.",
            row.id
        ));
    }
    Ok(())
}

impl Administration {
    /// The latest commands of an endpoint, the newest first.
    pub(crate) async fn commands(
        &self,
        caller: &Caller,
        id: InstanceUid,
    ) -> Result<Vec<CommandView>, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        self.find(id).await?;
        let rows = self.telemetry.store.commands(id, LISTED_COMMANDS).await?;
        rows.into_iter().map(|row| view(row, self.now())).collect()
    }

    /// Gives an endpoint a command. One that is not connected gets it when it comes back, unless it has expired by then.
    pub(crate) async fn give_command(
        &self,
        caller: &Caller,
        id: InstanceUid,
        input: CommandInput,
    ) -> Result<CommandGiven, Problem> {
        self.give(caller, id, input, None).await
    }

    pub(super) async fn give(
        &self,
        caller: &Caller,
        id: InstanceUid,
        input: CommandInput,
        reason: Option<Reason>,
    ) -> Result<CommandGiven, Problem> {
        caller.needs_within(Scope::CommandsGive, Permission::Operate)?;
        let now = self.now();
        let command = input.check(now)?;
        let row = self.find(id).await?;
        takes(&row, &command.kind).map_err(Problem::conflict)?;
        let reason = reason.unwrap_or_else(|| Reason { action: "command.given", detail: json!({}) });
        let mut detail = reason.detail;
        detail["command"] = json!(command.id);
        detail["kind"] = json!(command.kind.code());
        let change = caller.change(now, reason.action, id.to_string(), detail);
        let kept = self.telemetry.store.add_command(id, &command, change).await?;
        self.telemetry.presence.wake(id, Wake::Commands);
        Ok(CommandGiven { id: kept.id, expires_at: kept.expires_at })
    }

    /// Takes a command back that its endpoint has not answered. One that was sent already may be carried out all the same.
    pub(crate) async fn cancel_command(
        &self,
        caller: &Caller,
        id: InstanceUid,
        command: Uuid,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::CommandsGive, Permission::Operate)?;
        self.find(id).await?;
        let change =
            caller.change(self.now(), "command.cancelled", id.to_string(), json!({"command": command}));
        match self.telemetry.store.cancel_command(id, command, change).await? {
            commands::Finished::Kept => Ok(()),
            commands::Finished::NotOpen => Err(Problem::conflict(format!(
                "The command {command} does not wait for the endpoint {id} any more."
            ))),
        }
    }

    /// Gives all endpoints of a group a command. Those that are not connected get it when they come back, unless it has expired
    /// by then; those that come to belong to the group later do not get it.
    pub(crate) async fn give_group_command(
        &self,
        caller: &Caller,
        group: Uuid,
        input: CommandInput,
    ) -> Result<BatchView, Problem> {
        caller.needs_within(Scope::CommandsGive, Permission::Operate)?;
        let now = self.now();
        let command = input.check(now)?;
        let detail = json!({"command": command.id, "kind": command.kind.code()});
        let change = caller.change(now, "command.given_to_group", group.to_string(), detail);
        let takes = |row: &endpoint::Model| takes(row, &command.kind).is_ok();
        let Kept { id, endpoints, .. } =
            self.telemetry.store.add_group_command(group, &command, takes, change).await?;
        for endpoint in endpoints {
            if let Ok(uid) = endpoint.parse() {
                self.telemetry.presence.wake(uid, Wake::Commands);
            }
        }
        self.commands_to(group)
            .await?
            .into_iter()
            .find(|batch| batch.id == id)
            .ok_or_else(|| Problem::not_found(format!("There is no command {id} to this group.")))
    }

    /// The latest commands to a group, the newest first, with what has become of them.
    pub(crate) async fn group_commands(
        &self,
        caller: &Caller,
        group: Uuid,
    ) -> Result<Vec<BatchView>, Problem> {
        caller.needs_within(Scope::GroupsRead, Permission::View)?;
        self.commands_to(group).await
    }

    async fn commands_to(&self, group: Uuid) -> Result<Vec<BatchView>, Problem> {
        self.telemetry.store.group(group).await?;
        let batches = self.telemetry.store.group_commands(group, LISTED_COMMANDS, self.now()).await?;
        Ok(batches.into_iter().map(BatchView::from).collect())
    }
}

impl From<Batch> for BatchView {
    fn from(batch: Batch) -> Self {
        let BatchCounts { waiting, expired, succeeded, failed, refused } = batch.counts;
        Self {
            id: batch.command.id,
            group_id: batch.group,
            created_at: batch.created_at,
            expires_at: batch.command.expires_at,
            kind: batch.command.kind,
            waiting,
            expired,
            succeeded,
            failed,
            refused,
            left_out: batch.left_out,
        }
    }
}

pub(super) fn view(row: command::Model, now: OffsetDateTime) -> Result<CommandView, Problem> {
    let outcome = row.outcome.as_deref().and_then(|text| serde_json::from_str(text).ok());
    Ok(CommandView {
        kind: commands::kind(&row)?,
        status: match &outcome {
            None if moment(row.expires_at) <= now => CommandStatus::Expired,
            None => CommandStatus::Waiting,
            Some(CommandOutcome::Succeeded { .. }) => CommandStatus::Succeeded,
            Some(CommandOutcome::Failed { .. }) => CommandStatus::Failed,
            Some(CommandOutcome::Refused { .. }) => CommandStatus::Refused,
        },
        outcome,
        batch_id: row.batch_id,
        id: row.id,
        created_at: moment(row.created_at),
        expires_at: moment(row.expires_at),
        finished_at: row.finished_at.map(moment),
    })
}
