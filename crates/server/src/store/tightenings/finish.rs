//! The end of a tightening: the profile itself gets the stricter action, or the group a copy of the profile with it.

use countersign_trust::InvalidCertificateAction;
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QuerySelect as _, Set,
};
use uuid::Uuid;

use super::moves::{expect, expect_same, settle};
use super::{Tightening, find};
use crate::store::audit::{Change, record};
use crate::store::entity::tightening::Model;
use crate::store::entity::{endpoint_group, endpoint_profile};
use crate::store::placement::{Reassigned, place_all};
use crate::store::profile_versions::keep_version;
use crate::store::{Notice, Store, StoreError, microseconds, profiles};
use crate::tightening::TighteningState;

/// Of the name of a profile, so many characters stand in that of its copy.
const MAXIMUM_COPIED_NAME: usize = 85;

impl Store {
    /// Gives the profile itself the stricter action, by hand.
    pub(crate) async fn finish_tightening(&self, id: Uuid, change: Change) -> Result<Tightening, StoreError> {
        let transaction = self.begin().await?;
        let row = find(&transaction, id).await?;
        expect(&row, &[TighteningState::Running, TighteningState::Halted], "finished")?;
        let tightening = Tightening::try_from(row.clone())?;
        if tightening.ring + 1 < tightening.plan.rings.len() {
            return Err(StoreError::Conflict(
                "Only a tightening that has come to its last ring can be finished. Change the action of the profile itself \
                 instead, if you want it for all at once."
                    .to_owned(),
            ));
        }
        let profile = profiles::find(&transaction, tightening.profile).await?;
        expect_same(&transaction, &tightening, &profile).await?;
        let row = self.finish(&transaction, row, profile, change).await?;
        self.commit(transaction).await?;
        row.try_into()
    }

    /// The profile gets the stricter action; for a group, the group gets a copy of the profile with it.
    pub(super) async fn finish(
        &self,
        transaction: &DatabaseTransaction,
        row: Model,
        profile: endpoint_profile::Model,
        change: Change,
    ) -> Result<Model, StoreError> {
        let row = settle(transaction, row, TighteningState::Finished, None, change.at).await?;
        let tightening = Tightening::try_from(row.clone())?;
        match tightening.group {
            None => {
                self.set_action(transaction, profile, tightening.plan.to, &change).await?;
            }
            Some(group) => {
                let reassigned =
                    self.give_group_a_copy(transaction, &tightening, group, profile, &change).await?;
                tracing::info!(%group, endpoints = reassigned.len(), "a group has a copy of its profile with the stricter action");
            }
        }
        record(transaction, change).await?;
        Ok(row)
    }

    /// Other endpoints with the profile stay as they are, so that the group gets a profile of its own.
    async fn give_group_a_copy(
        &self,
        transaction: &DatabaseTransaction,
        tightening: &Tightening,
        group: Uuid,
        profile: endpoint_profile::Model,
        change: &Change,
    ) -> Result<Vec<Reassigned>, StoreError> {
        let copy = endpoint_profile::Model {
            id: Uuid::now_v7().to_string(),
            name: free_name(transaction, &profile.name, tightening).await?,
            revision: 1,
            invalid_certificate_action: tightening.plan.to.to_string(),
            is_default: false,
            changed_at: microseconds(change.at),
            ..profile
        };
        endpoint_profile::Entity::insert(copy.clone().into_active_model())
            .exec_without_returning(transaction)
            .await?;
        keep_version(transaction, &copy, &change.actor.to_string()).await?;
        let row = endpoint_group::Entity::find_by_id(group.to_string()).one(transaction).await?;
        let row = row.ok_or_else(|| StoreError::NotFound(format!("endpoint group {group}")))?;
        let revision = row.revision + 1;
        let mut row = row.into_active_model();
        row.revision = Set(revision);
        row.profile_id = Set(Some(copy.id));
        row.changed_at = Set(microseconds(change.at));
        row.update(transaction).await?;
        let reassigned = place_all(transaction).await?;
        self.announce(transaction, Notice::Profiles, change.at).await?;
        Ok(reassigned)
    }
}

/// A name that says what the copy is, and that no other profile has.
async fn free_name(
    transaction: &DatabaseTransaction,
    name: &str,
    tightening: &Tightening,
) -> Result<String, StoreError> {
    let names: Vec<String> = endpoint_profile::Entity::find()
        .select_only()
        .column(endpoint_profile::Column::Name)
        .into_tuple()
        .all(transaction)
        .await?;
    let action = match tightening.plan.to {
        InvalidCertificateAction::Allow => "Allow",
        InvalidCertificateAction::Warn => "Warn",
        InvalidCertificateAction::Deny => "Deny",
    };
    let shortened: String = name.chars().take(MAXIMUM_COPIED_NAME).collect();
    let numbered = (1..=names.len() + 1).map(|number| match number {
        1 => format!("{shortened} ({action})"),
        _ => format!("{shortened} ({action} {number})"),
    });
    let mut free = numbered.filter(|candidate| !names.contains(candidate));
    Ok(free.next().unwrap_or(shortened))
}
