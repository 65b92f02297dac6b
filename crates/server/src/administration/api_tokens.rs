//! Tokens with which programs use the API.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use super::enrolment_tokens::{NewToken, checked_token_name, time_or_none};
use crate::people::{Caller, Permission, Reach, Role, Scope};
use crate::problem::Problem;
use crate::store::api_tokens::permitted;
use crate::store::moment;

/// An API token, without the token itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiTokenView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// What it is limited to; none when it permits all that the role does.
    pub(crate) scopes: Option<BTreeSet<Scope>>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) used_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) revoked_at: Option<OffsetDateTime>,
}

/// A new API token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiTokenInput {
    /// What it is for, up to 100 characters.
    pub(crate) name: String,
    /// What its holder may do; not more than whoever makes it.
    pub(crate) role: Role,
    /// To limit it to these; without this it permits all that the role does. Who is limited to scopes gives no more than these.
    #[serde(default)]
    #[schema(min_items = 1)]
    pub(crate) scopes: Option<BTreeSet<Scope>>,
    /// When it ends (RFC 3339); without this it does not.
    #[serde(default, deserialize_with = "time_or_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<OffsetDateTime>,
}

impl Administration {
    /// All API tokens, the oldest first.
    pub(crate) async fn api_tokens(&self, caller: &Caller) -> Result<Vec<ApiTokenView>, Problem> {
        caller.needs_within(Scope::ApiTokensRead, Permission::Administer)?;
        let rows = self.telemetry.store.api_tokens().await?;
        let view = |row: crate::store::entity::api_token::Model| {
            let (role, reach) = permitted(&row)?;
            Ok(ApiTokenView {
                id: row.id,
                name: row.name,
                role,
                scopes: match reach {
                    Reach::Everything => None,
                    Reach::Only(scopes) => Some(scopes),
                },
                created_at: moment(row.created_at),
                expires_at: row.expires_at.map(moment),
                used_at: row.used_at.map(moment),
                revoked_at: row.revoked_at.map(moment),
            })
        };
        rows.into_iter().map(view).collect()
    }

    /// Makes an API token.
    pub(crate) async fn create_api_token(
        &self,
        caller: &Caller,
        input: ApiTokenInput,
    ) -> Result<NewToken, Problem> {
        caller.needs_within(Scope::ApiTokensManage, Permission::Administer)?;
        let name = checked_token_name(&input.name)?;
        if input.expires_at.is_some_and(|expires_at| expires_at <= self.now()) {
            return Err(Problem::unprocessable("“expires_at” is in the past."));
        }
        let reach = match input.scopes {
            None => Reach::Everything,
            Some(scopes) if scopes.is_empty() => {
                return Err(Problem::unprocessable(
                    "“scopes” is empty: the token would permit nothing. Name scopes, or leave it out for all that the role permits.",
                ));
            }
            Some(scopes) => Reach::Only(scopes),
        };
        if !caller.reach.covers(&reach) {
            return Err(Problem::forbidden(
                "This API token is limited to scopes, and the new one would not be, or have other ones. Name scopes that this \
                 token has.",
            ));
        }
        let change = |id: Uuid| {
            let detail = json!({
                "name": name,
                "role": input.role,
                "scopes": reach.to_keep(),
                "expires_at": input.expires_at.map(|at| at.to_string()),
            });
            caller.change(self.now(), "api_token.created", id.to_string(), detail)
        };
        let store = &self.telemetry.store;
        let (id, token) = store.create_api_token(&name, input.role, &reach, input.expires_at, change).await?;
        Ok(NewToken { id, token: token.expose().to_owned() })
    }

    /// Ends an API token.
    pub(crate) async fn revoke_api_token(&self, caller: &Caller, id: Uuid) -> Result<(), Problem> {
        caller.needs_within(Scope::ApiTokensManage, Permission::Administer)?;
        let change = caller.change(self.now(), "api_token.revoked", id.to_string(), json!({}));
        Ok(self.telemetry.store.revoke_api_token(id, change).await?)
    }
}
