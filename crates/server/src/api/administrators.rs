//! Administrators and API tokens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use crate::administration::api_tokens::{ApiTokenInput, ApiTokenView};
use crate::administration::enrolment_tokens::NewToken;
use crate::administration::people::{AdministratorChange, AdministratorInput, AdministratorView};
use crate::people::Caller;
use crate::problem::Problem;

/// All administrators.
#[utoipa::path(get, path = "/administrators", responses((status = OK, body = Vec<AdministratorView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<AdministratorView>>, Problem> {
    administration.administrators(&caller).await.map(Json)
}

/// Adds an administrator.
#[utoipa::path(post, path = "/administrators", request_body = AdministratorInput,
    responses((status = CREATED, body = AdministratorView)))]
pub(super) async fn create(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<AdministratorInput>,
) -> Result<(StatusCode, Json<AdministratorView>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.add_administrator(&caller, input).await?)))
}

/// Changes an administrator; what is left out stays. With another password, or switched off, they are signed out.
#[utoipa::path(patch, path = "/administrators/{id}", params(("id" = Uuid, Path)),
    request_body = AdministratorChange, responses((status = OK, body = AdministratorView)))]
pub(super) async fn change(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(input): Body<AdministratorChange>,
) -> Result<Json<AdministratorView>, Problem> {
    administration.change_administrator(&caller, id, input).await.map(Json)
}

/// Removes an administrator, and signs them out.
#[utoipa::path(delete, path = "/administrators/{id}", params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    administration.remove_administrator(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets an administrator who has lost their authenticator app sign in with the password alone again.
#[utoipa::path(delete, path = "/administrators/{id}/one-time-passwords", params(("id" = Uuid, Path)),
    responses((status = NO_CONTENT)))]
pub(super) async fn reset_one_time_passwords(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    administration.reset_one_time_passwords(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All API tokens.
#[utoipa::path(get, path = "/api-tokens", responses((status = OK, body = Vec<ApiTokenView>)))]
pub(super) async fn tokens(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<ApiTokenView>>, Problem> {
    administration.api_tokens(&caller).await.map(Json)
}

/// Makes an API token.
#[utoipa::path(post, path = "/api-tokens", request_body = ApiTokenInput, responses((status = CREATED, body = NewToken)))]
pub(super) async fn create_token(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<ApiTokenInput>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.create_api_token(&caller, input).await?)))
}

/// Ends an API token.
#[utoipa::path(delete, path = "/api-tokens/{id}", params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn revoke_token(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    administration.revoke_api_token(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
