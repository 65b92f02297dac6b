//! The SSL certificate and the built-in one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Shared;
use super::body::Body;
use crate::administration::WithWarnings;
use crate::administration::certificates::{CertificateInput, CertificateView};
use crate::people::Caller;
use crate::problem::Problem;

/// The SSL certificate.
#[utoipa::path(get, path = "/ssl-certificate",
    security(("token" = ["certificates:read"])), responses((status = OK, body = CertificateView),
    (status = NOT_FOUND, description = "There is none.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<CertificateView>, Problem> {
    administration.ssl_certificate_view(&caller).await.map(Json)
}

/// Uploads an SSL certificate, in the place of an earlier one.
#[utoipa::path(put, path = "/ssl-certificate",
    security(("token" = ["certificates:manage"])), request_body = CertificateInput,
    responses((status = OK, body = WithWarnings<CertificateView>)))]
pub(super) async fn put(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<CertificateInput>,
) -> Result<Json<WithWarnings<CertificateView>>, Problem> {
    administration.upload_ssl_certificate(&caller, input.try_into()?).await.map(Json)
}

/// Removes the SSL certificate. Not possible while it is used for endpoint control.
#[utoipa::path(delete, path = "/ssl-certificate",
    security(("token" = ["certificates:manage"])), responses((status = NO_CONTENT),
    (status = NOT_FOUND, description = "There is none.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn remove(State(administration): Shared, caller: Caller) -> Result<StatusCode, Problem> {
    administration.remove_ssl_certificate(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The built-in certificate.
#[utoipa::path(get, path = "/built-in-certificate",
    security(("token" = ["certificates:read"])), responses((status = OK, body = CertificateView)))]
pub(super) async fn built_in(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<CertificateView>, Problem> {
    administration.built_in_view(&caller).map(Json)
}
