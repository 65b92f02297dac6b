//! Tokens for programs that use the API. Only their hashes are kept.

use countersign_protocol::Secret;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, Set,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::audit::{Change, record};
use super::entity::api_token::{ActiveModel, Column, Entity, Model};
use super::tokens::{generate, hash};
use super::{Store, StoreError, microseconds};
use crate::people::{Reach, Role};

/// Use is kept this exactly, so that not every request costs a write.
const EXACTNESS: Duration = Duration::minutes(1);

impl Store {
    /// Makes a token.
    pub(crate) async fn create_api_token(
        &self,
        name: &str,
        role: Role,
        reach: &Reach,
        expires_at: Option<OffsetDateTime>,
        change: impl FnOnce(Uuid) -> Change,
    ) -> Result<(Uuid, Secret), StoreError> {
        let id = Uuid::now_v7();
        let token = generate()?;
        let change = change(id);
        let transaction = self.begin().await?;
        let row = ActiveModel {
            id: Set(id.to_string()),
            name: Set(name.to_owned()),
            role: Set(role.code().to_owned()),
            scopes: Set(reach.to_keep()),
            token_hash: Set(hash(token.expose())),
            created_at: Set(microseconds(change.at)),
            expires_at: Set(expires_at.map(microseconds)),
            used_at: Set(None),
            revoked_at: Set(None),
        };
        row.insert(&transaction).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok((id, token))
    }

    /// All tokens, the oldest first.
    pub(crate) async fn api_tokens(&self) -> Result<Vec<Model>, StoreError> {
        Ok(Entity::find().order_by_asc(Column::CreatedAt).all(&self.database).await?)
    }

    /// Ends a token.
    pub(crate) async fn revoke_api_token(&self, id: Uuid, change: Change) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let row = Entity::find_by_id(id.to_string()).one(&transaction).await?;
        let Some(row) = row else { return Err(StoreError::NotFound(format!("API token {id}"))) };
        if row.revoked_at.is_none() {
            let mut row = row.into_active_model();
            row.revoked_at = Set(Some(microseconds(change.at)));
            row.update(&transaction).await?;
            record(&transaction, change).await?;
        }
        self.commit(transaction).await
    }

    /// The name of a token that is in force, and what it permits; this counts as use.
    pub(crate) async fn use_api_token(
        &self,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Option<(String, Role, Reach)>, StoreError> {
        let row = Entity::find().filter(Column::TokenHash.eq(hash(token))).one(&self.database).await?;
        let in_force = |row: &Model| {
            row.revoked_at.is_none() && row.expires_at.is_none_or(|expires_at| microseconds(now) < expires_at)
        };
        let Some(row) = row.filter(in_force) else { return Ok(None) };
        if row.used_at.is_none_or(|used_at| used_at <= microseconds(now - EXACTNESS)) {
            Entity::update_many()
                .col_expr(Column::UsedAt, Expr::value(microseconds(now)))
                .filter(Column::Id.eq(row.id.clone()))
                .exec(&self.database)
                .await?;
        }
        let (role, reach) = permitted(&row)?;
        Ok(Some((row.name, role, reach)))
    }
}

/// What a token permits.
pub(crate) fn permitted(row: &Model) -> Result<(Role, Reach), StoreError> {
    let unreadable =
        |what: &str| StoreError::Unreadable { what: format!("the {what} of the API token {}", row.id) };
    let role = Role::of_code(&row.role).ok_or_else(|| unreadable("role"))?;
    let reach = Reach::from_kept(row.scopes.as_deref()).ok_or_else(|| unreadable("scopes"))?;
    Ok((role, reach))
}
