//! Staged tightenings: kept, moved from ring to ring, and looked up for the endpoints of their rings.

mod copies;
mod finish;
mod members;
mod moves;
mod resume;

use countersign_protocol::{InstanceUid, custom};
use countersign_trust::InvalidCertificateAction;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub(crate) use self::members::{RingMember, TrialOutcome};
pub(crate) use self::moves::Moved;
pub(crate) use self::resume::{Attempt, Resumption};
use super::capabilities::understands;
use super::entity::tightening::{Column, Entity, Model};
use super::{Profile, Store, StoreError, microseconds, moment, read_json};
use crate::tightening::{Plan, StopReason, TighteningState};

/// So many tightenings are listed, the newest.
const LISTED: u64 = 200;

/// The tightening in whose rings an endpoint is, as a part of a query over `endpoints`. An agent that does not understand trials is
/// left alone; so is one that has another profile meanwhile.
pub(super) fn tightening_of_endpoint() -> String {
    format!(
        "(SELECT t.id FROM tightening_members m
         JOIN tightenings t ON t.id = m.tightening_id
         WHERE m.endpoint_id = endpoints.id AND t.profile_id = endpoints.profile_id AND t.state IN ('running', 'halted')
             AND {} LIMIT 1)",
        understands("endpoints.custom_capabilities", custom::TRIALS)
    )
}

/// The trial that an endpoint is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingTrial {
    pub(crate) tightening: Uuid,
    /// Each attempt of a tightening has another.
    pub(crate) id: Uuid,
}

/// A tightening as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tightening {
    pub(crate) id: Uuid,
    pub(crate) profile: Uuid,
    /// Only the endpoints that have the profile because of this group.
    pub(crate) group: Option<Uuid>,
    pub(crate) plan: Plan,
    pub(crate) state: TighteningState,
    pub(crate) reason: Option<StopReason>,
    /// Counts the rings from 0.
    pub(crate) ring: usize,
    pub(crate) ring_began_at: OffsetDateTime,
    /// By which agents tell one attempt from another.
    pub(crate) trial: Uuid,
    pub(crate) begun_at: OffsetDateTime,
    pub(crate) begun_by: String,
    pub(crate) changed_at: OffsetDateTime,
}

/// What a new one is about.
#[derive(Clone, Debug)]
pub(crate) struct NewTightening {
    pub(crate) id: Uuid,
    pub(crate) profile: Uuid,
    pub(crate) group: Option<Uuid>,
    pub(crate) plan: Plan,
}

impl Tightening {
    /// Where it is, as a tag: another one after every move.
    pub(crate) fn tag(&self) -> String {
        format!("{}.{}.{}", self.state.code(), self.ring, microseconds(self.changed_at))
    }

    /// Whether endpoints of its rings have the stricter action.
    pub(crate) fn is_in_force(&self) -> bool {
        match self.state {
            TighteningState::Running | TighteningState::Halted => true,
            TighteningState::SteppedBack | TighteningState::Finished => false,
        }
    }
}

impl TryFrom<Model> for Tightening {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable =
            |what: &str| StoreError::Unreadable { what: format!("{what} of the tightening {}", row.id) };
        let uuid = |text: &str| text.parse::<Uuid>().map_err(|_| unreadable("an identifier"));
        let action =
            |text: &str| text.parse::<InvalidCertificateAction>().map_err(|_| unreadable("an action"));
        let reason = row.reason.as_deref();
        Ok(Self {
            id: uuid(&row.id)?,
            profile: uuid(&row.profile_id)?,
            group: row.group_id.as_deref().map(uuid).transpose()?,
            plan: Plan {
                from: action(&row.from_action)?,
                to: action(&row.to_action)?,
                rings: read_json("the rings of a tightening", &row.rings)?,
                hold: Duration::minutes(row.hold_minutes),
                trial: Duration::minutes(row.trial_minutes),
                threshold_percent: u8::try_from(row.threshold_percent)
                    .map_err(|_| unreadable("the threshold"))?,
            },
            state: TighteningState::of_code(&row.state).ok_or_else(|| unreadable("the state"))?,
            reason: reason.map(|text| read_json("the reason of a tightening", text)).transpose()?,
            ring: usize::try_from(row.ring).map_err(|_| unreadable("the ring"))?,
            ring_began_at: moment(row.ring_began_at),
            trial: uuid(&row.trial_id)?,
            begun_at: moment(row.begun_at),
            begun_by: row.begun_by,
            changed_at: moment(row.changed_at),
        })
    }
}

impl Store {
    /// The tightenings, the newest first; of all profiles, or of one.
    pub(crate) async fn tightenings(&self, profile: Option<Uuid>) -> Result<Vec<Tightening>, StoreError> {
        let mut found = Entity::find().order_by_desc(Column::BegunAt).order_by_desc(Column::Id).limit(LISTED);
        if let Some(profile) = profile {
            found = found.filter(Column::ProfileId.eq(profile.to_string()));
        }
        found.all(&self.database).await?.into_iter().map(Tightening::try_from).collect()
    }

    /// One tightening.
    pub(crate) async fn tightening(&self, id: Uuid) -> Result<Tightening, StoreError> {
        find(&self.database, id).await?.try_into()
    }

    /// The tightenings that somebody has to see to.
    pub(crate) async fn running_tightenings(&self) -> Result<Vec<Uuid>, StoreError> {
        let found = Entity::find()
            .filter(Column::State.eq(TighteningState::Running.code()))
            .order_by_asc(Column::Id)
            .all(&self.database)
            .await?;
        found.into_iter().map(|row| Ok(Tightening::try_from(row)?.id)).collect()
    }

    /// Puts the action of a profile on trial, for an endpoint in the rings of this tightening. Nothing when the profile says
    /// something else than what was to be tightened: then somebody has decided otherwise.
    pub(super) async fn try_in_ring(
        &self,
        profile: &mut Profile,
        tightening: &str,
    ) -> Result<Option<RingTrial>, StoreError> {
        let Some(row) = Entity::find_by_id(tightening).one(&self.database).await? else { return Ok(None) };
        let tightening = Tightening::try_from(row)?;
        let plan = &tightening.plan;
        if profile.document.invalid_certificate_action != plan.from {
            return Ok(None);
        }
        let minutes = u16::try_from(plan.trial.whole_minutes()).unwrap_or(u16::MAX);
        profile.document = profile.document.clone().on_trial(plan.to, tightening.trial, minutes);
        Ok(Some(RingTrial { tightening: tightening.id, id: tightening.trial }))
    }

    /// The profile of an endpoint, as its agent is offered it.
    pub(crate) async fn offered_profile(&self, endpoint: InstanceUid) -> Result<Option<Profile>, StoreError> {
        let assigned = self.assigned_profile(endpoint, OffsetDateTime::UNIX_EPOCH).await?;
        Ok(assigned.map(|assigned| assigned.profile))
    }
}

async fn find(database: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
    Entity::find_by_id(id.to_string())
        .one(database)
        .await?
        .ok_or_else(|| StoreError::NotFound(format!("tightening {id}")))
}
