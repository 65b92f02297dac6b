//! Enrolment tokens. Only their hashes are kept: whoever reads the database cannot enrol with it.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_protocol::Secret;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::{Change, record};
use super::entity::enrolment_token::{ActiveModel, Column, Entity, Model};
use super::{KeyName, Store, StoreError, microseconds};

/// The name of the enrolment token that the first start makes.
const FIRST_TOKEN: &str = "First token";

/// A new token: 32 random bytes.
pub(crate) fn generate() -> Result<Secret, StoreError> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::Unreadable {
        what: "the system gave no random numbers for a token".to_owned(),
    })?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// The form in which a token is kept and compared. Tokens are random, so one round of SHA-256 is enough.
pub(crate) fn hash(token: &str) -> String {
    hexadecimal(digest(&SHA256, token.as_bytes()).as_ref())
}

/// Bytes as text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn row(
    id: Uuid,
    name: &str,
    token: &Secret,
    expires_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> ActiveModel {
    ActiveModel {
        id: Set(id.to_string()),
        name: Set(name.to_owned()),
        token_hash: Set(hash(token.expose())),
        created_at: Set(microseconds(now)),
        expires_at: Set(expires_at.map(microseconds)),
        revoked_at: Set(None),
    }
}

impl Store {
    /// Makes a token.
    pub(crate) async fn create_enrolment_token(
        &self,
        name: &str,
        expires_at: Option<OffsetDateTime>,
        change: impl FnOnce(Uuid) -> Change,
        now: OffsetDateTime,
    ) -> Result<(Uuid, Secret), StoreError> {
        let id = Uuid::now_v7();
        let token = generate()?;
        let transaction = self.begin().await?;
        row(id, name, &token, expires_at, now).insert(&transaction).await?;
        record(&transaction, change(id)).await?;
        self.commit(transaction).await?;
        Ok((id, token))
    }

    /// Keeps the hash of a new administrator token in the place of an earlier one, and at the first start the enrolment
    /// token with it: all or nothing.
    pub(crate) async fn keep_new_tokens(
        &self,
        administrator_hash: &str,
        first_enrolment: Option<&Secret>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        if let Some(token) = first_enrolment {
            let id = Uuid::now_v7();
            row(id, FIRST_TOKEN, token, None, change.at).insert(&transaction).await?;
            let created = Change {
                action: "enrolment_token.created",
                subject: id.to_string(),
                detail: serde_json::json!({"name": FIRST_TOKEN}),
                ..change.clone()
            };
            record(&transaction, created).await?;
        }
        let hash = Secret::new(administrator_hash.to_owned());
        self.replace_key(&transaction, KeyName::AdministratorTokenHash, &hash).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// All tokens, the oldest first.
    pub(crate) async fn enrolment_tokens(&self) -> Result<Vec<Model>, StoreError> {
        Ok(Entity::find().order_by_asc(Column::CreatedAt).all(&self.database).await?)
    }

    /// Ends a token. Endpoints that enrolled with it stay enrolled.
    pub(crate) async fn revoke_enrolment_token(
        &self,
        id: Uuid,
        change: Change,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let row = Entity::find_by_id(id.to_string()).one(&transaction).await?;
        let Some(row) = row else { return Err(StoreError::NotFound(format!("enrolment token {id}"))) };
        let mut row = row.into_active_model();
        row.revoked_at = Set(Some(microseconds(now)));
        row.update(&transaction).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// Whether somebody may enrol with this token now.
    pub(crate) async fn accepts_enrolment_token(
        &self,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let row = Entity::find().filter(Column::TokenHash.eq(hash(token))).one(&self.database).await?;
        Ok(row.is_some_and(|row| {
            row.revoked_at.is_none() && row.expires_at.is_none_or(|expires_at| microseconds(now) < expires_at)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_different() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.expose(), other.expose());
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
