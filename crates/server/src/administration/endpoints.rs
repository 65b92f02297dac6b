//! Endpoints: what is known of them, which profile they have, which server they go to, and commands to them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use countersign_protocol::{CertificateReport, InstanceUid, Inventory, Secret};
use countersign_trust::ServerAddress;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Administration, Intent, WithWarnings};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::entity::endpoint;
use crate::store::{
    Concerned, EndpointQuery, Page, Placed, ProfileReason, Reassigned, Standing, moment, tag_of_assignment,
};
use crate::telemetry::{CloseReason, Destination, Wake, Woken};

/// The longest enrolment token that agents take for another server.
const MAXIMUM_TOKEN: usize = 512;

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointView {
    /// The OpAMP instance UID.
    #[schema(value_type = Uuid)]
    pub(crate) id: InstanceUid,
    pub(crate) host_name: String,
    pub(crate) service_name: String,
    pub(crate) agent_version: String,
    pub(crate) os: String,
    pub(crate) user: String,
    #[schema(value_type = Vec<String>)]
    pub(crate) addresses: Vec<IpAddr>,
    /// From which it connected last, as this server saw it; empty when that is not known.
    pub(crate) address: String,
    pub(crate) online: bool,
    /// How the latest session was trusted, or why there is none.
    pub(crate) standing: Standing,
    /// Why it is not connected.
    pub(crate) offline_reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) last_seen: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) enrolled_at: OffsetDateTime,
    /// In the words of the agent; none while it is not connected.
    pub(crate) health: Option<String>,
    pub(crate) profile: ProfileAtEndpoint,
    /// What the agent found out about the certificate of this server.
    pub(crate) certificate: Option<CertificateAtEndpoint>,
    /// Why the endpoint refused connection settings.
    pub(crate) settings_error: Option<String>,
    pub(crate) deregistered: bool,
    #[schema(value_type = Option<Object>)]
    pub(crate) inventory: Option<Inventory>,
}

/// The profile of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileAtEndpoint {
    pub(crate) id: String,
    pub(crate) revision: Option<u64>,
    /// Why the endpoint has this profile.
    pub(crate) reason: ProfileReason,
    /// The group that gives it, if one does.
    pub(crate) group_id: Option<String>,
    /// `pending`, `applied` or `failed`.
    pub(crate) status: String,
    pub(crate) error: Option<String>,
}

/// Which profile an endpoint has, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssignmentView {
    pub(crate) profile_id: String,
    /// Why the endpoint has this profile.
    pub(crate) reason: ProfileReason,
    /// The group that gives it, if one does.
    pub(crate) group_id: Option<String>,
}

impl ProfileAtEndpoint {
    /// Stands for this assignment.
    pub(crate) fn tag(&self) -> String {
        tag_of_assignment(&self.id, self.reason, self.group_id.as_deref())
    }

    /// Without what becomes of the profile at the endpoint.
    pub(crate) fn assignment(self) -> AssignmentView {
        AssignmentView { profile_id: self.id, reason: self.reason, group_id: self.group_id }
    }
}

/// What an agent found out about the certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateAtEndpoint {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) report: CertificateReport,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) reported_at: OffsetDateTime,
}

/// A profile for an endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileChoice {
    pub(crate) profile_id: Uuid,
}

