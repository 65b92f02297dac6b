//! The server itself: settings, identity, licence, audit, health.

use axum::Json;
use axum::extract::State;
use countersign_protocol::Licence;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Shared;
use super::body::Body;
use super::foresight::WithWarnings;
use super::problem::Problem;
use crate::store::{Setting, moment};

/// How many changes are listed.
const LISTED_CHANGES: u64 = 500;

/// The settings of the server.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// *Use SSL certificate for Endpoint Control*: agents are shown the SSL certificate instead of the built-in one.
    use_ssl_certificate_for_endpoint_control: bool,
}

/// A change by an administrator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    id: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: OffsetDateTime,
    actor: String,
    action: String,
    subject: String,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
}

/// The settings.
#[utoipa::path(get, path = "/settings", responses((status = OK, body = Settings)))]
pub(super) async fn settings(State(api): Shared) -> Result<Json<Settings>, Problem> {
    let on = api.telemetry.store.setting(Setting::UseSslCertificate).await?;
    Ok(Json(Settings { use_ssl_certificate_for_endpoint_control: on }))
}

/// Changes the settings. What agents are shown changes at once, and they connect again.
#[utoipa::path(put, path = "/settings", request_body = Settings,
    responses((status = OK, body = WithWarnings<Settings>)))]
pub(super) async fn change_settings(
    State(api): Shared,
    Body(input): Body<Settings>,
) -> Result<Json<WithWarnings<Settings>>, Problem> {
    let on = input.use_ssl_certificate_for_endpoint_control;
    let _changing = api.changing_certificate.lock().await;
    let store = &api.telemetry.store;
    if on && store.ssl_certificate().await?.is_none() {
        return Err(Problem::conflict(
            "There is no SSL certificate to use for endpoint control. Upload one first, with PUT /api/v1/ssl-certificate.",
        ));
    }
    let change =
        api.change("settings.changed", "settings", json!({"use_ssl_certificate_for_endpoint_control": on}));
    store.set(Setting::UseSslCertificate, on, change).await?;
    let denial = api.serve_as_set().await?;
    let served = api.judge(&api.certificates.current());
    let warnings = served.warning("the certificate that is served").into_iter().chain(denial).collect();
    Ok(Json(WithWarnings::new(input, warnings)))
}

/// The identity key of the server, for installers.
#[utoipa::path(get, path = "/identity", responses((status = OK, body = Object)))]
pub(super) async fn identity(State(api): Shared) -> Json<serde_json::Value> {
    Json(json!({"public_key": api.telemetry.identity.public_key()}))
}

/// The licence.
#[utoipa::path(get, path = "/licence", responses((status = OK, body = Object)))]
pub(super) async fn licence(State(api): Shared) -> Json<Licence> {
    Json(api.telemetry.licence.clone())
}

/// The latest changes by administrators, the newest first.
#[utoipa::path(get, path = "/audit", responses((status = OK, body = Vec<ChangeView>)))]
pub(super) async fn audit(State(api): Shared) -> Result<Json<Vec<ChangeView>>, Problem> {
    let rows = api.telemetry.store.audit(LISTED_CHANGES).await?;
    let views = rows.into_iter().map(|row| ChangeView {
        id: row.id,
        at: moment(row.at),
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        detail: serde_json::from_str(&row.detail).unwrap_or_default(),
    });
    Ok(Json(views.collect()))
}

/// Whether the server works, for load balancers and monitoring. Needs no token and tells nothing else.
pub(super) async fn health(State(api): Shared) -> Result<Json<serde_json::Value>, Problem> {
    api.telemetry.store.setting(Setting::UseSslCertificate).await?;
    Ok(Json(json!({"status": "ok"})))
}
