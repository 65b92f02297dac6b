//! Endpoint profiles.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use super::entity_tag::{Tagged, TaggedAs, expected_revision, expected_tag};
use crate::administration::WithWarnings;
use crate::administration::profiles::{ActionInput, ActionsChanged, ProfileInput, ProfileView, tag_of_views};
use crate::people::Caller;
use crate::problem::Problem;

/// All endpoint profiles. The `ETag` of the answer stands for all of them as they are.
#[utoipa::path(get, path = "/profiles",
    security(("token" = ["profiles:read"])), responses((status = OK, body = Vec<ProfileView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<TaggedAs<Vec<ProfileView>>, Problem> {
    let content = administration.profiles(&caller).await?;
    Ok(TaggedAs { tag: tag_of_views(&content), content })
}

/// One endpoint profile. The `ETag` of the answer names its revision.
#[utoipa::path(get, path = "/profiles/{id}",
    security(("token" = ["profiles:read"])), params(("id" = Uuid, Path)), responses((status = OK, body = ProfileView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Tagged<ProfileView>, Problem> {
    let profile = administration.profile(&caller, id).await?;
    Ok(Tagged { revision: profile.revision, content: profile })
}

/// Makes an endpoint profile.
#[utoipa::path(post, path = "/profiles",
    security(("token" = ["profiles:manage"])), request_body = ProfileInput, responses((status = CREATED, body = ProfileView)))]
pub(super) async fn create(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<ProfileInput>,
) -> Result<(StatusCode, Json<ProfileView>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.create_profile(&caller, input).await?)))
}

/// Changes an endpoint profile. Connected endpoints get it at once. With `If-Match`, only if the profile still has the
/// revision of that `ETag`.
#[utoipa::path(put, path = "/profiles/{id}",
    security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = ProfileInput,
    responses((status = OK, body = WithWarnings<ProfileView>)))]
pub(super) async fn change(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Body(input): Body<ProfileInput>,
) -> Result<Tagged<WithWarnings<ProfileView>>, Problem> {
    let expected = expected_revision(&headers)?;
    let content = administration.change_profile(&caller, id, expected, input).await?;
    Ok(Tagged { revision: content.changed.revision, content })
}

/// Makes another profile with the same content, under a name that is free.
#[utoipa::path(post, path = "/profiles/{id}/clone",
    security(("token" = ["profiles:manage"])), params(("id" = Uuid, Path)),
    responses((status = CREATED, body = ProfileView)))]
pub(super) async fn clone(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<ProfileView>), Problem> {
    Ok((StatusCode::CREATED, Json(administration.clone_profile(&caller, id).await?)))
}

/// Gives several endpoint profiles the same action, all of them or none. Connected endpoints get them at once. With `If-Match`,
/// only if all profiles are as they were at the `GET /profiles` with that `ETag`.
#[utoipa::path(post, path = "/profiles/action",
    security(("token" = ["profiles:manage"])), params(("If-Match" = Option<String>, Header)), request_body = ActionInput,
    responses((status = OK, body = WithWarnings<ActionsChanged>),
    (status = NOT_FOUND, description = "One of them is not there; none is changed.", body = Problem,
        content_type = "application/problem+json")))]
pub(super) async fn change_actions(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
    Body(input): Body<ActionInput>,
) -> Result<Json<WithWarnings<ActionsChanged>>, Problem> {
    let (action, expected) = (input.invalid_certificate_action, expected_tag(&headers)?);
    administration.change_actions(&caller, &input.profiles, action, expected.as_deref()).await.map(Json)
}

/// Removes an endpoint profile. Not possible for the default one, and while endpoints have it. With `If-Match`, only if it still has
/// the revision of that `ETag`.
#[utoipa::path(delete, path = "/profiles/{id}",
    security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    administration.remove_profile(&caller, id, expected_revision(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
