//! Enrolment tokens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use crate::administration::enrolment_tokens::{NewToken, TokenInput, TokenView};
use crate::people::Caller;
use crate::problem::Problem;

/// All enrolment tokens.
#[utoipa::path(get, path = "/enrolment-tokens",
    security(("token" = ["enrolment_tokens:read"])), responses((status = OK, body = Vec<TokenView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<TokenView>>, Problem> {
    administration.enrolment_tokens(&caller).await.map(Json)
}

/// Makes an enrolment token.
#[utoipa::path(post, path = "/enrolment-tokens",
    security(("token" = ["enrolment_tokens:manage"])), request_body = TokenInput,
    responses((status = CREATED, body = NewToken)))]
pub(super) async fn create(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<TokenInput>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.create_enrolment_token(&caller, input).await?)))
}

/// Ends an enrolment token. Endpoints that enrolled with it stay enrolled.
#[utoipa::path(delete, path = "/enrolment-tokens/{id}",
    security(("token" = ["enrolment_tokens:manage"])), params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn revoke(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    administration.revoke_enrolment_token(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
