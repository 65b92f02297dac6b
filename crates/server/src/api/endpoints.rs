//! Endpoints, and commands to them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign_protocol::{
    CertificateReport, Command, CommandKind, CommandOutcome, InstanceUid, Inventory, Secret,
};
use countersign_trust::ServerAddress;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Path};
use super::foresight::WithWarnings;
use super::problem::Problem;
use super::{Api, Shared};
use crate::store::entity::{command, endpoint};
use crate::store::{commands, moment};
use crate::telemetry::{CloseReason, Destination, Wake, Woken};

/// How long a command waits for its endpoint.
const COMMAND_VALIDITY: Duration = Duration::days(7);
/// How many commands of an endpoint are listed.
const LISTED_COMMANDS: u64 = 100;

/// The longest enrolment token that agents take for another server.
const MAXIMUM_TOKEN: usize = 512;

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointView {
    /// The OpAMP instance UID.
    #[schema(value_type = Uuid)]
    id: InstanceUid,
    host_name: String,
    service_name: String,
    agent_version: String,
    os: String,
    user: String,
    #[schema(value_type = Vec<String>)]
    addresses: Vec<IpAddr>,
    online: bool,
    /// Why it is not connected.
    offline_reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_seen: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    enrolled_at: OffsetDateTime,
    /// In the words of the agent; none while it is not connected.
    health: Option<String>,
    profile: ProfileAtEndpoint,
    /// What the agent found out about the certificate of this server.
    certificate: Option<CertificateAtEndpoint>,
    /// Why the endpoint refused connection settings.
    settings_error: Option<String>,
    deregistered: bool,
    #[schema(value_type = Object)]
    inventory: Option<Inventory>,
}

/// The profile of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
struct ProfileAtEndpoint {
    id: String,
    revision: Option<u64>,
    /// `pending`, `applied` or `failed`.
    status: String,
    error: Option<String>,
}

/// What an agent found out about the certificate.
#[derive(Debug, Serialize, ToSchema)]
struct CertificateAtEndpoint {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    report: CertificateReport,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    reported_at: OffsetDateTime,
}

/// A command and its result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandView {
    id: String,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    kind: CommandKind,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: OffsetDateTime,
    #[schema(value_type = Object)]
    outcome: Option<CommandOutcome>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<OffsetDateTime>,
}

/// A profile for an endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileChoice {
    profile_id: Uuid,
}

/// Another server for an endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveInput {
    /// `host` or `host:port`.
    address: String,
    /// With which the endpoint enrols there; without it, it needs a client certificate of that server already.
    enrolment_token: Option<String>,
}

