//! Endpoint groups.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use countersign_protocol::InstanceUid;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path, Query};
use super::entity_tag::{Tagged, TaggedAs, expected_revision, expected_tag};
use super::profile_versions::DryRun;
use crate::administration::groups::{
    Added, Done, GroupInput, GroupView, GroupsInput, MembersInput, WithEffect,
};
use crate::people::Caller;
use crate::problem::Problem;

/// All endpoint groups, the one that comes first first.
#[utoipa::path(get, path = "/groups",
    security(("token" = ["groups:read"])), responses((status = OK, body = Vec<GroupView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<GroupView>>, Problem> {
    administration.groups(&caller).await.map(Json)
}

/// One endpoint group. The `ETag` of the answer names its revision. `GET /endpoints?group=…` lists its endpoints.
#[utoipa::path(get, path = "/groups/{id}",
    security(("token" = ["groups:read"])), params(("id" = Uuid, Path)), responses((status = OK, body = GroupView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Tagged<GroupView>, Problem> {
    let group = administration.group(&caller, id).await?;
    Ok(Tagged { revision: group.revision, content: group })
}

/// Makes an endpoint group. Its endpoints get its profile, unless they have one by hand or from a group that comes before.
#[utoipa::path(post, path = "/groups",
    security(("token" = ["groups:manage"])), params(DryRun), request_body = GroupInput,
    responses((status = CREATED, body = WithEffect<GroupView>)))]
pub(super) async fn create(
    State(administration): Shared,
    caller: Caller,
    Query(dry_run): Query<DryRun>,
    Body(input): Body<GroupInput>,
) -> Result<(StatusCode, Json<WithEffect<GroupView>>), Problem> {
    let made = administration.create_group(&caller, input, dry_run.intent()).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Changes an endpoint group. With `If-Match`, only if it still has the revision of that `ETag`.
#[utoipa::path(put, path = "/groups/{id}",
    security(("token" = ["groups:manage"])),
    params(("id" = Uuid, Path), DryRun, ("If-Match" = Option<String>, Header)), request_body = GroupInput,
    responses((status = OK, body = WithEffect<GroupView>)))]
pub(super) async fn change(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(dry_run): Query<DryRun>,
    headers: HeaderMap,
    Body(input): Body<GroupInput>,
) -> Result<Tagged<WithEffect<GroupView>>, Problem> {
    let expected = expected_revision(&headers)?;
    let content = administration.change_group(&caller, id, expected, input, dry_run.intent()).await?;
    Ok(Tagged { revision: content.changed.revision, content })
}

/// Removes an endpoint group. Its endpoints stay; what they have as a profile follows from their other groups. With
/// `If-Match`, only if it still has the revision of that `ETag`.
#[utoipa::path(delete, path = "/groups/{id}",
    security(("token" = ["groups:manage"])),
    params(("id" = Uuid, Path), DryRun, ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = WithEffect<Done>)))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(dry_run): Query<DryRun>,
    headers: HeaderMap,
) -> Result<Json<WithEffect<Done>>, Problem> {
    let expected = expected_revision(&headers)?;
    administration.remove_group(&caller, id, expected, dry_run.intent()).await.map(Json)
}

/// Adds endpoints to a group whose members are named by hand, which changes its revision. With `If-Match`, only if the group still has
/// the revision of its `ETag`.
#[utoipa::path(post, path = "/groups/{id}/members",
    security(("token" = ["groups:manage"])),
    params(("id" = Uuid, Path), DryRun, ("If-Match" = Option<String>, Header)), request_body = MembersInput,
    responses((status = OK, body = WithEffect<Added>)))]
pub(super) async fn add_members(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(dry_run): Query<DryRun>,
    headers: HeaderMap,
    Body(input): Body<MembersInput>,
) -> Result<Json<WithEffect<Added>>, Problem> {
    let (expected, intent) = (expected_revision(&headers)?, dry_run.intent());
    administration.add_group_members(&caller, id, expected, &input.endpoints, intent).await.map(Json)
}

/// Takes an endpoint out of a group whose members are named by hand, which changes its revision. With `If-Match`, only if the group still
/// has the revision of its `ETag`.
#[utoipa::path(delete, path = "/groups/{id}/members/{endpoint}",
    security(("token" = ["groups:manage"])),
    params(("id" = Uuid, Path), ("endpoint" = Uuid, Path), DryRun, ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = WithEffect<Done>)))]
pub(super) async fn remove_member(
    State(administration): Shared,
    caller: Caller,
    Path((id, endpoint)): Path<(Uuid, InstanceUid)>,
    Query(dry_run): Query<DryRun>,
    headers: HeaderMap,
) -> Result<Json<WithEffect<Done>>, Problem> {
    let expected = expected_revision(&headers)?;
    administration.remove_group_member(&caller, id, expected, endpoint, dry_run.intent()).await.map(Json)
}

/// The groups that an endpoint belongs to, the one that comes first first.
#[utoipa::path(get, path = "/endpoints/{id}/groups",
    security(("token" = ["groups:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<GroupView>)))]
pub(super) async fn of_endpoint(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<Json<Vec<GroupView>>, Problem> {
    administration.groups_of(&caller, id).await.map(Json)
}

/// The groups that have an endpoint profile, the one that comes first first. The `ETag` of the answer stands for just these.
#[utoipa::path(get, path = "/profiles/{id}/groups",
    security(("token" = ["groups:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<GroupView>)))]
pub(super) async fn with_profile(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<TaggedAs<Vec<GroupView>>, Problem> {
    let (content, tag) = administration.groups_with_profile(&caller, id).await?;
    Ok(TaggedAs { tag, content })
}

/// Makes an endpoint profile that of exactly these groups; others that had it decide nothing any more. With `If-Match`, only if the
/// groups of that `ETag` still have it, and no others.
#[utoipa::path(put, path = "/profiles/{id}/groups",
    security(("token" = ["groups:manage"])),
    params(("id" = Uuid, Path), DryRun, ("If-Match" = Option<String>, Header)), request_body = GroupsInput,
    responses((status = OK, body = WithEffect<Done>)))]
pub(super) async fn assign_profile(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(dry_run): Query<DryRun>,
    headers: HeaderMap,
    Body(input): Body<GroupsInput>,
) -> Result<Json<WithEffect<Done>>, Problem> {
    let (expected, intent) = (expected_tag(&headers)?, dry_run.intent());
    let groups = &input.groups;
    administration.assign_profile_to_groups(&caller, id, groups, expected.as_deref(), intent).await.map(Json)
}
