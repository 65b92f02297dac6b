//! The audit: every change by an administrator, in the transaction of the change itself.

use std::fmt;

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, Set,
};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::entity::audit::{self, Column};
use super::page::{Page, page_of};
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

/// Which changes. What is not said does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditFilter {
    /// By whom, exactly as it is kept.
    pub(crate) actor: Option<String>,
    /// What was done, exactly as it is kept.
    pub(crate) action: Option<String>,
    /// To one of these.
    pub(crate) subjects: Option<Vec<String>>,
    /// Not before this moment.
    pub(crate) since: Option<OffsetDateTime>,
    /// Before this moment.
    pub(crate) before: Option<OffsetDateTime>,
}

impl AuditFilter {
    fn condition(&self) -> Condition {
        // No text in PostgreSQL holds this character.
        let text = |text: &str| text.replace('\0', "");
        let mut condition = Condition::all();
        if let Some(actor) = &self.actor {
            condition = condition.add(Column::Actor.eq(text(actor)));
        }
        if let Some(action) = &self.action {
            condition = condition.add(Column::Action.eq(text(action)));
        }
        condition = match self.subjects.as_deref() {
            None => condition,
            // The index of it has the rows in their order.
            Some([subject]) => condition.add(Column::Subject.eq(text(subject))),
            Some(subjects) => condition.add(Column::Subject.is_in(subjects.iter().map(|name| text(name)))),
        };
        if let Some(since) = self.since {
            condition = condition.add(Column::At.gte(microseconds(since)));
        }
        if let Some(before) = self.before {
            condition = condition.add(Column::At.lt(microseconds(before)));
        }
        condition
    }
}

/// Changes that fit, the newest first.
pub(super) fn changes(filter: &AuditFilter) -> Select<audit::Entity> {
    audit::Entity::find().filter(filter.condition()).order_by_desc(Column::At).order_by_desc(Column::Id)
}

impl Store {
    /// A page of the changes that fit, the newest first.
    pub(crate) async fn find_changes(
        &self,
        filter: &AuditFilter,
        number: u64,
        size: u64,
    ) -> Result<Page<audit::Model>, StoreError> {
        page_of(&self.database, changes(filter), number, size).await
    }

    /// Changes that fit and come after one in the list, the newest first; without one, those at its beginning. However many were
    /// made meanwhile, each is found once.
    pub(crate) async fn changes_after(
        &self,
        filter: &AuditFilter,
        last: Option<(i64, &str)>,
        limit: u64,
    ) -> Result<Vec<audit::Model>, StoreError> {
        let mut found = changes(filter).limit(limit);
        if let Some((at, id)) = last {
            let same_moment = Condition::all().add(Column::At.eq(at)).add(Column::Id.lt(id));
            found = found.filter(Condition::any().add(Column::At.lt(at)).add(same_moment));
        }
        Ok(found.all(&self.database).await?)
    }

    /// The latest changes, the newest first.
    #[cfg(test)]
    pub(crate) async fn audit(&self, limit: u64) -> Result<Vec<audit::Model>, StoreError> {
        self.changes_after(&AuditFilter::default(), None, limit).await
    }
}
