//! The endpoints of the rings, and how their trials go.

use std::collections::BTreeSet;

use countersign_protocol::{InstanceUid, custom};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, FromQueryResult, JoinType,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use uuid::Uuid;

use super::Tightening;
use crate::store::capabilities::understands;
use crate::store::endpoint_reports::PENDING;
use crate::store::entity::tightening_member::{ActiveModel, Column, Entity};
use crate::store::entity::{endpoint, tightening_member};
use crate::store::{Store, StoreError};
use crate::tightening::{Observation, Progress, Unknown, rings};

/// How many rows are read or changed by one statement.
const AT_ONCE: usize = 500;
/// So many endpoints that have not connected are listed.
const LISTED: u64 = 100;

/// How the trial of an endpoint goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrialOutcome {
    /// Nothing is known yet, or it did not come back.
    Trying,
    /// It has connected under the stricter action.
    Connected,
    /// It could not, and has the former action again.
    FellBack,
}

impl TrialOutcome {
    /// The word that stands for it in documents and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Connected => "connected",
            Self::FellBack => "fell_back",
        }
    }

    fn of_code(code: &str) -> Self {
        match code {
            "connected" => Self::Connected,
            "fell_back" => Self::FellBack,
            _ => Self::Trying,
        }
    }
}

/// An endpoint of a ring.
#[derive(Clone, Debug)]
pub(crate) struct RingMember {
    pub(crate) endpoint: String,
    pub(crate) host_name: String,
    pub(crate) outcome: TrialOutcome,
}

#[derive(Debug, FromQueryResult)]
struct Candidate {
    id: String,
    session: Option<String>,
}

#[derive(Debug, FromQueryResult)]
struct Counted {
    ring: i64,
    outcome: String,
    connected_before: bool,
    number: i64,
}

#[derive(Debug, FromQueryResult)]
struct Listed {
    endpoint_id: String,
    outcome: String,
    host_name: String,
}

fn concerned(tightening: &Tightening) -> Condition {
    having(tightening.profile, tightening.group)
}

/// The endpoints that have the profile, and because of the group if there is one.
fn having(profile: Uuid, group: Option<Uuid>) -> Condition {
    let condition = Condition::all()
        .add(endpoint::Column::ProfileId.eq(profile.to_string()))
        .add(endpoint::Column::Deregistered.eq(false));
    match group {
        Some(group) => condition.add(endpoint::Column::ProfileGroupId.eq(group.to_string())),
        None => condition,
    }
}

/// Whether the agent of an endpoint understands these custom messages.
fn agent_understands(capability: &str) -> SimpleExpr {
    Expr::cust(understands("endpoints.custom_capabilities", capability))
}

/// Those that come into a ring.
#[derive(Debug)]
pub(super) struct Newcomers {
    pub(super) endpoints: Vec<InstanceUid>,
    /// Of all that could come, those that have a session.
    connected: BTreeSet<InstanceUid>,
}

/// Who comes into the ring of this number, so that it has its share, besides those who are in a ring already.
pub(super) async fn newcomers(
    database: &impl ConnectionTrait,
    tightening: &Tightening,
    ring: usize,
    present: &BTreeSet<String>,
) -> Result<Newcomers, StoreError> {
    let found = endpoint::Entity::find()
        .select_only()
        .columns([endpoint::Column::Id, endpoint::Column::Session])
        .filter(concerned(tightening))
        .filter(agent_understands(custom::TRIALS))
        .into_model::<Candidate>()
        .all(database)
        .await?;
    let connected: BTreeSet<InstanceUid> = found
        .iter()
        .filter(|candidate| candidate.session.is_some())
        .filter_map(|candidate| candidate.id.parse().ok())
        .collect();
    let all: Vec<InstanceUid> = found.iter().filter_map(|candidate| candidate.id.parse().ok()).collect();
    let percent = tightening.plan.rings.get(ring).copied().unwrap_or(100);
    let size = rings::size(percent, all.len());
    let chosen = rings::in_order(tightening.id, all).into_iter().take(size);
    let endpoints = chosen.filter(|endpoint| !present.contains(&endpoint.to_string())).collect();
    Ok(Newcomers { endpoints, connected })
}

