//! Endpoints, and commands to them.

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use countersign_protocol::InstanceUid;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path, Query};
use super::entity_tag::{TaggedAs, expected_tag};
use super::paging::{PageQuery, Paged, wanted};
use crate::administration::WithWarnings;
use crate::administration::endpoints::{AssignmentView, EndpointView, MoveInput, ProfileChoice};
use crate::administration::history::HistoryView;
use crate::people::Caller;
use crate::problem::Problem;
use crate::store::{AgentFilter, AwaySince, EndpointFilter, EndpointOrder, EndpointQuery, Standing};

/// Which endpoints are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// A part of the host name, or the beginning of the id.
    search: Option<String>,
    /// Only those that are connected, or only those that are not.
    online: Option<bool>,
    /// Only those whose latest session was trusted like this.
    standing: Option<Standing>,
    /// Only those with this endpoint profile.
    profile: Option<Uuid>,
    /// Only those whose profile is `pending`, `applied` or `failed`.
    profile_status: Option<ProfileStatus>,
    /// Only those that belong to this endpoint group.
    group: Option<Uuid>,
    /// Only those with agents of Countersign that validate certificates, that are too old to, or with other programs.
    agent: Option<AgentFilter>,
    /// Only those that have not come back since the server's certificate was changed.
    away_since: Option<AwaySince>,
    /// `host_name` (the default), `last_seen`, `agent_version` or `standing`.
    order: Option<EndpointOrder>,
    /// The first page is 1, the last one that can be asked for 1,000,000,000.
    #[param(minimum = 1, maximum = 1_000_000_000)]
    page: Option<u64>,
    /// Rows of a page, 1 to 500; 100 without it.
    #[param(minimum = 1, maximum = 500)]
    size: Option<u64>,
}

/// What has become of a profile at an endpoint.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProfileStatus {
    Pending,
    Applied,
    Failed,
}

impl ProfileStatus {
    fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Failed => "failed",
        }
    }
}

impl TryFrom<ListQuery> for EndpointQuery {
    type Error = Problem;

    fn try_from(query: ListQuery) -> Result<Self, Problem> {
        let (page, size) = wanted(query.page, query.size)?;
        Ok(Self {
            search: query.search.unwrap_or_default(),
            filter: EndpointFilter {
                online: query.online,
                standing: query.standing,
                profile: query.profile,
                group: query.group,
                profile_status: query.profile_status.map(|status| status.code().to_owned()),
                agent: query.agent,
                away_since: query.away_since,
            },
            order: query.order.unwrap_or_default(),
            page,
            size,
        })
    }
}

/// A page of the endpoints. The header `Total-Count` holds how many there are on all pages, and `Link` (RFC 8288) where the
/// next page is.
#[utoipa::path(get, path = "/endpoints",
    security(("token" = ["endpoints:read"])), params(ListQuery), responses((status = OK, body = Vec<EndpointView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
    Query(query): Query<ListQuery>,
    OriginalUri(address): OriginalUri,
) -> Result<Paged<EndpointView>, Problem> {
    let page = administration.endpoints(&caller, &query.try_into()?).await?;
    Ok(Paged { page, address })
}

/// One endpoint.
#[utoipa::path(get, path = "/endpoints/{id}",
    security(("token" = ["endpoints:read"])), params(("id" = Uuid, Path)), responses((status = OK, body = EndpointView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<Json<EndpointView>, Problem> {
    administration.endpoint(&caller, id).await.map(Json)
}

/// A page of what happened to an endpoint, the newest first. The header `Total-Count` holds how much it is on all pages, and `Link`
/// (RFC 8288) where the next page is. Of what nothing else keeps, the last hundred events are kept.
#[utoipa::path(get, path = "/endpoints/{id}/history",
    security(("token" = ["endpoints:read"])), params(("id" = Uuid, Path), PageQuery),
    responses((status = OK, body = Vec<HistoryView>)))]
pub(super) async fn history(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    Query(query): Query<PageQuery>,
    OriginalUri(address): OriginalUri,
) -> Result<Paged<HistoryView>, Problem> {
    let (page, size) = wanted(query.page, query.size)?;
    let page = administration.history(&caller, id, page, size).await?;
    Ok(Paged { page, address })
}

/// Removes an endpoint; its client certificate is no longer accepted.
#[utoipa::path(delete, path = "/endpoints/{id}",
    security(("token" = ["endpoints:manage"])), params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<StatusCode, Problem> {
    administration.remove_endpoint(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which profile an endpoint has, and why. The `ETag` of the answer stands for both.
#[utoipa::path(get, path = "/endpoints/{id}/profile",
    security(("token" = ["endpoints:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = AssignmentView)))]
pub(super) async fn assignment(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
) -> Result<TaggedAs<AssignmentView>, Problem> {
    let profile = administration.endpoint(&caller, id).await?.profile;
    Ok(TaggedAs { tag: profile.tag(), content: profile.assignment() })
}

/// Gives an endpoint a profile by hand, whatever its groups say. If it is connected, it gets it at once. With `If-Match`, only if
/// the endpoint still has the profile of that `ETag`, and for the same reason.
#[utoipa::path(put, path = "/endpoints/{id}/profile",
    security(("token" = ["endpoints:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = ProfileChoice,
    responses((status = OK, body = WithWarnings<EndpointView>)))]
pub(super) async fn assign_profile(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    headers: HeaderMap,
    Body(choice): Body<ProfileChoice>,
) -> Result<TaggedAs<WithWarnings<EndpointView>>, Problem> {
    let expected = expected_tag(&headers)?;
    let content = administration.assign_profile(&caller, id, expected.as_deref(), &choice).await?;
    Ok(TaggedAs { tag: content.changed.profile.tag(), content })
}

/// Lets the groups of an endpoint decide which profile it has. With `If-Match`, only if the endpoint still has the profile of that
/// `ETag`, and for the same reason.
#[utoipa::path(delete, path = "/endpoints/{id}/profile",
    security(("token" = ["endpoints:manage"])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = WithWarnings<EndpointView>)))]
pub(super) async fn release_profile(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    headers: HeaderMap,
) -> Result<TaggedAs<WithWarnings<EndpointView>>, Problem> {
    let expected = expected_tag(&headers)?;
    let content = administration.release_profile(&caller, id, expected.as_deref()).await?;
    Ok(TaggedAs { tag: content.changed.profile.tag(), content })
}

/// Sends a connected endpoint to another server.
#[utoipa::path(post, path = "/endpoints/{id}/server",
    security(("token" = ["endpoints:manage"])), params(("id" = Uuid, Path)), request_body = MoveInput,
    responses((status = ACCEPTED)))]
pub(super) async fn move_to(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<InstanceUid>,
    Body(input): Body<MoveInput>,
) -> Result<StatusCode, Problem> {
    administration.move_endpoint(&caller, id, input).await?;
    Ok(StatusCode::ACCEPTED)
}
