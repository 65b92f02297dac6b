//! How a tightening goes on. Each move is one transaction that reads where it is first: of several servers that want to make the
//! same move, one makes it.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, Set,
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::members::{fill, observe};
use super::{NewTightening, Tightening, find};
use crate::store::assignment_tags::check_tag;
use crate::store::audit::{Actor, Change, record};
use crate::store::documents::check_revision;
use crate::store::entity::tightening::{ActiveModel, Column, Entity, Model};
use crate::store::entity::{endpoint_group, endpoint_profile};
use crate::store::{Notice, Store, StoreError, microseconds, profiles, write_json};
use crate::tightening::course::next_step;
use crate::tightening::{Observation, Position, Step, StopReason, TighteningState};

/// What a move has changed for sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Nothing.
    No,
    /// Some endpoints are offered another profile document.
    Yes,
}

impl Store {
    /// Begins a tightening with its first ring, if the profile still has the expected revision.
    pub(crate) async fn begin_tightening(
        &self,
        new: &NewTightening,
        expected: Option<u64>,
        change: Change,
    ) -> Result<Tightening, StoreError> {
        let transaction = self.begin().await?;
        expect_new(&transaction, new, expected).await?;
        let at = change.at;
        let number = |duration: time::Duration| duration.whole_minutes();
        let row = ActiveModel {
            id: Set(new.id.to_string()),
            profile_id: Set(new.profile.to_string()),
            group_id: Set(new.group.map(|group| group.to_string())),
            from_action: Set(new.plan.from.to_string()),
            to_action: Set(new.plan.to.to_string()),
            rings: Set(write_json("the rings of a tightening", &new.plan.rings)?),
            hold_minutes: Set(number(new.plan.hold)),
            trial_minutes: Set(number(new.plan.trial)),
            threshold_percent: Set(i64::from(new.plan.threshold_percent)),
            state: Set(TighteningState::Running.code().to_owned()),
            reason: Set(None),
            ring: Set(0),
            ring_began_at: Set(microseconds(at)),
            trial_id: Set(Uuid::now_v7().to_string()),
            begun_at: Set(microseconds(at)),
            begun_by: Set(change.actor.to_string()),
            changed_at: Set(microseconds(at)),
        };
        let tightening = Tightening::try_from(row.insert(&transaction).await?)?;
        fill(&transaction, &tightening, 0).await?;
        self.announce(&transaction, Notice::Profiles, at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(tightening)
    }

    /// Refuses what could not be begun now.
    pub(crate) async fn check_new_tightening(
        &self,
        new: &NewTightening,
        expected: Option<u64>,
    ) -> Result<(), StoreError> {
        expect_new(&self.begin().await?, new, expected).await
    }

    /// Does what is due, if anything is.
    pub(crate) async fn advance_tightening(
        &self,
        id: Uuid,
        now: OffsetDateTime,
    ) -> Result<Moved, StoreError> {
        let transaction = self.begin().await?;
        let row = find(&transaction, id).await?;
        let tightening = Tightening::try_from(row.clone())?;
        if tightening.state != TighteningState::Running {
            return Ok(Moved::No);
        }
        let profile = profiles::find(&transaction, tightening.profile).await?;
        let unreadable =
            |_| StoreError::Unreadable { what: format!("the action of the profile {}", profile.id) };
        let position = Position {
            ring: tightening.ring,
            began_at: tightening.ring_began_at,
            profile_action: profile.invalid_certificate_action.parse().map_err(unreadable)?,
        };
        let seen = observe(&transaction, &tightening).await?;
        let step = match lost_group(&transaction, &tightening).await? {
            Some(reason) => Step::Back(reason),
            None => next_step(&tightening.plan, &position, &seen, now),
        };
        let change = |action, detail| by_server(&tightening, action, detail, now);
        match step {
            Step::Wait => return Ok(Moved::No),
            Step::Ring(ring) => {
                let percent = tightening.plan.rings.get(ring);
                let Observation { connected, counted, .. } = seen.rings;
                let detail = json!({"percent": percent, "connected": connected, "counted": counted});
                let mut row = row.into_active_model();
                row.ring = Set(i64::try_from(ring).unwrap_or(i64::MAX));
                row.ring_began_at = Set(microseconds(now));
                row.changed_at = Set(microseconds(now));
                let tightening = Tightening::try_from(row.update(&transaction).await?)?;
                fill(&transaction, &tightening, ring).await?;
                self.announce(&transaction, Notice::Profiles, now).await?;
                record(&transaction, change("tightening.ring_begun", detail)).await?;
            }
            Step::Halt(reason) => {
                let detail = json!({"reason": reason});
                settle(&transaction, row, TighteningState::Halted, Some(&reason), now).await?;
                record(&transaction, change("tightening.halted", detail)).await?;
                self.commit(transaction).await?;
                return Ok(Moved::No);
            }
            Step::Back(reason) => {
                let change = change("tightening.stepped_back", json!({"reason": reason}));
                self.step_back(&transaction, row, profile, &reason, change).await?;
            }
            Step::Finish => {
                let change = change("tightening.finished", json!({}));
                self.finish(&transaction, row, profile, change).await?;
            }
        }
        self.commit(transaction).await?;
        Ok(Moved::Yes)
    }

    /// Begins no other ring, by hand.
    pub(crate) async fn halt_tightening(
        &self,
        id: Uuid,
        expected: Option<&str>,
        change: Change,
    ) -> Result<Tightening, StoreError> {
        let transaction = self.begin().await?;
        let row = find_as_shown(&transaction, id, expected).await?;
        expect(&row, &[TighteningState::Running], "halted")?;
        let row =
            settle(&transaction, row, TighteningState::Halted, Some(&StopReason::ByHand), change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        row.try_into()
    }

    /// Gives all endpoints the former action again, by hand.
    pub(crate) async fn step_tightening_back(
        &self,
        id: Uuid,
        expected: Option<&str>,
        change: Change,
    ) -> Result<Tightening, StoreError> {
        let transaction = self.begin().await?;
        let row = find_as_shown(&transaction, id, expected).await?;
        expect(&row, &[TighteningState::Running, TighteningState::Halted], "stepped back")?;
        let profile = profiles::find(&transaction, Tightening::try_from(row.clone())?.profile).await?;
        let row = self.step_back(&transaction, row, profile, &StopReason::ByHand, change).await?;
        self.commit(transaction).await?;
        row.try_into()
    }

    /// The profile gets a new revision, so that nobody can bring the trial back to an endpoint that was relieved of it.
    async fn step_back(
        &self,
        transaction: &DatabaseTransaction,
        row: Model,
        profile: endpoint_profile::Model,
        reason: &StopReason,
        change: Change,
    ) -> Result<Model, StoreError> {
        let row = settle(transaction, row, TighteningState::SteppedBack, Some(reason), change.at).await?;
        let same = profile.invalid_certificate_action.parse().map_err(|_| StoreError::Unreadable {
            what: format!("the action of the profile {}", profile.id),
        })?;
        self.set_action(transaction, profile, same, &change).await?;
        record(transaction, change).await?;
        Ok(row)
    }
}

/// The profile has to be as it was when the tightening was decided on, and the group has to have it.
async fn expect_new(
    transaction: &DatabaseTransaction,
    new: &NewTightening,
    expected: Option<u64>,
) -> Result<(), StoreError> {
    let profile = profiles::find(transaction, new.profile).await?;
    check_revision(expected, profile.revision, || format!("endpoint profile “{}”", profile.name))?;
    if profile.invalid_certificate_action != new.plan.from.to_string() {
        return Err(StoreError::ChangedMeanwhile(format!("endpoint profile “{}”", profile.name)));
    }
    if let Some(group) = new.group {
        let row = endpoint_group::Entity::find_by_id(group.to_string()).one(transaction).await?;
        let row = row.ok_or_else(|| StoreError::NotFound(format!("endpoint group {group}")))?;
        if row.profile_id.as_deref() != Some(profile.id.as_str()) {
            return Err(StoreError::Conflict(format!(
                "The endpoint group “{}” has not the profile “{}”. Give it that profile first.",
                row.name, profile.name
            )));
        }
    }
    refuse_second(transaction, new.profile).await
}

/// Two at once would not know which of them an endpoint follows.
pub(super) async fn refuse_second(
    transaction: &DatabaseTransaction,
    profile: Uuid,
) -> Result<(), StoreError> {
    let in_force = [TighteningState::Running.code(), TighteningState::Halted.code()];
    let other = Entity::find()
        .filter(Column::ProfileId.eq(profile.to_string()))
        .filter(Column::State.is_in(in_force))
        .one(transaction)
        .await?;
    match other {
        Some(_) => Err(StoreError::Conflict(
            "This profile is being tightened already. Finish that, or step it back, first.".to_owned(),
        )),
        None => Ok(()),
    }
}

/// One that is where it was when whoever moves it saw it.
pub(super) async fn find_as_shown(
    transaction: &DatabaseTransaction,
    id: Uuid,
    expected: Option<&str>,
) -> Result<Model, StoreError> {
    let row = find(transaction, id).await?;
    let present = Tightening::try_from(row.clone())?.tag();
    check_tag(expected, &present, || "tightening".to_owned())?;
    Ok(row)
}

pub(super) fn expect(row: &Model, states: &[TighteningState], done: &str) -> Result<(), StoreError> {
    if states.iter().any(|state| state.code() == row.state) {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "The tightening is {} and cannot be {done}.",
        row.state.replace('_', " ")
    )))
}

