//! The SSL certificate from a certificate authority, by ACME (RFC 8555).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::Shared;
use super::body::Body;
use super::entity_tag::{Tagged, expected_revision};
use crate::acme::Obstacle;
use crate::administration::WithWarnings;
use crate::administration::automated_certificate::{
    AutomatedCertificate, AutomatedInput, DirectoryInput, DirectoryView,
};
use crate::people::Caller;
use crate::problem::Problem;

/// What is asked of which certificate authority, and how far it is. The `ETag` of the answer names the revision of what is asked.
#[utoipa::path(get, path = "/ssl-certificate/automated", security(("token" = ["certificates:read"])),
    responses((status = OK, body = AutomatedCertificate),
    (status = NOT_FOUND, description = "None is asked.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
) -> Result<Tagged<AutomatedCertificate>, Problem> {
    let content = administration.automated_certificate(&caller).await?;
    Ok(Tagged { revision: content.revision, content })
}

/// Asks a certificate authority for a certificate. It is ordered at once, and how far that is can be looked at. With `If-Match`, only
/// if what is asked still has the revision of that `ETag`.
#[utoipa::path(put, path = "/ssl-certificate/automated", security(("token" = ["certificates:manage"])),
    params(("If-Match" = Option<String>, Header)), request_body = AutomatedInput, responses((status = OK, body = WithWarnings<AutomatedCertificate>)))]
pub(super) async fn put(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
    Body(input): Body<AutomatedInput>,
) -> Result<Tagged<WithWarnings<AutomatedCertificate>>, Problem> {
    let content = administration.automate_certificate(&caller, expected_revision(&headers)?, input).await?;
    Ok(Tagged { revision: content.changed.revision, content })
}

/// Asks no certificate authority any more. The certificates that were issued stay. With `If-Match`, only if what is asked still has
/// the revision of that `ETag`.
#[utoipa::path(delete, path = "/ssl-certificate/automated", security(("token" = ["certificates:manage"])),
    params(("If-Match" = Option<String>, Header)), responses((status = NO_CONTENT),
    (status = NOT_FOUND, description = "None is asked.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    administration.stop_automation(&caller, expected_revision(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for another certificate now, with the settings that there are. With `If-Match`, only if these still have the revision of the
/// `ETag` of `GET /ssl-certificate/automated`.
#[utoipa::path(post, path = "/ssl-certificate/automated/order", security(("token" = ["certificates:manage"])),
    params(("If-Match" = Option<String>, Header)), responses((status = OK, body = AutomatedCertificate),
    (status = NOT_FOUND, description = "None is asked.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn order(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Json<AutomatedCertificate>, Problem> {
    administration.order_certificate(&caller, expected_revision(&headers)?).await.map(Json)
}

/// What a certificate authority says about itself: its terms of service, and whether it wants to know its customers.
#[utoipa::path(post, path = "/ssl-certificate/automated/directory", security(("token" = ["certificates:manage"])),
    request_body = DirectoryInput, responses((status = OK, body = DirectoryView)))]
pub(super) async fn directory(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<DirectoryInput>,
) -> Result<Json<DirectoryView>, Problem> {
    administration.certificate_authority(&caller, input).await.map(Json)
}

/// What stands in the way of a certificate with these settings, as far as this server can tell. Nothing is ordered.
#[utoipa::path(post, path = "/ssl-certificate/automated/check", security(("token" = ["certificates:manage"])),
    request_body = AutomatedInput, responses((status = OK, body = Vec<Obstacle>)))]
pub(super) async fn obstacles(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<AutomatedInput>,
) -> Result<Json<Vec<Obstacle>>, Problem> {
    administration.obstacles(&caller, input).await.map(Json)
}
