//! What people at endpoints decided about the certificate of this server, and the way to revoke what they allowed.

use countersign_protocol::{
    CommandKind, Decision, InstanceUid, RememberedAtEndpoint, RememberedReport, custom,
};
use countersign_trust::Fingerprint;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Administration;
use super::commands::{CommandGiven, CommandInput, Reason};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::entity::endpoint;
use crate::store::moment;

/// How many decisions are listed.
const LISTED_DECISIONS: u64 = 100;

/// What was decided at an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionsView {
    /// Whether the agent reports decisions; earlier versions do not.
    pub(crate) reported: bool,
    /// The newest first.
    #[schema(value_type = Vec<Object>)]
    pub(crate) decisions: Vec<Decision>,
}

/// What is allowed at an endpoint because of that.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RememberedView {
    /// Whether the agent reports remembered certificates; earlier versions do not.
    pub(crate) reported: bool,
    /// When it did last.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) reported_at: Option<OffsetDateTime>,
    #[schema(value_type = Vec<Object>)]
    pub(crate) certificates: Vec<RememberedAtEndpoint>,
}

/// Whether the agent of an endpoint reports decisions, and forgets when it is told to.
pub(super) fn reports_decisions(row: &endpoint::Model) -> bool {
    row.custom_capabilities.split(' ').any(|capability| capability == custom::DECISIONS)
}

impl Administration {
    /// What was decided at an endpoint.
    pub(crate) async fn decisions(&self, caller: &Caller, id: InstanceUid) -> Result<DecisionsView, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let row = self.find(id).await?;
        let decisions = self.telemetry.store.decisions(id, LISTED_DECISIONS).await?;
        Ok(DecisionsView { reported: reports_decisions(&row), decisions })
    }

    /// What is allowed at an endpoint because of that.
    pub(crate) async fn remembered_certificates(
        &self,
        caller: &Caller,
        id: InstanceUid,
    ) -> Result<RememberedView, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        self.remembered_at(id).await
    }

    async fn remembered_at(&self, id: InstanceUid) -> Result<RememberedView, Problem> {
        let row = self.find(id).await?;
        let report = row.remembered.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let RememberedReport { certificates } = report.unwrap_or_default();
        Ok(RememberedView {
            reported: reports_decisions(&row),
            reported_at: row.remembered_at.map(moment),
            certificates,
        })
    }

    /// Lets an endpoint forget a certificate that its person allowed. A session that rests on it ends; the next time, the
    /// person is asked again.
    pub(crate) async fn revoke_remembered(
        &self,
        caller: &Caller,
        id: InstanceUid,
        fingerprint: Fingerprint,
    ) -> Result<CommandGiven, Problem> {
        caller.needs_within(Scope::CommandsGive, Permission::Operate)?;
        let remembered = self.remembered_at(id).await?;
        let allowed = remembered.certificates.iter().any(|found| found.fingerprint == fingerprint);
        if remembered.reported && !allowed {
            return Err(Problem::not_found(format!(
                "The certificate {fingerprint} is not allowed at the endpoint {id}."
            )));
        }
        let input = CommandInput::of(CommandKind::ForgetCertificate { fingerprint });
        let reason =
            Reason { action: "remembered_certificate.revoked", detail: json!({"fingerprint": fingerprint}) };
        self.give(caller, id, input, Some(reason)).await
    }
}