impl MoveInput {
    fn check(self) -> Result<Destination, Problem> {
        let server: ServerAddress =
            self.address.parse().map_err(|error: countersign_trust::ServerAddressError| {
                Problem::unprocessable(error.to_string())
            })?;
        let enrolment_token = self.enrolment_token.map(Secret::new);
        let fits = |token: &Secret| {
            let token = token.expose();
            (1..=MAXIMUM_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if enrolment_token.as_ref().is_some_and(|token| !fits(token)) {
            return Err(Problem::unprocessable(format!(
                "“enrolment_token” must have 1 to {MAXIMUM_TOKEN} characters of ASCII, without spaces."
            )));
        }
        Ok(Destination { server, enrolment_token })
    }
}

impl EndpointView {
    /// Who is connected must have been read before the row: then the row says why an endpoint is not.
    fn new(
        row: endpoint::Model,
        seen: &HashMap<InstanceUid, OffsetDateTime>,
        revisions: &BTreeMap<String, u64>,
    ) -> Result<Self, Problem> {
        let id: InstanceUid = row.id.parse().map_err(|_| unreadable(&row.id))?;
        let inventory: Option<Inventory> =
            row.inventory.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let report = row.certificate_report.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let seen = seen.get(&id).copied();
        Ok(Self {
            id,
            host_name: row.host_name,
            service_name: row.service_name,
            agent_version: row.agent_version,
            os: row.os,
            user: inventory.as_ref().map(|inventory| inventory.user.clone()).unwrap_or_default(),
            addresses: inventory.as_ref().map(|inventory| inventory.addresses.clone()).unwrap_or_default(),
            online: seen.is_some(),
            offline_reason: if seen.is_some() {
                None
            } else {
                Some(
                    row.offline_reason
                        .unwrap_or_else(|| "not connected since the server was started".to_owned()),
                )
            },
            last_seen: seen.unwrap_or_else(|| moment(row.last_seen)),
            enrolled_at: moment(row.enrolled_at),
            health: row.health.filter(|_| seen.is_some()),
            profile: ProfileAtEndpoint {
                revision: revisions.get(&row.profile_id).copied(),
                id: row.profile_id,
                status: row.profile_status,
                error: row.profile_error,
            },
            certificate: report
                .zip(row.certificate_reported_at)
                .map(|(report, at)| CertificateAtEndpoint { report, reported_at: moment(at) }),
            settings_error: row.settings_error,
            deregistered: row.deregistered,
            inventory,
        })
    }
}

fn unreadable(id: &str) -> Problem {
    Problem::not_found(format!("The endpoint {id} cannot be read."))
}

fn seen(api: &Api, id: InstanceUid) -> HashMap<InstanceUid, OffsetDateTime> {
    api.telemetry.presence.last_seen(id).map(|seen| (id, seen)).into_iter().collect()
}

async fn revisions(api: &Api) -> Result<BTreeMap<String, u64>, Problem> {
    let profiles = api.telemetry.store.profiles().await?;
    Ok(profiles
        .into_iter()
        .map(|profile| (profile.document.id.to_string(), profile.document.revision))
        .collect())
}

async fn find(api: &Api, id: InstanceUid) -> Result<endpoint::Model, Problem> {
    let found = api.telemetry.store.endpoint(id).await?;
    found.ok_or_else(|| Problem::not_found(format!("There is no endpoint {id}.")))
}

/// All endpoints.
#[utoipa::path(get, path = "/endpoints", responses((status = OK, body = Vec<EndpointView>)))]
pub(super) async fn list(State(api): Shared) -> Result<Json<Vec<EndpointView>>, Problem> {
    let revisions = revisions(&api).await?;
    let seen = api.telemetry.presence.all_last_seen();
    let rows = api.telemetry.store.endpoints().await?;
    rows.into_iter().map(|row| EndpointView::new(row, &seen, &revisions)).collect::<Result<_, _>>().map(Json)
}

/// One endpoint.
#[utoipa::path(get, path = "/endpoints/{id}", params(("id" = Uuid, Path)), responses((status = OK, body = EndpointView)))]
pub(super) async fn get(
    State(api): Shared,
    Path(id): Path<InstanceUid>,
) -> Result<Json<EndpointView>, Problem> {
    let seen = seen(&api, id);
    let row = find(&api, id).await?;
    Ok(Json(EndpointView::new(row, &seen, &revisions(&api).await?)?))
}

/// Removes an endpoint; its client certificate is no longer accepted.
#[utoipa::path(delete, path = "/endpoints/{id}", params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(State(api): Shared, Path(id): Path<InstanceUid>) -> Result<StatusCode, Problem> {
    let change = api.change("endpoint.removed", id.to_string(), json!({}));
    api.telemetry.store.remove_endpoint(id, change).await?;
    api.telemetry.presence.wake(id, Wake::Close(CloseReason::Removed));
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an endpoint another profile. If it is connected, it gets it at once.
#[utoipa::path(put, path = "/endpoints/{id}/profile", params(("id" = Uuid, Path)), request_body = ProfileChoice,
    responses((status = OK, body = WithWarnings<EndpointView>)))]
