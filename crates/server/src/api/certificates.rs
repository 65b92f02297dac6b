//! The certificates of the server, which of them is the SSL certificate, and the built-in one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path, Query};
use crate::administration::WithWarnings;
use crate::administration::certificate_inventory::CommitOptions;
use crate::administration::certificates::{CertificateInput, CertificateView};
use crate::people::Caller;
use crate::problem::Problem;

/// All certificates: the SSL certificate first, the built-in one last.
#[utoipa::path(get, path = "/certificates",
    security(("token" = ["certificates:read"])), responses((status = OK, body = Vec<CertificateView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
) -> Result<Json<Vec<CertificateView>>, Problem> {
    administration.certificates(&caller).await.map(Json)
}

/// Adds a certificate as a candidate: it is judged as agents do, and nobody is shown it until it is committed.
#[utoipa::path(post, path = "/certificates",
    security(("token" = ["certificates:manage"])), request_body = CertificateInput,
    responses((status = CREATED, body = WithWarnings<CertificateView>)))]
pub(super) async fn add(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<CertificateInput>,
) -> Result<(StatusCode, Json<WithWarnings<CertificateView>>), Problem> {
    let added = administration.upload_certificate(&caller, input.try_into()?).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// One certificate, by its identifier or `built-in`.
#[utoipa::path(get, path = "/certificates/{id}",
    security(("token" = ["certificates:read"])), params(("id" = String, Path)),
    responses((status = OK, body = CertificateView)))]
pub(super) async fn one(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CertificateView>, Problem> {
    administration.certificate(&caller, &id).await.map(Json)
}

/// Removes a certificate that is not in use, and its key.
#[utoipa::path(delete, path = "/certificates/{id}",
    security(("token" = ["certificates:manage"])), params(("id" = String, Path)),
    responses((status = NO_CONTENT)))]
pub(super) async fn remove_one(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    administration.remove_certificate(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a certificate the SSL certificate, in the place of another one, which is kept: also the way back to an earlier one.
/// It is shown at once.
#[utoipa::path(post, path = "/certificates/{id}/commit",
    security(("token" = ["certificates:manage"])), params(("id" = Uuid, Path), CommitOptions),
    responses((status = OK, body = WithWarnings<CertificateView>)))]
pub(super) async fn commit(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(options): Query<CommitOptions>,
) -> Result<Json<WithWarnings<CertificateView>>, Problem> {
    administration.commit_certificate(&caller, id, options.if_not_valid).await.map(Json)
}

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

/// Uploads a certificate and commits it, in the place of an earlier one, which is kept.
#[utoipa::path(put, path = "/ssl-certificate",
    security(("token" = ["certificates:manage"])), params(CommitOptions), request_body = CertificateInput,
    responses((status = OK, body = WithWarnings<CertificateView>)))]
pub(super) async fn put(
    State(administration): Shared,
    caller: Caller,
    Query(options): Query<CommitOptions>,
    Body(input): Body<CertificateInput>,
) -> Result<Json<WithWarnings<CertificateView>>, Problem> {
    let uploaded =
        administration.upload_ssl_certificate(&caller, input.try_into()?, options.if_not_valid).await?;
    Ok(Json(uploaded))
}

/// Removes the SSL certificate, so that there is none. Not possible while it is used for endpoint control.
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
