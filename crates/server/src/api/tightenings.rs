//! Staged tightening.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use super::entity_tag::{TaggedAs, expected_revision, expected_tag};
use crate::administration::WithWarnings;
use crate::administration::tightenings::{TighteningInput, TighteningView};
use crate::people::Caller;
use crate::problem::Problem;

fn tagged(content: TighteningView) -> TaggedAs<TighteningView> {
    TaggedAs { tag: content.tag.clone(), content }
}

/// The tightenings of all profiles, the newest first, up to 200.
#[utoipa::path(get, path = "/tightenings",
    security(("token" = ["profiles:read"])), responses((status = OK, body = Vec<TighteningView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<TighteningView>>, Problem> {
    administration.tightenings(&caller, None).await.map(Json)
}

/// One tightening. The `ETag` of the answer stands for where it is: it is another one after every move.
#[utoipa::path(get, path = "/tightenings/{id}", security(("token" = ["profiles:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<TaggedAs<TighteningView>, Problem> {
    Ok(tagged(administration.tightening(&caller, id).await?))
}

/// Gives the endpoints of a profile a stricter Invalid Certificate Action, ring by ring. With `If-Match`, only if the profile still has
/// the revision of its `ETag`.
#[utoipa::path(post, path = "/tightenings", security(("token" = ["profiles:manage"])),
    params(("If-Match" = Option<String>, Header)), request_body = TighteningInput,
    responses((status = CREATED, body = WithWarnings<TighteningView>),
    (status = NOT_FOUND, description = "There is no such profile or group.", body = Problem,
        content_type = "application/problem+json"),
    (status = PRECONDITION_FAILED, description = "Somebody else has changed the profile meanwhile.", body = Problem,
        content_type = "application/problem+json")))]
pub(super) async fn begin(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
    Body(input): Body<TighteningInput>,
) -> Result<(StatusCode, Json<WithWarnings<TighteningView>>), Problem> {
    let begun = administration.begin_tightening(&caller, expected_revision(&headers)?, input).await?;
    Ok((StatusCode::CREATED, Json(begun)))
}

/// Begins no other ring. The endpoints of the rings so far keep the stricter action. With `If-Match`, this and the other moves are made
/// only if the tightening is still where it was.
#[utoipa::path(post, path = "/tightenings/{id}/halt", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn halt(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<TaggedAs<TighteningView>, Problem> {
    let expected = expected_tag(&headers)?;
    administration.halt_tightening(&caller, id, expected.as_deref()).await.map(tagged)
}

/// Goes on with the ring where it is; after it has stepped back, with a new attempt. What that would do is told by `POST /pre-flight`.
#[utoipa::path(post, path = "/tightenings/{id}/resume", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn resume(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<TaggedAs<TighteningView>, Problem> {
    let expected = expected_tag(&headers)?;
    administration.resume_tightening(&caller, id, expected.as_deref()).await.map(tagged)
}

/// Gives all endpoints the former action again that can be reached. One that is cut off while it tries the stricter action takes the
/// former one by itself when its trial is over; one that has passed and is cut off since keeps the stricter one until it can connect.
#[utoipa::path(post, path = "/tightenings/{id}/step-back", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn step_back(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<TaggedAs<TighteningView>, Problem> {
    let expected = expected_tag(&headers)?;
    administration.step_tightening_back(&caller, id, expected.as_deref()).await.map(tagged)
}

/// Gives the profile itself the stricter action, once the last ring has begun.
#[utoipa::path(post, path = "/tightenings/{id}/finish", security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = TighteningView)))]
pub(super) async fn finish(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<TaggedAs<TighteningView>, Problem> {
    let expected = expected_tag(&headers)?;
    administration.finish_tightening(&caller, id, expected.as_deref()).await.map(tagged)
}
