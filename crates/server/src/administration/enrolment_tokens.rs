//! Enrolment tokens.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::moment;

/// An enrolment token, without the token itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) revoked_at: Option<OffsetDateTime>,
}

/// A new enrolment token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenInput {
    /// What it is for, up to 100 characters.
    pub(crate) name: String,
    /// When it ends (RFC 3339); without this it does not.
    #[serde(default, deserialize_with = "time_or_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<OffsetDateTime>,
}

pub(super) fn time_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    let time = OffsetDateTime::parse(value.as_str().unwrap_or_default(), &Rfc3339);
    time.map(Some).map_err(|_| D::Error::custom("this is no time; give one such as 2027-01-01T00:00:00Z"))
}

/// The name of a token, as it is kept.
pub(super) fn checked_token_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Problem::unprocessable("“name” must have 1 to 100 printable characters."));
    }
    Ok(name.to_owned())
}

/// A new token, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    pub(crate) id: Uuid,
    pub(crate) token: String,
}

impl Administration {
    /// All enrolment tokens, the oldest first.
    pub(crate) async fn enrolment_tokens(&self, caller: &Caller) -> Result<Vec<TokenView>, Problem> {
        caller.needs_within(Scope::EnrolmentTokensRead, Permission::View)?;
        let rows = self.telemetry.store.enrolment_tokens().await?;
        let views = rows.into_iter().map(|row| TokenView {
            id: row.id,
            name: row.name,
            created_at: moment(row.created_at),
            expires_at: row.expires_at.map(moment),
            revoked_at: row.revoked_at.map(moment),
        });
        Ok(views.collect())
    }

    /// Makes an enrolment token.
    pub(crate) async fn create_enrolment_token(
        &self,
        caller: &Caller,
        input: TokenInput,
    ) -> Result<NewToken, Problem> {
        caller.needs_within(Scope::EnrolmentTokensManage, Permission::Administer)?;
        let name = checked_token_name(&input.name)?;
        let now = self.now();
        if input.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(Problem::unprocessable("“expires_at” is in the past."));
        }
        let change = |id: Uuid| {
            let detail = json!({"name": name, "expires_at": input.expires_at.map(|at| at.to_string())});
            caller.change(now, "enrolment_token.created", id.to_string(), detail)
        };
        let (id, token) =
            self.telemetry.store.create_enrolment_token(&name, input.expires_at, change, now).await?;
        Ok(NewToken { id, token: token.expose().to_owned() })
    }

    /// Ends an enrolment token. Endpoints that enrolled with it stay enrolled.
    pub(crate) async fn revoke_enrolment_token(&self, caller: &Caller, id: Uuid) -> Result<(), Problem> {
        caller.needs_within(Scope::EnrolmentTokensManage, Permission::Administer)?;
        let now = self.now();
        let change = caller.change(now, "enrolment_token.revoked", id.to_string(), json!({}));
        Ok(self.telemetry.store.revoke_enrolment_token(id, change, now).await?)
    }
}
