//! The certificates of the server, which of them is the SSL certificate, and the built-in one.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path, Query};
use super::entity_tag::{TaggedAs, expected_tag};
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

/// One certificate, by its identifier or `built-in`. The `ETag` of the answer stands for what it is, and for which certificates are
/// in use.
#[utoipa::path(get, path = "/certificates/{id}",
    security(("token" = ["certificates:read"])), params(("id" = String, Path)),
    responses((status = OK, body = CertificateView)))]
pub(super) async fn one(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<TaggedAs<CertificateView>, Problem> {
    let tag = administration.certificate_tag(&caller, Some(&id)).await?;
    Ok(TaggedAs { tag, content: administration.certificate(&caller, &id).await? })
}

/// Removes a certificate that is not in use, and its key. With `If-Match`, only if what the `ETag` of the certificate stands for is
/// still so.
#[utoipa::path(delete, path = "/certificates/{id}",
    security(("token" = ["certificates:manage"])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = NO_CONTENT)))]
pub(super) async fn remove_one(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    administration.remove_certificate(&caller, &id, expected_tag(&headers)?.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a certificate the SSL certificate, in the place of another one, which is kept: also the way back to an earlier one.
/// It is shown at once. With `If-Match`, only if what the `ETag` of the certificate stands for is still so.
#[utoipa::path(post, path = "/certificates/{id}/commit",
    security(("token" = ["certificates:manage"])),
    params(("id" = Uuid, Path), CommitOptions, ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = WithWarnings<CertificateView>)))]
pub(super) async fn commit(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(options): Query<CommitOptions>,
    headers: HeaderMap,
) -> Result<Json<WithWarnings<CertificateView>>, Problem> {
    let expected = expected_tag(&headers)?;
    administration.commit_certificate(&caller, id, expected.as_deref(), options.if_not_valid).await.map(Json)
}

/// The SSL certificate. The `ETag` of the answer stands for which one that is, and for whether agents are shown it.
#[utoipa::path(get, path = "/ssl-certificate",
    security(("token" = ["certificates:read"])), responses((status = OK, body = CertificateView),
    (status = NOT_FOUND, description = "There is none.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
) -> Result<TaggedAs<CertificateView>, Problem> {
    let tag = administration.certificate_tag(&caller, None).await?;
    Ok(TaggedAs { tag, content: administration.ssl_certificate_view(&caller).await? })
}

/// Uploads a certificate and commits it, in the place of an earlier one, which is kept. With `If-Match`, only if what that `ETag` stands
/// for is still so.
#[utoipa::path(put, path = "/ssl-certificate",
    security(("token" = ["certificates:manage"])),
    params(CommitOptions, ("If-Match" = Option<String>, Header)), request_body = CertificateInput,
    responses((status = OK, body = WithWarnings<CertificateView>)))]
pub(super) async fn put(
    State(administration): Shared,
    caller: Caller,
    Query(options): Query<CommitOptions>,
    headers: HeaderMap,
    Body(input): Body<CertificateInput>,
) -> Result<Json<WithWarnings<CertificateView>>, Problem> {
    let (expected, uploaded) = (expected_tag(&headers)?, input.try_into()?);
    let if_not_valid = options.if_not_valid;
    administration
        .upload_ssl_certificate(&caller, uploaded, expected.as_deref(), if_not_valid)
        .await
        .map(Json)
}

/// Removes the SSL certificate, so that there is none. Not possible while it is used for endpoint control. With `If-Match`, only if what
/// that `ETag` stands for is still so.
#[utoipa::path(delete, path = "/ssl-certificate",
    security(("token" = ["certificates:manage"])), params(("If-Match" = Option<String>, Header)), responses((status = NO_CONTENT),
    (status = NOT_FOUND, description = "There is none.", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    administration.remove_ssl_certificate(&caller, expected_tag(&headers)?.as_deref()).await?;
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