/// Another server for an endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveInput {
    /// `host` or `host:port`.
    pub(crate) address: String,
    /// With which the endpoint enrols there; without it, it needs a client certificate of that server already.
    pub(crate) enrolment_token: Option<String>,
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
            address: row.address,
            online: row.session.is_some(),
            standing: Standing::of_code(&row.standing),
            offline_reason: if row.session.is_some() {
                None
            } else {
                Some(
                    row.offline_reason
                        .unwrap_or_else(|| "not connected since the server was started".to_owned()),
                )
            },
            last_seen: seen.unwrap_or_else(|| moment(row.last_seen)),
            enrolled_at: moment(row.enrolled_at),
            health: row.health.filter(|_| row.session.is_some()),
            profile: ProfileAtEndpoint {
                revision: revisions.get(&row.profile_id).copied(),
                id: row.profile_id,
                reason: ProfileReason::of_code(&row.profile_reason),
                group_id: row.profile_group_id,
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

impl EndpointView {
    /// The identifier of its profile.
    pub(crate) fn profile_id(&self) -> Result<Uuid, Problem> {
        self.profile.id.parse().map_err(|_| unreadable(&self.id.to_string()))
    }
}

fn unreadable(id: &str) -> Problem {
    Problem::not_found(format!("The endpoint {id} cannot be read."))
}

/// An endpoint that has been given its profile.
fn as_given(row: &endpoint::Model) -> Concerned {
    let (id, profile) = (row.id.clone(), row.profile_id.clone());
    Concerned::Endpoints(vec![Reassigned { endpoint: id, from: profile.clone(), profile }])
}

impl Administration {
    fn seen(&self, id: InstanceUid) -> HashMap<InstanceUid, OffsetDateTime> {
        // Of those that are connected to this server; of the others, the database tells.
        self.telemetry.presence.last_seen(id).map(|seen| (id, seen)).into_iter().collect()
    }

    async fn revisions(&self) -> Result<BTreeMap<String, u64>, Problem> {
        let profiles = self.telemetry.store.profiles().await?;
        Ok(profiles
            .into_iter()
            .map(|profile| (profile.document.id.to_string(), profile.document.revision))
            .collect())
    }

    pub(super) async fn find(&self, id: InstanceUid) -> Result<endpoint::Model, Problem> {
        let found = self.telemetry.store.endpoint(id).await?;
        found.ok_or_else(|| Problem::not_found(format!("There is no endpoint {id}.")))
    }

    /// A page of the endpoints that a query finds.
    pub(crate) async fn endpoints(
        &self,
        caller: &Caller,
        query: &EndpointQuery,
    ) -> Result<Page<EndpointView>, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let revisions = self.revisions().await?;
        let found = self.telemetry.store.find_endpoints(query).await?;
        found.try_map(|row| {
            let seen = row.id.parse().map(|id| self.seen(id)).unwrap_or_default();
            EndpointView::new(row, &seen, &revisions)
        })
    }

    /// One endpoint.
    pub(crate) async fn endpoint(&self, caller: &Caller, id: InstanceUid) -> Result<EndpointView, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let seen = self.seen(id);
        let row = self.find(id).await?;
        EndpointView::new(row, &seen, &self.revisions().await?)
    }

    /// Removes an endpoint; its client certificate is no longer accepted.
    pub(crate) async fn remove_endpoint(&self, caller: &Caller, id: InstanceUid) -> Result<(), Problem> {
        caller.needs_within(Scope::EndpointsManage, Permission::Operate)?;
        let change = caller.change(self.now(), "endpoint.removed", id.to_string(), json!({}));
        self.telemetry.store.remove_endpoint(id, change).await?;
        self.telemetry.presence.wake(id, Wake::Close(CloseReason::Removed));
        Ok(())
    }

    /// Gives an endpoint a profile by hand, whatever its groups say. If it is connected, it gets it at once. With the expected tag
    /// of an assignment, only while that is still so.
    pub(crate) async fn assign_profile(
        &self,
        caller: &Caller,
        id: InstanceUid,
        expected: Option<&str>,
        choice: &ProfileChoice,
    ) -> Result<WithWarnings<EndpointView>, Problem> {
        caller.needs_within(Scope::EndpointsManage, Permission::Operate)?;
        self.find(id).await?;
        let profile = choice.profile_id;
        let known = self.telemetry.store.profiles().await?;
        let Some(given) = known.into_iter().find(|known| known.document.id == profile) else {
            return Err(Problem::unprocessable(format!("There is no endpoint profile {profile}.")));
        };
        let detail = json!({"profile": profile});
        let change = caller.change(self.now(), "endpoint.profile_assigned", id.to_string(), detail);
        let seen = self.seen(id);
        let row = self.telemetry.store.assign_profile(id, profile, expected, change).await?;
        // Before the agent hears of it: it is said whether it is connected.
        let warnings = self.warn_of_profile(&given.document, as_given(&row)).await;
        self.telemetry.presence.wake(id, Wake::Profile);
        let view = EndpointView::new(row, &seen, &self.revisions().await?)?;
        Ok(WithWarnings::new(view, warnings))
    }

    /// Lets the groups of an endpoint decide which profile it has. With the expected tag of an assignment, only while that is still
    /// so.
    pub(crate) async fn release_profile(
        &self,
        caller: &Caller,
        id: InstanceUid,
        expected: Option<&str>,
    ) -> Result<WithWarnings<EndpointView>, Problem> {
        caller.needs_within(Scope::EndpointsManage, Permission::Operate)?;
        let change = caller.change(self.now(), "endpoint.profile_released", id.to_string(), json!({}));
        let seen = self.seen(id);
        let store = &self.telemetry.store;
        let (row, placed) = store.release_profile(id, expected, change, Intent::CarryOut).await?;
        let untold = store.untold();
        let view = EndpointView::new(row.clone(), &seen, &self.revisions().await?)?;
        if placed == Placed::Same {
            untold.told();
            return Ok(WithWarnings::new(view, Vec::new()));
        }
        let given = store.profile(view.profile_id()?).await?;
        // Before the agent hears of it: it is said whether it is connected.
        let warnings = self.warn_of_profile(&given.document, as_given(&row)).await;
        self.telemetry.presence.wake(id, Wake::Profile);
        untold.told();
        Ok(WithWarnings::new(view, warnings))
    }

    /// Sends a connected endpoint to another server.
    pub(crate) async fn move_endpoint(
        &self,
        caller: &Caller,
        id: InstanceUid,
        input: MoveInput,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::EndpointsManage, Permission::Administer)?;
        let to = input.check()?;
        self.find(id).await?;
        let detail = json!({"to": to.server, "with_enrolment_token": to.enrolment_token.is_some()});
        let change = caller.change(self.now(), "endpoint.moved", id.to_string(), detail);
        let wake = || self.telemetry.presence.wake(id, Wake::Move(Box::new(to.clone())));
        match self.telemetry.store.move_endpoint(id, &to, change, wake).await? {
            Woken::Yes => Ok(()),
            Woken::NotConnected => Err(Problem::conflict(format!(
                "The endpoint {id} is not connected. It can be moved once it is."
            ))),
        }
    }
}
