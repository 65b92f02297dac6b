//! Endpoints, and commands to them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign_protocol::{CommandKind, InstanceUid};
use serde_json::json;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use crate::administration::WithWarnings;
use crate::administration::endpoints::{CommandView, EndpointView, MoveInput, ProfileChoice};
use crate::people::Caller;
use crate::problem::Problem;

/// All endpoints.
#[utoipa::path(get, path = "/endpoints", responses((status = OK, body = Vec<EndpointView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<EndpointView>>, Problem> {
    administration.endpoints(&caller).await.map(Json)
}

/// One endpoint.
#[utoipa::path(get, path = "/endpoints/{id}", params(("id" = Uuid, Path)), responses((status = OK, body = EndpointView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<Json<EndpointView>, Problem> {
    administration.endpoint(&caller, id).await.map(Json)
}

/// Removes an endpoint; its client certificate is no longer accepted.
#[utoipa::path(delete, path = "/endpoints/{id}", params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<StatusCode, Problem> {
    administration.remove_endpoint(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an endpoint another profile. If it is connected, it gets it at once.
#[utoipa::path(put, path = "/endpoints/{id}/profile", params(("id" = Uuid, Path)), request_body = ProfileChoice,
    responses((status = OK, body = WithWarnings<EndpointView>)))]
pub(super) async fn assign_profile(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    Body(choice): Body<ProfileChoice>,
) -> Result<Json<WithWarnings<EndpointView>>, Problem> {
    administration.assign_profile(&caller, id, &choice).await.map(Json)
}

/// The commands of an endpoint, the newest first.
#[utoipa::path(get, path = "/endpoints/{id}/commands", params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<CommandView>)))]
pub(super) async fn commands(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<Json<Vec<CommandView>>, Problem> {
    administration.commands(&caller, id).await.map(Json)
}

/// Gives an endpoint a command: `{"kind": "collect_diagnostics" | "refresh_inventory" | "deregister"}` or
/// `{"kind": "notify_user", "title": …, "text": …}`. It waits for seven days for an endpoint that is not connected.
#[utoipa::path(post, path = "/endpoints/{id}/commands", params(("id" = Uuid, Path)), request_body = Object,
    responses((status = ACCEPTED, body = Object)))]
pub(super) async fn command(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    Body(kind): Body<CommandKind>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let command = administration.give_command(&caller, id, kind).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({"id": command}))))
}

/// Sends a connected endpoint to another server.
#[utoipa::path(post, path = "/endpoints/{id}/server", params(("id" = Uuid, Path)), request_body = MoveInput,
    responses((status = ACCEPTED)))]
pub(super) async fn move_to(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    Body(input): Body<MoveInput>,
) -> Result<StatusCode, Problem> {
    administration.move_endpoint(&caller, id, input).await?;
    Ok(StatusCode::ACCEPTED)
}
