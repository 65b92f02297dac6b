//! Enrolment tokens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use super::problem::Problem;
use crate::store::moment;

/// An enrolment token, without the token itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    id: String,
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<OffsetDateTime>,
}

/// A new enrolment token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenInput {
    /// What it is for, up to 100 characters.
    name: String,
    /// When it ends (RFC 3339); without this it does not.
    #[serde(default, deserialize_with = "time_or_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<OffsetDateTime>,
}

fn time_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    let time = OffsetDateTime::parse(value.as_str().unwrap_or_default(), &Rfc3339);
    time.map(Some).map_err(|_| D::Error::custom("this is no time; give one such as 2027-01-01T00:00:00Z"))
}

/// A new enrolment token with the token itself, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    id: Uuid,
    token: String,
}

/// All enrolment tokens.
#[utoipa::path(get, path = "/enrolment-tokens", responses((status = OK, body = Vec<TokenView>)))]
pub(super) async fn list(State(api): Shared) -> Result<Json<Vec<TokenView>>, Problem> {
    let rows = api.telemetry.store.enrolment_tokens().await?;
    let views = rows.into_iter().map(|row| TokenView {
        id: row.id,
        name: row.name,
        created_at: moment(row.created_at),
        expires_at: row.expires_at.map(moment),
        revoked_at: row.revoked_at.map(moment),
    });
    Ok(Json(views.collect()))
}

/// Makes an enrolment token.
#[utoipa::path(post, path = "/enrolment-tokens", request_body = TokenInput,
    responses((status = CREATED, body = NewToken)))]
pub(super) async fn create(
    State(api): Shared,
    Body(input): Body<TokenInput>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    let name = input.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Problem::unprocessable("“name” must have 1 to 100 characters."));
    }
    if input.expires_at.is_some_and(|expires_at| expires_at <= api.now()) {
        return Err(Problem::unprocessable("“expires_at” is in the past."));
    }
    let change = |id| {
        api.change(
            "enrolment_token.created",
            id,
            json!({"name": name, "expires_at": input.expires_at.map(|at| at.to_string())}),
        )
    };
    let (id, token) =
        api.telemetry.store.create_enrolment_token(&name, input.expires_at, change, api.now()).await?;
    Ok((StatusCode::CREATED, Json(NewToken { id, token: token.expose().to_owned() })))
}

/// Ends an enrolment token. Endpoints that enrolled with it stay enrolled.
#[utoipa::path(delete, path = "/enrolment-tokens/{id}", params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn revoke(State(api): Shared, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    let change = api.change("enrolment_token.revoked", id.to_string(), json!({}));
    api.telemetry.store.revoke_enrolment_token(id, change, api.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
