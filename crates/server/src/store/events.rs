//! What happened to endpoints, as far as nothing else keeps it: that they came and went, how they judged the certificate, what
//! became of their profile, and that their agent is another one. So many for each endpoint; the newest takes the place of the
//! oldest. Nothing is written because of a heartbeat, or because an agent comes back as it was.

use std::collections::BTreeSet;

use countersign_protocol::{CertificateReport, InstanceUid};
use countersign_trust::{Fingerprint, InvalidCertificateAction, ProblemKind};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::entity::endpoint;
use super::standing::Standing;
use super::{Introduction, ProfileResult, Store, StoreError, microseconds, write_json};

/// So many events of an endpoint are kept.
pub(crate) const KEPT: i64 = 100;

/// Something that happened to an endpoint, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum EndpointEvent {
    /// A session ended.
    Disconnected {
        /// In whole words.
        reason: String,
    },
    /// It reported something else about the certificate of this server than before.
    CertificateJudged(Judgement),
    /// It has put its profile in force.
    ProfileApplied,
    /// It could not.
    ProfileFailed { error: String },
    /// Its agent or its system is another one.
    AgentChanged { before: AgentFacts, after: AgentFacts },
}

/// What an endpoint found out about the certificate of this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Judgement {
    pub(crate) trust: Standing,
    pub(crate) action: InvalidCertificateAction,
    pub(crate) problems: BTreeSet<ProblemKind>,
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// What an agent says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AgentFacts {
    pub(crate) host_name: String,
    pub(crate) agent_version: String,
    pub(crate) os: String,
}

impl From<&CertificateReport> for Judgement {
    fn from(report: &CertificateReport) -> Self {
        Self {
            trust: report.trust.into(),
            action: report.action,
            problems: report.assessment.kinds(),
            fingerprint: report.assessment.fingerprint,
        }
    }
}

impl From<&endpoint::Model> for AgentFacts {
    fn from(row: &endpoint::Model) -> Self {
        Self {
            host_name: row.host_name.clone(),
            agent_version: row.agent_version.clone(),
            os: row.os.clone(),
        }
    }
}

impl From<&Introduction> for AgentFacts {
    fn from(introduction: &Introduction) -> Self {
        Self {
            host_name: introduction.host_name.clone(),
            agent_version: introduction.agent_version.clone(),
            os: introduction.os.clone(),
        }
    }
}

/// Adds an event to the ring of each endpoint `e` for which a condition holds. When it happened, and when the session began that it
/// ended, are SQL; what both and the condition need is among the values, of which the first one is `$2`.
///
/// Should two servers add one to the same endpoint at the same time, the later one changes nothing.
fn added(
    backend: DbBackend,
    event: &EndpointEvent,
    (at, since): (&str, &str),
    condition: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Statement, StoreError> {
    let sql = format!(
        "INSERT INTO endpoint_events (endpoint_id, slot, number, at, since, profile_id, profile_revision, detail)
         SELECT n.id, n.number % {KEPT}, n.number, {at}, {since}, n.profile_id, n.revision, $1
         FROM (
             SELECT e.id AS id, e.profile_id AS profile_id, e.connected_at AS connected_at,
                 (SELECT p.revision FROM endpoint_profiles p WHERE p.id = e.profile_id) AS revision,
                 COALESCE((SELECT MAX(v.number) FROM endpoint_events v WHERE v.endpoint_id = e.id), 0) + 1 AS number
             FROM endpoints e WHERE {condition}
         ) AS n WHERE true
         ON CONFLICT (endpoint_id, slot) DO UPDATE SET
             number = excluded.number, at = excluded.at, since = excluded.since, profile_id = excluded.profile_id,
             profile_revision = excluded.profile_revision, detail = excluded.detail
         WHERE endpoint_events.number < excluded.number"
    );
    let values = std::iter::once(write_json("an event", event)?.into()).chain(values);
    Ok(Statement::from_sql_and_values(backend, sql, values))
}

/// No session ended.
const NONE: &str = "CAST(NULL AS BIGINT)";

/// Adds an event to one endpoint, if it is there.
pub(super) async fn add(
    database: &impl ConnectionTrait,
    id: InstanceUid,
    event: &EndpointEvent,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let values = [id.to_string().into(), microseconds(at).into()];
    let statement = added(database.get_database_backend(), event, ("$3", NONE), "e.id = $2", values)?;
    database.execute_raw(statement).await?;
    Ok(())
}

/// Keeps that the agent of an endpoint is another one, if it is.
pub(super) async fn agent_changed(
    database: &impl ConnectionTrait,
    id: InstanceUid,
    row: &endpoint::Model,
    introduction: &Introduction,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let (before, after) = (AgentFacts::from(row), AgentFacts::from(introduction));
    if before == after {
        return Ok(());
    }
    add(database, id, &EndpointEvent::AgentChanged { before, after }, at).await
}

/// Notes that the sessions of all endpoints `e` have ended for which a condition holds, whose first value is `$2`. Nobody knows
/// better than the database when, because whoever held them is gone.
pub(super) async fn sessions_ended(
    database: &impl ConnectionTrait,
    reason: &str,
    condition: &str,
    values: Vec<Value>,
) -> Result<(), StoreError> {
    let backend = database.get_database_backend();
    let now = if backend == DbBackend::Postgres {
        "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT"
    } else {
        "CAST(unixepoch('subsec') * 1000000 AS INTEGER)"
    };
    let event = EndpointEvent::Disconnected { reason: reason.to_owned() };
    database.execute_raw(added(backend, &event, (now, "n.connected_at"), condition, values)?).await?;
    Ok(())
}

impl Store {
    /// Keeps that a session of an endpoint has ended, whatever session it has now.
    pub(crate) async fn keep_session_end(
        &self,
        id: InstanceUid,
        connected_at: OffsetDateTime,
        reason: &str,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let event = EndpointEvent::Disconnected { reason: reason.to_owned() };
        let values = [id.to_string().into(), microseconds(at).into(), microseconds(connected_at).into()];
        let backend = self.database.get_database_backend();
        let statement = added(backend, &event, ("$3", "$4"), "e.id = $2", values)?;
        self.database.execute_raw(statement).await?;
        Ok(())
    }

    /// Keeps what became of the profile of an endpoint, before that is kept with the endpoint itself. What is kept there already
    /// is no event.
    pub(crate) async fn keep_profile_event(
        &self,
        id: InstanceUid,
        result: &ProfileResult,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let (event, status) = match result {
            ProfileResult::Pending => return Ok(()),
            ProfileResult::Applied => (EndpointEvent::ProfileApplied, "applied"),
            ProfileResult::Failed(error) => (EndpointEvent::ProfileFailed { error: error.clone() }, "failed"),
        };
        let values = [id.to_string().into(), microseconds(at).into(), status.into()];
        let condition = "e.id = $2 AND e.profile_status <> $4";
        let backend = self.database.get_database_backend();
        self.database.execute_raw(added(backend, &event, ("$3", NONE), condition, values)?).await?;
        Ok(())
    }
}
