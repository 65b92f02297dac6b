//! Accounts of people who sign in at a provider of OpenID Connect: made when they do so for the first time.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, Set,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::administrators::{NO_PASSWORD, end_sessions};
use super::audit::{Actor, Change, record};
use super::entity::administrator::{ActiveModel, Column, Entity, Model};
use super::{Administrator, Store, StoreError, microseconds};
use crate::people::{AdministratorName, Role};

/// So many names are tried for somebody new whose name others have.
const NAMES: u32 = 1000;

/// Who somebody is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderIdentity {
    /// The provider.
    pub(crate) issuer: String,
    /// The person there. Stays the same when their name changes.
    pub(crate) subject: String,
}

impl Store {
    /// The account of somebody who has signed in at a provider, with the role that follows from what the provider says. It is made
    /// the first time. One that is switched off stays as it is.
    pub(crate) async fn account_at_provider(
        &self,
        identity: &ProviderIdentity,
        name: &AdministratorName,
        role: Role,
        now: OffsetDateTime,
    ) -> Result<Administrator, StoreError> {
        let transaction = self.begin().await?;
        let row = match find(&transaction, identity).await? {
            Some(row) if !row.enabled || row.role == role.code() => row,
            Some(row) => {
                let detail = json!({"name": row.name, "role": role, "by": identity.issuer});
                let change = change(&row.name, now, "administrator.role_changed", &row.id, detail);
                let revision = row.revision + 1;
                let mut row = row.into_active_model();
                row.role = Set(role.code().to_owned());
                row.revision = Set(revision);
                let row = row.update(&transaction).await?;
                record(&transaction, change).await?;
                row
            }
            None => {
                let name = free_name(&transaction, name).await?;
                let id = Uuid::now_v7().to_string();
                let row = ActiveModel {
                    id: Set(id.clone()),
                    name: Set(name.to_string()),
                    name_key: Set(name.key()),
                    role: Set(role.code().to_owned()),
                    password_hash: Set(NO_PASSWORD.to_owned()),
                    one_time_secret: Set(None),
                    one_time_step: Set(0),
                    enabled: Set(true),
                    created_at: Set(microseconds(now)),
                    signed_in_at: Set(None),
                    revision: Set(1),
                    issuer: Set(Some(identity.issuer.clone())),
                    subject: Set(Some(identity.subject.clone())),
                };
                let row = row.insert(&transaction).await?;
                let detail = json!({"name": row.name, "role": role, "by": identity.issuer});
                let change = change(&row.name, now, "administrator.created", &id, detail);
                record(&transaction, change).await?;
                row
            }
        };
        self.commit(transaction).await?;
        self.read_administrator(&row)
    }

    /// Ends the sessions of somebody to whom the provider gives no role any more. Nothing happens when nobody is known by this
    /// identity, or they have none.
    pub(crate) async fn end_sessions_without_role(
        &self,
        identity: &ProviderIdentity,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let Some(row) = find(&transaction, identity).await? else { return Ok(()) };
        let id = self.read_administrator(&row)?.id;
        let sessions = end_sessions(&transaction, id).await?;
        if sessions == 0 {
            return Ok(());
        }
        let detail = json!({"name": row.name, "sessions": sessions, "by": identity.issuer});
        record(&transaction, change(&row.name, now, "administrator.sessions_ended", &row.id, detail)).await?;
        self.commit(transaction).await
    }
}

async fn find(
    database: &impl ConnectionTrait,
    identity: &ProviderIdentity,
) -> Result<Option<Model>, StoreError> {
    let found = Entity::find()
        .filter(Column::Issuer.eq(&identity.issuer))
        .filter(Column::Subject.eq(&identity.subject))
        .one(database)
        .await?;
    Ok(found)
}

fn change(
    name: &str,
    at: OffsetDateTime,
    action: &'static str,
    subject: &str,
    detail: serde_json::Value,
) -> Change {
    Change { actor: Actor::Person(name.to_owned()), at, action, subject: subject.to_owned(), detail }
}

/// A name that nobody has: nobody is taken for somebody else because a provider calls them so.
async fn free_name(
    transaction: &impl ConnectionTrait,
    wanted: &AdministratorName,
) -> Result<AdministratorName, StoreError> {
    for number in 1..=NAMES {
        let name = wanted.numbered(number);
        if Entity::find().filter(Column::NameKey.eq(name.key())).count(transaction).await? == 0 {
            return Ok(name);
        }
    }
    Err(StoreError::Conflict(format!(
        "There are {NAMES} accounts with the name “{wanted}” already. Remove those that nobody needs."
    )))
}
