//! The end of a tightening: the profile itself gets the stricter action, or the group a copy of the profile with it.

use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::Tightening;
use super::moves::{expect, expect_same, find_as_shown, settle};
use crate::store::audit::{Change, record};
use crate::store::entity::endpoint_profile;
use crate::store::entity::tightening::Model;
use crate::store::{Store, StoreError, profiles};
use crate::tightening::TighteningState;

impl Store {
    /// Gives the profile itself the stricter action, by hand.
    pub(crate) async fn finish_tightening(
        &self,
        id: Uuid,
        expected: Option<&str>,
        change: Change,
    ) -> Result<Tightening, StoreError> {
        let transaction = self.begin().await?;
        let row = find_as_shown(&transaction, id, expected).await?;
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
}