pub(super) async fn settle(
    transaction: &DatabaseTransaction,
    row: Model,
    state: TighteningState,
    reason: Option<&StopReason>,
    at: OffsetDateTime,
) -> Result<Model, StoreError> {
    let reason = reason.map(|reason| write_json("the reason of a tightening", reason)).transpose()?;
    let mut row = row.into_active_model();
    row.state = Set(state.code().to_owned());
    row.reason = Set(reason);
    row.changed_at = Set(microseconds(at));
    Ok(row.update(transaction).await?)
}

/// The subject is the profile, as with every other change of it.
fn by_server(tightening: &Tightening, action: &'static str, detail: Value, at: OffsetDateTime) -> Change {
    Change { actor: Actor::Server, at, action, subject: tightening.profile.to_string(), detail }
}

/// Why there is nothing any more that a tightening of a group could give the stricter action to.
pub(super) async fn lost_group(
    transaction: &DatabaseTransaction,
    tightening: &Tightening,
) -> Result<Option<StopReason>, StoreError> {
    let Some(group) = tightening.group else { return Ok(None) };
    let row = endpoint_group::Entity::find_by_id(group.to_string()).one(transaction).await?;
    Ok(match row.map(|row| row.profile_id) {
        None => Some(StopReason::GroupRemoved),
        Some(profile) if profile != Some(tightening.profile.to_string()) => {
            Some(StopReason::GroupHasAnotherProfile)
        }
        Some(_) => None,
    })
}

/// What is tightened has to be as it was when that was decided.
pub(super) async fn expect_same(
    transaction: &DatabaseTransaction,
    tightening: &Tightening,
    profile: &endpoint_profile::Model,
) -> Result<(), StoreError> {
    let from = tightening.plan.from;
    let why = match lost_group(transaction, tightening).await? {
        Some(StopReason::GroupRemoved) => "The endpoint group was removed meanwhile.".to_owned(),
        Some(_) => format!("The endpoint group has not the profile “{}” any more.", profile.name),
        None if profile.invalid_certificate_action != from.to_string() => {
            format!("The profile “{}” does not say {from} any more.", profile.name)
        }
        None => return Ok(()),
    };
    Err(StoreError::Conflict(format!(
        "{why} Begin another tightening; step this one back first, if it is in force."
    )))
}