/// Who is in the rings.
pub(super) async fn members(
    database: &impl ConnectionTrait,
    tightening: Uuid,
) -> Result<BTreeSet<String>, StoreError> {
    let found = Entity::find()
        .select_only()
        .column(Column::EndpointId)
        .filter(Column::TighteningId.eq(tightening.to_string()))
        .into_tuple::<String>()
        .all(database)
        .await?;
    Ok(found.into_iter().collect())
}

/// Takes endpoints into the ring of this number, until it has its share. Those of the rings before stay.
pub(super) async fn fill(
    transaction: &impl ConnectionTrait,
    tightening: &Tightening,
    ring: usize,
) -> Result<(), StoreError> {
    let present = members(transaction, tightening.id).await?;
    let Newcomers { endpoints, connected } = newcomers(transaction, tightening, ring, &present).await?;
    for some in endpoints.chunks(AT_ONCE) {
        let rows = some.iter().map(|endpoint| ActiveModel {
            tightening_id: Set(tightening.id.to_string()),
            endpoint_id: Set(endpoint.to_string()),
            ring: Set(i64::try_from(ring).unwrap_or(i64::MAX)),
            connected_before: Set(connected.contains(endpoint)),
            outcome: Set(TrialOutcome::Trying.code().to_owned()),
        });
        Entity::insert_many(rows).exec_without_returning(transaction).await?;
        await_answers(transaction, some).await?;
    }
    Ok(())
}

/// What these endpoints have answered was about another profile document.
async fn await_answers(
    transaction: &impl ConnectionTrait,
    endpoints: &[InstanceUid],
) -> Result<(), StoreError> {
    endpoint::Entity::update_many()
        .col_expr(endpoint::Column::ProfileStatus, Expr::value(PENDING))
        .col_expr(endpoint::Column::ProfileError, Expr::value(None::<String>))
        .filter(endpoint::Column::Id.is_in(endpoints.iter().map(InstanceUid::to_string)))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Forgets who was in the rings.
pub(super) async fn empty(transaction: &impl ConnectionTrait, tightening: Uuid) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::TighteningId.eq(tightening.to_string())).exec(transaction).await?;
    Ok(())
}

/// How the endpoints of the rings do: all of them, and those that came with the ring where it is. While it goes on, those that were
/// given another profile do not count.
pub(super) async fn observe(
    database: &impl ConnectionTrait,
    tightening: &Tightening,
) -> Result<Progress, StoreError> {
    let mut found = Entity::find().filter(Column::TighteningId.eq(tightening.id.to_string()));
    if tightening.is_in_force() {
        let concerned = Query::select()
            .column(endpoint::Column::Id)
            .from(endpoint::Entity)
            .cond_where(concerned(tightening))
            .to_owned();
        found = found.filter(Column::EndpointId.in_subquery(concerned));
    }
    let rows = found
        .select_only()
        .column(Column::Ring)
        .column(Column::Outcome)
        .column(Column::ConnectedBefore)
        .column_as(Column::EndpointId.count(), "number")
        .group_by(Column::Ring)
        .group_by(Column::Outcome)
        .group_by(Column::ConnectedBefore)
        .into_model::<Counted>()
        .all(database)
        .await?;
    let mut seen = Progress::default();
    for row in rows {
        row.add_to(&mut seen.rings);
        if usize::try_from(row.ring) == Ok(tightening.ring) {
            row.add_to(&mut seen.newest);
        }
    }
    let last = tightening.ring + 1 >= tightening.plan.rings.len();
    if last && tightening.is_in_force() {
        seen.unknown = unknown(database, tightening).await?;
    }
    Ok(seen)
}

impl Counted {
    fn add_to(&self, seen: &mut Observation) {
        let number = u64::try_from(self.number).unwrap_or_default();
        let outcome = TrialOutcome::of_code(&self.outcome);
        seen.members += number;
        match outcome {
            TrialOutcome::Connected => seen.connected += number,
            TrialOutcome::FellBack => seen.fell_back += number,
            TrialOutcome::Trying => {}
        }
        if self.connected_before || outcome != TrialOutcome::Trying {
            seen.counted += number;
        }
    }
}

