//! What changes would do to endpoints, and the rehearsal of certificates.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shared;
use super::body::{Body, Path, Query};
use crate::administration::pre_flight::{ForecastQuery, PlannedChange, PreFlight};
use crate::administration::rehearsals::{AnnouncementInput, RehearsalView};
use crate::forecast::Outcome;
use crate::people::Caller;
use crate::problem::Problem;
use crate::store::MAXIMUM_PAGE;

/// No list has so many pages.
const LAST_PAGE: u64 = 1_000_000_000;

/// Which endpoints are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Those with this outcome; without it, those with the gravest that there is.
    outcome: Option<Outcome>,
    /// The first page is 1, the last one that can be asked for 1,000,000,000.
    #[param(minimum = 1, maximum = 1_000_000_000)]
    page: Option<u64>,
    /// Rows of a page, 1 to 500; 100 without it.
    #[param(minimum = 1, maximum = 500)]
    size: Option<u64>,
}

impl TryFrom<ListQuery> for ForecastQuery {
    type Error = Problem;

    fn try_from(query: ListQuery) -> Result<Self, Problem> {
        let (page, size) = (query.page.unwrap_or(1), query.size.unwrap_or(100));
        if !(1..=LAST_PAGE).contains(&page) || !(1..=MAXIMUM_PAGE).contains(&size) {
            return Err(Problem::bad_request(format!(
                "“page” is 1 to {LAST_PAGE}, and “size” is 1 to {MAXIMUM_PAGE}."
            )));
        }
        Ok(Self { outcome: query.outcome, page, size })
    }
}

/// What a change would do to each endpoint that it concerns: connect silently, be asked, be cut off, or not known. Nothing is
/// changed.
#[utoipa::path(post, path = "/pre-flight", security(("token" = ["endpoints:read"])), params(ListQuery), request_body = PlannedChange,
    responses((status = OK, body = PreFlight),
    (status = NOT_FOUND, description = "What the change is about is not there.", body = Problem,
        content_type = "application/problem+json")))]
pub(super) async fn pre_flight(
    State(administration): Shared,
    caller: Caller,
    Query(query): Query<ListQuery>,
    Body(change): Body<PlannedChange>,
) -> Result<Json<PreFlight>, Problem> {
    administration.pre_flight(&caller, change, &query.try_into()?).await.map(Json)
}

/// How far the rehearsal of a certificate has come.
#[utoipa::path(get, path = "/certificates/{id}/rehearsal",
    security(("token" = ["certificates:read"])), params(("id" = String, Path)),
    responses((status = OK, body = RehearsalView),
    (status = CONFLICT, description = "The certificate cannot be sent to agents.", body = Problem,
        content_type = "application/problem+json")))]
pub(super) async fn rehearsal(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RehearsalView>, Problem> {
    administration.rehearsal(&caller, &id).await.map(Json)
}

/// Has every agent judge a certificate as if it were shown it: those that are connected now, the others when they come. Once
/// more, all are asked again.
#[utoipa::path(post, path = "/certificates/{id}/rehearsal",
    security(("token" = ["certificates:manage"])), params(("id" = String, Path)),
    responses((status = OK, body = RehearsalView)))]
pub(super) async fn rehearse(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RehearsalView>, Problem> {
    administration.rehearse(&caller, &id).await.map(Json)
}

/// Ends the rehearsal of a certificate, and its announcement. The answers stay, so that nothing is deleted.
#[utoipa::path(post, path = "/certificates/{id}/rehearsal/end",
    security(("token" = ["certificates:manage"])), params(("id" = String, Path)),
    responses((status = NO_CONTENT)))]
pub(super) async fn end_rehearsal(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    administration.end_rehearsal(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Announces a certificate as the next one: where people had to allow the present one, they are not asked again.
#[utoipa::path(post, path = "/certificates/{id}/announcement",
    security(("token" = ["certificates:manage"])), params(("id" = String, Path)),
    request_body = AnnouncementInput, responses((status = OK, body = RehearsalView)))]
pub(super) async fn announce(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<String>,
    Body(input): Body<AnnouncementInput>,
) -> Result<Json<RehearsalView>, Problem> {
    administration.announce_certificate(&caller, &id, &input).await.map(Json)
}
