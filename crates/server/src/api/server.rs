//! The server itself: settings, identity, licence, audit, health.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::Shared;
use super::body::Body;
use crate::administration::WithWarnings;
use crate::administration::licence::LicenceView;
use crate::administration::overview::Overview;
use crate::administration::settings::{ChangeView, Settings, SettingsInput};
use crate::administration::upgrade_path::UpgradePath;
use crate::metrics;
use crate::people::Caller;
use crate::problem::Problem;

/// The settings.
#[utoipa::path(get, path = "/settings", responses((status = OK, body = Settings)))]
pub(super) async fn settings(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Settings>, Problem> {
    administration.settings(&caller).await.map(Json)
}

/// Changes the settings. What agents are shown changes at once, and they connect again.
#[utoipa::path(put, path = "/settings", request_body = SettingsInput,
    responses((status = OK, body = WithWarnings<Settings>)))]
pub(super) async fn change_settings(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<SettingsInput>,
) -> Result<Json<WithWarnings<Settings>>, Problem> {
    administration.change_settings(&caller, &input).await.map(Json)
}

/// The recommended upgrade path, and where this installation stands on it.
#[utoipa::path(get, path = "/upgrade-path", responses((status = OK, body = UpgradePath)))]
pub(super) async fn upgrade_path(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<UpgradePath>, Problem> {
    administration.upgrade_path(&caller).await.map(Json)
}

/// How many endpoints there are of each kind, and what needs attention.
#[utoipa::path(get, path = "/overview", responses((status = OK, body = Overview)))]
pub(super) async fn overview(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Overview>, Problem> {
    administration.overview(&caller).await.map(Json)
}

/// The identity key of the server, for installers.
#[utoipa::path(get, path = "/identity", responses((status = OK, body = Object)))]
pub(super) async fn identity(State(administration): Shared, caller: Caller) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({"public_key": administration.identity(&caller)?})))
}

/// The licence, and how much of it is used.
#[utoipa::path(get, path = "/licence", responses((status = OK, body = LicenceView)))]
pub(super) async fn licence(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<LicenceView>, Problem> {
    administration.licence(&caller).await.map(Json)
}

/// Uploads a licence file, as the publisher sent it. Agents are told at once.
#[utoipa::path(put, path = "/licence", request_body = Object, responses((status = OK, body = LicenceView)))]
pub(super) async fn upload_licence(
    State(administration): Shared,
    caller: Caller,
    Body(file): Body<Value>,
) -> Result<Json<LicenceView>, Problem> {
    administration.upload_licence(&caller, &file.to_string()).await.map(Json)
}

/// Removes the licence file; the evaluation licence is in force again.
#[utoipa::path(delete, path = "/licence", responses((status = OK, body = LicenceView),
    (status = NOT_FOUND, description = "There is none.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn remove_licence(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<LicenceView>, Problem> {
    administration.remove_licence(&caller).await.map(Json)
}

/// The latest changes by administrators, the newest first.
#[utoipa::path(get, path = "/audit", responses((status = OK, body = Vec<ChangeView>)))]
pub(super) async fn audit(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<ChangeView>>, Problem> {
    administration.audit(&caller).await.map(Json)
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
