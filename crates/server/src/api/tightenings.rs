//! Staged tightening.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use crate::administration::WithWarnings;
use crate::administration::tightenings::{TighteningInput, TighteningView};
use crate::people::Caller;
use crate::problem::Problem;

/// The tightenings of all profiles, the newest first, up to 200.
#[utoipa::path(get, path = "/tightenings",
    security(("token" = ["profiles:read"])), responses((status = OK, body = Vec<TighteningView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<TighteningView>>, Problem> {
    administration.tightenings(&caller, None).await.map(Json)
}

/// One tightening.
#[utoipa::path(get, path = "/tightenings/{id}", security(("token" = ["profiles:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<TighteningView>, Problem> {
    administration.tightening(&caller, id).await.map(Json)
}

/// Gives the endpoints of a profile a stricter Invalid Certificate Action, ring by ring.
#[utoipa::path(post, path = "/tightenings", security(("token" = ["profiles:manage"])), request_body = TighteningInput,
    responses((status = CREATED, body = WithWarnings<TighteningView>),
    (status = NOT_FOUND, description = "There is no such profile or group.", body = Problem,
        content_type = "application/problem+json"),
    (status = PRECONDITION_FAILED, description = "Somebody else has changed the profile meanwhile.", body = Problem,
        content_type = "application/problem+json")))]
pub(super) async fn begin(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<TighteningInput>,
) -> Result<(StatusCode, Json<WithWarnings<TighteningView>>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.begin_tightening(&caller, input).await?)))
}

/// Begins no other ring. The endpoints of the rings so far keep the stricter action.
#[utoipa::path(post, path = "/tightenings/{id}/halt", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn halt(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<TighteningView>, Problem> {
    administration.halt_tightening(&caller, id).await.map(Json)
}

/// Goes on with the ring where it is; after it has stepped back, with a new attempt.
#[utoipa::path(post, path = "/tightenings/{id}/resume", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn resume(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<TighteningView>, Problem> {
    administration.resume_tightening(&caller, id).await.map(Json)
}

/// Gives all endpoints the former action again. Those that are cut off take it by themselves when their trial is over.
#[utoipa::path(post, path = "/tightenings/{id}/step-back", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn step_back(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<TighteningView>, Problem> {
    administration.step_tightening_back(&caller, id).await.map(Json)
}

/// Gives the profile itself the stricter action, once the last ring has begun.
#[utoipa::path(post, path = "/tightenings/{id}/finish", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn finish(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<TighteningView>, Problem> {
    administration.finish_tightening(&caller, id).await.map(Json)
}
