//! Administrators and API tokens.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use super::entity_tag::{Tagged, expected_revision};
use crate::administration::api_tokens::{ApiTokenInput, ApiTokenView};
use crate::administration::enrolment_tokens::NewToken;
use crate::administration::people::{AdministratorChange, AdministratorInput, AdministratorView};
use crate::people::Caller;
use crate::problem::Problem;

/// All administrators.
#[utoipa::path(get, path = "/administrators",
    security(("token" = ["people:read"])), responses((status = OK, body = Vec<AdministratorView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<AdministratorView>>, Problem> {
    administration.administrators(&caller).await.map(Json)
}

/// Adds an administrator.
#[utoipa::path(post, path = "/administrators",
    security(("token" = [])), request_body = AdministratorInput,
    responses((status = CREATED, body = AdministratorView)))]
pub(super) async fn create(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<AdministratorInput>,
) -> Result<(StatusCode, Json<AdministratorView>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.add_administrator(&caller, input).await?)))
}

/// One administrator. The `ETag` of the answer names the revision of the account.
#[utoipa::path(get, path = "/administrators/{id}",
    security(("token" = ["people:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = AdministratorView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Tagged<AdministratorView>, Problem> {
    let content = administration.administrator(&caller, id).await?;
    Ok(Tagged { revision: content.revision, content })
}

/// Changes an administrator; what is left out stays. With another password, or switched off, they are signed out. With `If-Match`,
/// only if the account still has the revision of that `ETag`.
#[utoipa::path(patch, path = "/administrators/{id}",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    request_body = AdministratorChange, responses((status = OK, body = AdministratorView)))]
pub(super) async fn change(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Body(input): Body<AdministratorChange>,
) -> Result<Tagged<AdministratorView>, Problem> {
    let expected = expected_revision(&headers)?;
    let content = administration.change_administrator(&caller, id, expected, input).await?;
    Ok(Tagged { revision: content.revision, content })
}

/// Removes an administrator, and signs them out. With `If-Match`, only if the account still has the revision of that `ETag`.
#[utoipa::path(delete, path = "/administrators/{id}",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    administration.remove_administrator(&caller, id, expected_revision(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets an administrator who has lost their authenticator app sign in with the password alone again. With `If-Match`, only if the
/// account still has the revision of that `ETag`.
#[utoipa::path(delete, path = "/administrators/{id}/one-time-passwords",
    security(("token" = [])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = NO_CONTENT)))]
pub(super) async fn reset_one_time_passwords(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    administration.reset_one_time_passwords(&caller, id, expected_revision(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All API tokens.
#[utoipa::path(get, path = "/api-tokens",
    security(("token" = ["api_tokens:read"])), responses((status = OK, body = Vec<ApiTokenView>)))]
pub(super) async fn tokens(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<ApiTokenView>>, Problem> {
    administration.api_tokens(&caller).await.map(Json)
}

/// Makes an API token.
#[utoipa::path(post, path = "/api-tokens",
    security(("token" = ["api_tokens:manage"])), request_body = ApiTokenInput, responses((status = CREATED, body = NewToken)))]
pub(super) async fn create_token(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<ApiTokenInput>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.create_api_token(&caller, input).await?)))
}

/// Ends an API token.
#[utoipa::path(delete, path = "/api-tokens/{id}",
    security(("token" = ["api_tokens:manage"])), params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn revoke_token(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    administration.revoke_api_token(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
