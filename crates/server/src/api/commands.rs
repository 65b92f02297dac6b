//! Commands to endpoints and groups, and what people at endpoints decided.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign_protocol::InstanceUid;
use countersign_trust::Fingerprint;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use crate::administration::commands::{BatchView, CommandGiven, CommandInput, CommandView};
use crate::administration::decisions::{DecisionsView, RememberedView};
use crate::people::Caller;
use crate::problem::Problem;

/// The commands of an endpoint, the newest first.
#[utoipa::path(get, path = "/endpoints/{id}/commands",
    security(("token" = ["endpoints:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<CommandView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<Json<Vec<CommandView>>, Problem> {
    administration.commands(&caller, id).await.map(Json)
}

/// Gives an endpoint a command. One that is not connected gets it when it comes back, unless it has expired by then.
#[utoipa::path(post, path = "/endpoints/{id}/commands",
    security(("token" = ["commands:give"])), params(("id" = Uuid, Path)), request_body = CommandInput,
    responses((status = ACCEPTED, body = CommandGiven)))]
pub(super) async fn give(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    Body(input): Body<CommandInput>,
) -> Result<(StatusCode, Json<CommandGiven>), Problem> {
    let given = administration.give_command(&caller, id, input).await?;
    Ok((StatusCode::ACCEPTED, Json(given)))
}

/// Takes a command back that its endpoint has not answered. One that was sent already may be carried out all the same.
#[utoipa::path(delete, path = "/endpoints/{id}/commands/{command}",
    security(("token" = ["commands:give"])),
    params(("id" = Uuid, Path), ("command" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn cancel(
    State(administration): Shared,
    caller: Caller,
    Path((id, command)): Path<(InstanceUid, Uuid)>,
) -> Result<StatusCode, Problem> {
    administration.cancel_command(&caller, id, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The latest commands to a group, the newest first, with what has become of them.
#[utoipa::path(get, path = "/groups/{id}/commands",
    security(("token" = ["groups:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<BatchView>)))]
pub(super) async fn list_of_group(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Vec<BatchView>>, Problem> {
    administration.group_commands(&caller, id).await.map(Json)
}

/// Gives all endpoints of a group a command. Those that come to belong to the group later do not get it.
#[utoipa::path(post, path = "/groups/{id}/commands",
    security(("token" = ["commands:give"])), params(("id" = Uuid, Path)), request_body = CommandInput,
    responses((status = ACCEPTED, body = BatchView)))]
pub(super) async fn give_group(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(input): Body<CommandInput>,
) -> Result<(StatusCode, Json<BatchView>), Problem> {
    let given = administration.give_group_command(&caller, id, input).await?;
    Ok((StatusCode::ACCEPTED, Json(given)))
}

/// What people at an endpoint decided about the certificate of this server, the newest first.
#[utoipa::path(get, path = "/endpoints/{id}/decisions",
    security(("token" = ["endpoints:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = DecisionsView)))]
pub(super) async fn decisions(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<Json<DecisionsView>, Problem> {
    administration.decisions(&caller, id).await.map(Json)
}

/// Which certificates of this server are allowed at an endpoint although they are not valid.
#[utoipa::path(get, path = "/endpoints/{id}/remembered-certificates",
    security(("token" = ["endpoints:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = RememberedView)))]
pub(super) async fn remembered(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<Json<RememberedView>, Problem> {
    administration.remembered_certificates(&caller, id).await.map(Json)
}

/// Lets an endpoint forget a certificate that its person allowed, by a command. A session that rests on it ends; the next
/// time, the person is asked again.
#[utoipa::path(delete, path = "/endpoints/{id}/remembered-certificates/{fingerprint}",
    security(("token" = ["commands:give"])),
    params(("id" = Uuid, Path), ("fingerprint" = String, Path)), responses((status = ACCEPTED, body = CommandGiven)))]
pub(super) async fn revoke_remembered(
    State(administration): Shared,
    caller: Caller,
    Path((id, fingerprint)): Path<(InstanceUid, Fingerprint)>,
) -> Result<(StatusCode, Json<CommandGiven>), Problem> {
    let given = administration.revoke_remembered(&caller, id, fingerprint).await?;
    Ok((StatusCode::ACCEPTED, Json(given)))
}