/// Of how many endpoints nothing is known that have the profile.
async fn unknown(database: &impl ConnectionTrait, tightening: &Tightening) -> Result<Unknown, StoreError> {
    let known = Query::select()
        .column(Column::EndpointId)
        .from(Entity)
        .and_where(Column::TighteningId.eq(tightening.id.to_string()))
        .and_where(Column::Outcome.ne(TrialOutcome::Trying.code()))
        .to_owned();
    let not_heard_of = endpoint::Entity::find()
        .filter(concerned(tightening))
        .filter(agent_understands(custom::TRIALS))
        .filter(endpoint::Column::Id.not_in_subquery(known))
        .count(database)
        .await?;
    Ok(Unknown { not_heard_of, without_trial: without_trial(database, tightening).await? })
}

/// Other agents are sent no profiles at all.
async fn without_trial(database: &impl ConnectionTrait, tightening: &Tightening) -> Result<u64, StoreError> {
    Ok(endpoint::Entity::find()
        .filter(concerned(tightening))
        .filter(agent_understands(custom::COMMANDS))
        .filter(agent_understands(custom::TRIALS).not())
        .count(database)
        .await?)
}

impl Store {
    /// How the endpoints of the rings do.
    pub(crate) async fn observe_tightening(&self, tightening: &Tightening) -> Result<Progress, StoreError> {
        observe(&self.database, tightening).await
    }

    /// How many endpoints a tightening is about whose agents do not understand trials. They get the action when it is finished.
    pub(crate) async fn without_trial(&self, tightening: &Tightening) -> Result<u64, StoreError> {
        without_trial(&self.database, tightening).await
    }

    /// How many endpoints of the rings have connected under the stricter action, and have no session now.
    pub(crate) async fn passed_and_away(&self, tightening: &Tightening) -> Result<u64, StoreError> {
        let away = Query::select()
            .column(endpoint::Column::Id)
            .from(endpoint::Entity)
            .cond_where(concerned(tightening).add(endpoint::Column::Session.is_null()))
            .to_owned();
        Ok(Entity::find()
            .filter(Column::TighteningId.eq(tightening.id.to_string()))
            .filter(Column::Outcome.eq(TrialOutcome::Connected.code()))
            .filter(Column::EndpointId.in_subquery(away))
            .count(&self.database)
            .await?)
    }

    /// The endpoints that have a profile because of a group.
    pub(crate) async fn endpoints_of_group_with(
        &self,
        profile: Uuid,
        group: Uuid,
    ) -> Result<Vec<String>, StoreError> {
        Ok(endpoint::Entity::find()
            .select_only()
            .column(endpoint::Column::Id)
            .filter(having(profile, Some(group)))
            .order_by_asc(endpoint::Column::HostName)
            .order_by_asc(endpoint::Column::Id)
            .into_tuple()
            .all(&self.database)
            .await?)
    }

    /// Some endpoints of the rings that have not connected under the stricter action, those that fell back first.
    pub(crate) async fn not_connected(&self, id: Uuid) -> Result<Vec<RingMember>, StoreError> {
        let to_endpoint = tightening_member::Entity::belongs_to(endpoint::Entity)
            .from(Column::EndpointId)
            .to(endpoint::Column::Id);
        let rows = Entity::find()
            .select_only()
            .columns([Column::EndpointId, Column::Outcome])
            .column_as(endpoint::Column::HostName, "host_name")
            .join(JoinType::InnerJoin, to_endpoint.into())
            .filter(Column::TighteningId.eq(id.to_string()))
            .filter(Column::Outcome.ne(TrialOutcome::Connected.code()))
            .order_by_asc(Column::Outcome)
            .order_by_asc(endpoint::Column::HostName)
            .order_by_asc(Column::EndpointId)
            .limit(LISTED)
            .into_model::<Listed>()
            .all(&self.database)
            .await?;
        let member = |row: Listed| RingMember {
            endpoint: row.endpoint_id,
            host_name: row.host_name,
            outcome: TrialOutcome::of_code(&row.outcome),
        };
        Ok(rows.into_iter().map(member).collect())
    }

    /// Keeps how the trial of an endpoint has gone. Who has connected once is never taken for cut off.
    pub(crate) async fn keep_trial_outcome(
        &self,
        tightening: Uuid,
        endpoint: InstanceUid,
        outcome: TrialOutcome,
    ) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::Outcome, Expr::value(outcome.code()))
            .filter(Column::TighteningId.eq(tightening.to_string()))
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .filter(Column::Outcome.ne(TrialOutcome::Connected.code()))
            .exec(&self.database)
            .await?;
        Ok(())
    }
}
