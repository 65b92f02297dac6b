//! The server itself: settings, identity, licence, the servers beside it, health.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::Shared;
use super::body::Body;
use super::entity_tag::{Tagged, expected_revision};
use crate::administration::WithWarnings;
use crate::administration::licence::LicenceView;
use crate::administration::overview::Overview;
use crate::administration::servers::ServerView;
use crate::administration::settings::{Settings, SettingsInput};
use crate::administration::upgrade_path::UpgradePath;
use crate::metrics;
use crate::people::Caller;
use crate::problem::Problem;

/// The settings. The `ETag` of the answer names their revision.
#[utoipa::path(get, path = "/settings",
    security(("token" = ["settings:read"])), responses((status = OK, body = Settings)))]
pub(super) async fn settings(
    State(administration): Shared,
    caller: Caller,
) -> Result<Tagged<Settings>, Problem> {
    let content = administration.settings(&caller).await?;
    Ok(Tagged { revision: content.revision, content })
}

/// Changes the settings. What agents are shown changes at once, and they connect again. With `If-Match`, only if the settings still
/// have the revision of that `ETag`.
#[utoipa::path(put, path = "/settings",
    security(("token" = ["settings:manage"])), params(("If-Match" = Option<String>, Header)), request_body = SettingsInput,
    responses((status = OK, body = WithWarnings<Settings>)))]
pub(super) async fn change_settings(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
    Body(input): Body<SettingsInput>,
) -> Result<Tagged<WithWarnings<Settings>>, Problem> {
    let expected = expected_revision(&headers)?;
    let content = administration.change_settings(&caller, expected, &input).await?;
    Ok(Tagged { revision: content.changed.revision, content })
}

/// The recommended upgrade path, and where this installation stands on it.
#[utoipa::path(get, path = "/upgrade-path",
    security(("token" = ["endpoints:read"])), responses((status = OK, body = UpgradePath)))]
pub(super) async fn upgrade_path(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<UpgradePath>, Problem> {
    administration.upgrade_path(&caller).await.map(Json)
}

/// How many endpoints there are of each kind, and what needs attention.
#[utoipa::path(get, path = "/overview",
    security(("token" = ["endpoints:read"])), responses((status = OK, body = Overview)))]
pub(super) async fn overview(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Overview>, Problem> {
    administration.overview(&caller).await.map(Json)
}

/// The identity key of the server, for installers.
#[utoipa::path(get, path = "/identity",
    security(("token" = ["settings:read"])), responses((status = OK, body = Object)))]
pub(super) async fn identity(State(administration): Shared, caller: Caller) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({"public_key": administration.identity(&caller)?})))
}

/// The licence, and how much of it is used. The `ETag` of the answer names its revision.
#[utoipa::path(get, path = "/licence",
    security(("token" = ["settings:read"])), responses((status = OK, body = LicenceView)))]
pub(super) async fn licence(
    State(administration): Shared,
    caller: Caller,
) -> Result<Tagged<LicenceView>, Problem> {
    let content = administration.licence(&caller).await?;
    Ok(Tagged { revision: content.revision, content })
}

/// Uploads a licence file, as the publisher sent it. Agents are told at once. With `If-Match`, only if the licence still has the
/// revision of that `ETag`.
#[utoipa::path(put, path = "/licence",
    security(("token" = ["settings:manage"])), params(("If-Match" = Option<String>, Header)), request_body = Object,
    responses((status = OK, body = LicenceView)))]
pub(super) async fn upload_licence(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
    Body(file): Body<Value>,
) -> Result<Tagged<LicenceView>, Problem> {
    let expected = expected_revision(&headers)?;
    let content = administration.upload_licence(&caller, expected, &file.to_string()).await?;
    Ok(Tagged { revision: content.revision, content })
}

/// Removes the licence file; the evaluation licence is in force again. With `If-Match`, only if the licence still has the revision
/// of that `ETag`.
#[utoipa::path(delete, path = "/licence",
    security(("token" = ["settings:manage"])), params(("If-Match" = Option<String>, Header)), responses((status = OK, body = LicenceView),
    (status = NOT_FOUND, description = "There is none.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn remove_licence(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Tagged<LicenceView>, Problem> {
    let content = administration.remove_licence(&caller, expected_revision(&headers)?).await?;
    Ok(Tagged { revision: content.revision, content })
}

/// The servers of this installation, the one that has been there longest first.
#[utoipa::path(get, path = "/servers",
    security(("token" = ["settings:read"])), responses((status = OK, body = Vec<ServerView>)))]
pub(super) async fn servers(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<ServerView>>, Problem> {
    administration.servers(&caller).await.map(Json)
}

/// Figures about the server, in the text format of OpenMetrics, for Prometheus and others.
pub(super) async fn metrics(
    State(administration): Shared,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let text = administration.metrics(&caller).await?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}

/// Whether the server works, for load balancers and monitoring. Needs no token and tells nothing else.
pub(super) async fn health(State(administration): Shared) -> Result<Json<Value>, Problem> {
    administration.health().await?;
    Ok(Json(json!({"status": "ok"})))
}
