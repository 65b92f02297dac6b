//! Browsers in which administrators are signed in.

use countersign_protocol::Secret;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, Set};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::audit::{Change, record};
use super::entity::administrator;
use super::entity::administrator_session::{ActiveModel, Column, Entity};
use super::tokens::{generate, hash};
use super::{Administrator, Store, StoreError, microseconds};

/// How long somebody stays signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionLimits {
    /// Without doing anything.
    pub(crate) idle: Duration,
    /// In any case.
    pub(crate) absolute: Duration,
}

impl SessionLimits {
    /// The limits in force: half an hour without a click, and half a day.
    pub(crate) const IN_FORCE: Self = Self { idle: Duration::minutes(30), absolute: Duration::hours(12) };
}

/// Use is kept this exactly, so that not every click costs a write.
const EXACTNESS: Duration = Duration::minutes(1);

/// Who uses a session. A page that renews itself does not keep it alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsedBy {
    Person,
    Page,
}

impl Store {
    /// Begins a session. Sessions that are over are removed.
    pub(crate) async fn begin_session(
        &self,
        administrator: Uuid,
        limits: SessionLimits,
        change: Change,
    ) -> Result<Secret, StoreError> {
        let token = generate()?;
        let now = change.at;
        let transaction = self.begin().await?;
        Entity::delete_many()
            .filter(
                Condition::any()
                    .add(Column::UsedAt.lte(microseconds(now - limits.idle)))
                    .add(Column::CreatedAt.lte(microseconds(now - limits.absolute))),
            )
            .exec(&transaction)
            .await?;
        let row = ActiveModel {
            token_hash: Set(hash(token.expose())),
            administrator_id: Set(administrator.to_string()),
            created_at: Set(microseconds(now)),
            used_at: Set(microseconds(now)),
        };
        row.insert(&transaction).await?;
        administrator::Entity::update_many()
            .col_expr(administrator::Column::SignedInAt, Expr::value(microseconds(now)))
            .filter(administrator::Column::Id.eq(administrator.to_string()))
            .exec(&transaction)
            .await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(token)
    }

    /// Whose session it is, as long as it lasts.
    pub(crate) async fn use_session(
        &self,
        token: &Secret,
        by: UsedBy,
        limits: SessionLimits,
        now: OffsetDateTime,
    ) -> Result<Option<Administrator>, StoreError> {
        let token_hash = hash(token.expose());
        let Some(row) = Entity::find_by_id(&token_hash).one(&self.database).await? else { return Ok(None) };
        let over = row.used_at <= microseconds(now - limits.idle)
            || row.created_at <= microseconds(now - limits.absolute);
        if over {
            return Ok(None);
        }
        if by == UsedBy::Person && row.used_at <= microseconds(now - EXACTNESS) {
            Entity::update_many()
                .col_expr(Column::UsedAt, Expr::value(microseconds(now)))
                .filter(Column::TokenHash.eq(token_hash))
                .exec(&self.database)
                .await?;
        }
        let found = administrator::Entity::find_by_id(row.administrator_id).one(&self.database).await?;
        let administrator = found.map(|row| self.read_administrator(&row)).transpose()?;
        Ok(administrator.filter(|administrator| administrator.enabled))
    }

    /// Ends a session.
    pub(crate) async fn end_session(&self, token: &Secret) -> Result<(), StoreError> {
        Entity::delete_by_id(hash(token.expose())).exec(&self.database).await?;
        self.make_durable().await
    }
}
