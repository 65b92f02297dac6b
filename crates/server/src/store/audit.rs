//! The audit: every change by an administrator, in the transaction of the change itself.

use std::fmt;

use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, EntityTrait as _, QueryOrder as _, QuerySelect as _, Set,
};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::entity::audit;
use super::{Store, StoreError, microseconds};

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// The server itself.
    Server,
    /// Whoever has the data of the server in hand, with a command of the program.
    CommandLine,
    /// Whoever holds the administrator token.
    AdministratorToken,
    /// A program with an API token of this name.
    ApiToken(String),
    /// The administrator of this name.
    Person(String),
}

impl fmt::Display for Actor {
    /// Names of people have no spaces, so that nobody is taken for a token or for the server.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => formatter.write_str("the server"),
            Self::CommandLine => formatter.write_str("the command line"),
            Self::AdministratorToken => formatter.write_str("administrator token"),
            Self::ApiToken(name) => write!(formatter, "API token “{name}”"),
            Self::Person(name) => formatter.write_str(name),
        }
    }
}

/// A change, for the audit. Holds no secret.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) actor: Actor,
    pub(crate) at: OffsetDateTime,
    /// What was done, for example `profile.changed`.
    pub(crate) action: &'static str,
    /// To what.
    pub(crate) subject: String,
    /// What is different now.
    pub(crate) detail: Value,
}

/// Writes a change down, within the transaction that makes it.
pub(super) async fn record(transaction: &impl ConnectionTrait, change: Change) -> Result<(), StoreError> {
    let row = audit::ActiveModel {
        id: Set(Uuid::now_v7().to_string()),
        at: Set(microseconds(change.at)),
        actor: Set(change.actor.to_string()),
        action: Set(change.action.to_owned()),
        subject: Set(change.subject),
        detail: Set(change.detail.to_string()),
    };
    row.insert(transaction).await?;
    Ok(())
}

impl Store {
    /// The latest changes, the newest first.
    pub(crate) async fn audit(&self, limit: u64) -> Result<Vec<audit::Model>, StoreError> {
        Ok(audit::Entity::find()
            .order_by_desc(audit::Column::At)
            .order_by_desc(audit::Column::Id)
            .limit(limit)
            .all(&self.database)
            .await?)
    }
}