pub(super) async fn assign_profile(
    State(api): Shared,
    Path(id): Path<InstanceUid>,
    Body(choice): Body<ProfileChoice>,
) -> Result<Json<WithWarnings<EndpointView>>, Problem> {
    find(&api, id).await?;
    let profile = choice.profile_id;
    let known = api.telemetry.store.profiles().await?;
    let Some(given) = known.into_iter().find(|known| known.document.id == profile) else {
        return Err(Problem::unprocessable(format!(
            "There is no endpoint profile {profile}. GET /api/v1/profiles lists them."
        )));
    };
    let change = api.change("endpoint.profile_assigned", id.to_string(), json!({"profile": profile}));
    let seen = seen(&api, id);
    let row = api.telemetry.store.assign_profile(id, profile, change).await?;
    // Before the agent hears of it: it is said whether it is connected.
    let warnings = api.warn_of_profile(&given.document, std::slice::from_ref(&row));
    api.telemetry.presence.wake(id, Wake::Profile);
    let view = EndpointView::new(row, &seen, &revisions(&api).await?)?;
    Ok(Json(WithWarnings::new(view, warnings)))
}

/// The commands of an endpoint, the newest first.
#[utoipa::path(get, path = "/endpoints/{id}/commands", params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<CommandView>)))]
pub(super) async fn commands(
    State(api): Shared,
    Path(id): Path<InstanceUid>,
) -> Result<Json<Vec<CommandView>>, Problem> {
    find(&api, id).await?;
    let rows = api.telemetry.store.commands(id, LISTED_COMMANDS).await?;
    rows.into_iter().map(view).collect::<Result<_, _>>().map(Json)
}

fn view(row: command::Model) -> Result<CommandView, Problem> {
    Ok(CommandView {
        kind: commands::kind(&row)?,
        outcome: row.outcome.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        id: row.id,
        created_at: moment(row.created_at),
        expires_at: moment(row.expires_at),
        finished_at: row.finished_at.map(moment),
    })
}

/// Gives an endpoint a command: `{"kind": "collect_diagnostics" | "refresh_inventory" | "deregister"}` or
/// `{"kind": "notify_user", "title": …, "text": …}`. It waits for seven days for an endpoint that is not connected.
#[utoipa::path(post, path = "/endpoints/{id}/commands", params(("id" = Uuid, Path)), request_body = Object,
    responses((status = ACCEPTED, body = Object)))]
pub(super) async fn command(
    State(api): Shared,
    Path(id): Path<InstanceUid>,
    Body(kind): Body<CommandKind>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    if let CommandKind::NotifyUser { title, text } = &kind
        && (title.trim().is_empty() || title.chars().count() > 80 || text.chars().count() > 500)
    {
        return Err(Problem::unprocessable("“title” must have 1 to 80 characters, and “text” up to 500."));
    }
    let row = find(&api, id).await?;
    if row.deregistered {
        return Err(Problem::conflict(format!("The endpoint {id} is deregistered and takes no commands.")));
    }
    let command = Command { id: Uuid::now_v7(), expires_at: api.now() + COMMAND_VALIDITY, kind };
    let change = api.change(
        "command.given",
        id.to_string(),
        json!({"command": command.id, "kind": command.kind.code()}),
    );
    api.telemetry.store.add_command(id, &command, change).await?;
    api.telemetry.presence.wake(id, Wake::Commands);
    Ok((StatusCode::ACCEPTED, Json(json!({"id": command.id}))))
}

/// Sends a connected endpoint to another server.
#[utoipa::path(post, path = "/endpoints/{id}/server", params(("id" = Uuid, Path)), request_body = MoveInput,
    responses((status = ACCEPTED)))]
pub(super) async fn move_to(
    State(api): Shared,
    Path(id): Path<InstanceUid>,
    Body(input): Body<MoveInput>,
) -> Result<StatusCode, Problem> {
    let to = input.check()?;
    find(&api, id).await?;
    let detail = json!({"to": to.server, "with_enrolment_token": to.enrolment_token.is_some()});
    let change = api.change("endpoint.moved", id.to_string(), detail);
    let wake = || api.telemetry.presence.wake(id, Wake::Move(Box::new(to)));
    match api.telemetry.store.record_if_done(change, wake).await? {
        Woken::Yes => Ok(StatusCode::ACCEPTED),
        Woken::NotConnected => {
            Err(Problem::conflict(format!("The endpoint {id} is not connected. It can be moved once it is.")))
        }
    }
}
