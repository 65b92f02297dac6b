//! The audit: what administrators changed.

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::StreamExt as _;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

use super::Shared;
use super::body::Query;
use super::paging::{Paged, wanted};
use crate::administration::audit::{AuditQuery, ChangeView};
use crate::audit_file::AuditFileFormat;
use crate::people::Caller;
use crate::problem::Problem;

/// Which changes are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only those by this actor: the name of an administrator, `API token “…”`, `administrator token` or `the server`.
    actor: Option<String>,
    /// Only this kind of change, for example `profile.changed`.
    action: Option<String>,
    /// Only those of this: an id, or what an endpoint, a profile, a group or an administrator is called now.
    subject: Option<String>,
    /// Not before this moment (RFC 3339).
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<OffsetDateTime>,
    /// Before this moment (RFC 3339).
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    before: Option<OffsetDateTime>,
    /// The first page is 1, the last one that can be asked for 1,000,000,000.
    #[param(minimum = 1, maximum = 1_000_000_000)]
    page: Option<u64>,
    /// Rows of a page, 1 to 500; 100 without it.
    #[param(minimum = 1, maximum = 500)]
    size: Option<u64>,
}

/// Which changes are written out, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `json_lines` (the default) or `csv`.
    format: Option<AuditFileFormat>,
    /// Only those by this actor.
    actor: Option<String>,
    /// Only this kind of change.
    action: Option<String>,
    /// Only those of this.
    subject: Option<String>,
    /// Not before this moment (RFC 3339).
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<OffsetDateTime>,
    /// Before this moment (RFC 3339).
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(value_type = Option<String>, format = DateTime)]
    before: Option<OffsetDateTime>,
}

/// A page of the changes by administrators, the newest first. The header `Total-Count` holds how many there are on all pages, and
/// `Link` (RFC 8288) where the next page is.
#[utoipa::path(get, path = "/audit",
    security(("token" = ["audit:read"])), params(ListQuery), responses((status = OK, body = Vec<ChangeView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
    Query(query): Query<ListQuery>,
    OriginalUri(address): OriginalUri,
) -> Result<Paged<ChangeView>, Problem> {
    let (page, size) = wanted(query.page, query.size)?;
    let ListQuery { actor, action, subject, since, before, .. } = query;
    let query = audit_query([actor, action, subject], since, before);
    let page = administration.audit(&caller, &query, page, size).await?;
    Ok(Paged { page, address })
}

/// All changes by administrators that fit, the newest first, as a file: one JSON object on each line, or CSV (RFC 4180).
#[utoipa::path(get, path = "/audit/export",
    security(("token" = ["audit:read"])), params(ExportQuery), responses((status = OK, content(
    (String = "application/jsonl"), (String = "text/csv")))))]
pub(super) async fn export(
    State(administration): Shared,
    caller: Caller,
    Query(query): Query<ExportQuery>,
) -> Result<impl IntoResponse, Problem> {
    let ExportQuery { format, actor, action, subject, since, before } = query;
    let format = format.unwrap_or_default();
    let query = audit_query([actor, action, subject], since, before);
    let changes = administration.export_audit(&caller, &query).await?;
    let file = Body::from_stream(format.written(changes.boxed()));
    Ok(([(CONTENT_TYPE, format.content_type()), (CONTENT_DISPOSITION, format.disposition())], file))
}

fn audit_query(
    texts: [Option<String>; 3],
    since: Option<OffsetDateTime>,
    before: Option<OffsetDateTime>,
) -> AuditQuery {
    let [actor, action, subject] = texts.map(Option::unwrap_or_default);
    AuditQuery { actor, action, subject, since, before }
}
